// SPDX-License-Identifier: Apache-2.0
// explain, codes, causes, devices and annotate.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/text.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_alternatives_shown = 3;
constexpr double k_alternative_from = 0.01;
constexpr std::size_t k_causes_shown = 3;

std::string library_name(const knowledge::Code& code, const knowledge::Knowledge& knowledge) {
  const knowledge::CodeLibrary* const library = knowledge.code_library(code.library);
  return std::string(library == nullptr ? code.library : library->name);
}

std::string number_of(const codes::Meaning& meaning) {
  return meaning.code->has_value ? fmt::format("{} ({})", codes::to_hex_code(meaning.value), meaning.value) : std::string();
}

std::string causes_of(std::string_view list, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  std::string out;
  if (list.empty()) return out;
  std::vector<const knowledge::Cause*> shown;
  for (const std::string_view id : split(list, ',')) {
    const knowledge::Cause* const cause = knowledge.cause(trim(id));
    if (cause == nullptr || shown.size() >= k_causes_shown || std::find(shown.begin(), shown.end(), cause) != shown.end()) continue;
    shown.push_back(cause);
    out += wrapped(fmt::format("{}: {}", cause->id, cause->title), "  - ", "    ", options);
  }
  return out;
}

std::string one_meaning(const codes::Meaning& meaning, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  const knowledge::Code& code = *meaning.code;
  std::string out = wrapped(fmt::format("{}  {}", styled(code.symbol, Style::verdict, options), number_of(meaning)), "", "  ", options);
  out += wrapped(fmt::format("{}, versions {}{}{}", library_name(code, knowledge), code.versions.empty() ? "unknown" : code.versions, meaning.why.empty() ? "" : "; ", meaning.why), "  ", "  ", options);
  for (const knowledge::Code* const part : meaning.parts) {
    out += wrapped(fmt::format("{} {}{}{}", part->has_value ? codes::to_hex_code(part->value) : "", part->symbol, part->meaning.empty() ? "" : ": ", part->meaning), "  + ", "    ", options);
  }
  if (meaning.parts.empty() && !code.meaning.empty()) out += wrapped(code.meaning, "  ", "  ", options, options.verbose ? 20 : 5);
  if (!code.not_this.empty()) out += wrapped(code.not_this, "  Not: ", "       ", options, options.verbose ? 20 : 4);
  if (code.error == knowledge::IsError::no) out += "  This is no error by itself.\n";
  std::string causes(code.causes);
  if (meaning.parts.size() > 1 && !meaning.parts.back()->causes.empty()) causes = std::string(meaning.parts.back()->causes) + (causes.empty() ? "" : "," + causes);
  const std::string list = causes_of(causes, knowledge, options);
  if (!list.empty()) out += styled("Can come from", Style::heading, options) + "\n" + list;
  if (!causes.empty()) {
    const knowledge::Cause* const cause = knowledge.cause(trim(split(causes, ',').front()));
    if (cause != nullptr && !cause->confirm.empty()) {
      out += styled("First check", Style::heading, options) + "\n" + wrapped(cause->confirm.front(), "  > ", "    ", options, options.verbose ? 20 : 3);
    }
    if (cause != nullptr && !cause->fixes.empty()) {
      out += styled("If so", Style::heading, options) + "\n" + wrapped(cause->fixes.front().action, "  ", "  ", options, options.verbose ? 20 : 3);
    }
  }
  return out;
}

}  // namespace

std::string explain_text(const std::vector<codes::Explanation>& explanations, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  std::string out;
  for (const codes::Explanation& explanation : explanations) {
    if (!out.empty()) out += "\n";
    if (explanation.meanings.empty()) {
      out += wrapped(fmt::format("{}: unknown.", printable(explanation.input)), "", "  ", options);
      std::string names;
      for (const std::string& suggestion : explanation.suggestions) names += (names.empty() ? "" : ", ") + suggestion;
      if (!names.empty()) out += wrapped("Did you mean " + names + "?", "  ", "  ", options);
      if (!explanation.note.empty()) out += wrapped(explanation.note, "  ", "  ", options);
      continue;
    }
    const codes::Meaning& best = explanation.meanings.front();
    out += one_meaning(best, knowledge, options);
    std::string others;
    std::size_t shown = 0;
    for (std::size_t i = 1; i < explanation.meanings.size(); ++i) {
      const codes::Meaning& other = explanation.meanings[i];
      // Many symbols of one library for one number are one candidate.
      const bool same = other.code->library == best.code->library && other.value == best.value;
      if ((other.likelihood < k_alternative_from && !same) || shown >= (options.verbose ? 100 : k_alternatives_shown)) continue;
      ++shown;
      others += wrapped(fmt::format("{} of {} ({}), {:.0f} %{}{}", other.code->symbol, library_name(*other.code, knowledge), other.code->versions, other.likelihood * 100,
                                    other.code->meaning.empty() ? "" : ": ", other.code->meaning),
                        "  ? ", "    ", options, options.verbose ? 9 : 2);
    }
    if (!others.empty()) out += styled("Could also be", Style::heading, options) + "\n" + others;
  }
  return out;
}

