// SPDX-License-Identifier: Apache-2.0
#include "capture/link.hpp"

#include <algorithm>

namespace tlswhy::capture {

namespace {

// Link types by libpcap's number, https://www.tcpdump.org/linktypes.html
enum LinkType : std::uint32_t {
  k_null = 0, k_en10mb = 1, k_slip = 8, k_ppp = 9, k_atm_rfc1483 = 11, k_raw = 12, k_raw_openbsd = 14, k_slip_bsdos = 15, k_ppp_bsdos = 16, k_ppp_serial = 50, k_ppp_ether = 51,
  k_c_hdlc = 104, k_ieee802_11 = 105, k_frelay = 107, k_loop = 108, k_enc = 109, k_linux_sll = 113, k_pflog = 117, k_prism = 119,
  k_radiotap = 127, k_avs = 163, k_ppp_pppd = 166, k_ppi = 192, k_ppp_with_direction = 204, k_mpls = 219, k_ipv4 = 228, k_ipv6 = 229,
  k_nflog = 239, k_pktap = 258, k_linux_sll2 = 276,
};

constexpr std::uint16_t k_largest_802_3_length = 1500;
constexpr std::uint16_t k_smallest_ether_type = 0x600;

Next after_header(const Reader& reader, const Piece& piece, Stage stage, std::uint32_t number, Notes& notes) {
  if (!reader.ok()) return unreadable(notes, piece, Kind::malformed_link);
  return {stage, number, piece.after(reader.offset())};
}

// An EtherType field that may be an 802.3 length instead.
Next by_type_or_length(std::uint16_t field, const Piece& payload) {
  if (field <= k_largest_802_3_length) return {Stage::llc, 0, field <= payload.full && field > 0 ? payload.first(field) : payload};
  return {Stage::ether_type, field, payload};
}

// BSD loopback: the address family, in the byte order of the machine that captured (NULL) or of the network (LOOP).
Next read_loopback(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  const Bytes field = reader.take(4, "address family");
  const std::uint32_t big = Reader(field).u32("address family");
  const std::uint32_t little = Reader(field).u32le("address family");
  const std::uint32_t family = std::min(big, little);
  constexpr std::uint32_t k_families[] = {2, 10, 23, 24, 26, 28, 30};  // AF_INET, and AF_INET6 of Linux, Windows and the BSDs
  if (std::find(std::begin(k_families), std::end(k_families), family) != std::end(k_families)) {
    return after_header(reader, piece, Stage::ip, 0, context.notes);
  }
  if (family >= k_smallest_ether_type && family <= 0xffff) return after_header(reader, piece, Stage::ether_type, family, context.notes);
  return unreadable(context.notes, piece, Kind::malformed_link);
}

// Linux cooked capture ("-i any"), both versions.
Next read_cooked(LinkContext& context, const Piece& piece, bool version_2) {
  Reader reader(piece.bytes);
  std::uint16_t protocol = 0;
  if (version_2) {
    protocol = reader.u16("protocol");
    reader.skip(18, "interface, type, address");
  } else {
    reader.skip(6, "type, address length");
    context.source = read_mac(reader);
    reader.skip(2, "address");
    protocol = reader.u16("protocol");
  }
  constexpr std::uint16_t k_802_2 = 4;  // linux/if_ether.h: ETH_P_802_2; ETH_P_802_3 is 1
  if (protocol == k_802_2 || protocol == 1) return after_header(reader, piece, Stage::llc, 0, context.notes);
  return after_header(reader, piece, Stage::ether_type, protocol, context.notes);
}

// PPP from its address field on; that field and the high byte of the protocol may be left out (RFC 1661, 6.5 and 6.6).
Next read_ppp_frame(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  Reader look(piece.bytes);
  const std::uint16_t start = look.u16("address and control");
  if (start == 0xff03) reader.skip(2, "address and control");
  std::uint32_t protocol = reader.u8("protocol");
  if ((protocol & 1U) == 0) protocol = (protocol << 8U) | reader.u8("protocol");
  return after_header(reader, piece, Stage::ppp, protocol, context.notes);
}

Next read_cisco_hdlc(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  reader.skip(2, "address and control");
  const std::uint16_t type = reader.u16("protocol");
  return after_header(reader, piece, Stage::ether_type, type, context.notes);
}

Next read_pppoe(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  reader.skip(4, "version, code, session");
  const std::uint16_t length = reader.u16("length");
  std::uint32_t protocol = reader.u8("protocol");
  if ((protocol & 1U) == 0) protocol = (protocol << 8U) | reader.u8("protocol");
  if (!reader.ok()) return unreadable(context.notes, piece, Kind::malformed_link);
  const Piece whole = piece.full >= 6U + length ? piece.first(6U + length) : piece;
  return {Stage::ppp, protocol, whole.after(reader.offset())};
}

// RFC 2427: Q.922 address, control, NLPID; or Cisco's own form with an EtherType after the address.
Next read_frame_relay(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  while (reader.more() && (reader.u8("address") & 1U) == 0) {
    if (reader.offset() >= 4) return unreadable(context.notes, piece, Kind::malformed_link);
  }
  const std::uint8_t control = reader.u8("control");
  std::uint32_t protocol = reader.u8("NLPID");
  if (control != 3) return after_header(reader, piece, Stage::ether_type, (static_cast<std::uint32_t>(control) << 8U) | protocol, context.notes);
  if (protocol == 0) protocol = reader.u8("NLPID");  // padding
  if (protocol == 0xcc || protocol == 0x8e) return after_header(reader, piece, Stage::ip, 0, context.notes);
  if (protocol == 0x80) {
    reader.skip(3, "OUI");
    const std::uint16_t type = reader.u16("type");
    return after_header(reader, piece, Stage::ether_type, type, context.notes);
  }
  if (!reader.ok()) return unreadable(context.notes, piece, Kind::malformed_link);
  context.notes.count(Kind::llc);
  return {};
}

// Linux netfilter log: attributes in the byte order of the machine; the packet is one of them.
Next read_nflog(LinkContext& context, const Piece& piece) {
  constexpr std::uint16_t k_payload = 9;
  Reader reader(piece.bytes);
  reader.skip(4, "family, version, resource");
  while (reader.more()) {
    const std::size_t start = reader.offset();
    const std::uint16_t length = context.little_endian ? reader.u16le("length") : reader.u16("length");
    const std::uint16_t type = context.little_endian ? reader.u16le("type") : reader.u16("type");
    if (!reader.ok() || length < 4) break;
    if ((type & 0x7fffU) == k_payload) {
      const Piece payload = piece.after(start + 4);
      return {Stage::ip, 0, payload.full >= length - 4U ? payload.first(length - 4U) : payload};
    }
    reader.skip(std::min<std::size_t>((length + 3U) / 4U * 4U - 4U, reader.remaining()), "attribute");
  }
  return unreadable(context.notes, piece, Kind::malformed_link);
}

// Apple's own header of macOS ("tcpdump -i any"), in its machines' byte order: length, record type, link type, ...
Next read_pktap(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint32_t length = reader.u32le("header length");
  reader.skip(4, "record type");
  const std::uint32_t link_type = reader.u32le("link type");
  if (!reader.ok() || length < 12 || length > piece.full) return unreadable(context.notes, piece, Kind::malformed_link);
  return {Stage::link, link_type, piece.after(length)};
}

Next read_pflog(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  const std::size_t length = (reader.u8("header length") + 3U) / 4U * 4U;
  if (!reader.ok() || length < 4 || length > piece.full) return unreadable(context.notes, piece, Kind::malformed_link);
  return {Stage::ip, 0, piece.after(length)};
}

}  // namespace

std::uint32_t link_type_from_file(std::uint32_t number) {
  // libpcap's own numbers (DLT) below 100 differ between systems; files use these instead (pcap-common.c, "LINKTYPE_").
  switch (number) {
    case 100: return k_atm_rfc1483;
    case 101: return k_raw;
    case 102: return k_slip_bsdos;
    case 103: return k_ppp_bsdos;
    default: return number;
  }
}

MacAddress read_mac(Reader& reader) {
  MacAddress mac{};
  const Bytes bytes = reader.take(mac.size(), "MAC address");
  std::copy(bytes.begin(), bytes.end(), mac.begin());
  return mac;
}

Next unreadable(Notes& notes, const Piece& piece, Kind malformed) {
  notes.count(piece.cut() ? Kind::cut_headers : malformed);
  return {};
}

Next read_link(LinkContext& context, std::uint32_t link_type, const Piece& piece) {
  switch (link_type) {
    case k_en10mb: return {Stage::ethernet, 0, piece};
    case k_raw:
    case k_raw_openbsd:
    case k_ipv4:
    case k_ipv6: return {Stage::ip, 0, piece};
    case k_null:
    case k_loop: return read_loopback(context, piece);
    case k_linux_sll: return read_cooked(context, piece, false);
    case k_linux_sll2: return read_cooked(context, piece, true);
    case k_ppp: return read_ppp_frame(context, piece);
    case k_ppp_pppd: return read_ppp_frame(context, piece.after(2));  // the address byte tells the direction here
    case k_ppp_with_direction: return read_ppp_frame(context, piece.after(1));
    case k_ppp_serial: {
      const std::uint8_t address = Reader(piece.bytes).u8("address");
      return address == 0x0f || address == 0x8f ? read_cisco_hdlc(context, piece) : read_ppp_frame(context, piece);
    }
    case k_ppp_ether: return read_pppoe(context, piece);
    case k_c_hdlc: return read_cisco_hdlc(context, piece);
    case k_frelay: return read_frame_relay(context, piece);
    case k_slip: return {Stage::ip, 0, piece.after(16)};
    case k_enc: return {Stage::ip, 0, piece.after(12)};
    case k_atm_rfc1483: return {Stage::llc, 0, piece};
    case k_pflog: return read_pflog(context, piece);
    case k_mpls: return {Stage::mpls, 0, piece};
    case k_nflog: return read_nflog(context, piece);
    case k_pktap: return read_pktap(context, piece);
    case k_ieee802_11: return {Stage::wifi, 0, piece};
    case k_radiotap: return read_radiotap(context, piece);
    case k_prism:
    case k_avs: return read_prism(context, piece);
    case k_ppi: return read_ppi(context, piece);
    default: context.notes.count(Kind::link_type, link_type); return {};
  }
}

Next read_ethernet(LinkContext& context, const Piece& piece) {
  const Fields<14> header(piece.bytes);
  if (!header.there()) return unreadable(context.notes, piece, Kind::malformed_link);
  header.copy<0, 6>(context.destination);
  header.copy<6, 6>(context.source);
  context.macs_known = true;
  return by_type_or_length(header.u16<12>(), piece.after(14));
}

Next read_ether_type(LinkContext& context, std::uint32_t ether_type, const Piece& piece) {
  switch (ether_type) {
    case 0x0800:
    case 0x86dd: return {Stage::ip, 0, piece};
    case 0x0806: return {Stage::arp, 0, piece};
    case 0x8100:    // IEEE 802.1Q
    case 0x88a8:    // IEEE 802.1ad
    case 0x9100:    // QinQ before it was a standard
    case 0x9200: {
      Reader reader(piece.bytes);
      reader.skip(2, "tag");
      const std::uint16_t type = reader.u16("type");
      if (!reader.ok()) return unreadable(context.notes, piece, Kind::malformed_link);
      return by_type_or_length(type, piece.after(reader.offset()));
    }
    case 0x8847:
    case 0x8848: return {Stage::mpls, 0, piece};
    case 0x8863: context.notes.count(Kind::pppoe_discovery); return {};
    case 0x8864: return read_pppoe(context, piece);
    case 0x880b: return read_ppp_frame(context, piece);
    case 0x888e:
    case 0x88c7: return {Stage::eapol, 0, piece};  // the second is pre-authentication, IEEE 802.11i
    case 0x6558: return {Stage::ethernet, 0, piece};  // transparent Ethernet bridging
    case 0x2452: return {Stage::wifi, 0, piece};  // 802.11 frames as some Intel drivers hand them on; no number of IEEE's registry
    case 0x88e7: return {Stage::ethernet, 0, piece.after(4)};  // provider backbone bridges, IEEE 802.1ah: a tag, then the customer's frame
    case 0x8909: {  // Cisco metadata: version, length, option; then the real type
      Reader reader(piece.bytes);
      reader.skip(6, "metadata");
      const std::uint16_t type = reader.u16("type");
      return after_header(reader, piece, Stage::ether_type, type, context.notes);
    }
    default: context.notes.count(Kind::ether_type, ether_type); return {};
  }
}

Next read_llc(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  const std::uint8_t destination = reader.u8("DSAP");
  const std::uint8_t source = reader.u8("SSAP");
  reader.skip(1, "control");
  if (destination == 0xaa && source == 0xaa) {
    const std::uint32_t oui = reader.u24("OUI");
    const std::uint16_t type = reader.u16("type");
    if (reader.ok() && (oui == 0 || oui == 0x0000f8)) return after_header(reader, piece, Stage::ether_type, type, context.notes);
    if (reader.ok() && oui == 0x0080c2 && (type == 1 || type == 7)) {  // bridged Ethernet over ATM, RFC 2684
      reader.skip(2, "padding");
      return after_header(reader, piece, Stage::ethernet, 0, context.notes);
    }
  }
  if (!reader.ok()) return unreadable(context.notes, piece, Kind::malformed_link);
  if (destination == 0x06 && source == 0x06) return after_header(reader, piece, Stage::ip, 0, context.notes);
  context.notes.count(Kind::llc);
  return {};
}

Next read_ppp(LinkContext& context, std::uint32_t protocol, const Piece& piece) {
  switch (protocol) {
    case 0x0021:
    case 0x0057: return {Stage::ip, 0, piece};
    case 0x0281:
    case 0x0283: return {Stage::mpls, 0, piece};
    default: context.notes.count(Kind::ppp, protocol); return {};
  }
}

Next read_mpls(LinkContext& context, const Piece& piece) {
  Reader reader(piece.bytes);
  bool bottom = false;
  while (!bottom && reader.more()) bottom = (reader.u32("label") & 0x100U) != 0;
  if (!reader.ok() || !bottom) return unreadable(context.notes, piece, Kind::malformed_link);
  const Piece payload = piece.after(reader.offset());
  // The label says what follows, but only to the routers; RFC 4385, 3: the first four bits tell IP from a control word.
  const unsigned version = Reader(payload.bytes).u8("first byte") >> 4U;
  if (version == 4 || version == 6) return {Stage::ip, 0, payload};
  if (version == 0) return {Stage::ethernet, 0, payload.after(4)};
  return {Stage::ethernet, 0, payload};
}

}  // namespace tlswhy::capture
