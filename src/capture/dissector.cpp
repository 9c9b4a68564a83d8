// SPDX-License-Identifier: Apache-2.0
#include "capture/dissector.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace tlswhy::capture {

namespace {

constexpr std::uint8_t k_icmp = 1;
constexpr std::uint8_t k_ipv4_in_ip = 4;
constexpr std::uint8_t k_tcp = 6;
constexpr std::uint8_t k_udp = 17;
constexpr std::uint8_t k_ipv6_in_ip = 41;
constexpr std::uint8_t k_gre = 47;
constexpr std::uint8_t k_icmpv6 = 58;
constexpr std::uint8_t k_ether_ip = 97;
constexpr std::uint8_t k_mpls_in_ip = 137;

// The group address of port access entities, IEEE 802.1X, table 11-1.
constexpr MacAddress k_pae_group{0x01, 0x80, 0xc2, 0x00, 0x00, 0x03};

Endpoint mac_endpoint(const MacAddress& mac) {
  Endpoint end;
  std::copy(mac.begin(), mac.end(), end.address.bytes.begin());
  end.address.mac = true;
  return end;
}

struct IcmpError {
  std::optional<EventKind> kind;
  std::string_view text;
  std::uint32_t size = 0;
};

// RFC 792, RFC 1191 (next-hop MTU), RFC 1812, 5.2.7.1 (codes 9 to 15).
std::optional<IcmpError> icmp_error(std::uint8_t type, std::uint8_t code, std::uint32_t rest) {
  if (type == 11) return IcmpError{std::nullopt, code == 0 ? "ICMP time to live exceeded" : "ICMP fragment reassembly time exceeded"};
  if (type != 3) return std::nullopt;
  switch (code) {
    case 0: case 6: case 11: return IcmpError{EventKind::icmp_net_unreachable, "ICMP network unreachable"};
    case 1: case 2: case 5: case 7: case 8: case 12: return IcmpError{EventKind::icmp_host_unreachable, "ICMP host unreachable"};
    case 3: return IcmpError{EventKind::icmp_port_unreachable, "ICMP port unreachable"};
    case 4: return IcmpError{EventKind::icmp_frag_needed, "ICMP fragmentation needed", rest & 0xffffU};
    case 9: case 10: case 13: case 14: case 15: return IcmpError{EventKind::icmp_admin_prohibited, "ICMP administratively prohibited"};
    default: return std::nullopt;
  }
}

// RFC 4443, 3.
std::optional<IcmpError> icmpv6_error(std::uint8_t type, std::uint8_t code, std::uint32_t rest) {
  if (type == 2) return IcmpError{EventKind::icmp_frag_needed, "ICMPv6 packet too big", rest};
  if (type == 3) return IcmpError{std::nullopt, code == 0 ? "ICMPv6 hop limit exceeded" : "ICMPv6 fragment reassembly time exceeded"};
  if (type != 1) return std::nullopt;
  switch (code) {
    case 0: return IcmpError{EventKind::icmp_net_unreachable, "ICMPv6 no route to destination"};
    case 1: case 5: case 6: return IcmpError{EventKind::icmp_admin_prohibited, "ICMPv6 administratively prohibited"};
    case 2: case 3: return IcmpError{EventKind::icmp_host_unreachable, "ICMPv6 address unreachable"};
    case 4: return IcmpError{EventKind::icmp_port_unreachable, "ICMPv6 port unreachable"};
    default: return std::nullopt;
  }
}

}  // namespace

void Dissector::packet(const Record& record) {
  last_ends_.reset();
  LinkContext link{notes_, record.little_endian, false, {}, {}};
  descend({Stage::link, record.link_type, {record.bytes, record.full_size}}, link, record.at, 0);
}

void Dissector::finish() {
  fragments_.finish();
  flows_.close_all();
}

