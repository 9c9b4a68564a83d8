// SPDX-License-Identifier: Apache-2.0
// EAP packets of one conversation.
#include <cstdlib>

#include "fuzz.hpp"
#include "pieces.hpp"
#include "wire/eap.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  wire::EapConversation conversation({}, {}, 0);
  tls::At at{0, {}};
  for (const Piece& piece : pieces_of(bytes)) {
    ++at.frame;
    conversation.packet(piece.bytes, at);
  }
  std::vector<tls::Handshake> handshakes;
  conversation.take(at, handshakes);
  for (const tls::Handshake& handshake : handshakes) {
    if (handshake.last_frame > at.frame) std::abort();
  }
}

}  // namespace tlswhy
