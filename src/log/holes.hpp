// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "log/pattern.hpp"

// What single holes take and how literals compare; the parts of pattern.cpp that know characters.
namespace tlswhy::log {

[[nodiscard]] constexpr char lower_of(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
// ASCII; the underscore counts.
[[nodiscard]] constexpr bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (lower_of(c) >= 'a' && lower_of(c) <= 'z') || c == '_';
}

// Text as literals keep it: lower case, every run of blanks one blank.
[[nodiscard]] std::string fold(std::string_view text);
// Where the folded literal ends if it stands at `position` of the line; npos if it does not.
[[nodiscard]] std::size_t literal_end(std::string_view line, std::size_t position, std::string_view literal);
// The first position from `from` on where the folded literal stands; npos if nowhere.
[[nodiscard]] std::size_t find_literal(std::string_view line, std::size_t from, std::string_view literal);
// The most that a hole of a run type (int, hex, code, word, tag, host, time) takes at `position`; 0 if nothing.
[[nodiscard]] std::size_t run_length(HoleType type, std::string_view line, std::size_t position);
// Whether the character may be inside a hole of this type; used to look for its beginning backwards.
[[nodiscard]] bool may_hold(HoleType type, char c);

}  // namespace tlswhy::log
