// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"

namespace tlswhy::input {

// What a user says besides files, as typed.
struct Told {
  std::string device;
  std::string host;
  std::string at;                // a date, with or without time
  std::int64_t in_buffer = 0;    // bytes; 0 where it was not told
  std::int64_t free_heap = 0;    // bytes; 0 where it was not told
  std::vector<std::string> set;  // KEY=VALUE
};

// The same as values. The error names in `where` what makes no sense: device, at or set.
[[nodiscard]] Result<diagnose::Context> context_of(const Told& told, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::input
