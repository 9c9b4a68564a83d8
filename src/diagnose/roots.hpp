// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/time.hpp"
#include "diagnose/diagnose.hpp"

namespace tlswhy::diagnose {

// States `known-root` for each root of data/files that the facts name (subject, issuer or file of a certificate) and that ended or was
// left at a date. `now` is the date of what was given, where it is known.
void add_known_roots(std::vector<LocatedFact>& facts, const knowledge::Knowledge& knowledge, const std::optional<Timestamp>& now);

}  // namespace tlswhy::diagnose
