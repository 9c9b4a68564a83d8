// SPDX-License-Identifier: Apache-2.0
#include "cli/option_table.hpp"

#include <CLI/CLI.hpp>

#include "base/text.hpp"

namespace tlswhy::cli {
namespace {

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  for (const std::string& name : option.get_snames()) row.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) row.names.push_back("--" + name);
  row.positional = row.names.empty();
  if (row.positional) row.names.push_back(option.get_name(true));
  // CLI11 writes "NAME:{a,b,c}" for an option whose values are listed, "NAME:other" for other checks.
  const std::string type = option.get_items_expected_max() == 0 ? std::string() : option.get_type_name();
  row.value = type.substr(0, type.find(':'));
  const std::size_t open = type.find(":{");
  const std::size_t close = type.find('}');
  if (open != std::string::npos && close != std::string::npos) {
    for (const std::string_view choice : split(std::string_view(type).substr(open + 2, close - open - 2), ',')) row.choices.emplace_back(choice);
    row.value = "WORD";
  }
  row.text = option.get_description();
  row.group = option.get_group();
  row.required = option.get_required();
  row.repeatable = option.get_expected_max() > 1;
  return row;
}

}  // namespace

std::vector<CommandOptions> option_tables() {
  std::vector<CommandOptions> tables;
  for (const Command& command : commands()) {
    if (command.hidden) continue;
    Options options;
    CLI::App app;
    command.add(app, options);
    CommandOptions table{&command, {}};
    const CLI::App& made = app;
    for (const CLI::Option* const option : made.get_options()) table.rows.push_back(row_of(*option));
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace tlswhy::cli
