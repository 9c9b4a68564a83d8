// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/reader.hpp"

// What a QUIC datagram shows without keys, and the frames of an Initial packet once it is open.
namespace tlswhy::tls {

enum class QuicPacketType : std::uint8_t { initial, zero_rtt, handshake, retry, version_negotiation, one_rtt };

// The largest connection ID of the versions that are read here (RFC 9000 17.2).
constexpr std::size_t k_largest_connection_id = 20;

// One packet; the views point into the datagram.
struct QuicPacket {
  QuicPacketType type = QuicPacketType::one_rtt;
  std::uint32_t version = 0;
  Bytes destination;              // connection IDs; both are empty in short headers, which do not tell their length
  Bytes source;
  Bytes token;                    // Initial and Retry
  Bytes whole;                    // from the first byte of the header to the end of the packet
  std::size_t number_offset = 0;  // where in `whole` the protected packet number begins
  bool fixed_bit = true;          // RFC 9000 17.2; may be unset once both ends agreed on RFC 9287
  bool cut = false;               // the capture holds less of the packet than its length says
};

// The next packet of a datagram (RFC 9000 12.2, 17; RFC 8999 for version negotiation); nothing where what follows is none.
// `whole_datagram` is false if the capture kept only the head of it.
[[nodiscard]] std::optional<QuicPacket> take_quic_packet(Reader& datagram, bool whole_datagram);

// The versions that a Version Negotiation packet lists (RFC 9000 17.2.1), those reserved for greasing left out.
[[nodiscard]] std::vector<std::uint32_t> quic_versions_of(const QuicPacket& negotiation);
// Versions of the form 0x?a?a?a?a exist only to provoke version negotiation (RFC 9000 15).
[[nodiscard]] constexpr bool is_quic_grease(std::uint32_t version) { return (version & 0x0F0F0F0FU) == 0x0A0A0A0AU; }

// A variable-length integer (RFC 9000 16).
[[nodiscard]] std::uint64_t quic_varint(Reader& reader, std::string_view what);

struct QuicCryptoPiece {
  std::uint64_t offset = 0;
  Bytes bytes;
};
struct QuicClose {
  std::uint64_t error_code = 0;
  bool application = false;       // frame 0x1d: the code is that of the protocol above
  Bytes reason;
};
struct QuicFrames {
  std::vector<QuicCryptoPiece> crypto;
  std::optional<QuicClose> close;
  bool ack_eliciting = false;     // more than PADDING, ACK and CONNECTION_CLOSE
};
// The frames that may be in an Initial packet (RFC 9000 12.4); any other ends the reading with an error. `google`: frames are numbered as
// Google's QUIC T050 and T051 do; only CRYPTO of these is read.
[[nodiscard]] Parsed<QuicFrames> read_quic_frames(Bytes payload, bool google = false);

}  // namespace tlswhy::tls
