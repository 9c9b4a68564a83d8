// SPDX-License-Identifier: Apache-2.0
// Whether what narrows a look-up exists; a mistyped hint would narrow nothing and look as if it had.
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "codes/codes.hpp"
#include "codes/ranking.hpp"

namespace tlswhy::codes {
namespace {

using knowledge::Knowledge;

constexpr std::size_t k_most_edits = 3;  // more is another word

void add_words(std::set<std::string_view>& words, std::string_view list) {
  for (const std::string_view word : split(list, ',')) {
    if (!trim(word).empty()) words.insert(trim(word));
  }
}

std::set<std::string_view> platforms(const Knowledge& knowledge) {
  std::set<std::string_view> words;
  for (const knowledge::CodeLibrary& library : knowledge.code_libraries) add_words(words, library.platforms);
  for (const knowledge::Dialect& dialect : knowledge.dialects) add_words(words, dialect.platform);
  for (const knowledge::Device& device : knowledge.devices) add_words(words, device.platform);
  for (const knowledge::Product& product : knowledge.products) add_words(words, product.product);
  for (const knowledge::Cause& cause : knowledge.causes) {
    for (const knowledge::Fix& fix : cause.fixes) {
      for (const std::string_view platform : fix.platforms) add_words(words, platform);
    }
  }
  words.erase("any");  // a fix for every platform; it names none
  return words;
}

std::string_view nearest(const std::set<std::string_view>& words, std::string_view wanted) {
  const std::string text = lower(wanted);
  const std::size_t most_edits = std::min(k_most_edits, text.size() / 2);
  std::size_t least = most_edits + 1;
  std::string_view best;
  for (const std::string_view word : words) {
    const std::size_t edits = edit_distance(text, lower(word), least);
    if (edits >= least) continue;
    least = edits;
    best = word;
  }
  return best;
}

std::string did_you_mean(std::string_view word) { return word.empty() ? std::string() : "; did you mean " + std::string(word) + "?"; }

std::string joined(const std::set<std::string_view>& words) {
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  return list;
}

}  // namespace

std::string fault_of(const Knowledge& knowledge, const Hints& hints) {
  if (!hints.library.empty() && !has_table(knowledge, hints.library)) {
    std::set<std::string_view> tables;
    for (const knowledge::CodeLibrary& library : knowledge.code_libraries) tables.insert(library.id);
    const std::string_view near = nearest(tables, hints.library);
    return "there is no code table \"" + hints.library + "\"" + (near.empty() ? "; tlswhy codes lists them" : did_you_mean(near));
  }
  if (!hints.platform.empty()) {
    const auto words = platforms(knowledge);
    // "esp8266" is part of several.
    const bool known = std::any_of(words.begin(), words.end(), [&](std::string_view word) { return has_word(word, hints.platform); }) ||
                       std::any_of(knowledge.code_libraries.begin(), knowledge.code_libraries.end(),
                                   [&](const knowledge::CodeLibrary& library) { return has_word(library.seen, hints.platform); });
    if (!known) {
      const std::string_view near = nearest(words, hints.platform);
      return "there is no platform \"" + hints.platform + "\"" + (near.empty() ? "; known are " + joined(words) : did_you_mean(near));
    }
  }
  if (!hints.version.empty() && !is_version(hints.version))
    return "\"" + hints.version + "\" is no version; versions look like 3.6, v5.1.2 or \"rtos-sdk 3.1\"";
  return {};
}

}  // namespace tlswhy::codes
