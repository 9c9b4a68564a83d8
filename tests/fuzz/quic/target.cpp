// SPDX-License-Identifier: Apache-2.0
// Datagrams of QUIC.
#include <cstdlib>

#include "fuzz.hpp"
#include "pieces.hpp"
#include "tls/quic.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  tls::QuicFlow flow({}, {});
  tls::At at{0, {}};
  for (const Piece& piece : pieces_of(bytes)) {
    ++at.frame;
    (void)tls::looks_like_quic(piece.bytes);
    flow.data(piece.from, piece.bytes, at.frame % 5 != 0, at);
  }
  for (const tls::Handshake& handshake : flow.take(at)) {
    if (handshake.first_frame > handshake.last_frame || handshake.last_frame > at.frame) std::abort();
  }
}

}  // namespace tlswhy
