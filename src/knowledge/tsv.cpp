// SPDX-License-Identifier: Apache-2.0
// The tables of data/: codes, registries, facts.
#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "base/text.hpp"
#include "knowledge/parse.hpp"

namespace tlswhy::knowledge {
namespace {

struct Table {
  std::map<std::string, std::string, std::less<>> head;  // "# key: value" lines
  std::vector<std::string_view> columns;
};

std::string_view file_stem(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.substr(0, path.rfind('.'));
}

// "-" stands for an empty cell, so that no cell is invisible.
std::string_view cell_value(std::string_view cell) { return cell == "-" ? std::string_view{} : cell; }

// Walks the rows of a table; `row` gets the cells in the order of `wanted` (empty for a column that is not there).
Table read_table(const Source& file, const std::vector<std::string_view>& wanted, std::size_t needed, std::vector<std::string>& faults,
                 const std::function<void(std::size_t line, const std::vector<std::string_view>&)>& row) {
  Table table;
  std::vector<std::size_t> position;
  std::size_t line_number = 0;
  for (std::string_view line : split(file.text, '\n')) {
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    const auto complain = [&](const std::string& what) {
      faults.push_back(std::string(file.path) + ":" + std::to_string(line_number) + ": " + what);
    };
    if (line.front() == '#') {
      const std::string_view text = trim(line.substr(1));
      const std::size_t colon = text.find(": ");
      if (colon != std::string_view::npos && text.substr(0, colon).find(' ') == std::string_view::npos) {
        table.head.emplace(std::string(text.substr(0, colon)), std::string(trim(text.substr(colon + 2))));
      }
      continue;
    }
    const std::vector<std::string_view> cells = split(line, '\t');
    if (table.columns.empty()) {
      table.columns = cells;
      for (const std::string_view name : wanted) {
        const auto at = std::find(cells.begin(), cells.end(), name);
        position.push_back(static_cast<std::size_t>(at - cells.begin()));
        if (at == cells.end() && position.size() <= needed) complain("there is no column \"" + std::string(name) + "\"");
      }
      continue;
    }
    if (cells.size() != table.columns.size()) {
      complain(std::to_string(cells.size()) + " cells where the header has " + std::to_string(table.columns.size()));
      continue;
    }
    std::vector<std::string_view> ordered;
    ordered.reserve(position.size());
    for (const std::size_t at : position) ordered.push_back(at < cells.size() ? cells[at] : std::string_view{});
    row(line_number, ordered);
  }
  return table;
}

std::optional<std::int64_t> parse_value(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text.remove_prefix(2);
    base = 16;
  }
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return negative ? -value : value;
}

std::string head_value(const Table& table, std::string_view key) {
  const auto at = table.head.find(key);
  return at == table.head.end() ? std::string{} : at->second;
}

}  // namespace

std::optional<CodeLibrary> parse_codes(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  CodeLibrary library;
  library.id = arena.keep(file_stem(file.path));
  std::vector<Code> codes;
  const Table table = read_table(
      file, {"value", "symbol", "versions", "error", "fact", "causes", "meaning", "not"}, 8, faults,
      [&](std::size_t line, const std::vector<std::string_view>& cells) {
        Code code;
        code.library = library.id;
        if (cells[0] != "-") {
          const auto value = parse_value(cells[0]);
          if (!value) {
            faults.push_back(std::string(file.path) + ":" + std::to_string(line) + ": \"" + std::string(cells[0]) + "\" is no number");
            return;
          }
          code.value = *value;
          code.has_value = true;
        }
        code.symbol = arena.keep(cells[1]);
        code.versions = arena.keep(cells[2]);
        code.error = cells[3] == "yes" ? IsError::yes : cells[3] == "no" ? IsError::no : IsError::maybe;
        if (code.error == IsError::maybe && cells[3] != "maybe") {
          faults.push_back(std::string(file.path) + ":" + std::to_string(line) + ": column error holds yes, no or maybe");
        }
        code.fact = arena.keep(cell_value(cells[4]));
        code.causes = arena.keep(cell_value(cells[5]));
        code.meaning = arena.keep(cell_value(cells[6]));
        code.not_this = arena.keep(cell_value(cells[7]));
        codes.push_back(code);
      });
  if (const std::string id = head_value(table, "library"); !id.empty() && id != library.id) {
    faults.push_back(std::string(file.path) + ":1: library \"" + id + "\" in a file of another name");
  }
  std::stable_sort(codes.begin(), codes.end(), [](const Code& a, const Code& b) {
    return a.has_value != b.has_value ? a.has_value : a.value < b.value;
  });
  library.stack = arena.keep(head_value(table, "stack"));
  if (library.stack.empty()) library.stack = library.id;
  library.name = arena.keep(head_value(table, "name"));
  if (library.name.empty()) library.name = library.id;
  library.source = arena.keep(head_value(table, "source"));
  library.platforms = arena.keep(head_value(table, "platforms"));
  library.common = static_cast<int>(parse_integer(head_value(table, "common")).value_or(0));
  library.prints = arena.keep(head_value(table, "prints"));
  library.words = arena.keep(head_value(table, "words"));
  library.rare = arena.keep(head_value(table, "rare"));
  library.seen = arena.keep(head_value(table, "seen"));
  library.codes = arena.keep(std::move(codes));
  if (faults.size() != faults_before) return std::nullopt;
  return library;
}

