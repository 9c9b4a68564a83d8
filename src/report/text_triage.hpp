// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/text.hpp"
#include "triage/finding.hpp"
#include "triage/judge.hpp"

namespace tlswhy::report {

// The screen of a batch: how many failed, by which cause, with whom; with `verbose` a line for each input.
[[nodiscard]] std::string triage_text(const std::vector<triage::Finding>& findings, const triage::Totals& totals, const triage::Gate& gate,
                                      const TextOptions& options);

}  // namespace tlswhy::report
