// SPDX-License-Identifier: Apache-2.0
// Datagrams of DTLS: what is told of them lies within them.
#include <cstdlib>

#include "fuzz.hpp"
#include "pieces.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  tls::Connection once({}, {}, true, true);
  tls::At at{0, {}};
  for (const Piece& piece : pieces_of(bytes)) {
    ++at.frame;
    (void)once.begins_anew(piece.bytes);
    once.data(piece.from, piece.bytes, at);
  }
  const auto handshake = once.take(at);
  if (handshake && (handshake->first_frame > handshake->last_frame || handshake->last_frame > at.frame)) std::abort();
}

}  // namespace tlswhy
