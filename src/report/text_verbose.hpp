// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/text.hpp"

namespace tlswhy::report {

// What -v adds: attempts, each handshake as a ladder with its certificates, and every fact that was stated.
[[nodiscard]] std::string verbose_text(const diagnose::Input& input, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge,
                                       const TextOptions& options);

}  // namespace tlswhy::report
