// SPDX-License-Identifier: Apache-2.0
// JUnit XML as Jenkins, GitLab and others read it: no attribute and no element beside what Jenkins' schema (junit-10.xsd of its xUnit
// plug-in) allows. One test case an input.
#include <fmt/format.h>

#include "base/text.hpp"
#include "report/findings.hpp"

namespace tlswhy::report {
namespace {

using triage::Finding;
using triage::Status;

// Text for XML 1.0: printable() has taken out the control characters, which XML cannot hold even as references; U+FFFE and U+FFFF are
// the others that it cannot.
std::string xml(std::string_view text) {
  std::string out;
  const std::string safe = printable(text);
  for (std::size_t i = 0; i < safe.size(); ++i) {
    switch (safe[i]) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&apos;"; break;
      default:
        if (safe.compare(i, 2, "\xEF\xBF") == 0 && i + 2 < safe.size() && (safe[i + 2] == '\xBE' || safe[i + 2] == '\xBF')) {
          out += "?";
          i += 2;
        } else {
          out += safe[i];
        }
    }
  }
  return out;
}

// Readers cut class names at dots to make packages, so folders become packages.
std::string class_of(const std::string& path) {
  std::string name = "tlswhy";
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return name;
  name += '.';
  for (const char c : path.substr(0, slash)) name += c == '/' ? '.' : c == '.' ? '_' : c;
  return name;
}

std::string details(const Finding& finding) {
  std::string text = xml(message_of(finding)) + "\n";
  if (!finding.fix.empty() && finding.status == Status::failed) text += "To do: " + xml(finding.fix) + "\n";
  for (const std::string& file : finding.files) text += xml(file) + "\n";
  for (const std::string& problem : finding.problems) text += xml(problem) + "\n";
  return text + "fingerprint " + finding.fingerprint + "\n";
}

}  // namespace

std::string junit(const FindingsReport& report) {
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  std::string cases;
  for (const Finding& finding : report.findings) {
    const std::string path = target_of({.path = finding.path}, report).path;
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(class_of(path)), xml(path));
    const Level level = level_of(finding, report.gate);
    const bool unread = finding.damaged && !finding.known && !(finding.expected && finding.expected->met);
    if (level == Level::error && finding.status != Status::unreadable) {
      ++failures;
      cases += fmt::format(">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n", xml(rule_of(finding)), xml(message_of(finding)), details(finding));
    } else if (unread || level == Level::error) {
      ++errors;
      cases += fmt::format(">\n      <error type=\"unreadable\" message=\"{}\">{}</error>\n    </testcase>\n",
                           xml(finding.problems.empty() ? finding.summary : finding.problems.front()), details(finding));
    } else if (level == Level::note) {
      ++skipped;
      cases += fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml(message_of(finding)));
    } else if (finding.status == Status::ok) {
      cases += "/>\n";
    } else {
      cases += fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", details(finding));
    }
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"tlswhy\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}"
      "  </testsuite>\n</testsuites>\n",
      report.findings.size(), failures, errors, skipped, cases);
}

}  // namespace tlswhy::report
