// SPDX-License-Identifier: Apache-2.0
// Tunnels: packets inside packets.
#include "capture/ip.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::uint16_t k_geneve_port = 6081;
constexpr std::uint16_t k_gtp_user_port = 2152;
constexpr std::uint16_t k_teredo_port = 3544;
constexpr std::uint16_t k_tzsp_port = 37008;       // TaZmen Sniffer Protocol, what MikroTik routers send
constexpr std::uint16_t k_vxlan_port = 4789;
constexpr std::uint16_t k_vxlan_linux_port = 8472;  // Linux' choice before the registration

bool looks_like_ip(const Piece& piece) {
  IpFault fault = IpFault::none;
  return read_ip(piece, fault).has_value();
}

// RFC 7348, 5: flags with only the I bit, 24 reserved bits, the network identifier, 8 reserved bits.
Next read_vxlan(const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint32_t flags = reader.u32("flags");
  reader.skip(4, "VNI");
  // Group policy (draft-smith-vxlan-group-policy) uses some of the reserved bits; none changes what follows.
  if (!reader.ok() || (flags & 0x08000000U) == 0 || (flags & 0x77000000U) != 0) return {};
  return {Stage::ethernet, 0, piece.after(8)};
}

// RFC 8926, 3.4.
Next read_geneve(const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint8_t first = reader.u8("version and options length");
  reader.skip(1, "flags");
  const std::uint16_t type = reader.u16("protocol type");
  reader.skip(4, "VNI");
  const std::size_t length = 8U + (first & 0x3fU) * 4U;
  if (!reader.ok() || (first >> 6U) != 0 || length > piece.full) return {};
  return {Stage::ether_type, type, piece.after(length)};
}

// 3GPP TS 29.281, 5.1: flags, message type (255 is a user packet), length, tunnel, and optional fields.
Next read_gtp_user(const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint8_t flags = reader.u8("flags");
  const std::uint8_t type = reader.u8("message type");
  reader.skip(6, "length, tunnel");
  if ((flags >> 5U) != 1 || (flags & 0x10U) == 0 || type != 255) return {};
  if ((flags & 7U) != 0) {
    reader.skip(3, "sequence number, N-PDU number");
    std::uint8_t extension = reader.u8("next extension");
    if ((flags & 4U) == 0) extension = 0;
    while (reader.ok() && extension != 0) {
      const std::size_t words = reader.u8("extension length");
      if (words == 0) return {};
      reader.skip(words * 4U - 2U, "extension");
      extension = reader.u8("next extension");
    }
  }
  if (!reader.ok()) return {};
  const Piece inner = piece.after(reader.offset());
  if (!looks_like_ip(inner)) return {};
  return {Stage::ip, 0, inner};
}

// RFC 4380, 5.1.1: an authentication and an origin indication may stand before the IPv6 packet.
Next read_teredo(const Piece& piece) {
  Reader reader(piece.bytes);
  for (int i = 0; i < 2; ++i) {
    const std::uint16_t indicator = Reader(piece.after(reader.offset()).bytes).u16("indicator");
    if (indicator == 1) {
      reader.skip(2, "indicator");
      const std::size_t client = reader.u8("client identifier length");
      const std::size_t value = reader.u8("authentication length");
      reader.skip(client + value + 9U, "authentication");
    } else if (indicator == 0) {
      reader.skip(8, "origin");
    }
  }
  if (!reader.ok()) return {};
  const Piece inner = piece.after(reader.offset());
  if (Reader(inner.bytes).u8("version") >> 4U != 6 || !looks_like_ip(inner)) return {};
  return {Stage::ip, 0, inner};
}

Next read_tzsp(const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint8_t version = reader.u8("version");
  const std::uint8_t type = reader.u8("type");
  const std::uint16_t protocol = reader.u16("encapsulated protocol");
  if (version != 1 || type > 1) return {};
  while (reader.ok()) {
    const std::uint8_t tag = reader.u8("tag");
    if (tag == 0) continue;  // padding
    if (tag == 1) break;     // end
    const std::uint8_t length = reader.u8("tag length");
    reader.skip(length, "tag value");
  }
  if (!reader.ok()) return {};
  const Piece inner = piece.after(reader.offset());
  if (protocol == 1) return {Stage::ethernet, 0, inner};
  if (protocol == 18) return {Stage::wifi, 0, inner};
  return {};
}

}  // namespace

// RFC 2784, 2890; version 1 is PPTP's (RFC 2637).
Next read_gre(Notes& notes, const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint16_t flags = reader.u16("flags");
  const std::uint16_t type = reader.u16("protocol type");
  const bool sequence = (flags & 0x1000U) != 0;
  if ((flags & 0xc000U) != 0) reader.skip(4, "checksum");
  if ((flags & 0x2000U) != 0) reader.skip(4, "key");
  if (sequence) reader.skip(4, "sequence number");
  if ((flags & 7U) == 1 && (flags & 0x80U) != 0) reader.skip(4, "acknowledgement number");
  constexpr std::uint16_t k_erspan = 0x88be;
  constexpr std::uint16_t k_erspan_3 = 0x22eb;
  if (type == k_erspan && sequence) reader.skip(8, "ERSPAN header");  // type I has neither sequence number nor header
  if (type == k_erspan_3) {
    reader.skip(11, "ERSPAN header");
    if ((reader.u8("ERSPAN flags") & 1U) != 0) reader.skip(8, "ERSPAN subheader");
  }
  if (!reader.ok()) return unreadable(notes, piece, Kind::malformed_ip);
  const Piece inner = piece.after(reader.offset());
  if ((flags & 7U) == 1 && inner.full == 0) {  // a bare PPTP acknowledgement
    notes.count(Kind::ip_protocol, 47);
    return {};
  }
  constexpr std::uint16_t k_ether_over_ip = 0x6400;  // MikroTik's EoIP
  if (type == k_erspan || type == k_erspan_3 || type == k_ether_over_ip) return {Stage::ethernet, 0, inner};
  return {Stage::ether_type, type, inner};
}

Next read_udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port, const Piece& payload) {
  switch (destination_port) {
    case k_vxlan_port:
    case k_vxlan_linux_port: return read_vxlan(payload);
    case k_geneve_port: return read_geneve(payload);
    case k_gtp_user_port: return read_gtp_user(payload);
    case k_tzsp_port: return read_tzsp(payload);
    case k_teredo_port: return read_teredo(payload);
    default: break;
  }
  // These two answer from their port; the others do not.
  if (source_port == k_gtp_user_port) return read_gtp_user(payload);
  if (source_port == k_teredo_port) return read_teredo(payload);
  return {};
}

}  // namespace tlswhy::capture
