// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "capture/notes.hpp"
#include "capture/record.hpp"

namespace tlswhy::capture {

// What the next header of a packet is.
enum class Stage : std::uint8_t {
  done,            // nothing more to read; what it was has been counted
  link,            // `number` is a DLT
  ethernet,
  ether_type,      // `number` is an EtherType whose header follows
  llc,
  ppp,             // `number` is a PPP protocol
  mpls,
  ip,              // IPv4 or IPv6, as its first four bits say
  wifi,            // 802.11; `number` is 1 where the header is padded to four bytes
  wifi_aggregate,  // A-MSDU: several packets in one
  wifi_encrypted,
  arp,
  eapol,
};

// The next header, and the packet from there on.
struct Next {
  Stage stage = Stage::done;
  std::uint32_t number = 0;
  Piece piece;
};

// The number that libpcap and this program use for a link type (DLT, as on Linux), of the one that stands in a file; the two differ for a
// few old ones.
[[nodiscard]] std::uint32_t link_type_from_file(std::uint32_t number);

using MacAddress = std::array<std::uint8_t, 6>;

// What link headers tell beside what comes next.
struct LinkContext {
  Notes& notes;
  bool little_endian = true;   // byte order of the file
  bool macs_known = false;
  MacAddress source{};
  MacAddress destination{};
};

// Reads the 6 bytes of an address; zeros if they are not there.
[[nodiscard]] MacAddress read_mac(Reader& reader);
// Counts a packet whose header cannot be read: as malformed, or as cut where the end is not in the file.
Next unreadable(Notes& notes, const Piece& piece, Kind malformed);

// Each of these reads one header. None of them loops: the caller counts the headers.
[[nodiscard]] Next read_link(LinkContext& context, std::uint32_t link_type, const Piece& piece);
[[nodiscard]] Next read_ethernet(LinkContext& context, const Piece& piece);
[[nodiscard]] Next read_ether_type(LinkContext& context, std::uint32_t ether_type, const Piece& piece);
[[nodiscard]] Next read_llc(LinkContext& context, const Piece& piece);
[[nodiscard]] Next read_ppp(LinkContext& context, std::uint32_t protocol, const Piece& piece);
[[nodiscard]] Next read_mpls(LinkContext& context, const Piece& piece);

// wifi.cpp
[[nodiscard]] Next read_radiotap(LinkContext& context, const Piece& piece);
[[nodiscard]] Next read_ppi(LinkContext& context, const Piece& piece);
[[nodiscard]] Next read_prism(LinkContext& context, const Piece& piece);
[[nodiscard]] Next read_wifi(LinkContext& context, const Piece& piece, bool padded);
// Takes the first packet off an A-MSDU; `rest` becomes what is left.
[[nodiscard]] Next read_wifi_aggregate(LinkContext& context, Piece& rest);

}  // namespace tlswhy::capture
