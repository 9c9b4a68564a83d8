// SPDX-License-Identifier: Apache-2.0
// What a person pasted, taken apart: a code, a name, or words in which one stands.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "base/text.hpp"
#include "codes/codes.hpp"
#include "codes/ranking.hpp"
#include "codes/tables.hpp"

namespace tlswhy::codes {
namespace {

using knowledge::Code;
using knowledge::CodeLibrary;
using knowledge::Knowledge;

constexpr std::size_t k_most_suggestions = 3;
constexpr std::size_t k_suggestion_edits = 3;
constexpr std::size_t k_most_words = 64;  // of one pasted text looked at; a log line has fewer

// The letters and digits of a name as bits; a typing error changes at most one bit away and one to it.
std::uint64_t bit_of(char c) {
  constexpr unsigned k_letters = 26;
  if (c >= 'a' && c <= 'z') return std::uint64_t{1} << static_cast<unsigned>(c - 'a');
  if (c >= 'A' && c <= 'Z') return std::uint64_t{1} << static_cast<unsigned>(c - 'A');
  if (c >= '0' && c <= '9') return std::uint64_t{1} << (k_letters + static_cast<unsigned>(c - '0'));
  return 0;
}

// Symbols a few typing errors away, and those whose end is.
std::vector<std::string> near_symbols(const Knowledge& knowledge, std::string_view text) {
  const std::string wanted = canonical(text);
  constexpr std::size_t k_shortest = 5;
  constexpr std::size_t k_longest = 64;  // longer than any symbol
  if (wanted.size() < k_shortest || wanted.size() > k_longest) return {};
  const std::size_t most_edits = std::min(k_suggestion_edits, wanted.size() / 4);
  std::uint64_t wanted_bits = 0;
  for (const char c : wanted) wanted_bits |= bit_of(c);
  struct Near {
    std::size_t edits;
    int common;
    std::string_view symbol;
  };
  std::vector<Near> near;
  for (const CodeLibrary& library : knowledge.code_libraries) {
    for (const Code& code : library.codes) {
      // What stands behind each "_", the whole symbol last: people leave out MBEDTLS_ERR_SSL_.
      const std::string_view symbol = code.symbol;
      std::uint64_t bits = 0;
      for (std::size_t at = symbol.size(); at-- > 0;) {
        bits |= bit_of(symbol[at]);
        const std::string_view tail = symbol.substr(at);
        if (tail.size() > wanted.size() + most_edits) break;
        if ((at > 0 && symbol[at - 1] != '_') || tail.size() + most_edits < wanted.size()) continue;
        const auto missing = static_cast<std::size_t>(std::popcount(wanted_bits & ~bits));
        const auto foreign = static_cast<std::size_t>(std::popcount(bits & ~wanted_bits));
        if (missing > most_edits || foreign > most_edits) continue;
        const std::size_t edits = edit_distance(canonical(tail), wanted, most_edits + 1);
        if (edits <= most_edits) near.push_back({edits, library.common, symbol});
      }
    }
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const Near& a, const Near& b) { return a.edits != b.edits ? a.edits < b.edits : a.common > b.common; });
  std::vector<std::string> list;
  for (const Near& one : near) {
    if (std::find(list.begin(), list.end(), one.symbol) == list.end()) list.emplace_back(one.symbol);
    if (list.size() == k_most_suggestions) break;
  }
  return list;
}

// The rows nearest to an unknown number, one a table, in the tables asked for or most met; so that a typing error or a sum shows.
std::string neighbours(const Knowledge& knowledge, std::string_view text, const Hints& hints) {
  const auto list = readings(text);
  if (list.empty()) return {};
  constexpr int k_often_met = 3;
  constexpr std::size_t k_neighbours = 3;
  constexpr std::int64_t k_farthest = 128;  // beyond that it is no typing error
  struct Near {
    std::int64_t distance;
    const Code* code;
  };
  std::vector<Near> near;
  for (const CodeLibrary& library : knowledge.code_libraries) {
    const bool wanted = hints.library.empty() ? library.common >= k_often_met : istarts_with(library.id, hints.library);
    if (!wanted) continue;
    const Code* best = nullptr;
    std::int64_t least = INT64_MAX;
    for (const Code& code : library.codes) {
      for (const Reading& reading : list) {
        const std::int64_t distance = code.has_value ? std::abs(code.value - reading.value) : INT64_MAX;
        if (distance < least) {
          least = distance;
          best = &code;
        }
      }
    }
    if (best != nullptr && least <= k_farthest) near.push_back({least, best});
  }
  std::stable_sort(near.begin(), near.end(), [](const Near& a, const Near& b) { return a.distance < b.distance; });
  std::string note;
  for (std::size_t i = 0; i < std::min(k_neighbours, near.size()); ++i) {
    const CodeLibrary* const library = knowledge.code_library(near[i].code->library);
    note += (note.empty() ? "" : "; ") + to_hex_code(near[i].code->value) + " (" + std::to_string(near[i].code->value) + ") " +
            std::string(near[i].code->symbol) + " of " + std::string(library->name);
  }
  return note;
}

// "error:0A000086:SSL routines::certificate verify failed": the packed code of an OpenSSL error line.
std::string openssl_packed(std::string_view text) {
  constexpr std::string_view k_mark = "error:";
  constexpr std::size_t k_packed_digits = 8;
  const std::size_t at = ifind(text, k_mark);
  if (at == std::string_view::npos) return {};
  const std::string_view digits = text.substr(at + k_mark.size(), k_packed_digits);
  return digits.size() == k_packed_digits && from_hex(digits) ? "0x" + std::string(digits) : std::string();
}

std::optional<std::int64_t> number_behind(std::string_view text, std::string_view mark) {
  const std::size_t at = ifind(text, mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + mark.size());
  return parse_integer(rest.substr(0, rest.find(')')));
}

// "lib(20):func(148):reason(1048)", as OpenSSL prints what it has no text for: packed again.
std::string openssl_unpacked(std::string_view text) {
  constexpr std::int64_t k_most_libraries = 0xFF;
  constexpr std::int64_t k_most_reasons = 0xFFF;
  const auto library = number_behind(text, "lib(");
  const auto reason = number_behind(text, "reason(");
  if (!library || !reason || *library < 1 || *library > k_most_libraries || *reason < 1 || *reason > k_most_reasons) return {};
  return std::to_string((*library << 24) | *reason);
}

std::string_view without_marks(std::string_view word) {
  constexpr std::string_view k_marks = "()[]{},;:.'\"<>";
  while (!word.empty() && k_marks.find(word.back()) != std::string_view::npos) word.remove_suffix(1);
  while (!word.empty() && k_marks.find(word.front()) != std::string_view::npos) word.remove_prefix(1);
  return word;
}

// The words of a text, cut at blanks and at what loggers put between a name and its number.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t from = 0;
  while (from < text.size() && words.size() < k_most_words) {
    const std::size_t end = std::min(text.find_first_of(" \t=:,;()[]'\"", from), text.size());
    const std::string_view word = without_marks(text.substr(from, end - from));
    if (!word.empty()) words.push_back(word);
    from = end + 1;
  }
  return words;
}

