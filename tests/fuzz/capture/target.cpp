// SPDX-License-Identifier: Apache-2.0
// A capture file of any format: what is told of it lies within it.
#include <cstdlib>

#include "fuzz.hpp"
#include "wire/wire.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  const auto read = wire::read(bytes, "fuzz");
  if (!read) {
    if (read.error().what.empty()) std::abort();
    return;
  }
  if (read->summary.damaged && read->summary.problems.empty()) std::abort();
  for (const tls::Handshake& handshake : read->handshakes) {
    if (handshake.first_frame > handshake.last_frame || handshake.last_frame > read->summary.packets) std::abort();
  }
}

}  // namespace tlswhy
