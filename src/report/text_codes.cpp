// SPDX-License-Identifier: Apache-2.0
// The code tables as columns that fit the screen.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/text.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_described_rows = 60;  // up to that many rows found, their meanings are shown, too

struct Widths {
  std::size_t hex = 6;
  std::size_t decimal = 4;
};

std::string row_text(const knowledge::Code& row, const Widths& widths, bool described, const TextOptions& options) {
  const std::string hex = row.has_value ? codes::to_hex_code(row.value) : "-";
  const std::string decimal = row.has_value ? std::to_string(row.value) : "";
  const std::string head = fmt::format("  {:>{}}  {:>{}}  ", hex, widths.hex, decimal, widths.decimal);
  const std::string indent(head.size() + 2, ' ');
  const std::string versions = row.versions == "all" ? "" : "  (" + versions_in_words(row.versions) + ")";
  std::string out = wrapped(std::string(row.symbol) + versions, head, indent, options);
  if (!described) return out;
  if (row.error == knowledge::IsError::no) out += wrapped("No error by itself.", indent, indent, options);
  const std::string meaning = options.verbose ? std::string(row.meaning) : first_sentence(row.meaning);
  if (!meaning.empty()) out += wrapped(meaning, indent, indent, options);
  if (options.verbose && !row.not_this.empty()) out += wrapped("Not: " + std::string(row.not_this), indent, indent, options);
  if (!options.verbose || row.causes.empty()) return out;
  std::string causes;
  for (const std::string_view cause : split(row.causes, ',')) causes += (causes.empty() ? "" : ", ") + std::string(trim(cause));
  out += wrapped("Can come from: " + causes, indent, indent, options);
  return out;
}

}  // namespace

std::string codes_text(const knowledge::Knowledge& knowledge, const std::vector<const knowledge::Code*>& rows, const TextOptions& options) {
  const bool described = options.verbose || rows.size() <= k_described_rows;
  std::string out;
  for (std::size_t at = 0; at < rows.size();) {
    std::size_t end = at;
    Widths widths;
    while (end < rows.size() && rows[end]->library == rows[at]->library) {
      const knowledge::Code& row = *rows[end++];
      if (!row.has_value) continue;
      widths.hex = std::max(widths.hex, codes::to_hex_code(row.value).size());
      widths.decimal = std::max(widths.decimal, std::to_string(row.value).size());
    }
    const knowledge::CodeLibrary* const library = knowledge.code_library(rows[at]->library);
    const std::string title = fmt::format("{} ({})", library->name, library->id);
    out += (out.empty() ? "" : "\n") + wrapped(styled(title, Style::heading, options), "", "  ", options);
    for (; at < end; ++at) out += row_text(*rows[at], widths, described, options);
  }
  return out;
}

std::string code_tables_text(const knowledge::Knowledge& knowledge, const TextOptions& options) {
  std::vector<const knowledge::CodeLibrary*> tables;
  std::size_t id_width = 0;
  std::size_t rows = 0;
  for (const knowledge::CodeLibrary& library : knowledge.code_libraries) {
    tables.push_back(&library);
    id_width = std::max(id_width, library.id.size());
    rows += library.codes.size();
  }
  std::stable_sort(tables.begin(), tables.end(), [](const auto* a, const auto* b) { return a->common > b->common; });
  std::string out = wrapped(fmt::format("{} codes in {} tables, those most met first.", rows, tables.size()), "", "", options);
  out += wrapped("tlswhy codes TABLE lists one; tlswhy codes WORD or NUMBER searches all; -v shows all that is known.", "", "", options) + "\n";
  for (const knowledge::CodeLibrary* const table : tables) {
    const std::string head = fmt::format("{:<{}} {:>5}  ", table->id, id_width, table->codes.size());
    const std::string seen = table->seen.empty() ? std::string() : ": " + std::string(table->seen);
    out += wrapped(std::string(table->name) + seen, head, std::string(head.size(), ' '), options);
  }
  return out;
}

}  // namespace tlswhy::report
