// SPDX-License-Identifier: Apache-2.0
#include "diagnose/rules.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace tlswhy::diagnose {
namespace {

using knowledge::Condition;
using knowledge::Evidence;
using knowledge::Grade;
using knowledge::Matcher;
using knowledge::Operator;

bool condition_holds(const Condition& condition, std::string_view value) {
  switch (condition.op) {
    case Operator::present: return !value.empty();
    case Operator::any_of:
      return std::any_of(condition.values.begin(), condition.values.end(), [&](std::string_view wanted) { return iequals(wanted, value); });
    case Operator::none_of:
      return std::none_of(condition.values.begin(), condition.values.end(),
                          [&](std::string_view wanted) { return iequals(wanted, value); });
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: break;
  }
  const auto number = parse_decimal(value);
  const auto limit = condition.values.empty() ? std::optional<double>{} : parse_decimal(condition.values.front());
  if (!number || !limit) return false;
  switch (condition.op) {
    case Operator::less: return *number < *limit;
    case Operator::less_equal: return *number <= *limit;
    case Operator::greater: return *number > *limit;
    default: return *number >= *limit;
  }
}

bool hold(std::span<const Condition> conditions, const knowledge::Fact& fact) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const Condition& condition) { return condition_holds(condition, fact.get(condition.field)); });
}

bool accepts(const Matcher& matcher, const LocatedFact& located) { return hold(matcher.conditions, located.fact); }

constexpr char k_unknown = '\x01';  // cannot be in data or in printable text

// A sentence without the parts whose field is not known: "(task ?)", ": ?", "of ? bytes" go, what else stands for one becomes "(not said)".
std::string without_unknown(std::string text) {
  const std::string mark(1, k_unknown);
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
    const std::size_t open = text.rfind(" (", at);
    const std::size_t close = text.find(')', at);
    const bool bracketed = open != std::string::npos && close != std::string::npos && text.find(')', open) == close;
    const std::string_view before = std::string_view(text).substr(0, at);
    const std::string_view after = std::string_view(text).substr(at + 1);
    if (bracketed) {
      text.erase(open, close + 1 - open);
    } else if (before.ends_with(": ") || (before.ends_with(" with ") && after.empty())) {
      const std::size_t from = before.ends_with(": ") ? at - 2 : before.ends_with(", with ") ? at - 7 : at - 6;
      text.erase(from, at + 1 - from);
    } else if (before.ends_with(" of ") && after.starts_with(" bytes")) {
      text.erase(at - 4, 4 + 1 + 6);
    } else if (before.ends_with(" host ") || before.ends_with(" name ")) {
      text.erase(at - 1, 2);
    } else {
      text.replace(at, 1, "(not said)");
    }
  }
  return text;
}

// "an allocation of {bytes} bytes failed" with the fact's fields put in; a part whose field is absent is left out.
std::string fill(std::string_view text, const knowledge::Fact& fact) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) {
      out += text;
      break;
    }
    out += text.substr(0, open);
    const std::string_view value = fact.get(text.substr(open + 1, close - open - 1));
    out += value.empty() ? std::string(1, k_unknown) : printable(value);
    text.remove_prefix(close + 1);
  }
  return without_unknown(std::move(out));
}

double weight_of(Grade grade, const Weights& weights) {
  switch (grade) {
    case Grade::decisive: return weights.decisive;
    case Grade::strong: return weights.strong;
    case Grade::hint: return weights.hint;
    case Grade::note: return 0;
    case Grade::against: return weights.against;
    case Grade::rules_out: return 0;
  }
  return 0;
}

