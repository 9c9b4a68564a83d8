// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diagnose/diagnose.hpp"

// The rules of data/causes against a set of facts.
namespace tlswhy::diagnose {

// The few numbers of the model. Grades are log-odds; a cause's score is its prior plus its evidence, and confidences are the
// softmax of the scores against the possibility that it is none of them.
struct Weights {
  double prior_common = 0.5;
  double prior_usual = 0.0;
  double prior_rare = -0.7;
  double decisive = 5.5;
  double strong = 3.2;
  double hint = 1.3;
  double against = -2.2;
  double code_hint = 1.2;        // first cause in a code's list
  double code_hint_decay = 0.7;  // each further place in the list
  double repeat = 0.45;          // factor for each further item of the same grade: evidence is rarely independent
  double inferred = 0.6;         // factor for evidence that was concluded, not seen
  double unknown = 2.0;          // score of "something else"
};
[[nodiscard]] const Weights& default_weights();

// What data/facts.tsv says a fact means by itself.
class FactSenses {
 public:
  explicit FactSenses(const knowledge::Knowledge& knowledge);
  // Something went wrong (as opposed to context, progress or success).
  [[nodiscard]] bool is_failure(const knowledge::Fact& fact) const;
  // The connection came up.
  [[nodiscard]] bool is_success(const knowledge::Fact& fact) const;

 private:
  [[nodiscard]] bool has(const knowledge::Fact& fact, knowledge::Sense knowledge::FactDefinition::*sense) const;
  std::unordered_map<std::string_view, const knowledge::FactDefinition*> by_name_;
};

// Facts by name, for quick matching. The facts must outlive it.
class FactIndex {
 public:
  explicit FactIndex(const std::vector<LocatedFact>& facts);
  // The facts a matcher accepts, in order.
  [[nodiscard]] std::vector<const LocatedFact*> matching(const knowledge::Matcher& matcher) const;
  [[nodiscard]] bool any(const knowledge::Matcher& matcher) const;
  [[nodiscard]] const std::vector<const LocatedFact*>& named(std::string_view name) const;

 private:
  std::unordered_map<std::string_view, std::vector<const LocatedFact*>> by_name_;
};

// A code that was printed, with the causes its table row points to.
struct CodeHint {
  std::string symbol;
  std::string meaning;  // sentences; may be empty
  std::string causes;   // ids separated by ","
  Source source;
  std::string text;
};

struct Ranking {
  std::vector<RankedCause> causes;  // with at least one item of evidence for them, most likely first
  std::vector<RuledOut> ruled_out;  // causes that had evidence, or would be thought of, and cannot be
};

[[nodiscard]] Ranking rank(const std::vector<LocatedFact>& facts, const std::vector<CodeHint>& codes, const knowledge::Knowledge& knowledge,
                           std::string_view platform, const Weights& weights = default_weights());

}  // namespace tlswhy::diagnose
