// SPDX-License-Identifier: Apache-2.0
// The screen of explain: one code, what it says and does not say, and what to do next. Never cut within a sentence.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/text.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_alternatives_shown = 3;
constexpr double k_alternative_from = 0.03;
constexpr double k_shared_out = 0.98;  // the rest: it may be none of them
constexpr double k_sure_from = 0.9;    // below this share the screen says what would decide
constexpr double k_guess_below = 0.3;  // below this share the screen lists what it can be, and no advice
constexpr std::size_t k_guesses_shown = 6;
constexpr double k_likely_from = 0.6;  // below this share the other meanings come before the advice
constexpr std::size_t k_causes_shown = 3;
constexpr std::size_t k_meaning_lines = 6;
constexpr std::size_t k_advice_lines = 3;
constexpr std::size_t k_all_lines = 100;

// What several tables say alike: errno 104 of Linux and of newlib, a code of PolarSSL and of Mbed TLS.
struct Group {
  const codes::Meaning* first = nullptr;
  double likelihood = 0;
  std::vector<const knowledge::CodeLibrary*> libraries;
  std::vector<const codes::Meaning*> other_numbers;  // of the same name
};

std::string_view bare_symbol(std::string_view symbol) {
  for (const std::string_view prefix : {"MBEDTLS_", "POLARSSL_", "MP_", "NRF_"}) {
    if (symbol.starts_with(prefix)) return symbol.substr(prefix.size());
  }
  return symbol;
}

// The low half of a sum, the last flag of a mask; empty for a plain code.
std::string_view last_half(const codes::Meaning& meaning) {
  return meaning.parts.empty() ? std::string_view{} : bare_symbol(meaning.parts.back()->symbol);
}

// Null for what a log line says without a code: its row is of a dialect, which may have the name of a table.
const knowledge::CodeLibrary* table_of(const codes::Meaning& meaning, const knowledge::Knowledge& knowledge) {
  const knowledge::CodeLibrary* const table = knowledge.code_library(meaning.code->library);
  if (table == nullptr || table->codes.empty()) return nullptr;
  const std::less<> before;
  const knowledge::Code* const rows = table->codes.data();
  return before(meaning.code, rows) || !before(meaning.code, rows + table->codes.size()) ? nullptr : table;
}

std::string_view fact_name(const knowledge::Code& code) { return code.fact.substr(0, code.fact.find(' ')); }

// Rows of one stack that are one status under several names: every *_ALLOC_FAILED of Mbed TLS 4 is PSA_ERROR_INSUFFICIENT_MEMORY.
bool same_status(const codes::Meaning& a, const codes::Meaning& b, const knowledge::Knowledge& knowledge) {
  const knowledge::CodeLibrary* const one = table_of(a, knowledge);
  const knowledge::CodeLibrary* const other = table_of(b, knowledge);
  if (one == nullptr || other == nullptr || one->stack != other->stack || a.value != b.value || a.value == 0) return false;
  if (!a.parts.empty() || !b.parts.empty()) return false;
  // From 4.0 on Mbed TLS has the numbers of PSA.
  const bool psa = (one->id == "psa" || other->id == "psa") && one != other;
  return psa || (!a.code->fact.empty() && fact_name(*a.code) == fact_name(*b.code));
}

