// SPDX-License-Identifier: Apache-2.0
#include "log/index.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <unordered_map>

#include "log/compiled.hpp"
#include "log/pattern.hpp"
#include "log/prefilter.hpp"
#include "log/symbols.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_most_of_one_kind = std::numeric_limits<std::uint16_t>::max() - 2;  // a place is two bytes

// A rough order of how often characters are met in logs; only decides between grams no sample tells apart.
double commonness(char c) {
  constexpr std::string_view k_by_rarity = "qzjxkvwy_bfgphumdlcrnsioate ";
  const std::size_t place = k_by_rarity.find(c);
  if (place != std::string_view::npos) return static_cast<double>(place) / 100.0;
  return c >= '0' && c <= '9' ? 0.25 : 0.02;
}

// Chooses for each pattern the grams by which it is found.
class Builder {
 public:
  // What is common, so that gram choice avoids it: lines that real logs hold.
  void learn(std::string_view line) {
    for (std::size_t i = 0; i + sizeof(Gram) <= line.size(); ++i) ++seen_[gram_at(line.data() + i)];
  }
  // Makes `rule` a candidate of the texts that hold one string of one of the `sets` (the cheapest set is taken); false if no
  // set has a gram for each of its strings.
  [[nodiscard]] bool add(std::uint16_t rule, const std::vector<std::vector<std::string>>& sets);
  // The same for one gram, as it is.
  void add_gram(std::uint16_t rule, Gram gram) { add_gram(gram, knowledge::GramUser{rule, 0, 0, 0}); }
  void finish(Index& index) const;

 private:
  void add_gram(Gram gram, const knowledge::GramUser& user) {
    auto& users = by_gram_[gram];
    const auto same = [&](const knowledge::GramUser& other) {
      return other.rule == user.rule && other.gram_at == user.gram_at && other.text_at == user.text_at && other.text_size == user.text_size;
    };
    if (std::none_of(users.begin(), users.end(), same)) users.push_back(user);
  }
  // Texts that many rules have are kept once.
  [[nodiscard]] std::uint32_t place_of_text(const std::string& text) {
    const auto [known, is_new] = text_places_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
    if (is_new) texts_ += text;
    return known->second;
  }
  [[nodiscard]] double cost(std::string_view gram) const {
    const auto known = seen_.find(gram_at(gram.data()));
    double sum = known == seen_.end() ? 0.0 : static_cast<double>(known->second);
    for (const char c : gram) sum += commonness(c);
    // A blank inside may be several in the line and would then be missed; only where there is nothing else.
    if (gram.substr(1, 2).find(' ') != std::string_view::npos) sum += 1e6;
    return sum;
  }
  [[nodiscard]] std::string_view rarest(std::string_view text, double& cost_of_it) const {
    std::string_view best;
    for (std::size_t i = 0; i + sizeof(Gram) <= text.size(); ++i) {
      const std::string_view gram = text.substr(i, sizeof(Gram));
      const double its_cost = cost(gram);
      if (best.empty() || its_cost < cost_of_it) {
        best = gram;
        cost_of_it = its_cost;
      }
    }
    return best;
  }

  std::map<Gram, std::vector<knowledge::GramUser>> by_gram_;  // in order, so that the same data gives the same index
  std::unordered_map<Gram, std::uint32_t> seen_;
  std::string texts_;
  std::unordered_map<std::string, std::uint32_t> text_places_;
};

bool Builder::add(std::uint16_t rule, const std::vector<std::vector<std::string>>& sets) {
  struct Chosen {
    std::string gram;
    knowledge::GramUser user;
    std::string text;
  };
  std::vector<Chosen> best;
  double best_cost = 0;
  for (const auto& set : sets) {
    std::vector<Chosen> grams;
    double sum = 0;
    for (const std::string& text : set) {
      double its_cost = 0;
      const std::string_view gram = rarest(text, its_cost);
      if (gram.empty()) break;
      grams.push_back({std::string(gram), {rule, static_cast<std::uint16_t>(gram.data() - text.data()), 0, static_cast<std::uint16_t>(text.size())}, text});
      sum += its_cost;
    }
    if (grams.size() != set.size()) continue;
    if (best.empty() || sum < best_cost) {
      best = std::move(grams);
      best_cost = sum;
    }
  }
  if (best.empty()) return false;
  for (auto& [gram, user, text] : best) {
    user.text_at = place_of_text(text);
    add_gram(gram_at(gram.data()), user);
    if (gram.find(' ') == std::string::npos) continue;
    std::string with_tab = gram;
    std::replace(with_tab.begin(), with_tab.end(), ' ', '\t');
    add_gram(gram_at(with_tab.data()), user);
  }
  return true;
}

