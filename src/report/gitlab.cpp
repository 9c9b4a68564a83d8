// SPDX-License-Identifier: Apache-2.0
// GitLab Code Quality: a JSON array of issues (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format).
#include <nlohmann/json.hpp>

#include <map>
#include <span>

#include "base/text.hpp"
#include "report/findings.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_fingerprint_digits = 32;

std::string_view severity_of(Level level) {
  switch (level) {
    case Level::error: return "major";
    case Level::warning: return "minor";
    default: return "info";
  }
}

}  // namespace

std::string gitlab(const FindingsReport& report) {
  nlohmann::ordered_json issues = nlohmann::ordered_json::array();
  for (const triage::Finding* const finding : by_level(report, Level::note)) {
    const Target target = target_of(*finding, report);
    // Of issues with one fingerprint only the first is shown, so the path is part of it here.
    const std::string unique = finding->fingerprint + '\n' + finding->path;
    issues.push_back({{"description", message_of(*finding)},
                      {"check_name", "tlswhy/" + rule_of(*finding)},
                      {"fingerprint", tls::sha256_hex(bytes_of(unique)).substr(0, k_fingerprint_digits)},
                      {"severity", std::string(severity_of(level_of(*finding, report.gate)))},
                      {"location", {{"path", valid_utf8(target.path)}, {"lines", {{"begin", target.line}}}}}});
  }
  return issues.dump(1, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace tlswhy::report