std::vector<Group> groups_of(const codes::Explanation& explanation, const knowledge::Knowledge& knowledge) {
  std::vector<Group> groups;
  // A name asked for is one answer, whatever its number in each version; a number is not.
  const bool by_name = !explanation.meanings.front().code->has_value || codes::readings(explanation.input).empty();
  for (const codes::Meaning& meaning : explanation.meanings) {
    const knowledge::CodeLibrary* const library = table_of(meaning, knowledge);
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      if (same_status(*group.first, meaning, knowledge)) return true;
      return bare_symbol(group.first->code->symbol) == bare_symbol(meaning.code->symbol) && last_half(*group.first) == last_half(meaning) &&
             (by_name || group.first->value == meaning.value || group.first->value == -meaning.value);
    });
    Group& group = same == groups.end() ? groups.emplace_back() : *same;
    if (group.first == nullptr) group.first = &meaning;
    // Tables that copy each other are no further evidence, so the likeliest counts for all.
    group.likelihood = std::max(group.likelihood, meaning.likelihood);
    if (meaning.code->has_value && meaning.value != group.first->value && meaning.value != -group.first->value)
      group.other_numbers.push_back(&meaning);
    if (library != nullptr && std::find(group.libraries.begin(), group.libraries.end(), library) == group.libraries.end())
      group.libraries.push_back(library);
  }
  double total = 0;
  for (const Group& group : groups) total += group.likelihood;
  for (Group& group : groups) group.likelihood *= total > 0 ? k_shared_out / total : 0;
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.likelihood > b.likelihood; });
  return groups;
}

// In the spelling that was asked about first.
std::string number_of(const codes::Meaning& meaning, std::string_view input) {
  if (!meaning.code->has_value) return {};
  const std::string hex = codes::to_hex_code(meaning.value);
  const std::string decimal = std::to_string(meaning.value);
  return input.find(decimal) != std::string_view::npos ? fmt::format("{} ({})", decimal, hex) : fmt::format("{} ({})", hex, decimal);
}

