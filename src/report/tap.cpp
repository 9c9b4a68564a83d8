// SPDX-License-Identifier: Apache-2.0
// TAP version 13 (https://testanything.org/tap-version-13-specification.html), one test an input, with a YAML block under what is not ok.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/findings.hpp"

namespace tlswhy::report {
namespace {

// "#" would begin a directive.
std::string description(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

// A JSON string is a YAML string in double quotes.
std::string yaml(std::string_view text) { return nlohmann::json(printable(text)).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace); }

}  // namespace

std::string tap(const FindingsReport& report) {
  std::string out = fmt::format("TAP version 13\n1..{}\n", report.findings.size());
  std::size_t number = 0;
  for (const triage::Finding& finding : report.findings) {
    const Level level = level_of(finding, report.gate);
    const bool failed = level == Level::error || (finding.damaged && level == Level::warning);
    out += fmt::format("{} {} - {}", failed ? "not ok" : "ok", ++number, description(finding.path));
    if (!failed && level == Level::note) out += " # SKIP " + std::string(finding.known ? "known: " : "") + description(in_short(finding));
    out += '\n';
    if (!failed) continue;
    out += fmt::format("  ---\n  message: {}\n  severity: fail\n  cause: {}\n  fingerprint: {}\n", yaml(message_of(finding)), yaml(rule_of(finding)), yaml(finding.fingerprint));
    if (!finding.fix.empty()) out += fmt::format("  todo: {}\n", yaml(finding.fix));
    out += "  files:\n";
    for (const std::string& file : finding.files) out += fmt::format("    - {}\n", yaml(file));
    if (!finding.problems.empty()) out += "  problems:\n";
    for (const std::string& problem : finding.problems) out += fmt::format("    - {}\n", yaml(problem));
    out += "  ...\n";
  }
  return out;
}

}  // namespace tlswhy::report
