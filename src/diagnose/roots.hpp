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

// What a certificate's issuer is known as ("intermediate": by its common name; "inspection": by any part of its name); null where it is
// none of those in data/files/issuers.toml.
[[nodiscard]] const knowledge::RootNote* known_issuer(std::string_view issuer, const knowledge::Knowledge& knowledge);
// Whether an issuer is no root by its name: a known one, or one that says so (Intermediate, Issuing, Sub CA and the like).
[[nodiscard]] bool is_intermediate(std::string_view issuer, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::diagnose