void Dissector::descend(Next next, LinkContext& link, At at, std::uint32_t depth) {
  while (next.stage != Stage::done) {
    // Each header takes bytes away, so that tags and labels come to an end by themselves; what is counted wraps a packet.
    const bool wraps = next.stage == Stage::link || next.stage == Stage::ethernet || next.stage == Stage::wifi || next.stage == Stage::ip;
    if (wraps && depth++ >= limits_.nesting) {
      notes_.count(Kind::nested);
      return;
    }
    switch (next.stage) {
      case Stage::done: return;
      case Stage::link: next = read_link(link, next.number, next.piece); break;
      case Stage::ethernet: next = read_ethernet(link, next.piece); break;
      case Stage::ether_type: next = read_ether_type(link, next.number, next.piece); break;
      case Stage::llc: next = read_llc(link, next.piece); break;
      case Stage::ppp: next = read_ppp(link, next.number, next.piece); break;
      case Stage::mpls: next = read_mpls(link, next.piece); break;
      case Stage::wifi: next = read_wifi(link, next.piece, next.number != 0); break;
      case Stage::ip: next = ip(next.piece, link, at, depth); break;
      case Stage::wifi_aggregate: {
        Piece rest = next.piece;
        while (rest.bytes.size() > 14) descend(read_wifi_aggregate(link, rest), link, at, depth);
        return;
      }
      case Stage::wifi_encrypted:
        notes_.count(Kind::wifi_encrypted);
        observer_.wifi_encrypted(link, at);
        return;
      case Stage::arp:
        notes_.count(Kind::arp);
        observer_.arp(next.piece, at);
        return;
      case Stage::eapol: eapol(next.piece, link, at); return;
    }
  }
}

Next Dissector::ip(const Piece& piece, LinkContext& link, At at, std::uint32_t depth) {
  IpFault fault = IpFault::none;
  auto packet = read_ip(piece, fault);
  if (!packet) {
    notes_.count(fault == IpFault::cut ? Kind::cut_headers : Kind::malformed_ip);
    return {};
  }
  if (!packet->fragment) return transport(*packet, at);
  notes_.count(Kind::fragment);
  last_ends_ = Ends{packet->protocol == k_tcp ? Transport::tcp : Transport::udp, {packet->source, 0}, {packet->destination, 0}};
  const auto whole = fragments_.add(*packet, at);
  if (!whole) return {};
  packet->payload = Piece{whole->bytes, whole->full};
  packet->fragment = false;
  // What is inside must be read here, as long as the bytes live.
  descend(transport(*packet, at), link, at, depth);
  return {};
}

Next Dissector::transport(const IpPacket& packet, At at) {
  switch (packet.protocol) {
    case k_tcp: tcp(packet, at); return {};
    case k_udp: return udp(packet, at);
    case k_icmp:
    case k_icmpv6: icmp(packet, at); return {};
    case k_ipv4_in_ip:
    case k_ipv6_in_ip: return {Stage::ip, 0, packet.payload};
    case k_gre: return read_gre(notes_, packet.payload);
    case k_ether_ip: return {Stage::ethernet, 0, packet.payload.after(2)};  // RFC 3378
    case k_mpls_in_ip: return {Stage::mpls, 0, packet.payload};
    default: notes_.count(Kind::ip_protocol, packet.protocol); return {};
  }
}

void Dissector::tcp(const IpPacket& packet, At at) {
  // RFC 9293, 3.1. The window and the checksum may be beyond the snap length: the rest is used all the same.
  constexpr std::size_t k_needed = 14;
  constexpr std::size_t k_smallest = 20;
  const Fields<k_needed> fields(packet.payload.bytes);
  if (!fields.there()) {
    (void)unreadable(notes_, packet.payload, Kind::malformed_tcp);
    return;
  }
  const std::size_t length = (fields.u8<12>() >> 4U) * 4U;
  if (length < k_smallest || length > packet.payload.full) {
    notes_.count(Kind::malformed_tcp);
    return;
  }
  TcpHeader header;
  header.source_port = fields.u16<0>();
  header.destination_port = fields.u16<2>();
  header.sequence = fields.u32<4>();
  header.acknowledgement = fields.u32<8>();
  const Fields<k_smallest> whole(packet.payload.bytes);
  header.window = whole.there() ? whole.u16<14>() : 1;  // not recorded: not known to be closed
  header.checksum = whole.u16<16>();
  const std::uint8_t flags = fields.u8<13>();
  header.fin = (flags & 0x01U) != 0;
  header.syn = (flags & 0x02U) != 0;
  header.rst = (flags & 0x04U) != 0;
  header.ack = (flags & 0x10U) != 0;
  header.psh = (flags & 0x08U) != 0;
  const Ends& ends = last_ends_.emplace(Ends{Transport::tcp, {packet.source, header.source_port}, {packet.destination, header.destination_port}});
  flows_.tcp(ends, header, packet.id, packet.payload.after(length), at);
}

