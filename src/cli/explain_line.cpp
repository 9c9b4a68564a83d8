// SPDX-License-Identifier: Apache-2.0
// What a pasted log line says: by its dialect, where one knows it.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/explain_line.hpp"
#include "codes/codes.hpp"
#include "codes/ranking.hpp"
#include "log/log.hpp"
#include "report/json.hpp"

namespace tlswhy::cli {
namespace {

// A dialect of no product (phrases that any program may print) is not worth naming.
bool is_of_a_product(const knowledge::Knowledge& knowledge, std::string_view id) {
  return std::any_of(knowledge.dialects.begin(), knowledge.dialects.end(), [&](const knowledge::Dialect& dialect) {
    return dialect.id == id && (!dialect.platform.empty() || !dialect.library.empty());
  });
}

// What a line of the dialect suggests about the platform.
std::string platform_of(const knowledge::Knowledge& knowledge, std::string_view id) {
  const auto at = std::find_if(knowledge.dialects.begin(), knowledge.dialects.end(),
                               [&](const knowledge::Dialect& dialect) { return dialect.id == id; });
  return at == knowledge.dialects.end() ? std::string() : std::string(at->platform);
}

std::string dialect_title(const knowledge::Knowledge& knowledge, std::string_view id) {
  const auto at = std::find_if(knowledge.dialects.begin(), knowledge.dialects.end(),
                               [&](const knowledge::Dialect& dialect) { return dialect.id == id; });
  return std::string(at == knowledge.dialects.end() || at->title.empty() ? id : at->title);
}

// Whether the fact alone fulfils the matcher; comparisons need the whole story and do not.
bool says(const knowledge::Matcher& matcher, const knowledge::Fact& fact) {
  return matcher.fact == fact.name &&
         std::all_of(matcher.conditions.begin(), matcher.conditions.end(), [&](const knowledge::Condition& condition) {
           const std::string_view value = fact.get(condition.field);
           const bool listed =
               std::any_of(condition.values.begin(), condition.values.end(), [&](std::string_view word) { return iequals(word, value); });
           if (condition.op == knowledge::Operator::any_of) return listed;
           if (condition.op == knowledge::Operator::none_of) return !listed;
           return condition.op == knowledge::Operator::present && !value.empty();
         });
}

const knowledge::FactDefinition* definition_of(const knowledge::Knowledge& knowledge, const knowledge::Fact& fact) {
  const auto at = std::find_if(knowledge.facts.begin(), knowledge.facts.end(),
                               [&](const knowledge::FactDefinition& definition) { return definition.name == fact.name; });
  return at == knowledge.facts.end() ? nullptr : &*at;
}

// The causes for which this fact alone is decisive or strong evidence.
std::string causes_of(const knowledge::Knowledge& knowledge, const knowledge::Fact& fact) {
  std::string causes;
  for (const knowledge::Cause& cause : knowledge.causes) {
    const bool points = std::any_of(cause.evidence.begin(), cause.evidence.end(), [&](const knowledge::Evidence& evidence) {
      const bool for_it = evidence.grade == knowledge::Grade::decisive || evidence.grade == knowledge::Grade::strong;
      return for_it && evidence.when.size() == 1 && says(evidence.when.front(), fact);
    });
    if (points) causes += (causes.empty() ? "" : ",") + std::string(cause.id);
  }
  return causes;
}

}  // namespace

// One argument that is no code by itself: a log line. What its dialect says is more certain than what a number alone could be.
std::optional<codes::Explanation> explain_line(const std::string& text, const log::Scanner& scanner, const knowledge::Knowledge& knowledge,
                                               const codes::Hints& hints, FactRows& storage) {
  std::vector<log::Event> events;
  scanner.scan_line(text, 1, events);
  for (const log::Event& event : events) {
    if (event.symbol.empty() || event.library.empty()) continue;
    codes::Explanation explanation;
    explanation.input = text;
    const std::string first = event.symbol.substr(0, event.symbol.find('+'));
    explanation.meanings = codes::look_up_symbol(knowledge, codes::tables_of_stack(knowledge, event.library), first);
    if (event.value && !explanation.meanings.empty()) {
      // The table that has the symbol takes the number apart, too.
      std::string tables;
      for (const codes::Meaning& meaning : explanation.meanings) tables += (tables.empty() ? "" : ",") + std::string(meaning.code->library);
      auto by_number = codes::rank_number(knowledge, tables, std::to_string(*event.value), hints, codes::Breadth::far);
      const bool has_it =
          std::any_of(by_number.begin(), by_number.end(), [&](const codes::Meaning& meaning) { return meaning.code->symbol == first; });
      if (has_it) explanation.meanings = std::move(by_number);
    }
    std::stable_sort(explanation.meanings.begin(), explanation.meanings.end(), [&](const codes::Meaning& a, const codes::Meaning& b) {
      return (a.code->symbol == first) > (b.code->symbol == first);
    });
    if (!explanation.meanings.empty()) {
      if (is_of_a_product(knowledge, event.dialect))
        explanation.meanings.front().why = "printed by " + dialect_title(knowledge, event.dialect);
      explanation.platform = hints.platform.empty() ? platform_of(knowledge, event.dialect) : hints.platform;
      return explanation;
    }
  }
  // No code: the facts of the line, the most telling first.
  const knowledge::Fact* told = nullptr;
  const log::Event* teller = nullptr;
  std::string causes;
  for (const log::Event& event : events) {
    for (const knowledge::Fact& fact : event.facts) {
      if (definition_of(knowledge, fact) == nullptr) continue;
      // A fact that points to causes tells most, a step of the connection least.
      std::string its_causes = causes_of(knowledge, fact);
      const bool tells_more =
          told == nullptr || (causes.empty() && !its_causes.empty()) || (causes.empty() && told->name == "step" && fact.name != "step");
      if (!tells_more) continue;
      told = &fact;
      teller = &event;
      causes = std::move(its_causes);
    }
  }
  if (told == nullptr) return std::nullopt;
  std::string meaning(definition_of(knowledge, *told)->meaning);
  std::string fields;
  constexpr std::array<std::string_view, 4> k_context{"from", "role", "library", "platform"};
  for (const auto& [key, value] : told->fields) {
    if (std::find(k_context.begin(), k_context.end(), key) != k_context.end()) continue;
    fields += (fields.empty() ? "" : ", ") + key + " " + printable(value);
  }
  // "A step was reached: start, resolved, ...": the list is of no use where the line says which.
  const std::size_t list = meaning.find(": ");
  const bool listed = list != std::string::npos && std::any_of(told->fields.begin(), told->fields.end(), [&](const auto& field) {
                        return meaning.find(field.second, list) != std::string::npos;
                      });
  if (listed) meaning.replace(list, std::string::npos, ".");
  if (!fields.empty()) meaning += " Here: " + fields + ".";
  knowledge::Code row;
  row.symbol = storage.keep(told->name);
  row.causes = storage.keep(std::move(causes));
  row.meaning = storage.keep(std::move(meaning));
  row.library = storage.keep(teller->dialect);
  row.versions = "all";
  row.error = knowledge::IsError::yes;
  storage.rows.push_back(row);
  codes::Explanation explanation;
  explanation.input = text;
  explanation.platform = hints.platform.empty() ? platform_of(knowledge, teller->dialect) : hints.platform;
  codes::Meaning known;
  known.code = &storage.rows.back();
  known.likelihood = 0.9;
  known.why = "a line of " + dialect_title(knowledge, teller->dialect);
  explanation.meanings.push_back(known);
  return explanation;
}

}  // namespace tlswhy::cli