bool looks_like_symbol(std::string_view word) {
  constexpr std::size_t k_shortest = 5;
  return word.size() >= k_shortest && word.find('_') != std::string_view::npos;
}

// Words in which a code stands: "rc=-2", "errno 104", "OSError: (-257, 'RECORD_OVERFLOW')". The words are the context of the code.
std::vector<Meaning> explain_words(const Knowledge& knowledge, std::string_view text, const Hints& hints) {
  Hints with_context = hints;
  with_context.context += " " + std::string(text);
  const auto words = words_of(text);
  // A signed or hexadecimal number is surely the code; then a name; then a plain number behind a word that names a table.
  for (const std::string_view word : words) {
    const bool marked = word.size() > 1 && (word.front() == '-' || istarts_with(word, "0x")) && !readings(word).empty();
    if (!marked) continue;
    auto found = rank_number(knowledge, {}, word, with_context, Breadth::far);
    if (!found.empty()) return found;
  }
  for (const std::string_view word : words) {
    if (!looks_like_symbol(word)) continue;
    auto found = rank_symbol(knowledge, {}, word, with_context, Breadth::far);
    if (!found.empty()) return found;
  }
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    // "(c00)" among words is rather a mask or a state than a code.
    constexpr std::size_t k_shortest_hexadecimal = 4;
    const auto numbers = readings(*word);
    if (numbers.empty() || (numbers.front().form == Form::bare_hex && word->size() < k_shortest_hexadecimal)) continue;
    const bool named = std::any_of(knowledge.code_libraries.begin(), knowledge.code_libraries.end(),
                                   [&](const CodeLibrary& library) { return times_named(library, text) > 0; });
    auto found = rank_number(knowledge, {}, *word, with_context, Breadth::far);
    if (!found.empty() && (named || words.size() <= 3)) return found;
  }
  for (const std::string_view word : words) {
    auto found = rank_symbol(knowledge, {}, word, with_context, Breadth::plain);
    if (!found.empty()) return found;
  }
  return {};
}

