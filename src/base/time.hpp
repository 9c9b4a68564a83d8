// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tlswhy {

// Nanoseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t ns = 0;
  [[nodiscard]] friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// The calendar date of a point in time, UTC, proleptic Gregorian.
[[nodiscard]] CivilTime civil_from(Timestamp time);
// The point in time of a calendar date, UTC; nothing for dates that do not exist.
[[nodiscard]] std::optional<Timestamp> timestamp_from(const CivilTime& civil);
// RFC 3339 in UTC with `fraction_digits` (0, 3, 6 or 9) digits of the second.
[[nodiscard]] std::string to_rfc3339(Timestamp time, int fraction_digits = 6);
// Reads RFC 3339 and its usual relatives: "2024-05-01", "2024-05-01 10:00:00", "2024-05-01T10:00:00.123Z".
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);
[[nodiscard]] inline double milliseconds_between(Timestamp from, Timestamp to) {
  return static_cast<double>(to.ns - from.ns) / 1e6;
}

}  // namespace tlswhy
