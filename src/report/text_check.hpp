// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "check/cert.hpp"
#include "check/diff.hpp"
#include "check/whatif.hpp"
#include "report/text.hpp"

namespace tlswhy::report {

// The screens of whatif, diff and cert.
[[nodiscard]] std::string whatif_text(const std::vector<check::WhatIf>& answers, const TextOptions& options);
[[nodiscard]] std::string diff_text(const check::Diff& diff, const TextOptions& options);
[[nodiscard]] std::string cert_text(const check::CertReport& report, const TextOptions& options);

// The same as JSON: tlswhy-whatif/1, tlswhy-diff/1 and tlswhy-cert/1. `indent` < 0 gives one line.
[[nodiscard]] std::string whatif_json(const std::vector<check::WhatIf>& answers, int indent = 2);
[[nodiscard]] std::string diff_json(const check::Diff& diff, int indent = 2);
[[nodiscard]] std::string cert_json(const check::CertReport& report, int indent = 2);

}  // namespace tlswhy::report
