// SPDX-License-Identifier: Apache-2.0
#include "log/prefilter.hpp"

#include <algorithm>

#include "log/holes.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_bitmap_words = 65536 / 32;

// A rough order of how often characters are met in logs; only decides between grams no sample tells apart.
double commonness(char c) {
  constexpr std::string_view k_by_rarity = "qzjxkvwy_bfgphumdlcrnsioate ";
  const std::size_t place = k_by_rarity.find(c);
  if (place != std::string_view::npos) return static_cast<double>(place) / 100.0;
  return c >= '0' && c <= '9' ? 0.25 : 0.02;
}

}  // namespace

Prefilter::Prefilter() : bitmap_(k_bitmap_words, 0) {}

void Prefilter::learn(std::string_view line) {
  for (std::size_t i = 0; i + sizeof(Gram) <= line.size(); ++i) ++seen_[gram_at(line.data() + i)];
}

double Prefilter::cost(std::string_view gram) const {
  const auto known = seen_.find(gram_at(gram.data()));
  double sum = known == seen_.end() ? 0.0 : static_cast<double>(known->second);
  for (const char c : gram) sum += commonness(c);
  // A blank inside may be several in the line and would then be missed; only where there is nothing else.
  if (gram.substr(1, 2).find(' ') != std::string_view::npos) sum += 1e6;
  return sum;
}

std::string_view Prefilter::rarest(std::string_view text, double& cost_of_it) const {
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

void Prefilter::add_gram(std::uint32_t index, Gram gram) {
  auto& users = by_gram_[gram];
  if (users.empty() || users.back() != index) users.push_back(index);
  const std::uint32_t bit = slot(gram);
  bitmap_[bit >> 5U] |= 1U << (bit & 31U);
}

bool Prefilter::add(std::uint32_t index, const std::vector<std::vector<std::string>>& sets) {
  std::vector<std::string> best;
  double best_cost = 0;
  for (const auto& set : sets) {
    std::vector<std::string> grams;
    double sum = 0;
    for (const std::string& text : set) {
      double its_cost = 0;
      const std::string_view gram = rarest(text, its_cost);
      if (gram.empty()) break;
      grams.emplace_back(gram);
      sum += its_cost;
    }
    if (grams.size() != set.size()) continue;
    if (best.empty() || sum < best_cost) {
      best = std::move(grams);
      best_cost = sum;
    }
  }
  if (best.empty()) return false;
  for (const std::string& gram : best) {
    add_gram(index, gram_at(gram.data()));
    if (gram.find(' ') == std::string::npos) continue;
    std::string with_tab = gram;
    std::replace(with_tab.begin(), with_tab.end(), ' ', '\t');
    add_gram(index, gram_at(with_tab.data()));
  }
  return true;
}

void Prefilter::candidates(std::string_view text, std::vector<std::uint32_t>& found) const {
  const std::size_t before = found.size();
  for (std::size_t at = find(text, 0); at != std::string_view::npos; at = find(text, at + 1)) {
    const auto& users = by_gram_.find(gram_at(text.data() + at))->second;
    found.insert(found.end(), users.begin(), users.end());
  }
  const auto begin = found.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(begin, found.end());
  found.erase(std::unique(begin, found.end()), found.end());
}

}  // namespace tlswhy::log
