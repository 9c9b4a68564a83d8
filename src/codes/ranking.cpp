// SPDX-License-Identifier: Apache-2.0
#include "codes/ranking.hpp"

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "codes/tables.hpp"

namespace tlswhy::codes {
namespace {

using knowledge::Code;
using knowledge::CodeLibrary;
using knowledge::Knowledge;

// Likelihood factors: how well a reading fits the way a library prints its codes.
constexpr double k_first_form = 1.0;   // the library's usual form
constexpr double k_other_form = 0.45;  // a form it is known to be printed in
constexpr double k_unusual_form = 0.06;
constexpr double k_doubled_sign = 0.01;     // a minus before a two's complement
constexpr double k_sign_restored = 0.5;     // the minus has to be supplied
constexpr double k_sign_not_missing = 0.1;  // and the table has the number as it stands, too
constexpr double k_short_bare = 0.05;       // up to three decimal digits read as hexadecimal
constexpr double k_no_fact = 0.35;          // it states nothing about a connection, so it is hardly what somebody asks about here
constexpr double k_no_error = 0.6;          // people paste what went wrong
constexpr double k_many_flags = 0.015;      // a mask of several verify flags that nothing says is one
constexpr double k_folded = 0.02;           // NodeMCU's one-byte form, where nothing says NodeMCU
constexpr double k_stripped = 0.3;          // an alert of BearSSL as the newer cores print it
constexpr double k_hinted = 25.0;           // the context names the library or its platform
constexpr double k_made_for = 2.0;
constexpr double k_own_table = 4.0;  // the platform's own codes, not those of a library that it carries
constexpr double k_partly_hinted = 8.0;
constexpr double k_exact_table = 100.0;   // --library names this very table and not a family of them
constexpr double k_named_symbol = 40.0;   // the symbol stands beside the number
constexpr double k_past_version = 0.5;    // it meant this in older versions only, and nothing says which version it is
constexpr double k_other_version = 0.02;  // the version asked about has another meaning for it
constexpr double k_rare = 0.1;            // the table says that this code is hardly ever met
constexpr double k_success = 4.0;         // 0 where it means success, which it nearly always does
constexpr std::size_t k_most_flags = 4;   // set at once, of which a print has no more where nothing says that it is a mask
constexpr double k_not_of_tls = 0.5;      // beside a row of the same number and table that is about TLS
constexpr double k_doubt = 0.02;          // kept back: it may be none of them
constexpr std::int64_t k_two_to_32 = 0x1'0000'0000;
constexpr double k_base = 0.2;  // even a table that is hardly ever met may be meant

std::string_view form_word(const Reading& reading) {
  switch (reading.form) {
    case Form::hex: return reading.negative ? "-hex" : "hex";
    case Form::decimal: return reading.negative ? "-dec" : "dec";
    case Form::bare_hex: return "bare";
    case Form::twos_complement: return "twos";
  }
  return {};
}

bool is_negative_table(const CodeLibrary& library) {
  return !library.codes.empty() && library.codes.front().has_value && library.codes.front().value < 0;
}

// Where a table does not say: libraries with negative codes print them in decimal with sign, the others without.
std::string_view prints_of(const CodeLibrary& library) {
  return !library.prints.empty() ? library.prints : std::string_view(is_negative_table(library) ? "-dec" : "dec");
}

bool prints_form(const CodeLibrary& library, std::string_view form) {
  const auto list = split(prints_of(library), ',');
  return std::any_of(list.begin(), list.end(), [&](std::string_view item) { return trim(item) == form; });
}

double form_factor(const CodeLibrary& library, const Reading& reading, std::size_t digits) {
  const std::string_view form = form_word(reading);
  double factor = k_unusual_form;
  bool first = true;
  for (const std::string_view item : split(prints_of(library), ',')) {
    // "%d" prints the sign of a negative row, too.
    const bool same = trim(item) == form || (form == "-dec" && trim(item) == "dec" && !rows_of(library, reading.value).empty());
    if (same) factor = std::max(factor, first ? k_first_form : k_other_form);
    first = false;
  }
  constexpr std::size_t k_short_digits = 3;
  if (reading.form == Form::bare_hex && digits <= k_short_digits) factor *= k_short_bare;
  // "-0x%x" of a positive count is how verify flags come to be printed as -0xfffffff8; nothing else is.
  if (form == "twos" && reading.negative) return reading.value > 0 && library.id == "mbedtls-x509-verify" ? k_first_form : k_doubled_sign;
  if (form == "twos" && reading.value < 0) factor = std::max(factor, k_other_form);
  const bool sign_lost = reading.value < 0 && !reading.negative && reading.form != Form::twos_complement;
  return sign_lost ? std::max(factor, form == "hex" && prints_form(library, "-hex") ? k_other_form : factor) * k_sign_restored : factor;
}

// How well the platform fits: a table that names it first is made for it.
double platform_factor(const CodeLibrary& library, std::string_view platform) {
  const auto list = split(library.platforms, ',');
  // "esp-idf" and "esp-idf-tls" are tables of ESP-IDF itself.
  const bool own = istarts_with(library.id, platform) && (library.id.size() == platform.size() || library.id[platform.size()] == '-');
  if (!list.empty() && iequals(trim(list.front()), platform)) return k_hinted * k_made_for * (own ? k_own_table : 1);
  const auto is_it = [&](std::string_view item) { return iequals(trim(item), platform); };
  if (std::any_of(list.begin(), list.end(), is_it)) return k_hinted;
  // "esp8266" and "ESP32" are said of several platforms and in the words on where a table is met.
  const auto in_part = [&](std::string_view item) { return has_word(item, platform); };
  return std::any_of(list.begin(), list.end(), in_part) || has_word(library.seen, platform) ? k_partly_hinted : 1;
}

double hint_factor(const CodeLibrary& library, const Hints& hints) {
  double factor = 1;
  if (!hints.library.empty() && (iequals(library.id, hints.library) || iequals(library.name, hints.library))) factor *= k_exact_table;
  if (!hints.platform.empty()) factor *= platform_factor(library, hints.platform);
  if (!hints.context.empty()) {
    const auto named = static_cast<double>(times_named(library, hints.context));
    if (named > 0) factor *= k_hinted * named * named;
  }
  return factor;
}

// The tables to search: those asked for; all if nothing narrows.
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
}

bool is_past(std::string_view versions) { return !versions.empty() && versions != "all" && !versions.ends_with(".."); }

bool is_rare(const CodeLibrary& library, const Code& code) {
  const auto list = split(library.rare, ',');
  return std::any_of(list.begin(), list.end(), [&](std::string_view name) {
    name = trim(name);
    return name.ends_with('*') ? code.symbol.starts_with(name.substr(0, name.size() - 1)) : name == code.symbol.view();
  });
}

// The version of the library that is meant: with a platform, a version is that of the product, which says what it carries.
// A table whose first platform it is counts in the product's own versions; of any other nothing is known.
std::string_view version_of(const Knowledge& knowledge, const CodeLibrary& library, const Hints& hints) {
  if (hints.platform.empty() || hints.version.empty()) return hints.version;
  for (const knowledge::Product& product : knowledge.products) {
    if (product.library == library.id && iequals(product.product, hints.platform) && version_in(hints.version, product.versions))
      return product.library_version;
  }
  const bool carried = std::any_of(knowledge.products.begin(), knowledge.products.end(),
                                   [&](const knowledge::Product& product) { return product.library == library.id; });
  const auto platforms = split(library.platforms, ',');
  const bool own =
      std::any_of(platforms.begin(), platforms.end(), [&](std::string_view platform) { return iequals(trim(platform), hints.platform); });
  return own && !carried ? std::string_view(hints.version) : std::string_view{};
}

double row_factor(const Knowledge& knowledge, const CodeLibrary& library, const Meaning& meaning, const Hints& hints, Breadth breadth) {
  const Code& code = *meaning.code;
  const std::string_view version = version_of(knowledge, library, hints);
  double factor = 1;
  if (code.fact.empty() && code.error != knowledge::IsError::no) factor *= k_no_fact;
  if (is_rare(library, code)) factor *= k_rare;
  const bool success = code.error == knowledge::IsError::no && code.has_value && meaning.value == 0;
  if (success) factor *= k_success;
  if (code.error == knowledge::IsError::no && !success) factor *= k_no_error;
  if (breadth == Breadth::far && version.empty() && is_past(code.versions)) factor *= k_past_version;
  if (!version_in(version, meaning.versions.empty() ? code.versions.view() : std::string_view(meaning.versions))) factor *= k_other_version;
  if (!version_fits_platform(hints.platform, code.versions)) factor *= k_other_version;
  if (meaning.parts.size() > 1 && !version_in(version, meaning.parts.back()->versions)) factor *= k_other_version;
  // "(-257, 'RECORD_OVERFLOW')": the end of the symbol beside the number settles it.
  constexpr std::size_t k_shortest_tail = 6;
  for (std::size_t at = code.symbol.find('_'); !hints.context.empty() && at != std::string_view::npos; at = code.symbol.find('_', at + 1)) {
    const std::string_view tail = code.symbol.substr(at + 1);
    if (tail.size() < k_shortest_tail) break;
    if (has_word(hints.context, tail)) return factor * k_named_symbol;
  }
  return has_word(hints.context, code.symbol) ? factor * k_named_symbol : factor;
}

// Whether the name says that the code is of TLS itself and not of the cryptography beside it; "MBEDTLS_" stands before every name.
bool is_about_tls(const Meaning& meaning) {
  std::string_view symbol = meaning.code->symbol;
  if (symbol.starts_with("MBEDTLS_")) symbol.remove_prefix(std::string_view("MBEDTLS_").size());
  return symbol.find("SSL") != std::string_view::npos || symbol.find("TLS") != std::string_view::npos;
}

std::string reading_note(const Reading& reading) {
  std::string note;
  if (reading.form == Form::twos_complement) note = "printed as an unsigned number; " + std::to_string(reading.value) + " with its sign";
  if (reading.form == Form::bare_hex) note = "read as hexadecimal without 0x";
  if (reading.value < 0 && !reading.negative && reading.form != Form::twos_complement)
    note += note.empty() ? "the minus sign is not printed" : ", the minus sign is not printed";
  return note;
}

}  // namespace

