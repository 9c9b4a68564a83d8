// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/commands.hpp"

namespace tlswhy::cli {

// One option as the program itself knows it; all documents are made from these.
struct OptionRow {
  std::vector<std::string> names;    // "-o", "--output"; one without a dash if it is positional
  std::string value;                 // "FILE"; empty for a flag
  std::vector<std::string> choices;  // the only values there are, if they are few
  std::string text;
  std::string group;                 // heading in the help
  bool positional = false;
  bool required = false;
  bool repeatable = false;
};
struct CommandOptions {
  const Command* command = nullptr;
  std::vector<OptionRow> rows;
};

// Every command that people call, with its options in the order of the help.
[[nodiscard]] std::vector<CommandOptions> option_tables();

// A completion script: "bash", "zsh" or "fish"; empty for any other shell.
[[nodiscard]] std::string completion_script(std::string_view shell, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::cli
