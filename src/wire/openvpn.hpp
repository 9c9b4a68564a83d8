// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "tls/connection.hpp"

namespace tlswhy::wire {

// OpenVPN's control channel: the records of TLS in numbered packets that are acknowledged and sent again, over UDP or, each behind its length,
// over TCP. With --tls-auth an HMAC, a number and a time stand before the acknowledgements; with --tls-crypt nothing can be read.
// Source: OpenVPN Protocol (openvpn.net/community-resources/openvpn-protocol), src/openvpn/ssl_pkt.h and reliable.h of OpenVPN 2.x.
class OpenVpn {
 public:
  // Whether a packet opens such a conversation (P_CONTROL_HARD_RESET_CLIENT_V2): the parser for it then. `stream`: `bytes` are the first of
  // a TCP stream.
  [[nodiscard]] static std::optional<OpenVpn> opened_by(Bytes bytes, bool stream);

  // One datagram, or the next bytes of a stream; TLS bytes that are in order now are given to `connection`.
  void datagram(Side from, Bytes packet, tls::At at, tls::Connection& connection);
  void stream(Side from, Bytes bytes, tls::At at, tls::Connection& connection);
  // A packet of the channel would begin another TLS session, after a soft reset: the one before is over.
  [[nodiscard]] bool begins_anew(Bytes packet) const;

 private:
  struct Direction {
    std::vector<std::uint8_t> rest;  // of a stream: the beginning of a packet
    std::uint32_t next = 0;          // number of the packet whose turn it is
    std::map<std::uint32_t, std::pair<std::vector<std::uint8_t>, tls::At>> early;
  };
  OpenVpn(std::size_t hmac, bool stream) : hmac_(hmac), stream_(stream) {}

  std::size_t hmac_;
  bool stream_;
  std::uint8_t key_ = 0;
  std::array<Direction, 2> directions_;
};

}  // namespace tlswhy::wire
