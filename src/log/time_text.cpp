// SPDX-License-Identifier: Apache-2.0
#include "log/time_text.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "log/holes.hpp"

namespace tlswhy::log {
namespace {

constexpr std::array<std::string_view, 12> k_months{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> k_days{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Whether a month or weekday begins with this letter.
bool begins_name(char c) {
  const auto by_it = [lower = lower_of(c)](std::string_view name) { return name.front() == lower; };
  return std::any_of(k_months.begin(), k_months.end(), by_it) || std::any_of(k_days.begin(), k_days.end(), by_it);
}
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A position in the text that only moves on when something was read.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  [[nodiscard]] std::size_t position() const { return position_; }
  void back_to(std::size_t position) { position_ = position; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(position_); }
  bool one_of(std::string_view characters) {
    if (peek() == '\0' || characters.find(peek()) == std::string_view::npos) return false;
    ++position_;
    return true;
  }
  void blanks() {
    while (peek() == ' ') ++position_;
  }
  // Between `least` and `most` digits; -1 if they are not there.
  int number(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    int value = 0;
    while (count < most && is_digit(peek(count))) value = value * 10 + (peek(count++) - '0');
    if (count < least) return -1;
    position_ += count;
    return value;
  }
  // The index of the name that stands here (three letters are compared, the rest of the word is read too); -1 if none.
  template <std::size_t N>
  int name(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i) {
      if (!istarts_with(rest(), names[i])) continue;
      while (is_letter(peek())) ++position_;
      return static_cast<int>(i);
    }
    return -1;
  }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
};

struct Clock {
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t fraction_ns = 0;
};

// "10:00", "10:00:00", "10:00:00.123", "10:00:00,123", "10:00:00:123", "9:05:00 PM".
bool read_clock(Scan& scan, Clock& clock, bool seconds_needed) {
  const std::size_t start = scan.position();
  clock.hour = scan.number(1, 2);
  const bool head = clock.hour >= 0 && clock.hour < 24 && scan.one_of(":");
  clock.minute = head ? scan.number(2, 2) : -1;
  if (clock.minute < 0 || clock.minute > 59) {
    scan.back_to(start);
    return false;
  }
  if (scan.peek() == ':' && is_digit(scan.peek(1))) {
    (void)scan.one_of(":");
    clock.second = scan.number(2, 2);
    if (clock.second < 0 || clock.second > 60) {
      scan.back_to(start);
      return false;
    }
    const char separator = scan.peek();
    if ((separator == '.' || separator == ',' || separator == ':') && is_digit(scan.peek(1))) {
      (void)scan.one_of(".,:");
      std::int64_t unit = 100'000'000;
      while (is_digit(scan.peek())) {
        clock.fraction_ns += (scan.peek() - '0') * unit;
        unit /= 10;
        (void)scan.number(1, 1);
      }
    }
  } else if (seconds_needed) {
    scan.back_to(start);
    return false;
  }
  const std::size_t after = scan.position();
  scan.blanks();
  const char half = static_cast<char>(scan.peek() | 0x20);
  if ((half == 'a' || half == 'p') && static_cast<char>(scan.peek(1) | 0x20) == 'm' && !is_letter(scan.peek(2)) && clock.hour <= 12) {
    if (half == 'p' && clock.hour < 12) clock.hour += 12;
    if (half == 'a' && clock.hour == 12) clock.hour = 0;
    scan.back_to(scan.position() + 2);
  } else {
    scan.back_to(after);
  }
  return true;
}

// "Z", "+02:00", " +0000", " UTC", " GMT": how many minutes east of Greenwich.
int read_zone(Scan& scan) {
  const std::size_t start = scan.position();
  if (scan.one_of("Z")) return 0;
  scan.blanks();
  if (istarts_with(scan.rest(), "utc") || istarts_with(scan.rest(), "gmt")) {
    scan.back_to(scan.position() + 3);
    return 0;
  }
  const int sign = scan.peek() == '-' ? -1 : 1;
  if (scan.one_of("+-")) {
    const int hours = scan.number(2, 2);
    (void)scan.one_of(":");
    const int minutes = hours >= 0 ? scan.number(2, 2) : -1;
    if (hours >= 0 && hours <= 14 && minutes >= 0 && minutes < 60 && !is_digit(scan.peek())) return sign * (hours * 60 + minutes);
  }
  scan.back_to(start);
  return 0;
}

std::optional<Timestamp> compose(int year, int month, int day, const Clock& clock, int zone_minutes) {
  const auto whole = timestamp_from(CivilTime{year, month, day, clock.hour, clock.minute, clock.second});
  if (!whole) return std::nullopt;
  return Timestamp{whole->ns + clock.fraction_ns - static_cast<std::int64_t>(zone_minutes) * 60'000'000'000};
}

double day_milliseconds(const Clock& clock) {
  return ((clock.hour * 60.0 + clock.minute) * 60.0 + clock.second) * 1000.0 + static_cast<double>(clock.fraction_ns) / 1e6;
}

// "2024-05-01 10:00:00.123", "2024/05/01T10:00", "2024-05-01"; the clock is optional.
bool read_year_first(Scan& scan, ReadTime& time) {
  const int year = scan.number(4, 4);
  if (year < 1900 || !scan.one_of("-/.")) return false;
  const int month = scan.number(1, 2);
  if (month < 1 || month > 12 || !scan.one_of("-/.")) return false;
  const int day = scan.number(1, 2);
  if (day < 1 || day > 31) return false;
  Clock clock;
  const std::size_t after_date = scan.position();
  int zone = 0;
  const bool joined = scan.one_of("T_,");
  if (!joined || scan.peek() == ' ') scan.blanks();
  if (read_clock(scan, clock, false)) {
    zone = read_zone(scan);
  } else {
    scan.back_to(after_date);
  }
  time.wall = compose(year, month, day, clock, zone);
  return time.wall.has_value();
}

// "01.05.2024 10:00:00" and "01/05/2024 10:00:00". With slashes day and month may be either way round, so the date is not told.
bool read_day_first(Scan& scan, ReadTime& time) {
  const int day = scan.number(1, 2);
  const char separator = scan.peek();
  if (day < 1 || !scan.one_of("./-")) return false;
  const int month = scan.number(1, 2);
  if (month < 1 || !scan.one_of(std::string_view(&separator, 1))) return false;
  const int year = scan.number(4, 4);
  if (year < 1900) return false;
  Clock clock;
  (void)scan.one_of(",");
  scan.blanks();
  if (!read_clock(scan, clock, false)) return false;
  if (separator == '.') time.wall = compose(year, month, day, clock, read_zone(scan));
  if (!time.wall) time.day_ms = day_milliseconds(clock);
  return true;
}

// "Tue Jun  7 14:43:17 2022", "Tue, 07 Jun 2022 14:43:17 GMT", "Jun  7 14:43:17", "07/Jun/2022:14:43:17 +0000".
bool read_named_month(Scan& scan, ReadTime& time) {
  if (scan.name(k_days) >= 0) {
    (void)scan.one_of(",");
    scan.blanks();
  }
  int day = scan.number(1, 2);
  if (day >= 0) {
    (void)scan.one_of("/-");
    scan.blanks();
  }
  const int month = scan.name(k_months);
  if (month < 0) return false;
  (void)scan.one_of("/-");
  scan.blanks();
  if (day < 0) {
    day = scan.number(1, 2);
    (void)scan.one_of(",");
    scan.blanks();
  }
  if (day < 1) return false;
  // A year may stand before or after the clock.
  int year = -1;
  if (is_digit(scan.peek()) && is_digit(scan.peek(3)) && !is_digit(scan.peek(4))) year = scan.number(4, 4);
  (void)scan.one_of(":");
  scan.blanks();
  Clock clock;
  if (!read_clock(scan, clock, true)) return false;
  int zone = read_zone(scan);
  if (year < 0) {
    const std::size_t after_clock = scan.position();
    scan.blanks();
    for (std::size_t i = 0; i < 5 && is_letter(scan.peek()); ++i) scan.back_to(scan.position() + 1);  // zone names: "CEST"
    scan.blanks();
    year = scan.number(4, 4);
    if (year < 1900 || is_digit(scan.peek())) {
      year = -1;
      scan.back_to(after_clock);
    } else if (const int late = read_zone(scan); late != 0) {
      zone = late;
    }
  }
  if (year > 0) time.wall = compose(year, month + 1, day, clock, zone);
  if (!time.wall) time.day_ms = day_milliseconds(clock);
  return true;
}

bool read_unix(Scan& scan, ReadTime& time) {
  std::size_t digits = 0;
  std::int64_t value = 0;
  while (digits < 14 && is_digit(scan.peek(digits))) value = value * 10 + (scan.peek(digits++) - '0');
  // Ten digits that begin with 1 are the years 2001 to 2033.
  if (scan.peek() != '1' || (digits != 10 && digits != 13) || is_letter(scan.peek(digits))) return false;
  scan.back_to(scan.position() + digits);
  std::int64_t ns = digits == 10 ? value * 1'000'000'000 : value * 1'000'000;
  if (scan.peek() == '.' && is_digit(scan.peek(1))) {
    (void)scan.one_of(".");
    std::int64_t unit = 100'000'000;
    while (is_digit(scan.peek())) {
      if (digits == 10) ns += (scan.peek() - '0') * unit;
      unit /= 10;
      (void)scan.number(1, 1);
    }
  }
  time.wall = Timestamp{ns};
  return true;
}

bool read_plain_clock(Scan& scan, ReadTime& time) {
  Clock clock;
  if (!read_clock(scan, clock, true)) return false;
  time.day_ms = day_milliseconds(clock);
  return true;
}

}  // namespace

ReadTime read_time(std::string_view text) {
  if (text.starts_with("?\?:?\?:?\?")) return ReadTime{8, std::nullopt, std::nullopt};
  // Nearly all that is asked about is no time; most of that shows at the first character.
  if (text.empty() || (!is_digit(text.front()) && !begins_name(text.front()))) return {};
  for (const auto& read : {read_year_first, read_plain_clock, read_named_month, read_day_first, read_unix}) {
    Scan scan(text);
    ReadTime time;
    if (read(scan, time)) {
      time.length = scan.position();
      return time;
    }
  }
  return {};
}

}  // namespace tlswhy::log