std::optional<Registry> parse_registry(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  std::vector<RegistryEntry> entries;
  (void)read_table(file, {"value", "name", "note", "kx", "auth", "enc"}, 2, faults,
                   [&](std::size_t line, const std::vector<std::string_view>& cells) {
                     const auto value = parse_value(cells[0]);
                     if (!value || *value < 0 || *value > 0xFFFFFFFFLL) {
                       faults.push_back(std::string(file.path) + ":" + std::to_string(line) + ": \"" + std::string(cells[0]) + "\" is no number");
                       return;
                     }
                     entries.push_back({static_cast<std::uint32_t>(*value), arena.keep(cells[1]), arena.keep(cell_value(cells[2])),
                                        arena.keep(cell_value(cells[3])), arena.keep(cell_value(cells[4])), arena.keep(cell_value(cells[5]))});
                   });
  std::stable_sort(entries.begin(), entries.end(), [](const RegistryEntry& a, const RegistryEntry& b) { return a.value < b.value; });
  if (faults.size() != faults_before) return std::nullopt;
  return Registry{arena.keep(file_stem(file.path)), arena.keep(std::move(entries))};
}

std::optional<Condition> parse_condition(std::string_view field, std::string_view value, Arena& arena) {
  Condition condition;
  condition.field = arena.keep(field);
  if (value == "*") {
    condition.op = Operator::present;
    return condition;
  }
  for (const auto& [sign, op] : std::initializer_list<std::pair<std::string_view, Operator>>{{"<=", Operator::less_equal},
                                                                                               {">=", Operator::greater_equal},
                                                                                               {"<", Operator::less},
                                                                                               {">", Operator::greater},
                                                                                               {"!", Operator::none_of}}) {
    if (!value.starts_with(sign)) continue;
    condition.op = op;
    value.remove_prefix(sign.size());
    if (op != Operator::none_of && !parse_decimal(value)) return std::nullopt;
    break;
  }
  condition.values = arena.keep(std::vector<std::string_view>{arena.keep(value)});
  return condition;
}

std::vector<Product> parse_products(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  std::vector<Product> products;
  (void)read_table(file, {"product", "versions", "library", "library_version"}, 4, faults, [&](std::size_t, const std::vector<std::string_view>& cells) {
    products.push_back({arena.keep(cells[0]), arena.keep(cells[1]), arena.keep(cells[2]), arena.keep(cells[3])});
  });
  return products;
}

std::vector<FactDefinition> parse_facts(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  std::vector<FactDefinition> facts;
  (void)read_table(file, {"fact", "fields", "failure", "success", "meaning"}, 5, faults, [&](std::size_t line, const std::vector<std::string_view>& cells) {
    const auto sense = [&](std::string_view cell) {
      Sense parsed;
      std::vector<Condition> conditions;
      for (const std::string_view word : split(cell_value(cell), ' ')) {
        if (word.empty() || word == "yes") continue;
        const std::size_t equals = word.find('=');
        const std::string_view value = equals == std::string_view::npos ? std::string_view{} : word.substr(equals + 1);
        auto condition = parse_condition(word.substr(0, equals), value, arena);
        if (value.empty() || !condition) {
          faults.push_back(std::string(file.path) + ":" + std::to_string(line) + ": \"" + std::string(word) + "\" is neither yes nor a condition");
          continue;
        }
        if (condition->op == Operator::any_of) {
          std::vector<std::string_view> words;
          for (const std::string_view one : split(value, '|')) words.push_back(arena.keep(one));
          condition->values = arena.keep(std::move(words));
        }
        conditions.push_back(*condition);
      }
      parsed.possible = !cell_value(cell).empty();
      parsed.conditions = arena.keep(std::move(conditions));
      return parsed;
    };
    facts.push_back({arena.keep(cells[0]), arena.keep(cell_value(cells[1])), sense(cells[2]), sense(cells[3]), arena.keep(cells[4])});
  });
  return facts;
}

}  // namespace tlswhy::knowledge
