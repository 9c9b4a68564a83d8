// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace tlswhy::log {

// A time as loggers spell it. `length` is how much of the text it took, 0 if there is none at its start.
struct ReadTime {
  std::size_t length = 0;
  std::optional<Timestamp> wall;  // date known; a clock without zone is taken as UTC
  std::optional<double> day_ms;   // clock time only
};

// Reads a date, a clock time or both at the start of `text`: RFC 3339 and its relatives, "10:00:00.123", asctime, syslog, HTTP
// dates, the Common Log Format, Unix seconds (ten digits) or milliseconds, and "??:??:??" of devices without a clock.
[[nodiscard]] ReadTime read_time(std::string_view text);

}  // namespace tlswhy::log
