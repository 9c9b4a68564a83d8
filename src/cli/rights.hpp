// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/sandbox.hpp"

namespace tlswhy::cli {

// Enters the sandbox, unless TLSWHY_SANDBOX=off (for those who trace or profile the program). Verbose: says what does not hold.
void drop_rights(const sandbox::Policy& policy, bool verbose);

}  // namespace tlswhy::cli