std::string capitalised(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

std::string libraries_of(const Group& group, std::string_view versions) {
  constexpr std::size_t k_named = 4;
  std::string out =
      std::string(group.libraries.front()->name) + (versions.empty() || versions == "all" ? "" : " " + versions_in_words(versions));
  for (std::size_t i = 1; i < std::min(k_named, group.libraries.size()); ++i)
    out += (i == 1 ? "; also " : ", ") + std::string(group.libraries[i]->name);
  if (group.libraries.size() > k_named) out += fmt::format(" and {} more", group.libraries.size() - k_named);
  return out + ".";
}

std::vector<const knowledge::Cause*> causes_of(std::string_view list, const knowledge::Knowledge& knowledge) {
  std::vector<const knowledge::Cause*> causes;
  for (const std::string_view id : split(list, ',')) {
    const knowledge::Cause* const cause = knowledge.cause(trim(id));
    if (cause != nullptr && std::find(causes.begin(), causes.end(), cause) == causes.end()) causes.push_back(cause);
  }
  return causes;
}

// The fix for the platform asked about or, where all the places of a code agree, for those; else the first.
const knowledge::Fix* fix_for(const knowledge::Cause& cause, std::string_view platform) {
  if (cause.fixes.empty()) return nullptr;
  for (const knowledge::Fix& fix : cause.fixes) {
    const bool fits = !platform.empty() && std::find(fix.platforms.begin(), fix.platforms.end(), platform) != fix.platforms.end();
    if (fits && fix.weakens.empty()) return &fix;
  }
  return &cause.fixes.front();
}

// The platforms that have advice of their own beside the one shown.
std::string other_platforms(const knowledge::Cause& cause, const knowledge::Fix& shown) {
  constexpr std::size_t k_named = 6;
  std::vector<std::string_view> names;
  for (const knowledge::Fix& fix : cause.fixes) {
    if (&fix == &shown) continue;
    for (const std::string_view platform : fix.platforms) {
      if (platform != "any" && std::find(names.begin(), names.end(), platform) == names.end()) names.push_back(platform);
    }
  }
  std::string out;
  for (std::size_t i = 0; i < std::min(k_named, names.size()); ++i) out += (i == 0 ? "" : ", ") + std::string(names[i]);
  return names.size() > k_named ? out + " and more" : out;
}

std::string advice(const knowledge::Cause& cause, std::string_view platform, const TextOptions& options) {
  std::string out;
  const std::size_t lines = options.verbose ? k_all_lines : k_advice_lines;
  if (!cause.confirm.empty()) {
    out += styled("First check", Style::heading, options) + "\n" +
           wrapped(whole_sentences(cause.confirm.front(), 4, lines, options), "  > ", "    ", options);
  }
  if (const knowledge::Fix* const fix = fix_for(cause, platform)) {
    out += styled(fmt::format("If it is {}", cause.id), Style::heading, options) + "\n" +
           wrapped(whole_sentences(fix->action, 2, lines, options), "  ", "  ", options);
    if (const std::string others = other_platforms(cause, *fix); !others.empty())
      out += wrapped(fmt::format("For {}: tlswhy causes {}", others, cause.id), "  ", "  ", options);
  }
  return out;
}

// "SSL_R_NO_SUITABLE_KEY_SHARE" as words, without what stands before the name proper.
std::string words_of_name(std::string_view symbol) {
  for (const std::string_view mark : {"_ERR_", "_ERROR_", "_R_", "_F_", "_E_"}) {
    const std::size_t at = symbol.find(mark);
    if (at != std::string_view::npos && at + mark.size() < symbol.size()) {
      symbol.remove_prefix(at + mark.size());
      break;
    }
  }
  std::string words = lower(symbol);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// The meaning of a message that has its number behind it says "N bytes"; here N is known.
std::string with_number(const knowledge::Code& code, std::string_view input) {
  constexpr std::string_view k_place = " N ";
  std::string text(code.meaning);
  const std::size_t at = text.find(k_place);
  if (code.has_value || at == std::string::npos || !input.starts_with(code.symbol)) return text;
  const std::string_view number = trim(input.substr(code.symbol.size()));
  if (!codes::readings(number).empty()) text.replace(at + 1, 1, number);
  return text;
}

// One place for each number that the name has elsewhere.
std::string other_numbers(const Group& group, const knowledge::Knowledge& knowledge) {
  constexpr std::size_t k_numbers_shown = 3;
  std::string out;
  std::vector<std::int64_t> shown;
  for (const codes::Meaning* const meaning : group.other_numbers) {
    if (shown.size() == k_numbers_shown || std::find(shown.begin(), shown.end(), meaning->value) != shown.end()) continue;
    shown.push_back(meaning->value);
    const knowledge::CodeLibrary* const library = knowledge.code_library(meaning->code->library);
    out += fmt::format("{}{} in {} {}", out.empty() ? "" : "; ", codes::to_hex_code(meaning->value),
                       library == nullptr ? meaning->code->library.view() : library->name, versions_in_words(meaning->code->versions));
  }
  return out;
}

std::string one_meaning(const Group& group, const codes::Explanation& explanation, const knowledge::Knowledge& knowledge,
                        const TextOptions& options) {
  const codes::Meaning& meaning = *group.first;
  const knowledge::Code& code = *meaning.code;
  const std::size_t lines = options.verbose ? k_all_lines : k_meaning_lines;
  std::string out;
  if (group.libraries.empty()) {
    // What a log line says without a code of any library.
    out += wrapped(styled(printable(explanation.input), Style::verdict, options), "", "  ", options);
    out += wrapped(capitalised(meaning.why) + ".", "  ", "  ", options);
  } else {
    // errno of several systems is shown without the prefix that one of them gives it.
    const bool errno_of_several = group.libraries.size() > 1 && (code.symbol.starts_with("NRF_") || code.symbol.starts_with("MP_"));
    std::string symbol(errno_of_several ? bare_symbol(code.symbol) : code.symbol.view());
    if (meaning.parts.size() > 1) {
      symbol.clear();
      for (const knowledge::Code* const part : meaning.parts) symbol += (symbol.empty() ? "" : " + ") + std::string(part->symbol);
    }
    // "E:M 544": the name with what stands behind it.
    const bool named_only = !code.has_value && explanation.input.size() > code.symbol.size() && explanation.input.starts_with(code.symbol);
    if (named_only) symbol = printable(explanation.input);
    out += wrapped(fmt::format("{} {}", styled(symbol, Style::verdict, options), number_of(meaning, explanation.input)), "", "  ", options);
    const std::string_view versions = meaning.versions.empty() ? code.versions.view() : std::string_view(meaning.versions);
    out += wrapped(libraries_of(group, versions) + (meaning.why.empty() ? "" : " " + capitalised(meaning.why) + "."), "  ", "  ", options);
  }
  if (const std::string numbers = other_numbers(group, knowledge); !numbers.empty())
    out += wrapped("Other numbers of this name: " + numbers + ".", "  ", "  ", options);
  for (const knowledge::Code* const part : meaning.parts) {
    const std::string number = part->has_value ? codes::to_hex_code(part->value) : "";
    out += wrapped(whole_sentences(fmt::format("{}: {}", number, (part->meaning.empty() ? part->symbol : part->meaning).view()), 4,
                                   options.verbose ? k_all_lines : 3, options),
                   "  + ", "    ", options);
  }
  if (meaning.parts.empty()) {
    if (!code.meaning.empty())
      out += wrapped(whole_sentences(with_number(code, explanation.input), 2, lines, options), "  ", "  ", options);
    if (code.meaning.empty()) {
      const std::string seen = group.libraries.empty() || group.libraries.front()->seen.empty()
                                   ? std::string()
                                   : "; it is met in: " + std::string(group.libraries.front()->seen);
      out += wrapped("tlswhy has no description of it. By its name: " + words_of_name(code.symbol) + seen + ".", "  ", "  ", options);
    }
  }
  if (!code.not_this.empty())
    out += wrapped(whole_sentences(code.not_this, 7, options.verbose ? k_all_lines : 4, options), "  Not: ", "       ", options);
  if (code.error == knowledge::IsError::no) out += "  This is no error by itself.\n";
  return out;
}

std::string causes_and_advice(const Group& group, const codes::Explanation& explanation, const knowledge::Knowledge& knowledge, bool sure,
                              const TextOptions& options) {
  const codes::Meaning& meaning = *group.first;
  const knowledge::Code& code = *meaning.code;
  std::string list(code.causes);
  if (meaning.parts.size() > 1 && !meaning.parts.back()->causes.empty())
    list = std::string(meaning.parts.back()->causes) + (list.empty() ? "" : "," + list);
  const auto causes = causes_of(list, knowledge);
  if (causes.empty()) return {};
  std::string out =
      styled(sure ? "Can come from" : fmt::format("If it is {}, it can come from", code.symbol), Style::heading, options) + "\n";
  for (std::size_t i = 0; i < std::min(options.verbose ? k_all_lines : k_causes_shown, causes.size()); ++i) {
    out += wrapped(fmt::format("{}: {}", causes[i]->id, causes[i]->title), "  - ", "    ", options);
  }
  std::string platform = explanation.platform;
  if (platform.empty() && group.libraries.size() == 1 && group.libraries.front()->platforms.find(',') == std::string_view::npos)
    platform = std::string(group.libraries.front()->platforms);
  if (code.error == knowledge::IsError::no) return out;
  return out + advice(*causes.front(), platform, options);
}

std::string alternative(const Group& group, const knowledge::Code& best, const TextOptions& options) {
  const knowledge::Code& code = *group.first->code;
  std::string text = fmt::format("{:.0f} %: {}", group.likelihood * 100, code.symbol);
  for (std::size_t i = 1; i < group.first->parts.size(); ++i) text += " + " + std::string(group.first->parts[i]->symbol);
  if (!code.meaning.empty()) text += ". " + first_sentence(code.meaning);
  if (text.back() != '.') text += '.';
  if (!group.first->why.empty() && code.library != best.library) text += " (" + group.first->why + ")";
  // Within one library only the version decides; between libraries the place where it was printed does.
  if (code.library == best.library && !code.versions.empty() && code.versions != best.versions) {
    text += fmt::format(" If it is version {}.", versions_in_words(code.versions));
  } else if (!group.libraries.empty() && code.library != best.library) {
    text += fmt::format(" If it is from: {}.",
                        group.libraries.front()->seen.empty() ? group.libraries.front()->name : group.libraries.front()->seen);
  }
  return wrapped(text, "  ? ", "    ", options);
}

std::string unknown(const codes::Explanation& explanation, const TextOptions& options) {
  std::string out = wrapped(fmt::format("{}: unknown.", printable(explanation.input)), "", "  ", options);
  std::string names;
  for (const std::string& suggestion : explanation.suggestions) names += (names.empty() ? "" : ", ") + suggestion;
  if (!names.empty()) out += wrapped("Did you mean " + names + "?", "  ", "  ", options);
  if (!explanation.note.empty()) out += wrapped(explanation.note, "  ", "  ", options);
  return out;
}

std::string alternatives(const std::vector<Group>& groups, const TextOptions& options) {
  const Group& best = groups.front();
  std::string others;
  std::size_t shown = 0;
  std::size_t left = 0;
  for (std::size_t i = 1; i < groups.size(); ++i) {
    // A number that moved between versions of the best library matters however unlikely.
    const bool moved = groups[i].first->code->library == best.first->code->library && groups[i].first->value == best.first->value &&
                       groups[i].first->parts.empty();
    const bool wanted = groups[i].likelihood >= k_alternative_from || moved;
    if (!options.verbose && (!wanted || shown >= k_alternatives_shown)) {
      ++left;
      continue;
    }
    ++shown;
    others += alternative(groups[i], *best.first->code, options);
  }
  if (others.empty()) return {};
  std::string out =
      styled(fmt::format("Could also be{}", left == 0 ? "" : fmt::format(" (and {} less likely: -v)", left)), Style::heading, options) +
      "\n" + others;
  if (best.likelihood < k_sure_from && !best.libraries.empty() && !best.libraries.front()->seen.empty()) {
    out +=
        wrapped(fmt::format("The first meaning ({:.0f} %) holds if it is from: {}.", best.likelihood * 100, best.libraries.front()->seen),
                "  ", "  ", options);
  }
  return out;
}

// A number that stands in many tables and is likely in none: what it can be, and what would decide.
std::string guesses(const codes::Explanation& explanation, const std::vector<Group>& groups, const TextOptions& options) {
  const std::size_t shown = options.verbose ? groups.size() : std::min(k_guesses_shown, groups.size());
  const std::string input = styled(printable(explanation.input), Style::verdict, options);
  std::string out =
      wrapped(fmt::format("{} alone decides nothing: it stands for {} different things.", input, groups.size()), "", "  ", options);
  out += wrapped("Paste the whole line, or name what printed it: --library, --platform, --version. The likeliest:", "  ", "  ", options);
  const knowledge::Code none;  // nothing is like it, so each says where it comes from
  for (std::size_t i = 0; i < shown; ++i) out += alternative(groups[i], none, options);
  if (groups.size() > shown) out += fmt::format("  and {} less likely (-v)\n", groups.size() - shown);
  return out +
         wrapped(fmt::format("More on one of them: tlswhy explain '{}'", groups.front().first->code->symbol.view()), "  ", "  ", options);
}

std::string known(const codes::Explanation& explanation, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  const auto groups = groups_of(explanation, knowledge);
  constexpr std::size_t k_many = 4;
  const bool guess = groups.front().likelihood < k_guess_below && groups.size() >= k_many && groups.front().first->parts.empty();
  if (guess) return guesses(explanation, groups, options);
  const bool sure = groups.front().likelihood >= k_likely_from;
  const std::string others = alternatives(groups, options);
  const std::string advice = causes_and_advice(groups.front(), explanation, knowledge, sure, options);
  return one_meaning(groups.front(), explanation, knowledge, options) + (sure ? advice + others : others + advice);
}

}  // namespace

std::string explain_text(const std::vector<codes::Explanation>& explanations, const knowledge::Knowledge& knowledge,
                         const TextOptions& options) {
  std::string out;
  for (const codes::Explanation& explanation : explanations) {
    if (!out.empty()) out += "\n";
    if (explanations.size() > 1 && !explanation.meanings.empty() && codes::readings(explanation.input).empty()) {
      out += wrapped(styled(printable(explanation.input), Style::faint, options), "> ", "  ", options);
    }
    out += explanation.meanings.empty() ? unknown(explanation, options) : known(explanation, knowledge, options);
  }
  return out;
}

}  // namespace tlswhy::report
