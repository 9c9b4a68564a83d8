// SPDX-License-Identifier: Apache-2.0
// Markdown for an issue or a chat. What comes from captures and logs stands in it as text: no link, mention, image or HTML can come of it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/layout.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_evidence = 5;
constexpr std::size_t k_fixes = 2;
constexpr std::size_t k_alternatives = 2;
constexpr std::size_t k_lines = 8;
constexpr double k_worth_naming = 0.02;
constexpr std::size_t k_line_length = 160;

// Every character that Markdown or the places that show it could take for a sign is escaped or, where escaping does not hold everywhere
// ("@name", "#12", bare addresses), kept from meaning anything by a word joiner written as an entity.
std::string text_of(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '@': out += "@&#8288;"; break;
      case '#': out += "#&#8288;"; break;
      case '\\': case '`': case '*': case '_': case '[': case ']': case '!': case '|': case '~': case '$': out += '\\'; out += c; break;
      default: out += c;
    }
  }
  // "https://..." and "www." become links without any sign.
  for (const auto& [from, to] : {std::pair<std::string_view, std::string_view>{"://", ":&#8288;//"}, {"www.", "www&#8288;."}}) {
    for (std::size_t at = out.find(from); at != std::string::npos; at = out.find(from, at + to.size())) out.replace(at, from.size(), to);
  }
  return out;
}

// Text between backquotes; the fence is longer than any run inside it.
std::string code(std::string_view text) {
  const std::string plain = printable(text);
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : plain) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  const std::string_view space = longest > 0 || plain.empty() ? " " : "";
  return fmt::format("{0}{1}{2}{1}{0}", fence, space, plain);
}

std::string evidence(const diagnose::RankedCause& cause) {
  std::string out;
  std::set<std::string> said;
  std::size_t shown = 0;
  for (const diagnose::EvidenceItem& item : cause.evidence) {
    const std::string line = fmt::format("- {} ({})\n", text_of(first_sentence(item.says)), text_of(place(item.source)));
    if (!said.insert(line).second || shown++ >= k_evidence) continue;
    out += line;
  }
  if (!cause.against.empty()) out += fmt::format("- against it: {} ({})\n", text_of(first_sentence(cause.against.front().says)), text_of(place(cause.against.front().source)));
  return out;
}

// The lines of logs that the evidence rests on.
std::string lines(const diagnose::RankedCause& cause, const diagnose::Input& input) {
  std::string out;
  std::size_t shown = 0;
  for (const log::Log& log : input.logs) {
    std::set<std::uint64_t> cited;
    for (const diagnose::EvidenceItem& item : cause.evidence) {
      if (item.source.line && item.source.file == log.path) cited.insert(*item.source.line);
    }
    for (const log::Event& event : log.events) {
      if (cited.erase(event.line) == 0 || shown >= k_lines) continue;
      out += fmt::format("- line {} of {}: {}\n", event.line, text_of(file_name(log.path)), code(shorten(event.text, k_line_length)));
      ++shown;
    }
  }
  return out.empty() ? out : "\n**The lines**\n" + out;
}

}  // namespace

std::string diagnosis_markdown(const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input, const diagnose::Diagnosis& d, const knowledge::Knowledge& knowledge) {
  (void)knowledge;
  std::string out = "**" + text_of(verdict_sentence(d)) + "**\n";
  if (has_cause(d)) {
    const diagnose::RankedCause& first = d.causes.front();
    out += "\n**Why**\n" + evidence(first) + lines(first, input);
    std::string todo;
    std::size_t shown = 0;
    for (const knowledge::Fix* const fix : fitting_fixes(d)) {
      if (shown++ >= k_fixes) break;
      todo += fmt::format("{}. {}\n", shown, text_of(platforms_of(*fix) + std::string(fix->action) + (fix->weakens.empty() ? std::string() : " WARNING: " + std::string(fix->weakens))));
    }
    if (!todo.empty()) out += "\n**What to do** (" + text_of(first.cause->owner) + ")\n" + todo;
  }
  const std::vector<std::string> checks = next_checks(input, d);
  if (!checks.empty()) out += "\n**Next check:** " + text_of(checks.front()) + "\n";
  std::string others;
  for (std::size_t i = 1; has_cause(d) && i < d.causes.size() && i <= k_alternatives; ++i) {
    if (d.causes[i].confidence < k_worth_naming) break;
    others += fmt::format("{}{} ({}, {:.0f}%)", others.empty() ? "" : "; ", text_of(d.causes[i].cause->title), text_of(d.causes[i].cause->id), d.causes[i].confidence * 100);
  }
  if (!others.empty()) out += "\n**What else it could be:** " + others + "\n";
  std::string seen;
  for (const InputFile& file : files) {
    seen += (seen.empty() ? "" : ", ") + text_of(file.path == "-" ? "standard input" : file_name(file.path));
    if (file.packets) seen += fmt::format(" ({} packet{})", *file.packets, *file.packets == 1 ? "" : "s");
    if (file.lines) seen += fmt::format(" ({} line{})", *file.lines, *file.lines == 1 ? "" : "s");
    for (const std::string& problem : file.problems) seen += ", " + text_of(problem);
  }
  if (!d.platform.empty()) seen += "; read as " + text_of(d.platform);
  return out + "\n<sub>" + seen + "; tlswhy " + text_of(tool.version) + "</sub>\n";
}

}  // namespace tlswhy::report
