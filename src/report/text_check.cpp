// SPDX-License-Identifier: Apache-2.0
#include "report/text_check.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/layout.hpp"

namespace tlswhy::report {
namespace {

std::string at_place(const std::string& file, const std::optional<std::uint64_t>& frame, const std::optional<std::uint64_t>& line) {
  if (file.empty() && !frame && !line) return {};
  if (frame) return fmt::format("  [{} frame {}]", printable(file), *frame);
  if (line) return fmt::format("  [{}:{}]", printable(file), *line);
  return fmt::format("  [{}]", printable(file));
}

}  // namespace

std::string whatif_text(const std::vector<check::WhatIf>& answers, const TextOptions& options) {
  std::string out;
  for (const check::WhatIf& answer : answers) {
    if (!out.empty()) out += "\n";
    out += wrapped(styled(answer.summary, Style::verdict, options), "", "", options);
    if (options.quiet) continue;
    for (std::size_t i = 0; i < answer.checks.size(); ++i) {
      const check::WhatIfCheck& item = answer.checks[i];
      // The summary has said it: the list only shows the place.
      const std::string says = answer.decided_by == i ? "as said above" : item.says;
      const std::string_view mark = item.verdict == check::Verdict::yes ? "+" : item.verdict == check::Verdict::no ? "-" : "?";
      out += wrapped(fmt::format("{}: {}{}", item.id, says, at_place(item.file, item.frame, std::nullopt)), fmt::format("  {} ", mark),
                     "    ", options);
    }
    out += styled("Cannot be known from this", Style::heading, options) + "\n";
    for (const std::string& point : answer.cannot_know) out += wrapped(point, "  . ", "    ", options);
  }
  return out;
}

std::string diff_text(const check::Diff& diff, const TextOptions& options) {
  std::string out = wrapped(styled(printable(diff.summary), Style::verdict, options), "", "", options);
  if (options.quiet) return out;
  for (std::size_t i = 0; i < diff.differences.size(); ++i) {
    const check::Difference& item = diff.differences[i];
    if (item.weight == check::Weight::minor && !options.verbose) continue;
    const std::string_view mark = item.weight == check::Weight::matters ? "!" : "~";
    // The summary has said the first one: only its values and places are left to show.
    out += wrapped(fmt::format("{}: {}", item.aspect, diff.first == i ? "as said above" : item.says), fmt::format("  {} ", mark), "    ",
                   options);
    out += wrapped(fmt::format("good: {}{}", item.good, at_place(item.good_at.file, item.good_at.frame, item.good_at.line)), "      ",
                   "        ", options);
    out += wrapped(fmt::format("bad:  {}{}", item.bad, at_place(item.bad_at.file, item.bad_at.frame, item.bad_at.line)), "      ",
                   "        ", options);
  }
  for (const std::string& note : diff.notes) out += wrapped(printable(note), "  . ", "    ", options);
  return out;
}

std::string cert_text(const check::CertReport& report, const TextOptions& options) {
  std::string out = wrapped(styled(fmt::format("{} error{}, {} warning{}.", report.errors, report.errors == 1 ? "" : "s", report.warnings,
                                               report.warnings == 1 ? "" : "s"),
                                   report.errors == 0 ? Style::good : Style::verdict, options),
                            "", "", options);
  if (options.quiet) return out;
  for (const check::CertFinding& finding : report.findings) {
    const std::string detail = finding.says.empty() ? "" : ": " + printable(finding.says);
    out += wrapped(
        fmt::format("{}{} ({}){}", finding.fault->title, detail, finding.fault->id, at_place(finding.file, std::nullopt, finding.line)),
        fmt::format("  {} ", finding.fault->severity == "error"     ? "!"
                             : finding.fault->severity == "warning" ? "~"
                                                                    : "."),
        "    ", options);
    if (finding.fault->severity == "note" && !options.verbose) continue;
    out += wrapped(finding.fault->action, "    > ", "      ", options);
    for (const knowledge::Property& gives : finding.fault->gives) {
      if (!gives.values.empty()) out += wrapped(fmt::format("{}: {}", gives.key, gives.values.front()), "    = ", "      ", options);
    }
  }
  for (const std::string& note : report.notes) out += wrapped(printable(note), "  + ", "    ", options);
  return out;
}

}  // namespace tlswhy::report
