// SPDX-License-Identifier: Apache-2.0
#include "report/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.hpp"

namespace tlswhy::report {
namespace {

using triage::Finding;
using triage::Status;

using Writer = std::string (*)(const FindingsReport&);
constexpr std::array<std::string_view, 6> k_formats{"junit", "sarif", "github", "gitlab", "tap", "csv"};
constexpr std::array<Writer, 6> k_writers{junit, sarif, github, gitlab, tap, csv};

constexpr std::string_view k_inconclusive = "inconclusive";
constexpr std::string_view k_unreadable = "unreadable";
constexpr std::string_view k_unexpected_ok = "unexpected-ok";

std::string relative_path(const std::string& path, const FindingsReport& report) {
  namespace fs = std::filesystem;
  const fs::path whole = (fs::path(report.folder) / path).lexically_normal();
  const std::string relative = whole.lexically_relative(report.root).generic_string();
  if (!relative.empty() && relative != "." && !relative.starts_with("..")) return relative;
  return whole.generic_string();
}

}  // namespace

std::string_view to_string(Level level) {
  constexpr std::array<std::string_view, 4> k_names{"none", "note", "warning", "error"};
  return k_names[static_cast<std::size_t>(level)];
}

Level level_of(const Finding& finding, const triage::Gate& gate) {
  triage::Gate judging = gate;
  if (judging.level == triage::Gate::Level::never) judging.level = triage::Gate::Level::failed;
  if (counts(finding, judging)) return Level::error;
  if (finding.expected && finding.expected->met) return Level::none;
  if (finding.known) return Level::note;
  switch (finding.status) {
    case Status::unreadable: return Level::error;
    case Status::failed: return Level::warning;
    case Status::inconclusive: return Level::note;
    case Status::ok: break;
  }
  return finding.damaged ? Level::warning : Level::none;
}

std::string rule_of(const Finding& finding) {
  switch (finding.status) {
    case Status::unreadable: return std::string(k_unreadable);
    case Status::inconclusive: return std::string(k_inconclusive);
    case Status::ok: return finding.unexpected() ? std::string(k_unexpected_ok) : std::string(k_unreadable);
    case Status::failed: break;
  }
  return finding.cause;
}

std::string title_of(std::string_view rule, const FindingsReport& report) {
  if (rule == k_unreadable) return "An input could not be read, or not to its end";
  if (rule == k_inconclusive) return "Whether the connection failed cannot be told from the input";
  if (rule == k_unexpected_ok) return "A failure was expected, and none was found";
  if (const knowledge::Cause* const cause = report.knowledge.cause(rule); cause != nullptr) return std::string(cause->title);
  // A cause of somebody's own data, in merged findings.
  for (const Finding& finding : report.findings) {
    if (finding.cause == rule) return printable(finding.title);
  }
  return std::string(rule);
}

std::string message_of(const Finding& finding) {
  std::string text;
  if (finding.status == Status::failed) {
    text = in_short(finding) + ": " + printable(finding.title);
    if (!text.ends_with('.')) text += '.';
    if (!finding.why.empty()) text += " Evidence: " + printable(finding.why) + ".";
  } else if (finding.status == Status::ok) {
    text = finding.damaged ? "Nothing failed in what could be read." : "Nothing failed.";
  } else {
    text = printable(finding.summary) + ".";
    text[0] = text[0] >= 'a' && text[0] <= 'z' ? static_cast<char>(text[0] - 'a' + 'A') : text[0];
  }
  std::string where;
  if (finding.frame) where = fmt::format("frame {}", *finding.frame);
  if (finding.place.line) where += fmt::format("{}{}:{}", where.empty() ? "" : ", ", printable(finding.place.file), *finding.place.line);
  if (!where.empty()) text += " At " + where + ".";
  if (!finding.server.empty()) text += " Server: " + printable(finding.server) + ".";
  if (finding.unexpected()) text += " Expected: " + printable(in_words(*finding.expected)) + ".";
  if (finding.known) text += " Known from the baseline.";
  if (finding.damaged && !finding.problems.empty()) text += " " + printable(finding.problems.front()) + ".";
  return text;
}

Target target_of(const Finding& finding, const FindingsReport& report) {
  if (finding.place.line) return {relative_path(finding.place.file, report), *finding.place.line};
  return {relative_path(finding.path, report), 1};
}

std::vector<const Finding*> by_level(const FindingsReport& report, Level least) {
  std::vector<const Finding*> out;
  for (int level = static_cast<int>(Level::error); level >= static_cast<int>(least); --level) {
    for (const Finding& finding : report.findings) {
      if (static_cast<int>(level_of(finding, report.gate)) == level) out.push_back(&finding);
    }
  }
  return out;
}

std::span<const std::string_view> findings_formats() { return k_formats; }

std::string write_findings(std::string_view format, const FindingsReport& report) {
  const auto found = std::find(k_formats.begin(), k_formats.end(), format);
  return found == k_formats.end() ? std::string() : k_writers[static_cast<std::size_t>(found - k_formats.begin())](report);
}

}  // namespace tlswhy::report
