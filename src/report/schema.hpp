// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace tlswhy::report {

// A JSON Schema of one of the program's documents.
struct Schema {
  std::string_view name;  // "tlswhy-1"
  std::string_view text;
};
[[nodiscard]] std::span<const Schema> schemas();

}  // namespace tlswhy::report
