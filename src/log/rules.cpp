// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "log/compiled.hpp"

namespace tlswhy::log {
namespace {

constexpr std::string_view k_generic = "generic";

bool is_generic(const knowledge::Dialect& dialect) {
  return dialect.id == k_generic || (dialect.id.starts_with(k_generic) && dialect.id[k_generic.size()] == '-');
}

}  // namespace

std::string name_of(const knowledge::Dialect& dialect, const knowledge::Pattern& pattern) {
  return "dialects/" + std::string(dialect.id) + ", " + (pattern.id.empty() ? "prefix" : std::string(pattern.id));
}

std::vector<knowledge::Fact> parse_facts(const knowledge::Pattern& source, const std::string& where, std::vector<std::string>& faults) {
  std::vector<knowledge::Fact> facts;
  for (const std::string_view text : source.facts) {
    if (auto fact = knowledge::parse_fact(text)) {
      facts.push_back(std::move(*fact));
    } else {
      faults.push_back(where + ": \"" + std::string(text) + "\" is no fact");
    }
  }
  return facts;
}

Rules::Rules(const knowledge::Knowledge& knowledge, std::span<const knowledge::RulePlace> places, bool prefixes)
    : knowledge_(knowledge), places_(places), prefixes_(prefixes), compiled_(std::make_unique<std::atomic<const Rule*>[]>(places.size())) {}

Rules::~Rules() {
  for (std::size_t i = 0; i < places_.size(); ++i) delete compiled_[i].load();
}

const knowledge::Pattern& Rules::source(std::size_t index) const {
  const knowledge::Dialect& dialect = knowledge_.dialects[places_[index].dialect];
  return (prefixes_ ? dialect.prefixes : dialect.patterns)[places_[index].pattern];
}

const Rule& Rules::at(std::size_t index) const {
  if (const Rule* known = compiled_[index].load(std::memory_order_acquire); known != nullptr) return *known;
  const knowledge::Dialect& dialect = knowledge_.dialects[places_[index].dialect];
  const knowledge::Pattern& pattern = source(index);
  std::vector<std::string> faults;  // the index was made of patterns without any
  auto compiled = Pattern::compile(match(index));
  auto rule = std::make_unique<Rule>();
  if (compiled) rule->pattern = std::move(*compiled);
  rule->dialect = &dialect;
  rule->source = &pattern;
  rule->facts = parse_facts(pattern, {}, faults);
  rule->generic = is_generic(dialect);
  // Another thread may have been first; then its rule stays, since matches point into it.
  const Rule* expected = nullptr;
  if (compiled_[index].compare_exchange_strong(expected, rule.get(), std::memory_order_acq_rel)) return *rule.release();
  return *expected;
}

}  // namespace tlswhy::log
