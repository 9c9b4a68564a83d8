// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reader.hpp"

namespace tlswhy {

// Lower-case hexadecimal, two digits a byte, no separators.
[[nodiscard]] std::string to_hex(Bytes bytes);
// The bytes of hexadecimal text; nothing if a character is no hexadecimal digit or one digit is left over.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);
// Untrusted text made safe for a terminal: control characters (ESC too), bidirectional controls and bytes that are no UTF-8
// become visible escapes such as \x1b or \u202e. Line breaks are escaped too.
[[nodiscard]] std::string printable(std::string_view text);
// Untrusted bytes as valid UTF-8: what is none becomes U+FFFD. For JSON, whose writer escapes control characters itself.
[[nodiscard]] std::string valid_utf8(std::string_view text);
[[nodiscard]] bool is_ascii(std::string_view text);
// Takes a text piece by piece.
using TextSink = std::function<void(std::string_view)>;
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string lower(std::string_view text);  // ASCII only
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);  // ASCII only
[[nodiscard]] bool istarts_with(std::string_view text, std::string_view prefix);
// Position of `needle` (any case) in `text`, or npos. ASCII only.
[[nodiscard]] std::size_t ifind(std::string_view text, std::string_view needle);
// A whole decimal number with optional sign; nothing if anything else is in `text`.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);
// `text` cut to `limit` characters, with "..." where something was cut.
[[nodiscard]] std::string shorten(std::string_view text, std::size_t limit);
// How many single-character edits turn a into b (Levenshtein), for "did you mean"; stops counting at `limit`.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit = 8);

}  // namespace tlswhy
