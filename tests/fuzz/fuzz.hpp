// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/reader.hpp"

namespace tlswhy {

// What each fuzz target defines: reads the bytes, asserts its invariants, prints nothing.
void fuzz(Bytes bytes);

}  // namespace tlswhy
