// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/options.hpp"
#include "cli/sink.hpp"
#include "triage/finding.hpp"
#include "triage/judge.hpp"

namespace tlswhy::cli {

// What triage and merge share: findings come one by one, in order, and go out in the chosen format.
class TriageOutput {
 public:
  TriageOutput(const Options& options, const triage::Gate& gate, const knowledge::Knowledge& knowledge);

  // Whether the format needs the findings' lines of tlswhy-triage/1.
  [[nodiscard]] bool wants_lines() const { return format_ == "ndjson" || format_ == "json"; }
  // The findings are those of one part of several.
  void set_shard(std::size_t index, std::size_t count) { totals_.shard = index, totals_.shards = count; }
  void add(triage::Finding finding, const std::string& line);
  // All findings are there, and `not_reached` inputs have none. The exit status.
  [[nodiscard]] int finish(std::size_t not_reached, bool something_unread);
  [[nodiscard]] bool broken() const { return sink_.broken(); }

 private:
  [[nodiscard]] bool write_baseline() const;
  void tell_unread() const;

  const Options& options_;
  const triage::Gate& gate_;
  const knowledge::Knowledge& knowledge_;
  std::string format_;
  Sink sink_;
  std::vector<triage::Finding> findings_;
  triage::Totals totals_;
};

// Findings in a format of a CI service. For GitHub the table goes to the job's summary page too, where there is one.
[[nodiscard]] std::string findings_text(const Options& options, const std::vector<triage::Finding>& findings, const triage::Totals& totals, const triage::Gate& gate,
                                        const knowledge::Knowledge& knowledge);

// The gate of the options; nothing after a complaint.
[[nodiscard]] std::optional<triage::Gate> gate_of(const Options& options, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::cli
