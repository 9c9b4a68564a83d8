// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "triage/examine.hpp"

// Many inputs on several threads, in an order that does not depend on them.
namespace tlswhy::triage {

// What a thread makes of one input, for the caller: a finding and any text.
struct Done {
  Finding finding;
  std::string text;
};

struct Run {
  std::size_t jobs = 1;
  std::optional<std::chrono::steady_clock::time_point> until;  // no input is begun after that
  const std::atomic<bool>* stop = nullptr;                     // nor once this is set; may be null
};

// Calls `work` for every unit on `run.jobs` threads and `done`, on the calling thread, with the results in the units' order. Results
// that wait for an earlier one are few, so memory stays bounded. `work` that throws gives an unreadable finding; the others go on.
// `tick` is called about ten times a second with the number of results so far. Returns how many units were not begun: always the last ones.
[[nodiscard]] std::size_t run_all(const std::vector<Unit>& units, const Run& run, const std::function<Done(const Unit&)>& work,
                                  const std::function<void(Done&&)>& done, const std::function<void(std::size_t)>& tick);

}  // namespace tlswhy::triage
