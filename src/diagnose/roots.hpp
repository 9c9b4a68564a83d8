// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "diagnose/diagnose.hpp"

namespace tlswhy::diagnose {

// States `known-root` for each root of data/files that the facts name (subject, issuer or file of a certificate) and that ended or was
// left at a date. `now` is the date of what was given, where it is known.
void add_known_roots(std::vector<LocatedFact>& facts, const knowledge::Knowledge& knowledge, const std::optional<Timestamp>& now);

// Whether an issuer is no root by its name: a known intermediate, or one that says so (data/files/issuers.toml).
[[nodiscard]] bool is_intermediate(std::string_view issuer, const knowledge::Knowledge& knowledge);

// A certificate whose issuer belongs to a product that opens TLS on its way.
struct Interception {
  std::string what;  // the fact's field
  std::string text;  // a sentence, fit to be shown
};
[[nodiscard]] std::optional<Interception> inspected_by(std::string_view issuer, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::diagnose
