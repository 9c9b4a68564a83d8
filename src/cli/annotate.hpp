// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/options.hpp"

namespace tlswhy::cli {

// Whether a file is a capture by its first bytes. Pipes are not looked into: what was read of them would be gone.
[[nodiscard]] bool is_capture_file(const std::string& path);
// annotate for a capture: writes it again with comments.
[[nodiscard]] int run_annotate_capture(const Options& options);

}  // namespace tlswhy::cli
