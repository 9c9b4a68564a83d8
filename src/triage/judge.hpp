// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "triage/finding.hpp"

// What of a batch makes a run fail.
namespace tlswhy::triage {

// Which findings count.
struct Gate {
  enum class Level : std::uint8_t {
    never,         // none
    failed,        // failures
    inconclusive,  // and what cannot be told
  };
  Level level = Level::failed;
  std::vector<std::string> causes;  // only these, where any are given
  double least_confidence = 0;      // a failure whose cause is less sure does not count
  bool only_new = false;            // nor what is on the baseline
  bool only_unexpected = false;     // nor what has no expectation or meets it
};
// Reads "failed", "inconclusive", "any" (the same), "new", "unexpected", "never" (or "none"), "cause=ID,ID". The error names the words.
[[nodiscard]] Result<Gate> read_gate(std::string_view words);

// Whether a finding makes the run fail. An expectation decides alone where there is one: met, a failure is no failure.
[[nodiscard]] bool counts(const Finding& finding, const Gate& gate);

// Reads an expectation as text: lines "expect: ok" ("success"), "expect: failed", "expect: inconclusive", "expect: any" or
// "expect: cause=ID[,ID...]"; "#" begins a comment.
[[nodiscard]] Result<Expectation> read_expectation(std::string_view text);
// Says whether the expectation is met.
[[nodiscard]] bool meets(const Finding& finding, const Expectation& expectation);

// "unknown-ca (93%)", "ok", "inconclusive", "unreadable".
[[nodiscard]] std::string in_short(const Finding& finding);
// "unknown-ca or root-expired", "ok": what was expected.
[[nodiscard]] std::string in_words(const Expectation& expectation);

}  // namespace tlswhy::triage