std::string how_to_find_out(const Knowledge& knowledge, std::string_view text, const Hints& hints) {
  std::string note = "It stands in no table of tlswhy.";
  const auto numbers = readings(text);
  if (!numbers.empty()) {
    const CodeLibrary* const mbedtls = knowledge.code_library("mbedtls");
    if (mbedtls != nullptr) {
      if (const auto sum = impossible_sum(*mbedtls, numbers.front().value)) {
        note += " It would be " + *sum + ", which Mbed TLS never adds: look for a typing error or another library.";
      }
    }
    if (const std::string near = neighbours(knowledge, text, hints); !near.empty()) note += " Nearest: " + near + ".";
  }
  return note +
         " To find out: paste the whole log line, because the words around a code tell which library printed it; or search the headers of "
         "your library for the " +
         (numbers.empty() ? "name." : "number, in decimal and in hexadecimal.");
}

}  // namespace

Explanation explain(const Knowledge& knowledge, std::string_view input, const Hints& hints) {
  Explanation explanation;
  explanation.input = std::string(input);
  explanation.platform = hints.platform;
  const std::string_view text = trim(input);
  std::string packed = openssl_packed(text);
  if (packed.empty()) packed = openssl_unpacked(text);
  if (!packed.empty()) {
    explanation.meanings = rank_number(knowledge, "openssl-packed-3x,openssl-reasons", packed, hints, Breadth::plain);
    if (!explanation.meanings.empty()) return explanation;
  }
  const auto numbers = readings(text);
  // "EBADE" is a name although its letters are hexadecimal digits.
  if (!numbers.empty() && numbers.front().form == Form::bare_hex && text.find_first_of("0123456789") == std::string_view::npos) {
    explanation.meanings = rank_symbol(knowledge, {}, text, hints, Breadth::plain);
    if (!explanation.meanings.empty()) return explanation;
  }
  if (numbers.empty()) {
    explanation.meanings = rank_symbol(knowledge, {}, text, hints, Breadth::far);
    if (explanation.meanings.empty()) explanation.meanings = rank_symbol(knowledge, {}, without_marks(text), hints, Breadth::far);
    if (explanation.meanings.empty() && !all_readings(text).empty())
      explanation.meanings = rank_number(knowledge, {}, text, hints, Breadth::far);
  } else {
    explanation.meanings = rank_number(knowledge, {}, text, hints, Breadth::far);
  }
  // A name with its number behind it: "E:M 544".
  if (const std::size_t blank = text.rfind(' ');
      explanation.meanings.empty() && numbers.empty() && blank != std::string_view::npos && !readings(text.substr(blank)).empty()) {
    explanation.meanings = rank_symbol(knowledge, {}, text.substr(0, blank), hints, Breadth::plain);
  }
  if (explanation.meanings.empty() && numbers.empty()) {
    explanation.meanings = explain_words(knowledge, text, hints);
    explanation.from_words = !explanation.meanings.empty();
  }
  if (!explanation.meanings.empty()) return explanation;
  if (numbers.empty()) explanation.suggestions = near_symbols(knowledge, text);
  explanation.note = how_to_find_out(knowledge, text, hints);
  return explanation;
}

}  // namespace tlswhy::codes