// One rule against the facts; nothing if it does not hold.
std::optional<EvidenceItem> apply(const Evidence& rule, const FactIndex& facts, const Weights& weights) {
  const LocatedFact* shown = nullptr;
  bool inferred = false;
  for (const Matcher& matcher : rule.when) {
    const auto found = facts.matching(matcher);
    if (found.empty()) return std::nullopt;
    const auto seen = std::find_if(found.begin(), found.end(), [](const LocatedFact* fact) { return !fact->inferred; });
    const LocatedFact* const best = seen != found.end() ? *seen : found.front();
    if (shown == nullptr) shown = best;
    inferred = inferred || best->inferred;
  }
  if (shown == nullptr) return std::nullopt;
  if (std::any_of(rule.unless.begin(), rule.unless.end(), [&](const Matcher& matcher) { return facts.any(matcher); })) return std::nullopt;
  EvidenceItem item;
  item.source = shown->source;
  item.says = fill(rule.says, shown->fact);
  item.id = std::string(rule.id);
  item.grade = rule.grade;
  item.weight = weight_of(rule.grade, weights) * (inferred ? weights.inferred : 1.0);
  item.inferred = inferred;
  return item;
}

struct Collected {
  std::vector<EvidenceItem> evidence;
  std::vector<EvidenceItem> notes;  // what a reader should know beside the evidence; they bring no cause into the list
  std::vector<EvidenceItem> against;
  std::optional<EvidenceItem> ruled_out;
};

void collect(std::span<const Evidence> rules, const FactIndex& facts, const Weights& weights, Collected& into) {
  for (const Evidence& rule : rules) {
    auto item = apply(rule, facts, weights);
    if (!item) continue;
    if (rule.grade == Grade::rules_out) {
      if (!into.ruled_out) into.ruled_out = std::move(item);
    } else if (rule.grade == Grade::against) {
      into.against.push_back(std::move(*item));
    } else if (rule.grade == Grade::note) {
      into.notes.push_back(std::move(*item));
    } else {
      into.evidence.push_back(std::move(*item));
    }
  }
}

// Adds up the items of one list, strongest first; each further one of the same grade counts less.
double add_up(std::vector<EvidenceItem>& items, const Weights& weights) {
  std::stable_sort(items.begin(), items.end(),
                   [](const EvidenceItem& a, const EvidenceItem& b) { return std::abs(a.weight) > std::abs(b.weight); });
  double sum = 0;
  std::map<Grade, int> count;
  for (EvidenceItem& item : items) {
    item.weight *= std::pow(weights.repeat, count[item.grade]++);
    sum += item.weight;
  }
  return sum;
}

double prior_of(const knowledge::Cause& cause, const Weights& weights) {
  switch (cause.prior) {
    case knowledge::Prior::common: return weights.prior_common;
    case knowledge::Prior::usual: return weights.prior_usual;
    case knowledge::Prior::rare: return weights.prior_rare;
  }
  return 0;
}

// What the printed codes themselves point to: their best place in any code's list.
std::optional<EvidenceItem> code_hint(std::string_view cause, const std::vector<CodeHint>& codes, const Weights& weights) {
  std::optional<EvidenceItem> best;
  for (const CodeHint& code : codes) {
    double weight = weights.code_hint;
    for (const std::string_view id : split(code.causes, ',')) {
      if (trim(id) == cause && (!best || weight > best->weight)) {
        EvidenceItem item;
        item.source = code.source;
        item.says = code.meaning.empty() ? code.symbol + " is one of the signs of this" : code.symbol + ": " + code.meaning;
        item.id = "code";
        item.weight = weight;
        best = item;
      }
      weight *= weights.code_hint_decay;
    }
  }
  return best;
}

std::vector<const knowledge::Fix*> order_fixes(const knowledge::Cause& cause, std::string_view platform) {
  std::vector<const knowledge::Fix*> fixes;
  for (const knowledge::Fix& fix : cause.fixes) fixes.push_back(&fix);
  const auto rank_of = [&](const knowledge::Fix* fix) {
    const auto names = [&](std::string_view wanted) {
      return !wanted.empty() && std::find(fix->platforms.begin(), fix->platforms.end(), wanted) != fix->platforms.end();
    };
    // The author's order (safest first) holds among the fixes that fit; those of other platforms come after.
    const int place = names(platform) || names("any") || platform.empty() ? 0 : 1;
    return (fix->weakens.empty() ? 0 : 10) + place;
  };
  std::stable_sort(fixes.begin(), fixes.end(), [&](const auto* a, const auto* b) { return rank_of(a) < rank_of(b); });
  return fixes;
}

}  // namespace

