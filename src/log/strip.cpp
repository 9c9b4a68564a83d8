// SPDX-License-Identifier: Apache-2.0
#include "log/strip.hpp"

#include <algorithm>
#include <array>

#include "base/reader.hpp"
#include "log/holes.hpp"
#include "log/log.hpp"

namespace tlswhy::log {
namespace {

constexpr char k_escape = '\x1b';
// How programs write the escape character when they do not send it: less, terminal programs, JSON, shells, printf. The empty one:
// a clipboard dropped it.
constexpr std::array<std::string_view, 13> k_escapes{"\x1b",  "\xE2\x90\x9B", "^[",  "[1B]", "<0x1b>", "<ESC>", "\\033",
                                                     "\\x1b", "\\u001b",      "\\e", "#x1B", "%1B",    ""};
// Visible line ends and no-break spaces.
constexpr std::string_view k_carriage_return = "\xE2\x90\x8D";
constexpr std::string_view k_line_feed = "\xE2\x90\x8A";
constexpr std::string_view k_no_break_space = "\xC2\xA0";
constexpr std::string_view k_minus_sign = "\xE2\x88\x92";
constexpr std::string_view k_en_dash = "\xE2\x80\x93";
constexpr std::string_view k_zero_width = "\xE2\x80\x8B";
constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The length of "[0;31m" and its like at the start of `text`, 0 if there is none. Other control sequences (cursor, erase) count
// only after a true escape character.
std::size_t colour_length(std::string_view text, bool any_sequence) {
  if (text.empty() || text.front() != '[') return 0;
  std::size_t end = 1;
  while (end < text.size() && end < 24 && (is_digit(text[end]) || text[end] == ';' || (any_sequence && text[end] == '?'))) ++end;
  if (end >= text.size()) return 0;
  const char last = text[end];
  if (last == 'm') return any_sequence || end > 1 ? end + 1 : 0;
  return any_sequence && ((last >= 'A' && last <= 'Z') || (last >= 'a' && last <= 'z')) ? end + 1 : 0;
}

// The length of a colour in any of its spellings at the start of `text`.
std::size_t escape_length(std::string_view text) {
  for (const std::string_view escape : k_escapes) {
    if (!text.starts_with(escape)) continue;
    const std::size_t colour = colour_length(text.substr(escape.size()), escape.size() == 1);
    if (colour > 0) return escape.size() + colour;
    if (escape.size() == 1 && escape.front() == k_escape) {
      // Title and character set sequences: ESC ] ... BEL, ESC ( B.
      if (text.size() > 2 && (text[1] == '(' || text[1] == ')')) return 3;
      if (text.size() > 1 && text[1] == ']') {
        const std::size_t bell = text.find('\a');
        return bell == std::string_view::npos ? 2 : bell + 1;
      }
      return 1;
    }
  }
  return 0;
}

bool may_need_change(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return (byte < 0x20 && c != '\t') || c == '[' || c == '\\' || byte == 0xE2 || byte == 0xC2 || byte == 0xEF || byte == 0x7F;
}

// What stands for the start of `text` (which may be nothing) and how much of it that is.
struct Change {
  std::size_t length = 0;
  std::string_view by;
};

Change change_at(std::string_view text) {
  if (const std::size_t length = escape_length(text); length > 0) return {length, ""};
  const auto byte = static_cast<std::uint8_t>(text.front());
  if (byte == 0) return {1, ""};
  if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return {1, " "};
  if (text.starts_with(k_no_break_space)) return {k_no_break_space.size(), " "};
  if (text.starts_with(k_carriage_return) || text.starts_with(k_line_feed)) return {k_line_feed.size(), " "};
  if (text.starts_with(k_zero_width) || text.starts_with(k_byte_order_mark)) return {3, ""};
  if ((text.starts_with(k_minus_sign) || text.starts_with(k_en_dash)) && text.size() > 3 && is_digit(text[3])) return {3, "-"};
  return {};
}

std::string_view trim_ends(std::string_view text) {
  const auto droppable = [](char c) { return is_blank(c) || c == '\r' || c == '\n'; };
  while (!text.empty() && droppable(text.back())) text.remove_suffix(1);
  while (!text.empty() && droppable(text.front())) text.remove_prefix(1);
  return text;
}

// "> > text" and "`text`".
std::string_view without_markdown(std::string_view text) {
  while (text.size() > 1 && text.front() == '>' && is_blank(text[1])) text = trim_ends(text.substr(1));
  while (text.starts_with("&gt; ")) text = trim_ends(text.substr(5));
  while (!text.empty() && text.front() == '`') text.remove_prefix(1);
  while (!text.empty() && text.back() == '`') text.remove_suffix(1);
  return trim_ends(text);
}

}  // namespace

std::string_view clean_line(std::string_view text, std::string& storage) {
  text = trim_ends(text);
  for (const std::string_view end : {"\\r\\n", "\\n", "\\r"}) {
    if (text.ends_with(end)) text = trim_ends(text.substr(0, text.size() - end.size()));
  }
  std::size_t clean = 0;
  while (clean < text.size()) {
    const char c = text[clean];
    const bool spelt_escape = c == '^' || c == '<' || c == '#' || c == '%';
    if ((may_need_change(c) || spelt_escape) && change_at(text.substr(clean)).length > 0) break;
    ++clean;
  }
  if (clean < text.size()) {
    storage.assign(text.substr(0, clean));
    for (std::size_t i = clean; i < text.size();) {
      const Change change = change_at(text.substr(i));
      if (change.length == 0) {
        storage += text[i++];
      } else {
        storage += change.by;
        i += change.length;
      }
    }
    text = trim_ends(storage);
  }
  return without_markdown(text);
}

std::optional<std::string> from_utf16(std::string_view text) {
  const bool little = text.starts_with("\xFF\xFE");
  if (!little && !text.starts_with("\xFE\xFF")) return std::nullopt;
  text.remove_prefix(2);
  std::string out;
  out.reserve(text.size() / 2);
  const auto unit_at = [&](std::size_t i) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    const auto second = static_cast<std::uint8_t>(text[i + 1]);
    return static_cast<std::uint32_t>(little ? first | (second << 8U) : (first << 8U) | second);
  };
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    std::uint32_t point = unit_at(i);
    if (point >= 0xD800 && point < 0xDC00 && i + 3 < text.size()) {
      const std::uint32_t low = unit_at(i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        point = 0x10000U + ((point - 0xD800U) << 10U) + (low - 0xDC00U);
        i += 2;
      }
    }
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0U | (point >> 6U));
      put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
      put(0xE0U | (point >> 12U));
      put(0x80U | ((point >> 6U) & 0x3FU));
      put(0x80U | (point & 0x3FU));
    } else {
      put(0xF0U | (point >> 18U));
      put(0x80U | ((point >> 12U) & 0x3FU));
      put(0x80U | ((point >> 6U) & 0x3FU));
      put(0x80U | (point & 0x3FU));
    }
  }
  return out;
}

bool is_text(Bytes first_bytes) {
  if (first_bytes.size() >= 2 &&
      ((first_bytes[0] == 0xFF && first_bytes[1] == 0xFE) || (first_bytes[0] == 0xFE && first_bytes[1] == 0xFF))) {
    return true;  // UTF-16, as PowerShell writes it
  }
  // Serial lines bring stray bytes, so a few are forgiven; binary files have a tenth and more of control characters.
  constexpr std::size_t k_enough = 1U << 20U;
  first_bytes = first_bytes.first(std::min(first_bytes.size(), k_enough));
  std::size_t control = 0;
  for (const std::uint8_t byte : first_bytes) {
    const bool usual = byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f' || byte == '\b' || byte == 0x1B;
    if ((byte < 0x20 && !usual) || byte == 0x7F) ++control;
  }
  return control <= 2 + first_bytes.size() / 20;
}

}  // namespace tlswhy::log
