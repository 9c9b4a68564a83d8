// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net.hpp"
#include "tls/crypto.hpp"
#include "tls/handshake.hpp"
#include "tls/quic_packet.hpp"

// The versions of QUIC and the keys of their Initial packets, which anybody can derive: from a salt that each version publishes and
// the first connection ID that the client chose (RFC 9001 5.2).
namespace tlswhy::tls {

// The type in the first byte of a long header; QUIC v2 numbers them otherwise (RFC 9369 3.2).
[[nodiscard]] QuicPacketType quic_packet_type(std::uint32_t version, std::uint8_t first_byte);
// Whether Initial packets of the version are read here: RFC 9000 and 9369, the drafts from 22 on, and those that Facebook and Google
// derived from them.
[[nodiscard]] bool is_readable_quic(std::uint32_t version);
// Google's T050 and T051: TLS in frames of their own numbers.
[[nodiscard]] bool has_google_frames(std::uint32_t version);
// The versions whose keys a client may have used for a packet that says `version`: that one, or for a version that only provokes
// negotiation (RFC 9000 15) those that clients are known to use. Empty for unknown ones.
[[nodiscard]] std::vector<std::uint32_t> quic_key_versions(std::uint32_t version);

// An Initial packet without its protection.
struct QuicPlain {
  std::uint64_t number = 0;
  Buffer payload;
};

class QuicInitialKeys {
 public:
  // Nothing for versions that are not readable.
  [[nodiscard]] static std::optional<QuicInitialKeys> derive(std::uint32_t version, Bytes client_destination);
  // Removes both protections (RFC 9001 5.3, 5.4) with the keys of the side that sent the packet; nothing if they do not fit.
  // `expected` is the number after the largest one seen of that side (RFC 9000 A.3).
  [[nodiscard]] std::optional<QuicPlain> open(Side from, const QuicPacket& packet, std::uint64_t expected) const;

 private:
  struct Direction {
    Aead aead;
    Buffer iv;
    Buffer header_key;
  };
  explicit QuicInitialKeys(Direction client, Direction server) : directions_{std::move(client), std::move(server)} {}
  std::array<Direction, 2> directions_;
};

// Whether the integrity tag of a Retry packet fits the client's first destination (RFC 9001 5.8); nothing for versions whose key
// is not held here.
[[nodiscard]] std::optional<bool> is_retry_intact(const QuicPacket& retry, Bytes client_destination);

}  // namespace tlswhy::tls