void Builder::finish(Index& index) const {
  index.texts = texts_;
  index.bitmap.assign((std::size_t{1} << k_bitmap_bits) / 32, 0);
  const std::size_t size = std::bit_ceil(by_gram_.size() * 2 + 1);  // half empty, so that probing ends soon
  const auto bits = static_cast<unsigned>(std::countr_zero(size));
  index.grams.assign(size, {});
  for (const auto& [gram, users] : by_gram_) {
    const std::uint32_t bit = gram_hash(gram, k_bitmap_bits);
    index.bitmap[bit >> 5U] |= 1U << (bit & 31U);
    std::size_t at = gram_hash(gram, bits);
    while (index.grams[at].gram != 0) at = (at + 1) & (size - 1);
    index.grams[at] = {gram, static_cast<std::uint32_t>(index.users.size()), static_cast<std::uint32_t>(users.size())};
    index.users.insert(index.users.end(), users.begin(), users.end());
  }
}

}  // namespace

Index make_index(const knowledge::Knowledge& knowledge, std::vector<std::string>& faults) {
  Index index;
  Builder builder;
  // Where each prefix stands that makes an event of any line, and its anchors.
  std::vector<std::pair<std::string, std::vector<std::vector<std::string>>>> chatter;
  for (const knowledge::Dialect& dialect : knowledge.dialects) {
    for (const auto& list : {dialect.prefixes, dialect.patterns}) {
      for (const knowledge::Pattern& pattern : list) {
        for (const std::string_view sample : pattern.samples) builder.learn(sample);
      }
    }
  }
  // Prose shows what is common in any text.
  for (const knowledge::Cause& cause : knowledge.causes) {
    builder.learn(cause.what);
    for (const knowledge::Fix& fix : cause.fixes) builder.learn(fix.action);
  }
  for (const knowledge::CodeLibrary& library : knowledge.code_libraries) {
    for (const knowledge::Code& code : library.codes) builder.learn(code.meaning);
  }
  for (std::size_t d = 0; d < knowledge.dialects.size(); ++d) {
    const knowledge::Dialect& dialect = knowledge.dialects[d];
    const auto add = [&](std::span<const knowledge::Pattern> patterns, bool is_prefix) {
      for (std::size_t p = 0; p < patterns.size(); ++p) {
        const std::string where = name_of(dialect, patterns[p]);
        (void)parse_facts(patterns[p], where, faults);
        for (std::size_t s = 0; s < patterns[p].match.size(); ++s) {
          const knowledge::RulePlace place{static_cast<std::uint16_t>(d), static_cast<std::uint16_t>(p), static_cast<std::uint16_t>(s)};
          auto compiled = Pattern::compile(patterns[p].match[s]);
          if (!compiled) {
            faults.push_back(where + ": " + compiled.error().what + ": " + compiled.error().where);
          } else if (is_prefix) {
            index.prefixes.push_back(place);
            if (!patterns[p].kind.empty()) chatter.emplace_back(where, compiled->anchors());
          } else if (index.rules.size() >= k_most_of_one_kind) {
            faults.push_back(where + ": there are more patterns than can be numbered");
          } else if (builder.add(static_cast<std::uint16_t>(index.rules.size()), compiled->anchors())) {
            index.rules.push_back(place);
          } else {
            faults.push_back(where + ": a pattern needs a literal of at least four characters");
          }
        }
      }
    };
    add(dialect.prefixes, true);
    add(dialect.patterns, false);
  }
  // What calls for a look at the words of the line has the number after the last rule, what calls for one at its prefixes the next.
  const auto symbol_number = static_cast<std::uint16_t>(index.rules.size());
  const auto chatter_number = static_cast<std::uint16_t>(symbol_number + 1);
  for (const auto& [where, anchors] : chatter) {
    if (!builder.add(chatter_number, anchors))
      faults.push_back(where + ": a prefix with a kind needs a literal of at least four characters");
  }
  const auto symbols = own_symbols(knowledge);
  for (const std::uint32_t gram : symbol_grams(symbols)) builder.add_gram(symbol_number, gram);
  for (const std::string_view symbol : symbols) index.symbols.push_back(symbol_hash(symbol));
  std::sort(index.symbols.begin(), index.symbols.end());
  builder.finish(index);
  return index;
}

}  // namespace tlswhy::log
