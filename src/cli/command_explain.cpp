// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "cli/explain_line.hpp"
#include "cli/options.hpp"
#include "codes/codes.hpp"
#include "log/log.hpp"
#include "report/json.hpp"

namespace tlswhy::cli {
namespace {

// A number, or a name in capitals as libraries write them; known or not.
bool looks_like_code(std::string_view word) {
  constexpr std::size_t k_shortest = 5;
  const bool capitals = word.size() >= k_shortest && word.find('_') != std::string_view::npos &&
                        word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
  return capitals || !codes::readings(word).empty();
}

// Explains what was pasted, a text at a time; the reader of log lines is made when the first line comes.
class Explainer {
 public:
  Explainer(const knowledge::Knowledge& knowledge, codes::Hints hints) : knowledge_(knowledge), hints_(std::move(hints)) {}

  [[nodiscard]] codes::Explanation code(const std::string& text) const { return codes::explain(knowledge_, text, hints_); }
  // A code or a line.
  [[nodiscard]] codes::Explanation text(const std::string& text) {
    codes::Explanation by_words = code(text);
    if (text.find(' ') == std::string::npos && !by_words.meanings.empty()) return by_words;
    if (!scanner_) scanner_ = std::make_unique<log::Scanner>(knowledge_);
    auto by_dialect = explain_line(text, *scanner_, knowledge_, hints_, storage_);
    if (!by_dialect || (storage_.has(*by_dialect) && row_says_more(by_words))) return by_words;
    return std::move(*by_dialect);
  }

 private:
  // An error of OpenSSL's queue carries its own number. A number among words is surely the code where its row agrees with the fact
  // of the line on a cause, or the fact has none.
  [[nodiscard]] bool row_says_more(const codes::Explanation& by_words) const {
    constexpr double k_sure_enough = 0.5;
    if (by_words.meanings.empty()) return false;
    if (!by_words.from_words) return true;
    if (by_words.meanings.front().likelihood < k_sure_enough) return false;
    const std::string_view told = storage_.rows.back().causes;
    const auto causes = split(told, ',');
    const auto of_row = split(by_words.meanings.front().code->causes, ',');
    return told.empty() || std::any_of(causes.begin(), causes.end(), [&](std::string_view cause) {
             return std::find(of_row.begin(), of_row.end(), cause) != of_row.end();
           });
  }

  const knowledge::Knowledge& knowledge_;
  codes::Hints hints_;
  std::unique_ptr<log::Scanner> scanner_;
  FactRows storage_;
};

// A pasted piece of a log: every line that says something.
std::vector<codes::Explanation> explain_lines(Explainer& explainer, std::string_view text) {
  std::vector<codes::Explanation> known;
  std::vector<codes::Explanation> unknown;
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view content = trim(line);
    if (content.empty()) continue;
    codes::Explanation explanation = explainer.text(std::string(content));
    (explanation.meanings.empty() ? unknown : known).push_back(std::move(explanation));
  }
  return known.empty() ? unknown : known;
}

std::vector<codes::Explanation> explain_all(Explainer& explainer, const std::vector<std::string>& words) {
  std::vector<codes::Explanation> explanations;
  const auto holds = [&](char c) {
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) { return word.find(c) != std::string::npos; });
  };
  if (words.size() == 1 || holds(' ') || holds('\n')) {
    for (const std::string& word : words) {
      auto of_word = explain_lines(explainer, word);
      std::move(of_word.begin(), of_word.end(), std::back_inserter(explanations));
    }
    return explanations;
  }
  // Several words are several codes if each is one; otherwise they are one pasted line ("E:M 544").
  std::string whole;
  bool all_codes = true;
  for (const std::string& word : words) {
    whole += (whole.empty() ? "" : " ") + word;
    explanations.push_back(explainer.code(word));
    all_codes = all_codes && (!explanations.back().meanings.empty() || looks_like_code(word));
  }
  const bool message = words.size() == 2 && !explanations.front().meanings.empty() &&
                       !explanations.front().meanings.front().code->has_value && !codes::readings(words.back()).empty();
  if (all_codes && !message) return explanations;
  explanations.assign(1, message ? explainer.code(whole) : explainer.text(whole));
  return explanations;
}

}  // namespace

int run_explain(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  const codes::Hints hints{options.library, options.platform, options.for_version, {}};
  if (const std::string fault = codes::fault_of(knowledge.get(), hints); !fault.empty()) {
    complain(fault);
    return k_exit_usage;
  }
  Explainer explainer(knowledge.get(), hints);
  const auto explanations = explain_all(explainer, options.words);
  const bool unknown = explanations.empty() || std::any_of(explanations.begin(), explanations.end(),
                                                           [](const codes::Explanation& e) { return e.meanings.empty(); });
  const std::string text = options.machine() ? report::explain_json(explanations, knowledge.get(), options.indent()) + "\n"
                                             : report::explain_text(explanations, knowledge.get(), text_options(options));
  return write_output(options, text, unknown ? k_exit_failure_found : k_exit_ok);
}

}  // namespace tlswhy::cli
