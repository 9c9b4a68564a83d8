// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) with all that GitHub code scanning demands beyond the
// schema (https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "report/findings.hpp"

namespace tlswhy::report {
namespace {

using json = nlohmann::ordered_json;
using triage::Finding;

constexpr std::size_t k_most_results = 25'000;      // GitHub refuses a run with more
constexpr std::size_t k_longest_description = 1000;  // characters; GitHub takes 1024
constexpr std::size_t k_hash_digits = 16;            // as the hashes that GitHub computes itself
constexpr std::size_t k_most_notifications = 100;

// A URI reference (RFC 3986): of a path, everything is percent-encoded but unreserved characters and "/".
std::string uri_of(std::string_view path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      constexpr std::string_view k_digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += k_digits[byte >> 4U];
      out += k_digits[byte & 15U];
    }
  }
  return out;
}

std::string help_text(const knowledge::Cause& cause, bool markdown) {
  std::string out(cause.what);
  if (!cause.fixes.empty()) out += markdown ? "\n\n**What to do**\n" : "\n\nWhat to do:";
  for (const knowledge::Fix& fix : cause.fixes) {
    out += (markdown ? "\n- " : "\n- ") + std::string(fix.action);
    if (!fix.weakens.empty()) out += (markdown ? " **Costs security:** " : " Costs security: ") + std::string(fix.weakens);
  }
  if (!cause.confirm.empty()) out += (markdown ? "\n\n**Next check**\n\n" : "\n\nNext check: ") + std::string(cause.confirm.front());
  return out;
}

// Markup characters in our own texts (__attribute__, <host>) are characters.
std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '_' || c == '`' || c == '[' || c == ']') out += std::string("\\") + c;
    else out += c;
  }
  return out;
}

json rule_json(const std::string& rule, const FindingsReport& report) {
  const std::string title = title_of(rule, report);
  const knowledge::Cause* const cause = report.knowledge.cause(rule);
  json out = {{"id", rule}, {"shortDescription", {{"text", shorten(title, k_longest_description)}}}};
  out["fullDescription"] = {{"text", shorten(cause != nullptr && !cause->what.empty() ? cause->what : std::string_view(title), k_longest_description)}};
  if (cause != nullptr) {
    out["help"] = {{"text", help_text(*cause, false)}, {"markdown", markdown_text(help_text(*cause, true))}};
    if (!cause->references.empty()) out["helpUri"] = std::string(cause->references.front().url);
  } else {
    out["help"] = {{"text", title}, {"markdown", markdown_text(title)}};
  }
  out["defaultConfiguration"] = {{"level", "error"}};
  json tags = json::array({"tls"});
  if (cause != nullptr) tags.push_back(std::string(cause->family));
  out["properties"] = {{"tags", std::move(tags)}, {"problem.severity", "error"}, {"precision", "high"}};
  return out;
}

json result_json(const Finding& finding, std::size_t rule_index, std::size_t occurrence, const FindingsReport& report) {
  const Target target = target_of(finding, report);
  const Level level = level_of(finding, report.gate);
  json properties = {{"status", std::string(to_string(finding.status))}, {"known", finding.known}};
  if (finding.frame) properties["frame"] = *finding.frame;
  if (finding.status == triage::Status::failed) properties["confidence"] = finding.confidence;
  if (!finding.server.empty()) properties["server"] = printable(finding.server);
  if (!finding.device.empty()) properties["device"] = printable(finding.device);
  std::string message = message_of(finding);
  if (!finding.fix.empty() && finding.status == triage::Status::failed) message += " To do: " + printable(finding.fix);
  json location = {{"artifactLocation", {{"uri", uri_of(target.path)}}},
                   {"region", {{"startLine", target.line}, {"startColumn", 1}, {"endLine", target.line}, {"endColumn", 2}}}};
  return {{"ruleId", rule_of(finding)},
          {"ruleIndex", rule_index},
          {"level", std::string(to_string(level))},
          {"message", {{"text", std::move(message)}}},
          {"locations", json::array({json{{"physicalLocation", std::move(location)}}})},
          {"partialFingerprints",
           {{"primaryLocationLineHash", finding.fingerprint.substr(0, k_hash_digits) + ":" + std::to_string(occurrence)}, {"tlswhyFingerprint/v1", finding.fingerprint}}},
          {"properties", std::move(properties)}};
}

json invocation_json(const FindingsReport& report, std::size_t left_out) {
  json notes = json::array();
  const auto note = [&](const std::string& text) { notes.push_back({{"level", "warning"}, {"message", {{"text", text}}}}); };
  for (const Finding& finding : report.findings) {
    if (!finding.damaged || notes.size() >= k_most_notifications) continue;
    note(printable(finding.problems.empty() ? finding.path + ": " + finding.summary : finding.problems.front()));
  }
  if (left_out != 0) note(std::to_string(left_out) + " further results are left out: a run may hold " + std::to_string(k_most_results));
  if (report.totals.not_reached != 0) note(std::to_string(report.totals.not_reached) + " inputs were not reached");
  return {{"executionSuccessful", report.totals.unreadable == 0 && report.totals.not_reached == 0}, {"toolExecutionNotifications", std::move(notes)}};
}

}  // namespace

std::string sarif(const FindingsReport& report) {
  std::vector<const Finding*> all = by_level(report, Level::note);
  const std::size_t left_out = all.size() > k_most_results ? all.size() - k_most_results : 0;
  all.resize(all.size() - left_out);
  std::map<std::string, std::size_t> indices;
  for (const Finding* const finding : all) indices[rule_of(*finding)] = 0;
  json rules = json::array();
  for (auto& [rule, index] : indices) {
    index = rules.size();
    rules.push_back(rule_json(rule, report));
  }
  json results = json::array();
  std::map<std::string, std::size_t> seen;
  for (const Finding* const finding : all) results.push_back(result_json(*finding, indices[rule_of(*finding)], ++seen[finding->fingerprint], report));
  json run = {{"tool", {{"driver", {{"name", "tlswhy"}, {"version", report.tool.version}, {"semanticVersion", report.tool.version}, {"rules", std::move(rules)}}}}}};
  if (!report.category.empty()) run["automationDetails"] = {{"id", printable(report.category) + "/"}};
  run["invocations"] = json::array({invocation_json(report, left_out)});
  run["columnKind"] = "utf16CodeUnits";
  run["results"] = std::move(results);
  const json document = {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", json::array({std::move(run)})}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace tlswhy::report
