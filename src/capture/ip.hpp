// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/net.hpp"
#include "capture/link.hpp"
#include "capture/record.hpp"

namespace tlswhy::capture {

// An IPv4 or IPv6 packet, its extension headers passed over.
struct IpPacket {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  Piece payload;
  bool fragment = false;
  bool more_fragments = false;
  std::uint32_t fragment_offset = 0;  // in bytes
  std::uint32_t id = 0;               // identification; 0 in IPv6 without a fragment header
};

enum class IpFault : std::uint8_t { none, cut, malformed };

// Reads an IP header and its extensions; `fault` says why there is nothing.
[[nodiscard]] std::optional<IpPacket> read_ip(const Piece& piece, IpFault& fault);

// tunnel.cpp: what is inside GRE, and inside the UDP datagrams of VXLAN, GENEVE, GTP-U, Teredo and TZSP. Stage::done if nothing
// that can be read is (for UDP: it is an ordinary datagram).
[[nodiscard]] Next read_gre(Notes& notes, const Piece& piece);
[[nodiscard]] Next read_udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port, const Piece& payload);

}  // namespace tlswhy::capture