std::string canonical(std::string_view text) {
  std::string out = lower(trim(text));
  std::replace(out.begin(), out.end(), ' ', '_');
  std::replace(out.begin(), out.end(), '-', '_');
  return out;
}

bool has_word(std::string_view text, std::string_view word) {
  const auto is_alphanumeric = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (word.empty()) return false;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t found = ifind(text.substr(from), word);
    if (found == std::string_view::npos) return false;
    const std::size_t begin = from + found;
    const std::size_t end = begin + word.size();
    const bool free_before = begin == 0 || !is_alphanumeric(word.front()) || !is_alphanumeric(text[begin - 1]);
    const bool free_after = end == text.size() || !is_alphanumeric(word.back()) || !is_alphanumeric(text[end]);
    if (free_before && free_after) return true;
    from = begin + 1;
  }
  return false;
}

std::size_t times_named(const CodeLibrary& library, std::string_view context) {
  std::size_t times = has_word(context, library.id) || has_word(context, library.name) ? 1 : 0;
  for (const std::string_view word : split(library.words, ',')) times += has_word(context, trim(word)) ? 1 : 0;
  if (times > 0) return times;
  constexpr std::size_t k_shortest_platform = 4;
  for (const std::string_view platform : split(library.platforms, ',')) {
    if (platform.size() >= k_shortest_platform && has_word(context, trim(platform))) return 1;
  }
  return 0;
}

