// SPDX-License-Identifier: Apache-2.0
#include "report/watch.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ctime>

#include "base/text.hpp"
#include "report/json_verdict.hpp"
#include "report/layout.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view k_schema = "tlswhy-watch/1";
constexpr std::size_t k_evidence_told = 3;
constexpr std::size_t k_fixes_told = 2;

// As the clock on the wall shows it; machines get UTC.
std::string clock_time(Timestamp time) {
  const std::time_t seconds = time.ns / 1'000'000'000;
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return to_rfc3339(time, 0);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

// "log:12-19, eth0 frames 4 to 9".
std::string places(const watch::Told& told) {
  std::string text;
  if (!told.log.empty()) text = fmt::format("{}:{}{}", file_name(told.log), told.first_line, told.last_line > told.first_line ? fmt::format("-{}", told.last_line) : "");
  if (!told.wire.empty()) text += fmt::format("{}{} frames {} to {}", text.empty() ? "" : ", ", file_name(told.wire), told.first_frame, told.last_frame);
  return text;
}

}  // namespace

std::string told_line(const watch::Told& told, const TextOptions& options) {
  std::string verdict;
  Style style = Style::warning;
  if (told.outcome == "completed") {
    verdict = "ok";
    style = Style::good;
  } else if (watch::is_named(told)) {
    const diagnose::RankedCause& first = told.causes.front();
    verdict = fmt::format("{} {:.0f}%  {}", first.cause->id, percent(first.confidence), first.cause->title);
  } else {
    verdict = told.outcome == "failed" ? "failed; nothing that was seen tells why" : "came to no end that was seen";
  }
  const std::string server = watch::server_of(told);
  std::string line = fmt::format("{}  #{}{}  {}  {}", clock_time(told.when), told.number, told.update ? " (more is known)" : "", server.empty() ? "?" : server, styled(verdict, style, options));
  if (told.outcome == "completed" && !told.version.empty()) line += "  " + told.version;
  if (told.alike > 1 && told.outcome != "completed") line += fmt::format("  (time {})", told.alike);
  return line + "\n";
}

std::string told_details(const watch::Told& told, const TextOptions& options) {
  if (told.outcome == "completed") return {};
  std::string out;
  const std::string where = places(told);
  if (!where.empty()) out += wrapped(styled(where + (told.joined_by.empty() ? "" : ", joined by " + told.joined_by), Style::faint, options), "    ", "    ", options);
  if (!watch::is_named(told)) return out;
  const diagnose::RankedCause& first = told.causes.front();
  for (std::size_t i = 0; i < std::min(k_evidence_told, first.evidence.size()); ++i) {
    const diagnose::EvidenceItem& item = first.evidence[i];
    out += wrapped(printable(item.says) + (item.inferred ? " (inferred)" : "") + " [" + place(item.source) + "]", "    + ", "      ", options);
  }
  for (std::size_t i = 1; i < told.causes.size(); ++i) {
    if (told.causes[i].confidence >= 0.05) out += wrapped(fmt::format("or {} ({:.0f}%)", told.causes[i].cause->id, told.causes[i].confidence * 100), "    ? ", "      ", options);
  }
  std::size_t fixes = 0;
  for (const knowledge::Fix* const fix : first.fixes) {
    if (!fix->weakens.empty() || fixes++ >= k_fixes_told) continue;
    out += wrapped(platforms_of(*fix) + std::string(fix->action), "    * ", "      ", options);
  }
  if (!first.cause->confirm.empty()) out += wrapped(std::string(first.cause->confirm.front()), "    > ", "      ", options);
  return out;
}

std::string watch_totals_text(const watch::Totals& totals) {
  constexpr std::size_t k_rows = 20;
  std::string out = fmt::format("{} attempt{}: {} failed, {} completed\n", totals.attempts, totals.attempts == 1 ? "" : "s", totals.failed, totals.completed);
  for (std::size_t i = 0; i < std::min(k_rows, totals.groups.size()); ++i) {
    const watch::Group& group = totals.groups[i];
    const std::string what = group.outcome == "completed" ? "ok" : group.cause.empty() ? "cannot be told" : group.cause;
    out += fmt::format("  {:>6}  {:<22}  {}  {}\n", group.count, what, group.server.empty() ? "?" : group.server, group.count > 1 ? clock_time(group.first) + " to " + clock_time(group.last) : clock_time(group.last));
  }
  if (totals.groups.size() > k_rows) out += fmt::format("  and {} more kinds\n", totals.groups.size() - k_rows);
  if (totals.ungrouped > 0) out += fmt::format("  {} attempts were of kinds beyond those counted apart\n", totals.ungrouped);
  return out;
}

std::string told_json(const watch::Told& told) {
  Json document{{"schema", k_schema}, {"attempt", told.number}, {"update", told.update}, {"time", to_rfc3339(told.when, 3)}, {"outcome", told.outcome}};
  document["client"] = text_or_null(told.client);
  document["server"] = text_or_null(told.server);
  document["sni"] = text_or_null(told.server_name);
  document["version"] = text_or_null(told.version);
  document["wire"] = told.wire.empty() ? Json(nullptr) : Json{{"source", valid_utf8(told.wire)}, {"first_frame", told.first_frame}, {"last_frame", told.last_frame}};
  document["log"] = told.log.empty() ? Json(nullptr) : Json{{"file", valid_utf8(told.log)}, {"first_line", told.first_line}, {"last_line", told.last_line}};
  document["joined_by"] = text_or_null(told.joined_by);
  document["alike"] = told.alike;
  document["causes"] = causes_list(told.causes);
  return dump_document(document, -1);
}

std::string watch_totals_json(const watch::Totals& totals) {
  Json groups = Json::array();
  for (const watch::Group& group : totals.groups) {
    groups.push_back({{"outcome", group.outcome}, {"cause", text_or_null(group.cause)}, {"server", text_or_null(group.server)}, {"count", group.count}, {"first", to_rfc3339(group.first, 3)}, {"last", to_rfc3339(group.last, 3)}});
  }
  return dump_document(Json{{"schema", k_schema}, {"totals", {{"attempts", totals.attempts}, {"failed", totals.failed}, {"completed", totals.completed}, {"ungrouped", totals.ungrouped}, {"groups", std::move(groups)}}}}, -1);
}

std::string watch_note_json(const std::string& source, const std::string& what) { return dump_document(Json{{"schema", k_schema}, {"note", valid_utf8(source + ": " + what)}}, -1); }

}  // namespace tlswhy::report
