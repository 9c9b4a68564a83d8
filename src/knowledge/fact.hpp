// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tlswhy::knowledge {

// One statement of data/facts.tsv with its fields: "alert name=unknown_ca by=client".
struct Fact {
  std::string name;
  std::vector<std::pair<std::string, std::string>> fields;

  // The value of a field; empty if it is absent.
  [[nodiscard]] std::string_view get(std::string_view field) const;
  void set(std::string_view field, std::string value);
};

// Reads "name key=value key=value" (a value runs to the next blank; a quoted one to the closing quote).
[[nodiscard]] std::optional<Fact> parse_fact(std::string_view text);
[[nodiscard]] std::string to_string(const Fact& fact);

}  // namespace tlswhy::knowledge
