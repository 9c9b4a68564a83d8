// SPDX-License-Identifier: Apache-2.0
// CSV (RFC 4180), one row an input.
#include <fmt/format.h>

#include "base/text.hpp"
#include "report/findings.hpp"

namespace tlswhy::report {
namespace {

// Spreadsheets take a cell that begins with one of these for a formula; an apostrophe before it makes it text
// (https://owasp.org/www-community/attacks/CSV_Injection).
std::string cell(std::string_view text) {
  std::string value = printable(text);
  if (!value.empty() && std::string_view("=+-@|%").find(value.front()) != std::string_view::npos) value.insert(0, 1, '\'');
  if (value.find_first_of(",\"\r\n;'") == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

template <typename Number>
std::string number_or_nothing(const std::optional<Number>& number) {
  return number ? std::to_string(*number) : std::string();
}

std::string_view yes_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

std::string csv(const FindingsReport& report) {
  std::string out = "path,status,cause,confidence,title,server,device,frame,log,line,evidence,expected,as_expected,known,counts,fingerprint,problems\r\n";
  for (const triage::Finding& finding : report.findings) {
    std::string problems;
    for (const std::string& problem : finding.problems) problems += (problems.empty() ? "" : "; ") + problem;
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", cell(finding.path), to_string(finding.status), cell(finding.cause),
                       finding.cause.empty() ? std::string() : fmt::format("{:.3f}", finding.confidence), cell(finding.title), cell(finding.server), cell(finding.device),
                       number_or_nothing(finding.frame), finding.place.line ? cell(finding.place.file) : std::string(), number_or_nothing(finding.place.line), cell(finding.why),
                       finding.expected ? cell(in_words(*finding.expected)) : std::string(), finding.expected ? yes_no(finding.expected->met) : "", yes_no(finding.known),
                       yes_no(counts(finding, report.gate)), finding.fingerprint, cell(problems));
  }
  return out;
}

}  // namespace tlswhy::report
