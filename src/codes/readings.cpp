// SPDX-License-Identifier: Apache-2.0
// A printed number as the numbers it may stand for.
#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "codes/codes.hpp"

namespace tlswhy::codes {
namespace {

constexpr std::int64_t k_two_to_32 = 0x1'0000'0000;
constexpr std::int64_t k_sign_bit_32 = 0x8000'0000;
constexpr std::int64_t k_two_to_16 = 0x1'0000;
constexpr std::int64_t k_sign_bit_16 = 0x8000;

bool all_digits(std::string_view text, int base) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const bool digit = c >= '0' && c <= '9';
    return base == 10 ? digit : digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

std::optional<std::uint64_t> parse(std::string_view digits, int base) {
  if (!all_digits(digits, base)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return value;
}

void add(std::vector<Reading>& list, std::int64_t value, Form form, bool negative) {
  const bool known = std::any_of(list.begin(), list.end(), [&](const Reading& r) { return r.value == value; });
  if (!known) list.push_back({value, form, negative});
}

// Readings of a hexadecimal number: as it stands, as a two's complement of 32 (or 64, or 16) bits, and with the sign restored.
void add_hex(std::vector<Reading>& list, std::uint64_t raw, std::size_t digits, bool negative, Form form) {
  if (digits > 8) {
    const auto folded = static_cast<std::int64_t>(raw);
    if (folded < 0) add(list, folded, Form::twos_complement, negative);
    if (folded > 0) add(list, folded, form, negative);
    return;
  }
  const auto value = static_cast<std::int64_t>(raw);
  if (value >= k_sign_bit_32) {
    // "%x" of a negative int. With "-0x%x" in front it may also be minus a positive count: -0xfffffff8 is printed for +8.
    add(list, value - k_two_to_32, Form::twos_complement, negative);
    if (negative) add(list, k_two_to_32 - value, Form::twos_complement, negative);
    add(list, value, form, negative);
    return;
  }
  if (negative) {
    add(list, -value, form, true);
    return;
  }
  add(list, value, form, false);
  add(list, -value, form, false);  // loggers that store the negated code and print it without its sign
  if (digits == 4 && value >= k_sign_bit_16) add(list, value - k_two_to_16, Form::twos_complement, false);
}

}  // namespace

namespace {

std::vector<Reading> read_number(std::string_view text, std::size_t shortest_bare) {
  text = trim(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  } else if (text.starts_with("\xE2\x88\x92")) {  // U+2212 MINUS SIGN, as word processors make it
    negative = true;
    text.remove_prefix(3);
  }
  std::vector<Reading> list;
  if (istarts_with(text, "0x")) {
    const std::string_view digits = text.substr(2);
    if (const auto value = parse(digits, 16); value && digits.size() <= 16) add_hex(list, *value, digits.size(), negative, Form::hex);
    return list;
  }
  constexpr std::size_t k_longest_decimal = 18;
  if (const auto value = parse(text, 10); value && text.size() <= k_longest_decimal) {
    const auto plain = static_cast<std::int64_t>(*value);
    add(list, negative ? -plain : plain, Form::decimal, negative);
    if (!negative && plain >= k_sign_bit_32 && plain < k_two_to_32) add(list, plain - k_two_to_32, Form::twos_complement, false);
    if (!negative) add(list, -plain, Form::decimal, false);
  }
  constexpr std::size_t k_longest_bare = 8;
  const bool has_letter = !all_digits(text, 10);
  if (text.size() >= (has_letter ? std::min<std::size_t>(2, shortest_bare) : shortest_bare) && text.size() <= k_longest_bare) {
    if (const auto value = parse(text, 16)) add_hex(list, *value, text.size(), negative, Form::bare_hex);
  }
  return list;
}

}  // namespace

std::vector<Reading> readings(std::string_view text) {
  // Three to eight digits may be hexadecimal without 0x: "-7780", "14094418".
  constexpr std::size_t k_shortest_bare = 3;
  return read_number(text, k_shortest_bare);
}

std::vector<Reading> all_readings(std::string_view text) { return read_number(text, 1); }

std::string to_hex_code(std::int64_t value) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  const bool negative = value < 0;
  auto magnitude = negative ? static_cast<std::uint64_t>(-(value + 1)) + 1 : static_cast<std::uint64_t>(value);
  std::string digits;
  do {
    digits.insert(digits.begin(), k_digits[magnitude & 0xFU]);
    magnitude >>= 4U;
  } while (magnitude != 0);
  while (digits.size() < 4) digits.insert(digits.begin(), '0');
  return (negative ? "-0x" : "0x") + digits;
}

namespace {

// The product before the number of a version, where one library lives on in several: "rtos-sdk 3.1", "rtos8266-v3.1".
std::string_view product_of(std::string_view text) {
  std::size_t end = text.find(' ');
  if (end == std::string_view::npos) end = ifind(text, "-v");
  return end == std::string_view::npos || end == 0 || (text.front() >= '0' && text.front() <= '9') ? std::string_view{}
                                                                                                   : text.substr(0, end);
}

// Spelt in several ways ("nonos", "nonos-sdk", "rtos8266"); the first letters tell them apart.
bool same_product(std::string_view a, std::string_view b) {
  constexpr std::size_t k_telling = 4;
  return iequals(a.substr(0, k_telling), b.substr(0, k_telling));
}

// "2.28.3" as numbers; stops at the first part that is none ("4.1.0-rc1", "HEAD").
std::vector<int> version_parts(std::string_view text) {
  std::vector<int> parts;
  text.remove_prefix(product_of(text).size());
  while (!text.empty() && (text.front() < '0' || text.front() > '9')) text.remove_prefix(1);
  for (const std::string_view part : split(text, '.')) {
    int value = 0;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{} || stop == part.data()) break;
    parts.push_back(value);
  }
  return parts;
}

// Compares only as many parts as both have: "4" is in "4.0.0..4.1.0".
int compare_versions(const std::vector<int>& a, const std::vector<int>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

}  // namespace

bool is_version(std::string_view text) {
  text = trim(text);
  text.remove_prefix(product_of(text).size());
  while (!text.empty() && (text.front() == ' ' || text.front() == '-')) text.remove_prefix(1);
  if (!text.empty() && (text.front() == 'v' || text.front() == 'V')) text.remove_prefix(1);
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

bool version_in(std::string_view version, std::string_view ranges) {
  const std::vector<int> wanted = version_parts(version);
  if (wanted.empty() || ranges.empty() || ranges == "all") return true;
  bool readable = false;
  for (const std::string_view range : split(ranges, ',')) {
    const std::string_view product = product_of(trim(range));
    if (!product.empty() && !product_of(trim(version)).empty() && !same_product(product, product_of(trim(version)))) {
      readable = true;
      continue;
    }
    const std::size_t dots = range.find("..");
    const std::vector<int> from = version_parts(trim(range.substr(0, dots)));
    const std::vector<int> to = dots == std::string_view::npos ? from : version_parts(trim(range.substr(dots + 2)));
    if (from.empty() && to.empty()) continue;
    readable = true;
    if ((from.empty() || compare_versions(wanted, from) >= 0) && (to.empty() || compare_versions(wanted, to) <= 0)) return true;
  }
  return !readable;
}

bool version_fits_platform(std::string_view platform, std::string_view ranges) {
  bool any_product = false;
  for (const std::string_view range : split(ranges, ',')) {
    const std::string_view product = product_of(trim(range));
    if (product.empty()) continue;
    any_product = true;
    if (ifind(platform, product) != std::string_view::npos) return true;
  }
  return platform.empty() || !any_product;
}

}  // namespace tlswhy::codes
