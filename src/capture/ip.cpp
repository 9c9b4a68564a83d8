// SPDX-License-Identifier: Apache-2.0
#include "capture/ip.hpp"

#include <utility>

namespace tlswhy::capture {

namespace {

constexpr std::uint8_t k_hop_by_hop = 0;
constexpr std::uint8_t k_routing = 43;
constexpr std::uint8_t k_fragment = 44;
constexpr std::uint8_t k_authentication = 51;
constexpr std::uint8_t k_destination_options = 60;
constexpr std::uint8_t k_mobility = 135;
constexpr int k_extension_headers = 16;  // more than any real packet has

// RFC 4302: the authentication header only signs, what follows is readable. Its length counts words of 4 bytes, minus 2.
bool pass_authentication(IpPacket& packet) {
  Reader reader(packet.payload.bytes);
  packet.protocol = reader.u8("next header");
  const std::size_t length = (reader.u8("length") + 2U) * 4U;
  if (!reader.ok() || length > packet.payload.full) return false;
  packet.payload = packet.payload.after(length);
  return true;
}

std::optional<IpPacket> read_ipv4(const Piece& piece, IpFault& fault) {
  const Fields<20> header(piece.bytes);  // RFC 791, 3.1
  if (!header.there()) {
    fault = piece.cut() ? IpFault::cut : IpFault::malformed;
    return std::nullopt;
  }
  std::optional<IpPacket> made(std::in_place);
  IpPacket& packet = *made;
  const std::size_t header_length = (header.u8<0>() & 0xfU) * 4U;
  const std::uint16_t total = header.u16<2>();
  packet.id = header.u16<4>();
  const std::uint16_t fragment = header.u16<6>();
  packet.protocol = header.u8<9>();
  header.copy<12, 4>(packet.source.bytes);
  header.copy<16, 4>(packet.destination.bytes);
  if (header_length < 20 || header_length > piece.full || (total != 0 && total < header_length)) {
    fault = IpFault::malformed;
    return std::nullopt;
  }
  // Segmentation offload: packets over 64 KiB, or captured before the card cut them up, carry a total length of 0.
  const Piece whole = total == 0 ? piece : piece.first(total);
  packet.payload = whole.after(header_length);
  packet.more_fragments = (fragment & 0x2000U) != 0;
  packet.fragment_offset = (fragment & 0x1fffU) * 8U;
  packet.fragment = packet.more_fragments || packet.fragment_offset != 0;
  if (packet.protocol == k_authentication && !packet.fragment && !pass_authentication(packet)) {
    fault = IpFault::malformed;
    return std::nullopt;
  }
  return made;
}

std::optional<IpPacket> read_ipv6(const Piece& piece, IpFault& fault) {
  const Fields<40> header(piece.bytes);  // RFC 8200, 3
  if (!header.there()) {
    fault = piece.cut() ? IpFault::cut : IpFault::malformed;
    return std::nullopt;
  }
  std::optional<IpPacket> made(std::in_place);
  IpPacket& packet = *made;
  const std::uint16_t length = header.u16<4>();
  packet.protocol = header.u8<6>();
  packet.source.v6 = packet.destination.v6 = true;
  header.copy<8, 16>(packet.source.bytes);
  header.copy<24, 16>(packet.destination.bytes);
  packet.payload = piece.after(40);
  if (length != 0) packet.payload = packet.payload.first(length);  // 0: a jumbogram or segmentation offload
  for (int i = 0; i < k_extension_headers; ++i) {
    Reader extension(packet.payload.bytes);
    const std::uint8_t next = extension.u8("next header");
    std::size_t size = 0;
    switch (packet.protocol) {
      case k_hop_by_hop:
      case k_routing:
      case k_destination_options:
      case k_mobility: size = (extension.u8("length") + 1U) * 8U; break;
      case k_authentication: size = (extension.u8("length") + 2U) * 4U; break;
      case k_fragment: {
        size = 8;
        extension.skip(1, "reserved");
        const std::uint16_t field = extension.u16("fragment offset");
        packet.id = extension.u32("identification");
        packet.more_fragments = (field & 1U) != 0;
        packet.fragment_offset = field & 0xfff8U;
        // RFC 6946: an atomic fragment, offset 0 and no more to come, is the whole packet.
        packet.fragment = packet.more_fragments || packet.fragment_offset != 0;
        break;
      }
      default: return made;
    }
    if (!extension.ok() || size > packet.payload.full) {
      fault = packet.payload.cut() ? IpFault::cut : IpFault::malformed;
      return std::nullopt;
    }
    packet.protocol = next;
    packet.payload = packet.payload.after(size);
    if (packet.fragment) return made;
  }
  fault = IpFault::malformed;
  return std::nullopt;
}

}  // namespace

std::optional<IpPacket> read_ip(const Piece& piece, IpFault& fault) {
  fault = IpFault::none;
  const unsigned version = Fields<1>(piece.bytes).u8<0>() >> 4U;
  if (version == 4) return read_ipv4(piece, fault);
  if (version == 6) return read_ipv6(piece, fault);
  fault = piece.bytes.empty() && piece.cut() ? IpFault::cut : IpFault::malformed;
  return std::nullopt;
}

}  // namespace tlswhy::capture
