// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

// Gives away what reading untrusted bytes does not need, so that a fault in a parser stays harmless.
namespace tlswhy::sandbox {

// What the program is still allowed to do afterwards.
struct Policy {
  bool opens_files = true;           // for reading; folders are searched and captures read again while others are parsed already
  std::vector<std::string> outputs;  // files that will be written; no other file can be
  bool serves = false;               // answers on a socket that is open already; none can be opened or connected
};

// What holds now.
struct State {
  bool system_calls = false;  // no network, no other program, no tracing, no writing but to outputs
  bool files = false;         // Landlock: which files may be written is held by the kernel
  std::string missing;        // why something does not hold, one line; empty if all does
};

// Drops rights of this thread and of all threads it starts later; call it before there are others. There is no way back.
// Never fails: what the kernel refuses is told in the state.
[[nodiscard]] State enter(const Policy& policy);

}  // namespace tlswhy::sandbox
