// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "report/json.hpp"

namespace tlswhy::cli {

// The inputs of a diagnosis, each told by its content, with what became of them.
struct Inputs {
  diagnose::Input input;
  std::vector<report::InputFile> files;
  bool bad_filter = false;           // --filter is no BPF: the user's mistake, not the file's
  std::vector<std::string> errors;   // one sentence for each input that could not be read or is damaged, for stderr
};

// Reads every path ("-" is standard input) and every key log. `filter` is BPF for captures.
[[nodiscard]] Inputs read_inputs(const std::vector<std::string>& paths, const std::vector<std::string>& key_logs, const std::string& filter,
                                 const knowledge::Knowledge& knowledge);
// The bytes of a file or of standard input.
[[nodiscard]] Result<std::vector<std::uint8_t>> read_bytes(const std::string& path);

}  // namespace tlswhy::cli
