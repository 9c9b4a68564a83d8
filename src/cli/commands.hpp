// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/options.hpp"

namespace CLI {
class App;
}

namespace tlswhy::cli {

// One command of the program. Help, man pages, completions and the reference are made from what `add` adds.
struct Command {
  std::string_view name;
  std::string_view summary;                          // what it gives, in a few words without a full stop
  void (*add)(CLI::App& app, Options& options);      // its options; they set `options`
  int (*run)(const Options& options);                // the exit status
  bool hidden = false;                               // of use to the build only
  bool drops_rights = false;                         // by itself, when it has opened what it needs; else that is done before `run`
};

// "diagnose", which may be left out, is the first.
[[nodiscard]] std::span<const Command> commands();
// Null if there is none.
[[nodiscard]] const Command* command_named(std::string_view name);
// As one calls it: "tlswhy", "tlswhy explain".
[[nodiscard]] std::string usage_name(const Command& command);

}  // namespace tlswhy::cli
