// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "report/json_stream.hpp"
#include "wire/wire.hpp"

namespace tlswhy::report {

// The `handshakes` array of tlswhy/1, numbered over all captures.
void handshakes_json(JsonStream& out, const std::vector<wire::Capture>& captures, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::report
