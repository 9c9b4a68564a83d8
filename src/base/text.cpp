// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace tlswhy {
namespace {

constexpr std::string_view k_digits = "0123456789abcdef";
constexpr std::uint32_t k_invalid = 0xFFFFFFFF;

char lower_character(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Decodes one UTF-8 sequence off the front of `text`; k_invalid (one byte consumed) for overlong forms, surrogates and strays.
std::uint32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) {
    text.remove_prefix(1);
    return first;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || text.size() < length) {
    text.remove_prefix(1);
    return k_invalid;
  }
  std::uint32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) {
      text.remove_prefix(1);
      return k_invalid;
    }
    value = (value << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    text.remove_prefix(1);
    return k_invalid;
  }
  text.remove_prefix(length);
  return value;
}

// Characters that change how the rest of a line is shown: bidirectional marks, embeddings, overrides and isolates, zero-width
// and line separators (Unicode "Trojan Source" set).
bool disturbs_display(std::uint32_t c) {
  return c == 0x061C || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

void append_hex_byte(std::string& out, std::uint8_t byte) {
  out += k_digits[byte >> 4U];
  out += k_digits[byte & 0xFU];
}

}  // namespace

std::string to_hex(Bytes bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) append_hex_byte(out, byte);
  return out;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::uint8_t> out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    std::uint8_t byte = 0;
    const char* begin = text.data() + i;
    const auto [stop, error] = std::from_chars(begin, begin + 2, byte, 16);
    if (error != std::errc{} || stop != begin + 2) return std::nullopt;
    out.push_back(byte);
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    const std::uint32_t c = take_code_point(text);
    const std::string_view raw = before.substr(0, before.size() - text.size());
    if (c == k_invalid || c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0)) {
      if (c == '\t') {
        out += ' ';
      } else {
        for (const char byte : raw) {
          out += "\\x";
          append_hex_byte(out, static_cast<std::uint8_t>(byte));
        }
      }
    } else if (disturbs_display(c)) {
      out += "\\u";
      append_hex_byte(out, static_cast<std::uint8_t>(c >> 8U));
      append_hex_byte(out, static_cast<std::uint8_t>(c & 0xFFU));
    } else {
      out += raw;
    }
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string valid_utf8(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view before = text;
    if (take_code_point(text) == k_invalid) {
      out += "\xEF\xBF\xBD";
    } else {
      out += before.substr(0, before.size() - text.size());
    }
  }
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(k_blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(k_blank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_character);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower_character(x) == lower_character(y); });
}

bool istarts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::size_t ifind(std::string_view text, std::string_view needle) {
  const auto at = std::search(text.begin(), text.end(), needle.begin(), needle.end(),
                              [](char x, char y) { return lower_character(x) == lower_character(y); });
  return at == text.end() && !needle.empty() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_decimal(std::string_view text) {
#ifdef __cpp_lib_to_chars
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
#else
  // libc++ 14 (Emscripten) has none for decimals. strtod takes more, which is refused here; nothing sets a locale in such a build.
  if (text.empty() || text.front() == '+' || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  char* stop = nullptr;
  const double value = std::strtod(copy.c_str(), &stop);
  if (stop != copy.c_str() + copy.size()) return std::nullopt;
  return value;
#endif
}

std::string shorten(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit > 3 ? limit - 3 : 0;
  // Do not cut inside a UTF-8 sequence.
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit;
  std::vector<std::size_t> row(a.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) row[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::size_t diagonal = row[0];
    row[0] = j;
    std::size_t least = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t above = row[i];
      const std::size_t substitute = diagonal + (lower_character(a[i - 1]) == lower_character(b[j - 1]) ? 0U : 1U);
      row[i] = std::min({row[i] + 1, row[i - 1] + 1, substitute});
      diagonal = above;
      least = std::min(least, row[i]);
    }
    if (least >= limit) return limit;  // no row below can be less
  }
  return std::min(row[a.size()], limit);
}

}  // namespace tlswhy