std::vector<const CodeLibrary*> tables_named(const Knowledge& knowledge, std::string_view name) {
  std::vector<const CodeLibrary*> list;
  for (const CodeLibrary& library : knowledge.code_libraries) {
    const bool family = istarts_with(library.id, name) && (library.id.size() == name.size() || library.id[name.size()] == '-');
    if (family || iequals(library.name, name) || canonical(library.name) == canonical(name)) list.push_back(&library);
  }
  return list;
}

namespace {

std::vector<Meaning> number_in(const Knowledge& knowledge, const std::vector<const CodeLibrary*>& tables, std::string_view text,
                               const Hints& hints, Breadth breadth) {
  std::vector<Meaning> all;
  const auto list = breadth == Breadth::far ? all_readings(text) : readings(text);
  constexpr std::size_t k_letters_count = 8;  // a letter makes it hexadecimal however short it is
  const auto digits = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) +
                      (text.find_first_of("abcdefABCDEF") != std::string_view::npos ? k_letters_count : 0);
  const auto add = [&](const CodeLibrary& library, std::vector<Meaning>& found, double score, const std::string& note) {
    const bool any_of_tls = std::any_of(found.begin(), found.end(), is_about_tls);
    for (Meaning& meaning : found) {
      meaning.likelihood *= score * row_factor(knowledge, library, meaning, hints, breadth);
      if (any_of_tls && !is_about_tls(meaning)) meaning.likelihood *= k_not_of_tls;
      if (meaning.why.empty() || meaning.why == "two codes added") meaning.why += (meaning.why.empty() || note.empty() ? "" : "; ") + note;
      all.push_back(std::move(meaning));
    }
  };
  for (const CodeLibrary* const library : tables) {
    const double weight = (library->common + k_base) * hint_factor(*library, hints);
    for (const Reading& reading : list) {
      auto found = meanings_in(knowledge, *library, reading.value);
      double score = weight * form_factor(*library, reading, digits);
      const bool sign_supplied = reading.value < 0 && !reading.negative && reading.form != Form::twos_complement;
      if (sign_supplied && !rows_of(*library, -reading.value).empty()) score *= k_sign_not_missing;
      if (library->id == "mbedtls-x509-verify" && !found.empty() && !found.front().parts.empty()) {
        if (found.front().parts.size() > k_most_flags && hint_factor(*library, hints) <= 1) continue;
        score *= k_many_flags;
      }
      add(*library, found, score, reading_note(reading));
    }
    if (list.empty()) continue;
    // Tables of positive numbers whose functions return them negated: -errno.
    if (list.front().negative && !is_negative_table(*library) && prints_form(*library, "-dec")) {
      auto found = meanings_in(knowledge, *library, -list.front().value);
      add(*library, found, weight * form_factor(*library, list.front(), digits), "returned with a minus");
    }
    if (breadth == Breadth::plain) continue;
    // An unsigned code printed as a signed number of 32 bits: -2146893019 is Windows' 0x80090325.
    if (list.front().form == Form::decimal && list.front().negative) {
      std::vector<Meaning> found;
      for (const Code& row : rows_of(*library, list.front().value + k_two_to_32)) found.emplace_back().code = &row;
      for (Meaning& meaning : found) meaning.value = meaning.code->value;
      add(*library, found, weight * form_factor(*library, list.front(), digits), "printed as a signed number");
    }
    auto stripped = list.front().form == Form::decimal ? stripped_meanings(*library, list.front().value) : std::vector<Meaning>{};
    add(*library, stripped, weight * k_stripped, "");
    auto folded = folded_meanings(*library, list.front().value);
    const bool nodemcu = iequals(hints.platform, "nodemcu") || has_word(hints.context, "nodemcu") || has_word(hints.context, "espconn");
    add(*library, folded, (library->common + k_base) * (nodemcu ? k_hinted : k_folded), "");
  }
  normalise(all);
  return all;
}

