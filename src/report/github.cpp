// SPDX-License-Identifier: Apache-2.0
// GitHub workflow commands that become annotations
// (https://docs.github.com/actions/reference/workflow-commands-for-github-actions), and the table for the job's summary page.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"
#include "report/findings.hpp"

namespace tlswhy::report {
namespace {

using triage::Finding;

// GitHub shows this many of each kind a step and drops the rest without a word.
constexpr std::size_t k_shown_of_a_kind = 10;
constexpr std::size_t k_paths_named = 3;

// The message of a command: a line break would begin another command. (Not named "data": std::data would be found for a std::string.)
std::string escaped_message(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '%': out += "%25"; break;
      case '\r': out += "%0D"; break;
      case '\n': out += "%0A"; break;
      default: out += c;
    }
  }
  return out;
}

// A property of a command.
std::string escaped_property(std::string_view text) {
  std::string out;
  for (const char c : escaped_message(text)) {
    switch (c) {
      case ':': out += "%3A"; break;
      case ',': out += "%2C"; break;
      default: out += c;
    }
  }
  return out;
}

std::string_view command_of(Level level) { return level == Level::error ? "error" : level == Level::warning ? "warning" : "notice"; }

std::string annotation(Level level, const Finding& finding, const std::string& message, const FindingsReport& report) {
  const Target target = target_of(finding, report);
  return fmt::format("::{} file={},line={},endLine={},title={}::{}\n", command_of(level), escaped_property(target.path), target.line, target.line,
                     escaped_property("tlswhy: " + rule_of(finding)), escaped_message(message));
}

// Several inputs with one cause in one annotation, at the surest of them.
std::string group_annotation(Level level, const std::vector<const Finding*>& group, const FindingsReport& report) {
  const Finding* const surest = *std::max_element(group.begin(), group.end(), [](const Finding* a, const Finding* b) { return a->confidence < b->confidence; });
  if (group.size() == 1) return annotation(level, *surest, surest->path + ": " + message_of(*surest), report);
  std::string paths;
  for (std::size_t i = 0; i < std::min(group.size(), k_paths_named); ++i) paths += (i == 0 ? "" : ", ") + group[i]->path;
  if (group.size() > k_paths_named) paths += fmt::format(" and {} more", group.size() - k_paths_named);
  return annotation(level, *surest, fmt::format("{} inputs ({}). The surest, {}: {}", group.size(), paths, surest->path, message_of(*surest)), report);
}

std::string annotations(Level level, const FindingsReport& report) {
  std::vector<const Finding*> all = by_level(report, level);
  std::erase_if(all, [&](const Finding* finding) { return level_of(*finding, report.gate) != level; });
  std::string out;
  if (all.size() <= k_shown_of_a_kind) {
    for (const Finding* const finding : all) out += annotation(level, *finding, finding->path + ": " + message_of(*finding), report);
    return out;
  }
  std::map<std::string, std::vector<const Finding*>> groups;
  for (const Finding* const finding : all) groups[rule_of(*finding)].push_back(finding);
  std::vector<const std::vector<const Finding*>*> sorted;
  for (const auto& [rule, group] : groups) sorted.push_back(&group);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->size() > b->size(); });
  const std::size_t shown = sorted.size() <= k_shown_of_a_kind ? sorted.size() : k_shown_of_a_kind - 1;
  for (std::size_t i = 0; i < shown; ++i) out += group_annotation(level, *sorted[i], report);
  if (shown == sorted.size()) return out;
  std::string rules;
  std::size_t inputs = 0;
  for (std::size_t i = shown; i < sorted.size(); ++i) {
    rules += (rules.empty() ? "" : ", ") + rule_of(*sorted[i]->front());
    inputs += sorted[i]->size();
  }
  return out + fmt::format("::{} title=tlswhy::{}\n", command_of(level), escaped_message(fmt::format("{} more inputs with {} more causes: {}. The job's summary lists all.", inputs, sorted.size() - shown, rules)));
}

// A cell of a table in Markdown: nothing in it is markup.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (std::string_view("\\`*_{}[]()#|~!@:").find(c) != std::string_view::npos) out += fmt::format("&#{};", static_cast<int>(c));
    else out += c;
  }
  return out;
}

}  // namespace

std::string github(const FindingsReport& report) {
  std::string out = annotations(Level::error, report) + annotations(Level::warning, report) + annotations(Level::note, report);
  // What the log of the step ends with, for readers of the log.
  const triage::Totals& t = report.totals;
  return out + fmt::format("tlswhy: {} inputs, {} failed, {} ok, {} inconclusive, {} unreadable\n", t.inputs, t.failed, t.ok, t.inconclusive, t.unreadable);
}

std::string summary_markdown(const FindingsReport& report, std::size_t limit) {
  const triage::Totals& t = report.totals;
  std::string out = fmt::format("## tlswhy: {} of {} inputs failed\n\n{} ok, {} inconclusive, {} unreadable, {} known, {} not as expected.\n", t.failed, t.inputs, t.ok, t.inconclusive,
                                t.unreadable, t.known, t.unexpected);
  if (t.not_reached != 0) out += fmt::format("{} inputs were not reached.\n", t.not_reached);
  if (!t.by_cause.empty()) {
    out += "\n| cause | inputs | what it is |\n|---|---:|---|\n";
    for (const auto& [cause, count] : t.by_cause) out += fmt::format("| {} | {} | {} |\n", cell(cause), count, cell(title_of(cause, report)));
  }
  const std::vector<const Finding*> all = by_level(report, Level::note);
  if (all.empty()) return out;
  out += "\n| | input | verdict |\n|---|---|---|\n";
  constexpr std::size_t k_room_for_the_end = 200;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string row = fmt::format("| {} | {} | {} |\n", to_string(level_of(*all[i], report.gate)), cell(all[i]->path), cell(message_of(*all[i])));
    if (out.size() + row.size() + k_room_for_the_end > limit) return out + fmt::format("\n{} more inputs do not fit here.\n", all.size() - i);
    out += row;
  }
  return out;
}

}  // namespace tlswhy::report