const Weights& default_weights() {
  static const Weights weights;
  return weights;
}

FactSenses::FactSenses(const knowledge::Knowledge& knowledge) {
  for (const knowledge::FactDefinition& definition : knowledge.facts) by_name_.emplace(definition.name, &definition);
}

bool FactSenses::has(const knowledge::Fact& fact, knowledge::Sense knowledge::FactDefinition::*sense) const {
  const auto at = by_name_.find(fact.name);
  return at != by_name_.end() && (at->second->*sense).possible && hold((at->second->*sense).conditions, fact);
}

bool FactSenses::is_failure(const knowledge::Fact& fact) const { return has(fact, &knowledge::FactDefinition::failure); }
bool FactSenses::is_success(const knowledge::Fact& fact) const { return has(fact, &knowledge::FactDefinition::success); }

FactIndex::FactIndex(const std::vector<LocatedFact>& facts) {
  for (const LocatedFact& fact : facts) by_name_[fact.fact.name].push_back(&fact);
}

const std::vector<const LocatedFact*>& FactIndex::named(std::string_view name) const {
  static const std::vector<const LocatedFact*> none;
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? none : at->second;
}

std::vector<const LocatedFact*> FactIndex::matching(const Matcher& matcher) const {
  std::vector<const LocatedFact*> found;
  for (const LocatedFact* const fact : named(matcher.fact)) {
    if (accepts(matcher, *fact)) found.push_back(fact);
  }
  return found;
}

bool FactIndex::any(const Matcher& matcher) const {
  const auto& list = named(matcher.fact);
  return std::any_of(list.begin(), list.end(), [&](const LocatedFact* fact) { return accepts(matcher, *fact); });
}

Ranking rank(const std::vector<LocatedFact>& facts, const std::vector<CodeHint>& codes, const knowledge::Knowledge& knowledge,
             std::string_view platform, const Weights& weights) {
  Ranking ranking;
  const FactIndex index(facts);
  for (const knowledge::Cause& cause : knowledge.causes) {
    Collected collected;
    collect(cause.evidence, index, weights, collected);
    if (const knowledge::Family* const family = knowledge.family(cause.family)) collect(family->evidence, index, weights, collected);
    if (auto hint = code_hint(cause.id, codes, weights)) collected.evidence.push_back(std::move(*hint));
    if (collected.evidence.empty()) continue;
    if (collected.ruled_out) {
      ranking.ruled_out.push_back({&cause, std::move(*collected.ruled_out)});
      continue;
    }
    RankedCause ranked;
    ranked.cause = &cause;
    ranked.score = prior_of(cause, weights) + add_up(collected.evidence, weights) + add_up(collected.against, weights);
    ranked.evidence = std::move(collected.evidence);
    for (EvidenceItem& note : collected.notes) ranked.evidence.push_back(std::move(note));
    ranked.against = std::move(collected.against);
    ranked.fixes = order_fixes(cause, platform);
    ranking.causes.push_back(std::move(ranked));
  }
  double total = std::exp(weights.unknown);
  for (const RankedCause& ranked : ranking.causes) total += std::exp(ranked.score);
  for (RankedCause& ranked : ranking.causes) ranked.confidence = std::exp(ranked.score) / total;
  std::stable_sort(ranking.causes.begin(), ranking.causes.end(),
                   [](const RankedCause& a, const RankedCause& b) { return a.score > b.score; });
  return ranking;
}

}  // namespace tlswhy::diagnose
