// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "cli/options.hpp"
#include "codes/codes.hpp"
#include "codes/ranking.hpp"
#include "log/log.hpp"
#include "report/json.hpp"

namespace tlswhy::cli {
namespace {

// A fact without a code ("E:M 544" is a failed allocation) as an explanation: the fact's meaning stands for the code's.
struct FactExplanations {
  std::vector<knowledge::Code> rows;
  std::vector<std::string> texts;
};

constexpr std::size_t k_texts_each = 4;  // symbol, causes, meaning and dialect of one such row

// A dialect of no product (phrases that any program may print) is not worth naming.
bool is_of_a_product(const knowledge::Knowledge& knowledge, std::string_view id) {
  return std::any_of(knowledge.dialects.begin(), knowledge.dialects.end(), [&](const knowledge::Dialect& dialect) {
    return dialect.id == id && (!dialect.platform.empty() || !dialect.library.empty());
  });
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

// One argument that is no code by itself: a log line. What its dialect says is more certain than what a number alone could be.
std::optional<codes::Explanation> explain_line(const std::string& text, const log::Scanner& scanner, const knowledge::Knowledge& knowledge,
                                               const codes::Hints& hints, FactExplanations& storage) {
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
      explanation.platform = hints.platform;
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
  if (listed) meaning = meaning.substr(0, list) + ".";
  if (!fields.empty()) meaning += " Here: " + fields + ".";
  storage.texts.push_back(told->name);
  storage.texts.push_back(std::move(causes));
  storage.texts.push_back(std::move(meaning));
  storage.texts.push_back(teller->dialect);
  const std::size_t at = storage.texts.size() - k_texts_each;
  knowledge::Code row;
  row.symbol = storage.texts[at];
  row.causes = storage.texts[at + 1];
  row.meaning = storage.texts[at + 2];
  row.library = storage.texts[at + 3];
  row.versions = "all";
  row.error = knowledge::IsError::yes;
  storage.rows.push_back(row);
  codes::Explanation explanation;
  explanation.input = text;
  explanation.platform = hints.platform;
  codes::Meaning known;
  known.code = &storage.rows.back();
  known.likelihood = 0.9;
  known.why = "a line of " + dialect_title(knowledge, teller->dialect);
  explanation.meanings.push_back(known);
  return explanation;
}

// A number, or a name in capitals as libraries write them; known or not.
bool looks_like_code(std::string_view word) {
  constexpr std::size_t k_shortest = 5;
  const bool capitals = word.size() >= k_shortest && word.find('_') != std::string_view::npos &&
                        word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
  return capitals || !codes::readings(word).empty();
}

}  // namespace

int run_explain(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  codes::Hints hints{options.library, options.platform, options.for_version, {}};
  if (!options.library.empty() && !codes::has_table(knowledge.get(), options.library)) {
    complain("there is no code table \"" + options.library + "\"; tlswhy codes lists them");
    return k_exit_usage;
  }
  std::vector<codes::Explanation> explanations;
  FactExplanations storage;
  // Views into these must stay valid until the output is made.
  storage.rows.reserve(options.words.size() + 1);
  storage.texts.reserve(k_texts_each * (options.words.size() + 1));
  // Several arguments are several codes if each is one; otherwise they are one pasted line ("E:M 544").
  std::string whole;
  bool all_codes = true;
  for (const std::string& word : options.words) {
    whole += (whole.empty() ? "" : " ") + word;
    explanations.push_back(codes::explain(knowledge.get(), word, hints));
    all_codes = all_codes && (!explanations.back().meanings.empty() || looks_like_code(word));
  }
  const bool single = options.words.size() == 1;
  // A message with its number: "E:M 544" given as two words.
  const bool message = options.words.size() == 2 && !explanations.front().meanings.empty() &&
                       !explanations.front().meanings.front().code->has_value && !codes::readings(options.words.back()).empty();
  if (message) explanations.assign(1, codes::explain(knowledge.get(), whole, hints));
  const bool plain_code = single && whole.find(' ') == std::string::npos && !explanations.front().meanings.empty();
  if (!plain_code && !message && !(all_codes && !single)) {
    const log::Scanner scanner(knowledge.get());
    auto line = explain_line(whole, scanner, knowledge.get(), hints, storage);
    codes::Explanation by_words = single ? explanations.front() : codes::explain(knowledge.get(), whole, hints);
    // An error of OpenSSL's queue carries its own number; a fact without causes says less than the row of a table.
    // A row that points to the same cause says more than the fact.
    constexpr double k_sure_enough = 0.5;
    const bool fact_only = line && !storage.rows.empty() && line->meanings.front().code == &storage.rows.back();
    bool sure = !by_words.meanings.empty() && !by_words.from_words;
    if (!by_words.meanings.empty() && fact_only && by_words.meanings.front().likelihood >= k_sure_enough) {
      const auto causes = split(storage.rows.back().causes, ',');
      const auto rows_causes = split(by_words.meanings.front().code->causes, ',');
      const bool agree = std::any_of(causes.begin(), causes.end(), [&](std::string_view cause) {
        return std::find(rows_causes.begin(), rows_causes.end(), cause) != rows_causes.end();
      });
      sure = sure || storage.rows.back().causes.empty() || agree;
    }
    if (line && !(fact_only && sure)) {
      explanations.assign(1, std::move(*line));
    } else if (!single) {
      explanations.assign(1, std::move(by_words));
    }
  }
  const bool unknown =
      std::any_of(explanations.begin(), explanations.end(), [](const codes::Explanation& e) { return e.meanings.empty(); });
  const std::string text = options.machine() ? report::explain_json(explanations, knowledge.get(), options.indent()) + "\n"
                                             : report::explain_text(explanations, knowledge.get(), text_options(options));
  return write_output(options, text, unknown ? k_exit_failure_found : k_exit_ok);
}

}  // namespace tlswhy::cli
