// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cli/option_table.hpp"
#include "report/document.hpp"

namespace tlswhy::cli {

// A command line that the tests run, and what it is for.
struct Example {
  std::string_view line;
  std::string_view what;
};

// The man page of one command: tlswhy(1), tlswhy-explain(1), ...
[[nodiscard]] report::Document manual_of(const CommandOptions& table);
// Examples that stand under the help of every command.
[[nodiscard]] std::span<const Example> common_examples();

}  // namespace tlswhy::cli