std::vector<Meaning> symbol_in(const Knowledge& knowledge, const std::vector<const CodeLibrary*>& tables, const Hints& hints,
                               Breadth breadth, const std::function<bool(std::string_view symbol)>& is_meant) {
  std::vector<Meaning> all;
  for (const CodeLibrary* const library : tables) {
    for (const Code& code : library->codes) {
      if (!is_meant(code.symbol)) continue;
      Meaning meaning;
      meaning.code = &code;
      meaning.value = code.value;
      meaning.likelihood =
          (library->common + k_base) * hint_factor(*library, hints) * row_factor(knowledge, *library, meaning, hints, breadth);
      all.push_back(std::move(meaning));
    }
  }
  normalise(all);
  return all;
}

// The search in the tables that a hint asks for; in all of them only if those do not have it.
std::vector<Meaning> narrowed(const Knowledge& knowledge, std::string_view libraries, const Hints& hints,
                              const std::function<std::vector<Meaning>(const std::vector<const CodeLibrary*>&)>& search) {
  if (!hints.library.empty()) {
    auto found = search(tables_named(knowledge, hints.library));
    if (!found.empty()) return found;
  }
  return search(pick(knowledge, libraries));
}

}  // namespace

std::vector<Meaning> rank_number(const Knowledge& knowledge, std::string_view libraries, std::string_view text, const Hints& hints,
                                 Breadth breadth) {
  return narrowed(knowledge, libraries, hints, [&](const auto& tables) { return number_in(knowledge, tables, text, hints, breadth); });
}

std::vector<Meaning> rank_symbol(const Knowledge& knowledge, std::string_view libraries, std::string_view text, const Hints& hints,
                                 Breadth breadth) {
  const std::string wanted = canonical(text);
  if (wanted.empty()) return {};
  const auto same = [&](std::string_view symbol) { return symbol.size() == wanted.size() && canonical(symbol) == wanted; };
  auto found =
      narrowed(knowledge, libraries, hints, [&](const auto& tables) { return symbol_in(knowledge, tables, hints, breadth, same); });
  constexpr std::size_t k_shortest_tail = 5;
  if (!found.empty() || breadth == Breadth::plain || wanted.size() < k_shortest_tail) return found;
  const auto ends = [&](std::string_view symbol) {
    if (symbol.size() <= wanted.size()) return false;
    const char before = symbol[symbol.size() - wanted.size() - 1];
    return (before == '_' || before == ' ' || before == ':' || before == '.') &&
           canonical(symbol.substr(symbol.size() - wanted.size())) == wanted;
  };
  return narrowed(knowledge, libraries, hints, [&](const auto& tables) { return symbol_in(knowledge, tables, hints, breadth, ends); });
}

bool has_table(const Knowledge& knowledge, std::string_view name) { return !tables_named(knowledge, name).empty(); }

std::vector<Meaning> look_up(const Knowledge& knowledge, std::string_view libraries, std::string_view number, std::string_view version) {
  Hints hints;
  hints.version = std::string(version);
  return rank_number(knowledge, libraries, number, hints, Breadth::plain);
}

std::vector<Meaning> look_up_symbol(const Knowledge& knowledge, std::string_view libraries, std::string_view symbol) {
  return rank_symbol(knowledge, libraries, symbol, {}, Breadth::plain);
}

}  // namespace tlswhy::codes
