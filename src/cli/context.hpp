// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/options.hpp"
#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "tls/keylog.hpp"

namespace tlswhy::cli {

// The options of the group "Context" as values. False if one makes no sense; the complaint is made.
[[nodiscard]] bool read_context(const Options& options, const knowledge::Knowledge& knowledge, diagnose::Context& context);
// The certificates of --ca. False, after the complaint, if a file cannot be read; `errors` receives what else is wrong.
[[nodiscard]] bool read_trusted(const Options& options, std::vector<tls::Certificate>& trusted, std::vector<std::string>& errors);
// The key logs of --keylog; null where there are none. False, after the complaint, if one cannot be read.
[[nodiscard]] bool read_key_logs(const Options& options, std::shared_ptr<const tls::KeyLog>& keys);

}  // namespace tlswhy::cli