std::string codes_text(const std::vector<const knowledge::Code*>& rows, const TextOptions& options) {
  std::string out;
  for (const knowledge::Code* const row : rows) {
    const std::string number = row->has_value ? codes::to_hex_code(row->value) : "-";
    out += fmt::format("{:>12} {:>8}  {}  [{} {}]\n", number, row->has_value ? std::to_string(row->value) : "", row->symbol, row->library, row->versions);
    if (options.verbose && !row->meaning.empty()) out += wrapped(row->meaning, "              ", "              ", options);
  }
  return out;
}

std::string cause_text(const knowledge::Cause& cause, const TextOptions& options) {
  std::string out = wrapped(styled(cause.title, Style::verdict, options), "", "", options);
  out += fmt::format("{} ({}, to be mended by: {})\n\n", cause.id, cause.family, cause.owner);
  out += wrapped(cause.what, "", "", options);
  out += "\n" + styled("How to confirm", Style::heading, options) + "\n";
  for (const std::string_view check : cause.confirm) out += wrapped(check, "  > ", "    ", options);
  out += styled("What to do", Style::heading, options) + "\n";
  std::vector<const knowledge::Fix*> fixes;
  for (const knowledge::Fix& fix : cause.fixes) fixes.push_back(&fix);
  std::stable_sort(fixes.begin(), fixes.end(), [](const auto* a, const auto* b) { return a->weakens.empty() && !b->weakens.empty(); });
  for (const knowledge::Fix* const fix : fixes) {
    std::string platforms;
    for (const std::string_view platform : fix->platforms) platforms += (platforms.empty() ? "" : ", ") + std::string(platform);
    out += wrapped("[" + platforms + "] " + std::string(fix->action), "  * ", "    ", options);
    if (!fix->weakens.empty()) out += wrapped(styled("WARNING: " + std::string(fix->weakens), Style::warning, options), "    ", "    ", options);
  }
  if (!cause.confused_with.empty()) out += styled("Confused with", Style::heading, options) + "\n";
  for (const knowledge::Confusion& confusion : cause.confused_with) out += wrapped(fmt::format("{}: {}", confusion.cause, confusion.tell), "  ? ", "    ", options);
  out += styled("References", Style::heading, options) + "\n";
  for (const knowledge::Reference& reference : cause.references) out += fmt::format("  {}\n    {}\n", reference.title, reference.url);
  return out;
}

std::string causes_text(const std::vector<const knowledge::Cause*>& causes, const TextOptions& options) {
  std::string out;
  for (const knowledge::Cause* const cause : causes) out += wrapped(std::string(cause->title), fmt::format("{:<26} ", cause->id), std::string(27, ' '), options);
  return out;
}

std::string devices_text(const std::vector<const knowledge::Device*>& devices, const TextOptions& options) {
  std::string out;
  for (const knowledge::Device* const device : devices) {
    out += wrapped(std::string(device->title), fmt::format("{:<22} ", device->id), std::string(23, ' '), options);
    if (!options.verbose && devices.size() > 1) continue;
    for (const knowledge::Property& property : device->properties) {
      std::string values;
      for (const std::string_view value : property.values) values += (values.empty() ? "" : ", ") + std::string(value);
      if (!values.empty()) out += fmt::format("    {:<20} {}\n", property.key, values);
    }
  }
  return out;
}

std::string event_text(const log::Event& event, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  if (event.kind == "harmless" || event.kind == "step" || event.kind == "version") return {};
  std::string text;
  if (!event.symbol.empty()) {
    text = event.symbol;
    const auto found = codes::look_up_symbol(knowledge, event.library, event.symbol.substr(0, event.symbol.find('+')));
    if (!found.empty() && !found.front().code->meaning.empty()) text += ": " + first_sentence(found.front().code->meaning);
  } else if (event.facts.empty()) {
    return {};
  }
  for (const knowledge::Fact& fact : event.facts) {
    if (!event.symbol.empty()) break;
    for (const knowledge::FactDefinition& definition : knowledge.facts) {
      if (definition.name == fact.name) text += (text.empty() ? "" : " ") + first_sentence(definition.meaning);
    }
  }
  if (text.empty()) return {};
  if (!event.causes.empty()) text += " Can come from: " + event.causes.substr(0, 80) + ".";
  return wrapped(styled(printable(text), Style::faint, options), "    ^ ", "      ", options);
}

}  // namespace tlswhy::report
