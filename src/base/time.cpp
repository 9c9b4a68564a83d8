// SPDX-License-Identifier: Apache-2.0
#include "base/time.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace tlswhy {
namespace {

constexpr std::int64_t k_second_ns = 1'000'000'000;

// Takes `digits` decimal digits off the front of `text`; -1 if they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  const char* end = text.data() + digits;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < 0) return -1;
  text.remove_prefix(digits);
  return value;
}

bool take_character(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

CivilTime civil_from(Timestamp time) {
  using namespace std::chrono;
  const sys_time<nanoseconds> point{nanoseconds{time.ns}};
  const auto day = floor<days>(point);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(point - day)};
  return CivilTime{static_cast<int>(date.year()),
                   static_cast<int>(static_cast<unsigned>(date.month())),
                   static_cast<int>(static_cast<unsigned>(date.day())),
                   static_cast<int>(clock.hours().count()),
                   static_cast<int>(clock.minutes().count()),
                   static_cast<int>(clock.seconds().count())};
}

std::optional<Timestamp> timestamp_from(const CivilTime& civil) {
  using namespace std::chrono;
  const year_month_day date{year{civil.year}, month{static_cast<unsigned>(civil.month)}, day{static_cast<unsigned>(civil.day)}};
  // Nanoseconds in 64 bits end in the year 2262 and begin in 1677; certificates may claim more.
  if (!date.ok() || civil.year < 1678 || civil.year > 2261) return std::nullopt;
  if (civil.hour < 0 || civil.hour > 24 || civil.minute < 0 || civil.minute > 59 || civil.second < 0 || civil.second > 60) return std::nullopt;
  const auto seconds_of_day = hours{civil.hour} + minutes{civil.minute} + seconds{civil.second};
  const auto whole = sys_days{date}.time_since_epoch() + seconds_of_day;
  return Timestamp{duration_cast<seconds>(whole).count() * k_second_ns};
}

std::string to_rfc3339(Timestamp time, int fraction_digits) {
  const CivilTime c = civil_from(time);
  std::array<char, 64> buffer{};
  int length = std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute, c.second);
  std::string text(buffer.data(), static_cast<std::size_t>(length));
  if (fraction_digits > 0) {
    std::int64_t fraction = time.ns % k_second_ns;
    if (fraction < 0) fraction += k_second_ns;
    length = std::snprintf(buffer.data(), buffer.size(), "%09lld", static_cast<long long>(fraction));
    text += '.';
    text.append(buffer.data(), static_cast<std::size_t>(fraction_digits > 9 ? 9 : fraction_digits));
  }
  text += 'Z';
  return text;
}

std::optional<Timestamp> parse_timestamp(std::string_view text) {
  CivilTime civil;
  civil.year = take_number(text, 4);
  if (civil.year < 0 || !take_character(text, "-/")) return std::nullopt;
  civil.month = take_number(text, 2);
  if (civil.month < 0 || !take_character(text, "-/")) return std::nullopt;
  civil.day = take_number(text, 2);
  if (civil.day < 0) return std::nullopt;
  std::int64_t fraction_ns = 0;
  if (take_character(text, "T ")) {
    civil.hour = take_number(text, 2);
    if (civil.hour < 0 || !take_character(text, ":")) return std::nullopt;
    civil.minute = take_number(text, 2);
    if (civil.minute < 0) return std::nullopt;
    if (take_character(text, ":")) {
      civil.second = take_number(text, 2);
      if (civil.second < 0) return std::nullopt;
    }
    if (take_character(text, ".,")) {
      std::int64_t unit = k_second_ns / 10;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        fraction_ns += (text.front() - '0') * unit;
        unit /= 10;
        text.remove_prefix(1);
      }
    }
  }
  const auto whole = timestamp_from(civil);
  if (!whole) return std::nullopt;
  return Timestamp{whole->ns + fraction_ns};
}

}  // namespace tlswhy
