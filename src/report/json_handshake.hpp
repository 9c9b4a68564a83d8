// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "wire/wire.hpp"

namespace tlswhy::report {

// The `handshakes` array of tlswhy/1, numbered over all captures.
[[nodiscard]] nlohmann::ordered_json handshakes_json(const std::vector<wire::Capture>& captures, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::report
