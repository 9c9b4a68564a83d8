// SPDX-License-Identifier: Apache-2.0
// The screen of a batch.
#include "report/text_triage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "report/layout.hpp"

namespace tlswhy::report {
namespace {

using triage::Finding;
using triage::Status;

constexpr std::size_t k_groups_shown = 8;  // of each kind without -v
constexpr std::size_t k_inputs_shown = 8;

std::string counted(std::size_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

std::string headline(const triage::Totals& t, const TextOptions& options) {
  std::string text = t.failed == 0 ? fmt::format("None of {} failed", counted(t.inputs, "input")) : fmt::format("{} of {} failed", t.failed, counted(t.inputs, "input"));
  if (t.ok != 0) text += fmt::format(", {} ok", t.ok);
  if (t.inconclusive != 0) text += fmt::format(", {} inconclusive", t.inconclusive);
  if (t.unreadable != 0) text += fmt::format(", {} unreadable", t.unreadable);
  text += ".";
  if (t.known != 0) text += fmt::format(" {} known from the baseline.", t.known);
  if (t.unexpected != 0) text += fmt::format(" {} not as expected.", t.unexpected);
  if (t.not_reached != 0) text += fmt::format(" {} not reached.", counted(t.not_reached, "input"));
  const Style style = t.failed != 0 ? Style::verdict : t.unreadable + t.inconclusive + t.not_reached == 0 ? Style::good : Style::plain;
  return wrapped(styled(text, style, options), "", "", options);
}

std::string lower_first(std::string text) {
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

struct Group {
  std::size_t count = 0;
  const Finding* surest = nullptr;
};

// Biggest first, then by name.
std::vector<std::pair<std::string, Group>> by_size(const std::map<std::string, Group>& groups) {
  std::vector<std::pair<std::string, Group>> sorted(groups.begin(), groups.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  return sorted;
}

std::string causes_table(const std::vector<Finding>& findings, const TextOptions& options) {
  std::map<std::string, Group> groups;
  for (const Finding& finding : findings) {
    if (finding.status != Status::failed) continue;
    Group& group = groups[finding.cause];
    ++group.count;
    if (group.surest == nullptr || finding.confidence > group.surest->confidence) group.surest = &finding;
  }
  if (groups.empty()) return {};
  std::string out = styled("Why", Style::heading, options) + "\n";
  std::size_t shown = 0;
  for (const auto& [cause, group] : by_size(groups)) {
    if (!options.verbose && shown++ >= k_groups_shown) {
      out += fmt::format("  and {} more causes (-v)\n", groups.size() - k_groups_shown);
      break;
    }
    out += wrapped(fmt::format("{}: {}", cause, lower_first(group.surest->title)), fmt::format("{:>6}  ", group.count), "        ", options, 2);
  }
  return out;
}

// "198.51.100.4 (3), broker.test (2)".
std::string counts_line(std::string_view heading, const std::map<std::string, std::size_t>& counts, const TextOptions& options) {
  if (counts.size() < 2) return {};
  std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string list;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (!options.verbose && i >= k_groups_shown / 2) {
      list += fmt::format(" and {} more", sorted.size() - i);
      break;
    }
    list += fmt::format("{}{} ({})", i == 0 ? "" : ", ", shorten(printable(sorted[i].first), 60), sorted[i].second);
  }
  return wrapped(list, styled(heading, Style::heading, options) + "  ", "      ", options);
}

std::string input_line(const Finding& finding, const TextOptions& options) {
  std::string text = printable(finding.path) + ": " + in_short(finding);
  if (finding.status == Status::failed) {
    if (finding.frame) text += fmt::format(", frame {}", *finding.frame);
    if (finding.place.line) text += fmt::format(", {}:{}", printable(finding.place.file.substr(finding.place.file.rfind('/') + 1)), *finding.place.line);
  }
  if (!finding.why.empty() && finding.status == Status::failed) text += ": " + printable(finding.why);
  if (finding.unexpected()) text += " (expected: " + in_words(*finding.expected) + ")";
  if (finding.known) text += " (known)";
  return wrapped(text, "  ", "    ", options, options.verbose ? 6 : 2);
}

template <typename Wanted>
std::string inputs_list(std::string_view heading, const std::vector<Finding>& findings, const TextOptions& options, Wanted wanted) {
  std::string out;
  std::size_t count = 0;
  for (const Finding& finding : findings) {
    if (!wanted(finding)) continue;
    if (++count <= k_inputs_shown || options.verbose) out += input_line(finding, options);
  }
  if (count == 0) return {};
  if (count > k_inputs_shown && !options.verbose) out += fmt::format("  and {} more (-v)\n", count - k_inputs_shown);
  return styled(heading, Style::heading, options) + "\n" + out;
}

std::string unread_list(const std::vector<Finding>& findings, const TextOptions& options) {
  std::string out;
  std::size_t count = 0;
  for (const Finding& finding : findings) {
    if (!finding.damaged || finding.problems.empty()) continue;
    if (++count > k_inputs_shown && !options.verbose) continue;
    out += wrapped(printable(finding.problems.front()), "  ! ", "    ", options, options.verbose ? 6 : 2);
  }
  if (count == 0) return {};
  if (count > k_inputs_shown && !options.verbose) out += fmt::format("  and {} more (-v)\n", count - k_inputs_shown);
  return styled("Not read, or not to the end", Style::heading, options) + "\n" + out;
}

}  // namespace

std::string triage_text(const std::vector<Finding>& findings, const triage::Totals& totals, const triage::Gate& gate, const TextOptions& options) {
  std::string out = headline(totals, options);
  if (options.quiet) return out;
  out += causes_table(findings, options);
  out += counts_line("Servers", totals.by_server, options) + counts_line("Devices", totals.by_device, options);
  if (options.verbose) {
    out += inputs_list("Inputs", findings, options, [](const Finding&) { return true; });
  } else {
    out += inputs_list("Inputs", findings, options, [&](const Finding& finding) { return counts(finding, gate); });
  }
  return out + unread_list(findings, options);
}

}  // namespace tlswhy::report
