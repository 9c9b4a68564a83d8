// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "codes/codes.hpp"
#include "codes/tables.hpp"

namespace tlswhy::codes {
namespace {

using knowledge::Code;
using knowledge::CodeLibrary;
using knowledge::Knowledge;

// Likelihood factors: how well a reading fits the way a library prints its codes.
constexpr double k_first_form = 1.0;       // the library's usual form
constexpr double k_other_form = 0.45;      // a form it is known to be printed in
constexpr double k_unusual_form = 0.06;
constexpr double k_sign_restored = 0.5;    // the minus has to be supplied
constexpr double k_not_described = 0.35;   // nobody has met this code enough to describe it
constexpr double k_no_error = 0.6;         // people paste what went wrong
constexpr double k_many_flags = 0.05;      // a mask of several verify flags that nothing says is one
constexpr double k_hinted = 25.0;          // the context names the library or its platform
constexpr double k_other_version = 0.02;   // the version asked about has another meaning for it
constexpr double k_doubt = 0.02;           // kept back: it may be none of them
constexpr std::size_t k_most_meanings = 24;
constexpr std::size_t k_most_suggestions = 3;
constexpr std::size_t k_suggestion_edits = 3;
constexpr std::size_t k_neighbours = 2;

std::string_view form_word(const Reading& reading) {
  switch (reading.form) {
    case Form::hex: return reading.negative ? "-hex" : "hex";
    case Form::decimal: return reading.negative ? "-dec" : "dec";
    case Form::bare_hex: return "bare";
    case Form::twos_complement: return "twos";
  }
  return {};
}

double form_factor(const CodeLibrary& library, const Reading& reading) {
  const std::string_view form = form_word(reading);
  std::string_view prints = library.prints;
  // Where a table does not say: libraries with negative codes print them in decimal with sign, the others without.
  if (prints.empty()) prints = !library.codes.empty() && library.codes.front().has_value && library.codes.front().value < 0 ? "-dec" : "dec";
  double factor = k_unusual_form;
  bool first = true;
  for (const std::string_view item : split(prints, ',')) {
    if (trim(item) == form) factor = first ? k_first_form : k_other_form;
    first = false;
  }
  if (form == "twos" && reading.value < 0) factor = std::max(factor, k_other_form);
  const bool sign_lost = reading.value < 0 && !reading.negative && reading.form != Form::twos_complement;
  return sign_lost ? std::max(factor, form == "hex" ? k_other_form : factor) * k_sign_restored : factor;
}

bool mentions(std::string_view context, std::string_view word) { return !word.empty() && ifind(context, word) != std::string_view::npos; }

double hint_factor(const CodeLibrary& library, const Hints& hints) {
  double factor = 1;
  if (!hints.library.empty()) factor *= istarts_with(library.id, hints.library) ? k_hinted * k_hinted : 1.0 / k_hinted;
  const auto platform_fits = [&](std::string_view platform) {
    const auto list = split(library.platforms, ',');
    return std::any_of(list.begin(), list.end(), [&](std::string_view item) { return iequals(trim(item), platform); });
  };
  if (!hints.platform.empty() && platform_fits(hints.platform)) factor *= k_hinted;
  if (!hints.context.empty()) {
    const std::size_t dash = library.id.find('-');
    bool named = mentions(hints.context, library.id) || mentions(hints.context, library.id.substr(0, dash)) || mentions(hints.context, library.name);
    for (const std::string_view platform : split(library.platforms, ',')) named = named || (platform.size() > 3 && mentions(hints.context, trim(platform)));
    if (named) factor *= k_hinted;
  }
  return factor;
}

std::vector<const CodeLibrary*> pick(const Knowledge& knowledge, std::string_view libraries) {
  std::vector<const CodeLibrary*> list;
  if (libraries.empty()) {
    for (const CodeLibrary& library : knowledge.code_libraries) list.push_back(&library);
    return list;
  }
  for (const std::string_view id : split(libraries, ',')) {
    if (const CodeLibrary* const library = knowledge.code_library(trim(id))) list.push_back(library);
  }
  return list;
}

// Scores to shares of one, most likely first.
void normalise(std::vector<Meaning>& meanings) {
  double total = 0;
  for (const Meaning& meaning : meanings) total += meaning.likelihood;
  if (total <= 0) return;
  for (Meaning& meaning : meanings) meaning.likelihood = meaning.likelihood / total * (1 - k_doubt);
  std::stable_sort(meanings.begin(), meanings.end(), [](const Meaning& a, const Meaning& b) { return a.likelihood > b.likelihood; });
  if (meanings.size() > k_most_meanings) meanings.resize(k_most_meanings);
}

std::vector<Meaning> numeric(const Knowledge& knowledge, std::string_view libraries, std::string_view text, const Hints& hints) {
  std::vector<Meaning> all;
  const auto list = readings(text);
  for (const CodeLibrary* const library : pick(knowledge, libraries)) {
    for (const Reading& reading : list) {
      auto found = meanings_in(knowledge, *library, reading.value);
      if (found.empty()) continue;
      for (Meaning& meaning : found) {
        double score = (library->common + 0.2) * form_factor(*library, reading) * hint_factor(*library, hints);
        if (meaning.code->meaning.empty()) score *= k_not_described;
        if (meaning.code->error == knowledge::IsError::no) score *= k_no_error;
        if (library->id == "mbedtls-x509-verify" && !meaning.parts.empty()) score *= k_many_flags;
        if (!version_in(hints.version, meaning.code->versions)) score *= k_other_version;
        meaning.likelihood = score;
        if (meaning.why.empty()) {
          if (reading.form == Form::twos_complement) meaning.why = "printed as an unsigned number; " + std::to_string(reading.value) + " with its sign";
          if (reading.form == Form::bare_hex) meaning.why = "read as hexadecimal without 0x";
          if (reading.value < 0 && !reading.negative && reading.form != Form::twos_complement) meaning.why += meaning.why.empty() ? "the minus sign is not printed" : ", the minus sign is not printed";
        }
        all.push_back(std::move(meaning));
      }
    }
  }
  normalise(all);
  return all;
}

// "Unknown CA", "unknown-ca" and "unknown_ca" are one name.
std::string canonical(std::string_view text) {
  std::string out = lower(trim(text));
  std::replace(out.begin(), out.end(), ' ', '_');
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

std::vector<Meaning> symbolic(const Knowledge& knowledge, std::string_view libraries, std::string_view text, const Hints& hints) {
  std::vector<Meaning> all;
  const std::string wanted = canonical(text);
  if (wanted.empty()) return all;
  for (const CodeLibrary* const library : pick(knowledge, libraries)) {
    for (const Code& code : library->codes) {
      if (code.symbol.size() != wanted.size() || canonical(code.symbol) != wanted) continue;
      Meaning meaning;
      meaning.code = &code;
      meaning.value = code.value;
      meaning.likelihood = (library->common + 0.2) * hint_factor(*library, hints) * (code.meaning.empty() ? k_not_described : 1.0);
      if (!version_in(hints.version, code.versions)) meaning.likelihood *= k_other_version;
      all.push_back(std::move(meaning));
    }
  }
  normalise(all);
  return all;
}

std::vector<std::string> near_symbols(const Knowledge& knowledge, std::string_view text) {
  const std::string wanted = canonical(text);
  std::vector<std::pair<std::size_t, std::string>> near;
  constexpr std::size_t k_shortest = 5;
  if (wanted.size() < k_shortest) return {};
  for (const CodeLibrary& library : knowledge.code_libraries) {
    for (const Code& code : library.codes) {
      const std::size_t longer = std::max(code.symbol.size(), wanted.size());
      const std::size_t shorter = std::min(code.symbol.size(), wanted.size());
      if (longer - shorter > k_suggestion_edits) continue;
      const std::size_t edits = edit_distance(canonical(code.symbol), wanted, k_suggestion_edits + 1);
      if (edits <= k_suggestion_edits) near.emplace_back(edits, std::string(code.symbol));
    }
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> list;
  for (auto& [edits, symbol] : near) {
    if (std::find(list.begin(), list.end(), symbol) == list.end()) list.push_back(std::move(symbol));
    if (list.size() == k_most_suggestions) break;
  }
  return list;
}

// The codes beside an unknown number in the libraries people meet most, so that a typing error or a sum shows.
std::string neighbours(const Knowledge& knowledge, std::string_view text) {
  const auto list = readings(text);
  if (list.empty()) return {};
  const CodeLibrary* const library = knowledge.code_library("mbedtls");
  if (library == nullptr) return {};
  std::int64_t wanted = list.front().value;
  if (wanted > 0) wanted = -wanted;
  std::vector<const Code*> rows;
  for (const Code& code : library->codes) {
    if (code.has_value) rows.push_back(&code);
  }
  std::stable_sort(rows.begin(), rows.end(), [&](const Code* a, const Code* b) { return std::abs(a->value - wanted) < std::abs(b->value - wanted); });
  std::string note;
  for (std::size_t i = 0; i < std::min(k_neighbours, rows.size()); ++i) {
    note += (note.empty() ? "" : ", ") + to_hex_code(rows[i]->value) + " " + std::string(rows[i]->symbol);
  }
  return note;
}

// "error:0A000086:SSL routines::certificate verify failed": the packed code of an OpenSSL error line.
std::string_view openssl_packed(std::string_view text) {
  constexpr std::string_view k_mark = "error:";
  constexpr std::size_t k_packed_digits = 8;
  const std::size_t at = ifind(text, k_mark);
  if (at == std::string_view::npos) return {};
  const std::string_view digits = text.substr(at + k_mark.size(), k_packed_digits);
  return digits.size() == k_packed_digits && from_hex(digits) ? digits : std::string_view{};
}

}  // namespace

std::vector<Meaning> look_up(const Knowledge& knowledge, std::string_view libraries, std::string_view number) {
  return numeric(knowledge, libraries, number, {});
}

std::vector<Meaning> look_up_symbol(const Knowledge& knowledge, std::string_view libraries, std::string_view symbol) {
  return symbolic(knowledge, libraries, symbol, {});
}

Explanation explain(const Knowledge& knowledge, std::string_view input, const Hints& hints) {
  Explanation explanation;
  explanation.input = std::string(input);
  const std::string_view text = trim(input);
  if (const std::string_view packed = openssl_packed(text); !packed.empty()) {
    explanation.meanings = numeric(knowledge, "openssl-packed-3x,openssl-reasons", "0x" + std::string(packed), hints);
    if (!explanation.meanings.empty()) return explanation;
  }
  const auto numbers = readings(text);
  explanation.meanings = numbers.empty() ? symbolic(knowledge, {}, text, hints) : numeric(knowledge, {}, text, hints);
  // Words in which a code stands: "mbedtls_ssl_handshake returned -0x7200". The words are the context of the code.
  if (explanation.meanings.empty() && numbers.empty() && text.find(' ') != std::string_view::npos) {
    Hints with_context = hints;
    with_context.context += " " + std::string(text);
    for (std::string_view word : split(text, ' ')) {
      while (!word.empty() && std::string_view("()[]{},;:'\"").find(word.back()) != std::string_view::npos) word.remove_suffix(1);
      while (!word.empty() && std::string_view("()[]{},;:'\"").find(word.front()) != std::string_view::npos) word.remove_prefix(1);
      const bool signed_or_hex = word.size() > 1 && (word.front() == '-' || istarts_with(word, "0x"));
      auto found = signed_or_hex ? numeric(knowledge, {}, word, with_context) : symbolic(knowledge, {}, word, with_context);
      if (found.empty()) continue;
      explanation.meanings = std::move(found);
      break;
    }
  }
  if (!explanation.meanings.empty()) return explanation;
  if (numbers.empty()) explanation.suggestions = near_symbols(knowledge, text);
  const std::string near = neighbours(knowledge, text);
  explanation.note = near.empty() ? "No table of tlswhy knows this. Paste the whole log line: the words around a code tell which library printed it."
                                  : "No table of tlswhy knows this number. The nearest of Mbed TLS are " + near +
                                        ". Paste the whole log line: the words around a code tell which library printed it.";
  return explanation;
}

}  // namespace tlswhy::codes
