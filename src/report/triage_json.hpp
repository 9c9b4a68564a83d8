// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "diagnose/diagnose.hpp"
#include "triage/finding.hpp"

// tlswhy-triage/1: written, and read back for merging.
namespace tlswhy::report {

// One line without its end.
[[nodiscard]] std::string finding_line(const triage::Finding& finding, const diagnose::Diagnosis& diagnosis);
[[nodiscard]] std::string totals_line(const triage::Totals& totals);
// The pieces of the one document that holds them all: head, then the lines with "," between them, then the tail.
[[nodiscard]] std::string triage_document_head();
[[nodiscard]] std::string triage_document_tail(const triage::Totals& totals);

// A line read back.
struct TriageLine {
  bool is_totals = false;
  triage::Finding finding;
  std::size_t inputs = 0;       // of totals
  std::size_t not_reached = 0;  // of totals
  std::size_t shard = 0;        // of totals, with `shards`: 0 where they are those of the whole
  std::size_t shards = 0;
};
[[nodiscard]] Result<TriageLine> read_triage_line(std::string_view line);

// An expectation out of the label of a case ("cause", "also_acceptable", "expected": {"outcome"}).
[[nodiscard]] Result<triage::Expectation> read_case(std::string_view text);

// tlswhy-baseline/1: what is known already.
struct BaselineEntry {
  std::string fingerprint;
  std::string until;  // a date after which it counts again, as 2026-12-31; may be empty
};
[[nodiscard]] std::string baseline_json(const std::vector<triage::Finding>& findings);
[[nodiscard]] Result<std::vector<BaselineEntry>> read_baseline(std::string_view text);

}  // namespace tlswhy::report
