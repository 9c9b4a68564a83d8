// SPDX-License-Identifier: Apache-2.0
#include "log/symbols.hpp"

#include <algorithm>
#include <map>

#include "log/holes.hpp"
#include "log/prefilter.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_least_symbol = 6;
constexpr std::size_t k_long_symbol = 10;
constexpr std::size_t k_family = 12;

bool is_symbol_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_symbol(std::string_view text) {
  return text.size() >= k_least_symbol && std::all_of(text.begin(), text.end(), is_symbol_character) && text.front() >= 'A';
}
bool is_errno(std::string_view text) { return text.front() == 'E' && text.find('_') == std::string_view::npos; }

}  // namespace

std::set<std::string_view> own_symbols(const knowledge::Knowledge& knowledge) {
  std::set<std::string_view> symbols;
  const auto is_in_family = [](std::string_view symbol, std::size_t alike) {
    return alike >= k_family && symbol.size() >= k_long_symbol && std::count(symbol.begin(), symbol.end(), '_') >= 2;
  };
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
      const std::size_t alike = part == std::string_view::npos || part < 2 ? 0 : heads[code.symbol.substr(0, part)];
      // A beginning that most of a table shares, or a long name out of a family (wolfSSL's ASN_NO_SIGNER_E): no other program writes such words.
      const bool telling = (alike > 0 && alike * 3 >= count) || is_in_family(code.symbol, alike);
      if (telling || (errno_table && is_errno(code.symbol))) symbols.insert(code.symbol);
    }
  }
  return symbols;
}

std::set<std::uint32_t> symbol_grams(const std::set<std::string_view>& symbols) {
  // The end of a symbol's first part with its underscore ("TLS_" of MBEDTLS_) is shared by a whole table and no ordinary word; a
  // name without underscore is found by its beginning.
  std::set<std::uint32_t> grams;
  for (const std::string_view symbol : symbols) {
    const std::size_t underscore = symbol.find('_');
    const std::size_t begin = underscore == std::string_view::npos || underscore < sizeof(Gram) - 1 ? 0 : underscore - (sizeof(Gram) - 1);
    if (begin + sizeof(Gram) <= symbol.size()) grams.insert(gram_at(symbol.data() + begin));
  }
  return grams;
}

// FNV-1a with 64 bits.
std::uint64_t symbol_hash(std::string_view symbol) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : symbol) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
  return hash;
}

void each_symbol(std::string_view text, std::span<const std::uint64_t> symbols, const std::function<void(std::string_view)>& found) {
  for (std::size_t begin = 0; begin < text.size();) {
    if (!is_alphanumeric(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && is_alphanumeric(text[end])) ++end;
    const std::string_view word = text.substr(begin, end - begin);
    if (is_symbol(word) && std::binary_search(symbols.begin(), symbols.end(), symbol_hash(word))) found(word);
    begin = end;
  }
}

}  // namespace tlswhy::log
