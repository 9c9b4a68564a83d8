// SPDX-License-Identifier: Apache-2.0
// codes, causes, devices and annotate.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/text.hpp"

namespace tlswhy::report {
namespace {

// Causes named for one line; the verdict ranks them all.
constexpr std::size_t k_causes_named = 4;

// What a fact says: its meaning, with the values in place of a list of what they can be, or behind it.
std::string fact_words(const knowledge::Fact& fact, const knowledge::FactDefinition& definition) {
  std::string meaning = first_sentence(definition.meaning);
  while (!meaning.empty() && meaning.back() == '.') meaning.pop_back();
  std::string named;
  std::string values;
  for (const auto& [name, value] : fact.fields) {
    if (value.empty() || name == "from" || name == "role" || name == "library" || name == "platform" || name == "version") continue;
    named += (named.empty() ? "" : ", ") + name + " " + value;
    values += (values.empty() ? "" : ", ") + value;
  }
  const std::size_t list = std::min(meaning.find(':'), meaning.find(';'));
  if (list != std::string::npos) meaning.replace(list, std::string::npos, values.empty() ? "" : ": " + values);
  else if (!named.empty()) meaning += " (" + named + ")";
  return meaning + ".";
}

}  // namespace

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
    if (!fix->weakens.empty())
      out += wrapped(styled("WARNING: " + std::string(fix->weakens), Style::warning, options), "    ", "    ", options);
  }
  if (!cause.confused_with.empty()) out += styled("Confused with", Style::heading, options) + "\n";
  for (const knowledge::Confusion& confusion : cause.confused_with)
    out += wrapped(fmt::format("{}: {}", confusion.cause, confusion.tell), "  ? ", "    ", options);
  out += styled("References", Style::heading, options) + "\n";
  for (const knowledge::Reference& reference : cause.references) out += fmt::format("  {}\n    {}\n", reference.title, reference.url);
  return out;
}

std::string causes_text(const std::vector<const knowledge::Cause*>& causes, const TextOptions& options) {
  std::string out;
  for (const knowledge::Cause* const cause : causes)
    out += wrapped(std::string(cause->title), fmt::format("{:<26} ", cause->id), std::string(27, ' '), options);
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

std::string event_words(const log::Event& event, const knowledge::Knowledge& knowledge) {
  if (event.kind == "harmless" || event.kind == "step" || event.kind == "version") return {};
  std::string text;
  if (!event.symbol.empty()) {
    text = event.symbol;
    const auto found =
        codes::look_up_symbol(knowledge, codes::tables_of_stack(knowledge, event.library), event.symbol.substr(0, event.symbol.find('+')));
    if (!found.empty() && !found.front().code->meaning.empty()) text += ": " + first_sentence(found.front().code->meaning);
  } else if (event.facts.empty()) {
    return {};
  }
  for (const knowledge::Fact& fact : event.facts) {
    if (!event.symbol.empty()) break;
    for (const knowledge::FactDefinition& definition : knowledge.facts) {
      if (definition.name == fact.name) text += (text.empty() ? "" : " ") + fact_words(fact, definition);
    }
  }
  if (text.empty() || event.causes.empty()) return text;
  const std::vector<std::string_view> causes = split(event.causes, ',');
  text += " Can come from: ";
  for (std::size_t i = 0; i < std::min(causes.size(), k_causes_named); ++i) text += (i == 0 ? "" : ", ") + std::string(causes[i]);
  if (causes.size() > k_causes_named) text += " and " + std::to_string(causes.size() - k_causes_named) + " more";
  return text + ".";
}

std::string event_text(const log::Event& event, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  const std::string text = event_words(event, knowledge);
  return text.empty() ? text : wrapped(styled(printable(text), Style::faint, options), "    ^ ", "      ", options);
}

}  // namespace tlswhy::report
