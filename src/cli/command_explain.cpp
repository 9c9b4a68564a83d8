// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "cli/options.hpp"
#include "codes/codes.hpp"
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
    if (event.value) explanation.meanings = codes::look_up(knowledge, event.library, std::to_string(*event.value));
    if (explanation.meanings.empty()) explanation.meanings = codes::look_up_symbol(knowledge, event.library, first);
    std::stable_sort(explanation.meanings.begin(), explanation.meanings.end(), [&](const codes::Meaning& a, const codes::Meaning& b) {
      return (a.code->symbol == first) > (b.code->symbol == first);
    });
    if (!explanation.meanings.empty()) {
      explanation.meanings.front().why = "printed by " + dialect_title(knowledge, event.dialect);
      explanation.platform = hints.platform;
      return explanation;
    }
  }
  for (const log::Event& event : events) {
    for (const knowledge::Fact& fact : event.facts) {
      const auto definition = std::find_if(knowledge.facts.begin(), knowledge.facts.end(),
                                           [&](const knowledge::FactDefinition& d) { return d.name == fact.name; });
      if (definition == knowledge.facts.end()) continue;
      std::string causes;
      for (const knowledge::Cause& cause : knowledge.causes) {
        for (const knowledge::Evidence& evidence : cause.evidence) {
          const bool for_it = evidence.grade == knowledge::Grade::decisive || evidence.grade == knowledge::Grade::strong;
          if (!for_it || evidence.when.size() != 1 || !says(evidence.when.front(), fact)) continue;
          if (causes.find(cause.id) == std::string::npos) causes += (causes.empty() ? "" : ",") + std::string(cause.id);
        }
      }
      std::string meaning(definition->meaning);
      for (const auto& [key, value] : fact.fields) {
        if (key == "bytes") meaning += " Here: " + printable(value) + " bytes.";
      }
      storage.texts.push_back(fact.name);
      storage.texts.push_back(std::move(causes));
      storage.texts.push_back(std::move(meaning));
      storage.texts.push_back(event.dialect);
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
      codes::Meaning known;
      known.code = &storage.rows.back();
      known.likelihood = 0.9;
      known.why = "A line of " + dialect_title(knowledge, event.dialect) + ".";
      explanation.meanings.push_back(known);
      return explanation;
    }
  }
  return std::nullopt;
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
    // An error of OpenSSL's queue carries its own number; a fact alone says less than the table's row.
    const bool table_knows_more = line && line->meanings.front().code == (storage.rows.empty() ? nullptr : &storage.rows.back()) &&
                                  single && !explanations.front().meanings.empty() && !explanations.front().from_words;
    if (line && !table_knows_more) {
      explanations.assign(1, std::move(*line));
    } else if (!single && !all_codes) {
      codes::Explanation joined = codes::explain(knowledge.get(), whole, hints);
      if (!joined.meanings.empty()) explanations.assign(1, std::move(joined));
    }
  }
  const bool unknown =
      std::any_of(explanations.begin(), explanations.end(), [](const codes::Explanation& e) { return e.meanings.empty(); });
  const std::string text = options.machine() ? report::explain_json(explanations, knowledge.get(), options.indent()) + "\n"
                                             : report::explain_text(explanations, knowledge.get(), text_options(options));
  return write_output(options, text, unknown ? k_exit_failure_found : k_exit_ok);
}

}  // namespace tlswhy::cli
