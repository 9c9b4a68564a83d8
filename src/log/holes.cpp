// SPDX-License-Identifier: Apache-2.0
#include "log/holes.hpp"

#include <string>

#include "log/time_text.hpp"

namespace tlswhy::log {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (lower_of(c) >= 'a' && lower_of(c) <= 'f'); }
bool ends_word(char c) { return is_blank(c) || std::string_view("\"'`,;)]}>").find(c) != std::string_view::npos; }
bool is_tag(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '/'; }
bool is_host(char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '*'; }

char at(std::string_view line, std::size_t position) { return position < line.size() ? line[position] : '\0'; }

std::size_t count_while(std::string_view line, std::size_t position, bool (*holds)(char)) {
  std::size_t end = position;
  while (end < line.size() && holds(line[end])) ++end;
  return end - position;
}

std::size_t sign_length(std::string_view line, std::size_t position) {
  return at(line, position) == '-' || at(line, position) == '+' ? 1 : 0;
}

std::size_t integer_length(std::string_view line, std::size_t position) {
  const std::size_t sign = sign_length(line, position);
  const std::size_t digits = count_while(line, position + sign, is_digit);
  return digits == 0 || digits > 20 ? 0 : sign + digits;
}

std::size_t hex_length(std::string_view line, std::size_t position) {
  std::size_t head = sign_length(line, position);
  if (at(line, position + head) == '0' && lower_of(at(line, position + head + 1)) == 'x') head += 2;
  const std::size_t digits = count_while(line, position + head, is_hex_digit);
  return digits == 0 || digits > 16 ? 0 : head + digits;
}

// A number in any spelling. Bare letters are digits only in words of four and more with at least one true digit in them
// ("FFFFD900", "004C") or of eight, or "dead" and "face" would be codes.
std::size_t code_length(std::string_view line, std::size_t position) {
  const std::size_t sign = sign_length(line, position);
  if (at(line, position + sign) == '0' && lower_of(at(line, position + sign + 1)) == 'x') {
    const std::size_t length = hex_length(line, position);
    return is_alphanumeric(at(line, position + length)) ? 0 : length;
  }
  const std::size_t begin = position + sign;
  const std::size_t digits = count_while(line, begin, is_hex_digit);
  const char after = at(line, begin + digits);
  if (digits == 0 || digits > 16 || is_alphanumeric(after)) return 0;
  if (after == '.' && is_digit(at(line, begin + digits + 1))) return 0;  // "1.2" is a version or a fraction
  const std::size_t decimal = count_while(line, begin, is_digit);
  if (decimal == digits) return sign + digits;
  const bool has_digit = line.substr(begin, digits).find_first_of("0123456789") != std::string_view::npos;
  return digits == 8 || (has_digit && digits >= 4) ? sign + digits : 0;
}

// A closing bracket belongs to the word if its opening one does: "(null)", "f(x)".
std::size_t word_length(std::string_view line, std::size_t position) {
  std::size_t open = 0;
  std::size_t end = position;
  for (; end < line.size(); ++end) {
    const char c = line[end];
    const bool closes = std::string_view(")]}>").find(c) != std::string_view::npos;
    if (closes ? open == 0 : ends_word(c)) break;
    if (std::string_view("([{<").find(c) != std::string_view::npos) ++open;
    if (closes) --open;
  }
  return end - position;
}

// "example.com", "192.0.2.7", "[2001:db8::1]", and what people write over their hosts: "<redacted>", "[host].example.com".
std::size_t host_length(std::string_view line, std::size_t position) {
  std::size_t head = 0;
  const char open = at(line, position);
  if (open == '[' || open == '<') {
    const std::size_t close = line.find(open == '[' ? ']' : '>', position);
    if (close == std::string_view::npos || close - position > 80 || close == position + 1) return 0;
    for (std::size_t i = position + 1; i < close; ++i) {
      if (is_blank(line[i])) return 0;
    }
    head = close - position + 1;
  } else if (!is_alphanumeric(open) && open != '*') {
    return 0;
  }
  return head + count_while(line, position + head, is_host);
}

}  // namespace

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_blank(c)) {
      out += lower_of(c);
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::size_t literal_end(std::string_view line, std::size_t position, std::string_view literal) {
  for (const char c : literal) {
    if (c == ' ') {
      if (position >= line.size() || !is_blank(line[position])) return std::string_view::npos;
      while (position < line.size() && is_blank(line[position])) ++position;
    } else {
      if (position >= line.size() || lower_of(line[position]) != c) return std::string_view::npos;
      ++position;
    }
  }
  return position;
}

std::size_t find_literal(std::string_view line, std::size_t from, std::string_view literal) {
  if (literal.empty()) return from <= line.size() ? from : std::string_view::npos;
  const char first = literal.front();
  const char other = first == ' ' ? '\t' : first >= 'a' && first <= 'z' ? static_cast<char>(first - 'a' + 'A') : first;
  for (std::size_t position = from; position < line.size(); ++position) {
    if (line[position] != first && line[position] != other) continue;
    if (literal_end(line, position, literal) != std::string_view::npos) return position;
  }
  return std::string_view::npos;
}

std::size_t run_length(HoleType type, std::string_view line, std::size_t position) {
  switch (type) {
    case HoleType::integer: return integer_length(line, position);
    case HoleType::hex: return hex_length(line, position);
    case HoleType::code: return code_length(line, position);
    case HoleType::word: return word_length(line, position);
    case HoleType::tag: return count_while(line, position, is_tag);
    case HoleType::host: return host_length(line, position);
    case HoleType::time: return position <= line.size() ? read_time(line.substr(position)).length : 0;
    case HoleType::text:
    case HoleType::one_of:
    case HoleType::is:
    case HoleType::any: break;
  }
  return 0;
}

bool may_hold(HoleType type, char c) {
  switch (type) {
    case HoleType::integer: return is_digit(c) || c == '-' || c == '+';
    case HoleType::hex:
    case HoleType::code: return is_hex_digit(c) || c == '-' || c == '+' || c == 'x' || c == 'X';
    case HoleType::word: return !ends_word(c);
    case HoleType::tag: return is_tag(c);
    case HoleType::host: return is_host(c) || c == '[' || c == ']' || c == ':';
    case HoleType::time: return is_alphanumeric(c) || std::string_view(" ,.:/+-").find(c) != std::string_view::npos;
    case HoleType::text:
    case HoleType::one_of:
    case HoleType::is:
    case HoleType::any: break;
  }
  return false;
}

}  // namespace tlswhy::log
