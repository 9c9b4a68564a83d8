// SPDX-License-Identifier: Apache-2.0
#include "tls/quic_packet.hpp"

#include <algorithm>

#include "tls/quic_keys.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_long_header = 0x80;
constexpr std::uint8_t k_fixed_bit = 0x40;
// A Retry packet ends with a tag of 16 bytes (RFC 9000 17.2.5).
constexpr std::size_t k_retry_tag = 16;
// The packet number and the bytes from which header protection is sampled: 4 + 16 (RFC 9001 5.4.2).
constexpr std::uint64_t k_smallest_protected = 20;

struct FrameType {
  static constexpr std::uint64_t padding = 0x00;
  static constexpr std::uint64_t ping = 0x01;
  static constexpr std::uint64_t ack = 0x02;
  static constexpr std::uint64_t ack_ecn = 0x03;
  static constexpr std::uint64_t crypto = 0x06;
  static constexpr std::uint64_t google_crypto = 0x08;  // with the same fields
  static constexpr std::uint64_t connection_close = 0x1C;
  static constexpr std::uint64_t connection_close_application = 0x1D;
};

void skip_ack(Reader& r, bool with_ecn) {
  (void)quic_varint(r, "largest_acknowledged");
  (void)quic_varint(r, "ack_delay");
  const std::uint64_t ranges = quic_varint(r, "ack_range_count");
  (void)quic_varint(r, "first_ack_range");
  for (std::uint64_t i = 0; i < ranges && r.ok(); ++i) {
    (void)quic_varint(r, "gap");
    (void)quic_varint(r, "ack_range_length");
  }
  if (!with_ecn) return;
  for (const std::string_view what : {"ect0_count", "ect1_count", "ecn_ce_count"}) (void)quic_varint(r, what);
}

Bytes take_counted(Reader& r, std::string_view what) {
  const std::uint64_t size = quic_varint(r, what);
  if (size > r.remaining()) {
    r.fail(ParseFault::truncated, what);
    return {};
  }
  return r.take(static_cast<std::size_t>(size), what);
}

}  // namespace

std::uint64_t quic_varint(Reader& reader, std::string_view what) {
  constexpr unsigned k_length_shift = 6;
  constexpr std::uint8_t k_value_mask = 0x3F;
  const std::uint8_t first = reader.u8(what);
  std::uint64_t value = first & k_value_mask;
  const unsigned more = (1U << (first >> k_length_shift)) - 1;
  for (unsigned i = 0; i < more; ++i) value = value << 8U | reader.u8(what);
  return reader.ok() ? value : 0;
}

std::optional<QuicPacket> take_quic_packet(Reader& datagram, bool whole_datagram) {
  Reader r = datagram;
  const Bytes all = r.rest();
  if (all.empty()) return std::nullopt;
  r = Reader(all);
  QuicPacket packet;
  packet.whole = all;
  const std::uint8_t first = r.u8("first byte");
  // The fixed bit is not asked for: ends that agreed on RFC 9287 set it at random. Zeros are padding.
  if ((first & k_long_header) == 0) {
    if (first == 0) return std::nullopt;
    (void)datagram.rest();
    return packet;
  }
  packet.version = r.u32("version");
  packet.destination = r.vec(1, "destination connection ID").rest();
  packet.source = r.vec(1, "source connection ID").rest();
  if (!r.ok()) return std::nullopt;
  if (packet.version == 0) {
    packet.type = QuicPacketType::version_negotiation;
    packet.number_offset = r.offset();
    (void)datagram.rest();
    return packet;
  }
  packet.fixed_bit = (first & k_fixed_bit) != 0;
  if (packet.destination.size() > k_largest_connection_id || packet.source.size() > k_largest_connection_id) return std::nullopt;
  packet.type = quic_packet_type(packet.version, first);
  if (packet.type == QuicPacketType::retry) {
    if (r.remaining() < k_retry_tag) return std::nullopt;
    packet.token = r.take(r.remaining() - k_retry_tag, "retry token");
    (void)datagram.rest();
    return packet;
  }
  if (packet.type == QuicPacketType::initial) packet.token = take_counted(r, "token");
  const std::uint64_t length = quic_varint(r, "length");
  if (!r.ok() || length < k_smallest_protected) return std::nullopt;
  packet.number_offset = r.offset();
  packet.cut = length > r.remaining();
  if (packet.cut && whole_datagram) return std::nullopt;
  const std::size_t present = packet.cut ? r.remaining() : static_cast<std::size_t>(length);
  packet.whole = datagram.take(packet.number_offset + present, "packet");
  return packet;
}

std::vector<std::uint32_t> quic_versions_of(const QuicPacket& negotiation) {
  std::vector<std::uint32_t> versions;
  if (negotiation.type != QuicPacketType::version_negotiation) return versions;
  // More versions than anybody speaks; the rest of a hostile packet is not worth keeping.
  constexpr std::size_t k_most_versions = 64;
  Reader r(negotiation.whole.subspan(negotiation.number_offset));
  while (r.remaining() >= sizeof(std::uint32_t) && versions.size() < k_most_versions) {
    const std::uint32_t version = r.u32("version");
    if (!is_quic_grease(version)) versions.push_back(version);
  }
  return versions;
}

Parsed<QuicFrames> read_quic_frames(Bytes payload, bool google) {
  QuicFrames frames;
  Reader r(payload);
  while (r.more()) {
    const std::uint64_t type = quic_varint(r, "frame type");
    switch (google && type == FrameType::google_crypto ? FrameType::crypto : type) {
      case FrameType::padding: break;
      case FrameType::ping: frames.ack_eliciting = true; break;
      case FrameType::ack: skip_ack(r, false); break;
      case FrameType::ack_ecn: skip_ack(r, true); break;
      case FrameType::crypto: {
        QuicCryptoPiece piece;
        piece.offset = quic_varint(r, "crypto offset");
        piece.bytes = take_counted(r, "crypto data");
        if (!r.ok()) break;
        frames.ack_eliciting = true;
        frames.crypto.push_back(piece);
        break;
      }
      case FrameType::connection_close:
      case FrameType::connection_close_application: {
        QuicClose close;
        close.application = type == FrameType::connection_close_application;
        close.error_code = quic_varint(r, "error code");
        if (!close.application) (void)quic_varint(r, "frame type of the error");
        close.reason = take_counted(r, "reason phrase");
        if (r.ok() && !frames.close) frames.close = close;
        break;
      }
      default: r.fail(ParseFault::bad_value, "frame type"); break;
    }
  }
  return r.finish(std::move(frames), "frames");
}

}  // namespace tlswhy::tls
