// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/model.hpp"
#include "report/json.hpp"
#include "triage/finding.hpp"
#include "triage/judge.hpp"

// Findings in the formats of CI services. Every writer takes the same values and decides nothing that another decides too.
namespace tlswhy::report {

struct FindingsReport {
  const std::vector<triage::Finding>& findings;
  const triage::Totals& totals;
  const triage::Gate& gate;
  const knowledge::Knowledge& knowledge;
  Tool tool;
  std::string root;      // folder of the repository, absolute; paths below it are written relative to it
  std::string folder;    // the working folder, absolute
  std::string category;  // of SARIF: tells several runs over one commit apart; may be empty
};

enum class Level : std::uint8_t { none, note, warning, error };
[[nodiscard]] std::string_view to_string(Level level);
// How bad a finding is: an error makes the run fail (or would, without --fail-on never), a warning does not, a note is known or cannot be
// told, and what is ok or as expected is none.
[[nodiscard]] Level level_of(const triage::Finding& finding, const triage::Gate& gate);
// The cause, or what stands for it: "undetermined", "inconclusive", "unreadable", "unexpected-ok".
[[nodiscard]] std::string rule_of(const triage::Finding& finding);
// What a rule is about, in a sentence.
[[nodiscard]] std::string title_of(std::string_view rule, const FindingsReport& report);
// The finding in words, in one line: cause, evidence with its place, what was expected. Untrusted text is printable.
[[nodiscard]] std::string message_of(const triage::Finding& finding);
// Where an editor shall go: the log line of the evidence, else the capture.
struct Target {
  std::string path;        // relative to the root if below it
  std::uint64_t line = 1;
};
[[nodiscard]] Target target_of(const triage::Finding& finding, const FindingsReport& report);
// Findings of a level or worse, worst first, then in their order.
[[nodiscard]] std::vector<const triage::Finding*> by_level(const FindingsReport& report, Level least);

// One function a format; each gives the whole document.
[[nodiscard]] std::string junit(const FindingsReport& report);
[[nodiscard]] std::string sarif(const FindingsReport& report);
[[nodiscard]] std::string github(const FindingsReport& report);
[[nodiscard]] std::string gitlab(const FindingsReport& report);
[[nodiscard]] std::string tap(const FindingsReport& report);
[[nodiscard]] std::string csv(const FindingsReport& report);
// A table in Markdown of at most `limit` bytes, for a job's summary page.
[[nodiscard]] std::string summary_markdown(const FindingsReport& report, std::size_t limit);

// The names that --format takes for these, and the writer of one of them.
[[nodiscard]] std::span<const std::string_view> findings_formats();
[[nodiscard]] std::string write_findings(std::string_view format, const FindingsReport& report);

}  // namespace tlswhy::report
