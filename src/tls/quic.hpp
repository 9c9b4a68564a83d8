// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/net.hpp"
#include "tls/connection.hpp"

namespace tlswhy::tls {

// Whether a datagram begins with an Initial packet of QUIC: of a version that is read here, or of another one that a client could
// have sent (a datagram of 1200 bytes at least, RFC 9000 14.1).
[[nodiscard]] bool looks_like_quic(Bytes datagram);

// The datagrams between two ends as QUIC connections, of which there can be several one after another. Each whose Initial packets
// could be opened and hold a hello gives a Handshake; what Handshake and later packets hold is encrypted and only counted.
class QuicFlow {
 public:
  QuicFlow(Endpoint source, Endpoint destination, const Limits& limits = {});
  ~QuicFlow();
  QuicFlow(QuicFlow&&) noexcept;
  QuicFlow& operator=(QuicFlow&&) noexcept;

  // One datagram; `from` is client for those of `source`, whoever of the two opened a connection. `whole` is false if the capture
  // kept only the head of it.
  void data(Side from, Bytes datagram, bool whole, At at);
  // The other end, or a router, said that nothing listens there.
  void unreachable(At at);
  // Whether an Initial packet was opened: then this is QUIC for certain.
  [[nodiscard]] bool is_proven() const;
  // The handshakes in order of their begin. `end` is the time of the last packet of the capture.
  [[nodiscard]] std::vector<Handshake> take(At end);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tlswhy::tls
