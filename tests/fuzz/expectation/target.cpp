// SPDX-License-Identifier: Apache-2.0
// Expectation files and the words of --fail-on.
#include <string>

#include "fuzz.hpp"
#include "triage/judge.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  const std::string text(bytes.begin(), bytes.end());
  (void)triage::read_expectation(text);
  (void)triage::read_gate(text);
}

}  // namespace tlswhy