Next Dissector::udp(const IpPacket& packet, At at) {
  Reader reader(packet.payload.bytes);
  Ends ends{Transport::udp, {packet.source, reader.u16("source port")}, {packet.destination, 0}};
  ends.destination.port = reader.u16("destination port");
  const std::uint16_t length = reader.u16("length");
  reader.skip(2, "checksum");
  if (!reader.ok()) {
    (void)unreadable(notes_, packet.payload, Kind::malformed_udp);
    return {};
  }
  if (length != 0 && length < 8) {
    notes_.count(Kind::malformed_udp);
    return {};
  }
  // A length of 0 is that of a jumbogram (RFC 2675) or of segmentation offload; one beyond the packet is no news.
  const bool told = length != 0 && length <= packet.payload.full;
  const Piece payload = (told ? packet.payload.first(length) : packet.payload).after(8);
  if (const Next inner = read_udp_tunnel(ends.source.port, ends.destination.port, payload); inner.stage != Stage::done) return inner;
  notes_.count(Kind::udp, std::min(ends.source.port, ends.destination.port));
  last_ends_ = ends;
  observer_.datagram(ends, payload, at);
  flows_.datagram(ends, payload, at);
  return {};
}

void Dissector::icmp(const IpPacket& packet, At at) {
  const bool v6 = packet.protocol == k_icmpv6;
  notes_.count(v6 ? Kind::icmpv6 : Kind::icmp);
  Reader reader(packet.payload.bytes);
  const std::uint8_t type = reader.u8("type");
  const std::uint8_t code = reader.u8("code");
  reader.skip(2, "checksum");
  const std::uint32_t rest = reader.u32("rest of header");
  if (!reader.ok()) return;
  const auto error = v6 ? icmpv6_error(type, code, rest) : icmp_error(type, code, rest);
  if (!error) return;
  // The quoted packet is cut after a few bytes by design (RFC 792: 64 bits of its payload).
  Piece quoted = packet.payload.after(8);
  quoted.full = std::max<std::size_t>(quoted.full, 65535);
  IpFault fault = IpFault::none;
  const auto inner = read_ip(quoted, fault);
  if (!inner || inner->fragment_offset != 0) return;
  Reader ports(inner->payload.bytes);
  Ends ends{inner->protocol == k_tcp ? Transport::tcp : Transport::udp, {inner->source, 0}, {inner->destination, 0}};
  ends.source.port = ports.u16("source port");
  ends.destination.port = ports.u16("destination port");
  if (!ports.ok() || (inner->protocol != k_tcp && inner->protocol != k_udp)) return;
  last_ends_ = ends;
  if (error->kind && flows_.icmp_error(ends, *error->kind, error->size, at)) return;
  std::string detail(inner->protocol == k_tcp ? "TCP " : "UDP ");
  detail += to_string(ends.source) + " to " + to_string(ends.destination);
  observer_.icmp({packet.source, 0}, {packet.destination, 0}, std::string(error->text), std::move(detail), at);
}

// IEEE 802.1X, 11.3: version, type, length; type 0 is an EAP packet (RFC 3748), 3 a key message of the Wi-Fi handshake.
void Dissector::eapol(const Piece& piece, const LinkContext& link, At at) {
  Reader reader(piece.bytes);
  reader.skip(1, "version");
  const std::uint8_t type = reader.u8("type");
  const std::uint16_t length = reader.u16("length");
  const Piece packet = piece.after(4).first(length);
  const std::uint8_t code = Reader(packet.bytes).u8("code");
  if (!reader.ok() || type != 0 || length < 4 || packet.bytes.empty() || !link.macs_known) {
    notes_.count(type == 0 || type > 4 ? Kind::eap : Kind::eapol);
    return;
  }
  notes_.count(Kind::eap);
  constexpr std::uint8_t k_response = 2;
  const bool from_client = code == k_response;
  MacAddress destination = link.destination;
  if (destination == k_pae_group) destination = from_client ? last_authenticator_ : last_supplicant_;
  (from_client ? last_supplicant_ : last_authenticator_) = link.source;
  last_ends_ = Ends{Transport::eap, mac_endpoint(link.source), mac_endpoint(destination)};
  flows_.eap(*last_ends_, from_client, packet, at);
}

}  // namespace tlswhy::capture
