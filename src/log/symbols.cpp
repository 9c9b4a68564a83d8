// SPDX-License-Identifier: Apache-2.0
#include "log/symbols.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "log/holes.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_least_symbol = 6;

bool is_symbol_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_symbol(std::string_view text) {
  return text.size() >= k_least_symbol && std::all_of(text.begin(), text.end(), is_symbol_character) && text.front() >= 'A';
}
bool is_errno(std::string_view text) { return text.front() == 'E' && text.find('_') == std::string_view::npos; }

}  // namespace

Symbols::Symbols(const knowledge::Knowledge& knowledge) {
  for (const knowledge::CodeLibrary& library : knowledge.code_libraries) {
    std::map<std::string_view, std::size_t> heads;
    std::size_t count = 0;
    for (const knowledge::Code& code : library.codes) {
      if (!is_symbol(code.symbol)) continue;
      ++count;
      ++heads[code.symbol.substr(0, code.symbol.find('_'))];
    }
    const bool errno_table = library.id.find("errno") != std::string_view::npos;
    for (const knowledge::Code& code : library.codes) {
      if (!is_symbol(code.symbol)) continue;
      const std::size_t part = code.symbol.find('_');
      const bool telling = part != std::string_view::npos && part >= 2 && heads[code.symbol.substr(0, part)] * 3 >= count;
      if (telling || (errno_table && is_errno(code.symbol))) symbols_.insert(code.symbol);
    }
  }
}

void Symbols::add_to(Prefilter& prefilter, std::uint32_t index) const {
  // Few grams that cover all symbols: always the one that most of those left have in common. Grams that are ordinary words are
  // not wanted, so only those with an underscore count, or those of names without one.
  std::vector<std::string_view> left(symbols_.begin(), symbols_.end());
  std::sort(left.begin(), left.end());
  const auto grams_of = [](std::string_view symbol) {
    std::set<Gram> grams;
    const bool whole = symbol.find('_') == std::string_view::npos;
    for (std::size_t i = 0; i + sizeof(Gram) <= symbol.size(); ++i) {
      if (whole || symbol.substr(i, sizeof(Gram)).find('_') != std::string_view::npos) grams.insert(Prefilter::gram_at(symbol.data() + i));
    }
    return grams;
  };
  while (!left.empty()) {
    std::map<Gram, std::size_t> uses;
    for (const std::string_view symbol : left) {
      for (const Gram gram : grams_of(symbol)) ++uses[gram];
    }
    if (uses.empty()) return;
    const Gram best = std::max_element(uses.begin(), uses.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
    prefilter.add_gram(index, best);
    std::erase_if(left, [&](std::string_view symbol) { return grams_of(symbol).contains(best); });
  }
}

void Symbols::each(std::string_view text, const std::function<void(std::string_view)>& found) const {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_alphanumeric(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_alphanumeric(text[end])) ++end;
    const std::string_view word = text.substr(begin, end - begin);
    if (word.size() >= k_least_symbol && symbols_.contains(word)) found(word);
    begin = end;
  }
}

}  // namespace tlswhy::log
