// SPDX-License-Identifier: Apache-2.0
// Browsing: rows by a number in any spelling or by words.
#include <algorithm>

#include "base/text.hpp"
#include "codes/codes.hpp"
#include "codes/ranking.hpp"
#include "codes/tables.hpp"

namespace tlswhy::codes {
namespace {

using knowledge::Code;
using knowledge::CodeLibrary;

bool has_value_of(const Code& code, const std::vector<Reading>& readings) {
  return code.has_value &&
         std::any_of(readings.begin(), readings.end(), [&](const Reading& reading) { return reading.value == code.value; });
}

bool has_text(const CodeLibrary& library, const Code& code, std::string_view word) {
  const std::string_view places[] = {code.symbol, code.meaning, code.not_this, code.causes, library.name, library.id};
  return std::any_of(std::begin(places), std::end(places),
                     [&](std::string_view place) { return ifind(place, word) != std::string_view::npos; });
}

// "verify failed" finds VERIFY_FAILED, too: each word must be in the row.
bool is_wanted(const CodeLibrary& library, const Code& code, std::string_view query, const std::vector<Reading>& readings) {
  if (has_value_of(code, readings)) return true;
  const bool signed_or_hex = query.front() == '-' || istarts_with(query, "0x");
  if (!readings.empty() && signed_or_hex) return false;
  const auto words = split(query, ' ');
  return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return has_text(library, code, word); });
}

}  // namespace

std::vector<const Code*> search(const std::vector<const CodeLibrary*>& libraries, const std::vector<std::string>& queries) {
  std::vector<std::pair<std::string_view, std::vector<Reading>>> wanted;
  for (const std::string& query : queries) {
    if (!trim(query).empty()) wanted.emplace_back(trim(query), readings(query));
  }
  std::vector<const Code*> rows;
  for (const CodeLibrary* const library : libraries) {
    for (const Code& code : library->codes) {
      const bool all = std::all_of(wanted.begin(), wanted.end(),
                                   [&](const auto& query) { return is_wanted(*library, code, query.first, query.second); });
      if (all) rows.push_back(&code);
    }
  }
  return rows;
}

std::string tables_of_stack(const knowledge::Knowledge& knowledge, std::string_view stack) {
  std::string list;
  for (const CodeLibrary& table : knowledge.code_libraries) {
    if (table.stack == stack || table.id == stack) list += (list.empty() ? "" : ",") + std::string(table.id);
  }
  return list;
}

}  // namespace tlswhy::codes
