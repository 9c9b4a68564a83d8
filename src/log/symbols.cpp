// SPDX-License-Identifier: Apache-2.0
#include "log/symbols.hpp"

#include <algorithm>
#include <map>

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
  // The end of a symbol's first part with its underscore ("TLS_" of MBEDTLS_) is shared by a whole table and no ordinary word; a
  // name without underscore is found by its beginning.
  std::unordered_set<Gram> grams;
  for (const std::string_view symbol : symbols_) {
    const std::size_t underscore = symbol.find('_');
    const std::size_t begin = underscore == std::string_view::npos || underscore < sizeof(Gram) - 1 ? 0 : underscore - (sizeof(Gram) - 1);
    if (begin + sizeof(Gram) <= symbol.size()) grams.insert(Prefilter::gram_at(symbol.data() + begin));
  }
  for (const Gram gram : grams) prefilter.add_gram(index, gram);
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
