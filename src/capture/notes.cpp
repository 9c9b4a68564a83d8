// SPDX-License-Identifier: Apache-2.0
#include "capture/notes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "capture/filter.hpp"

namespace tlswhy::capture {

namespace {

struct Name {
  std::uint32_t number;
  std::string_view name;
};

// IANA names of what is often met beside TLS; anything else is told by its number.
constexpr std::array k_ether_types{
    Name{0x0842, "Wake-on-LAN"}, Name{0x8035, "RARP"},
    Name{0x8809, "LACP"},        Name{0x888e, "EAPOL"},
    Name{0x8892, "PROFINET"},    Name{0x8899, "Realtek loop detection"},
    Name{0x88a4, "EtherCAT"},    Name{0x88cc, "LLDP"},
    Name{0x88e5, "MACsec"},      Name{0x88f7, "PTP"},
    Name{0x893a, "IEEE 1905.1"}, Name{0x8912, "HomePlug"},
    Name{0x88e1, "HomePlug AV"}, Name{0x9000, "Ethernet loopback"},
};
constexpr std::array k_ip_protocols{
    Name{2, "IGMP"}, Name{50, "ESP (IPsec)"}, Name{88, "EIGRP"}, Name{89, "OSPF"}, Name{103, "PIM"}, Name{112, "VRRP"}, Name{132, "SCTP"},
};

std::string number_hex(std::uint32_t number) {
  const std::array<std::uint8_t, 2> bytes{static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
  return "0x" + to_hex(bytes);
}

template <typename Table>
std::string named(const Table& table, std::uint32_t number, std::string otherwise) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const Name& entry) { return entry.number == number; });
  return found != table.end() ? std::string(found->name) : std::move(otherwise);
}

std::string name_of(Kind kind, std::uint32_t number) {
  switch (kind) {
    case Kind::tcp: return "TCP port " + std::to_string(number);
    case Kind::udp: return "UDP port " + std::to_string(number);
    case Kind::icmp: return "ICMP";
    case Kind::icmpv6: return "ICMPv6";
    case Kind::arp: return "ARP";
    case Kind::eap: return "EAP";
    case Kind::eapol: return "EAPOL (Wi-Fi key handshake)";
    case Kind::ether_type: return named(k_ether_types, number, "EtherType " + number_hex(number));
    case Kind::ip_protocol: return named(k_ip_protocols, number, "IP protocol " + std::to_string(number));
    case Kind::llc: return "LLC (spanning tree and others)";
    case Kind::wifi_management: return "802.11 management";
    case Kind::wifi_control: return "802.11 control";
    case Kind::wifi_encrypted: return "802.11 encrypted data";
    case Kind::wifi_null: return "802.11 data without content";
    case Kind::ppp: return "PPP protocol " + number_hex(number);
    case Kind::pppoe_discovery: return "PPPoE discovery";
    case Kind::link_type: return "packets of link type " + link_type_name(number) + ", which is not supported";
    case Kind::fragment: return "IP fragments";
    case Kind::duplicate: return "packets captured twice";
    case Kind::nested: return "too many headers inside each other";
    case Kind::cut_headers: return "packets cut within their headers";
    case Kind::malformed_link: return "malformed link header";
    case Kind::malformed_ip: return "malformed IP";
    case Kind::malformed_tcp: return "malformed TCP";
    case Kind::malformed_udp: return "malformed UDP";
    case Kind::other: return "other";
  }
  return "other";
}

}  // namespace

void Notes::count_rare(Kind kind, std::uint32_t number) {
  std::uint64_t key = (static_cast<std::uint64_t>(kind) << 32U) | number;
  if (counts_.size() >= k_tallies && !counts_.contains(key)) key = static_cast<std::uint64_t>(Kind::other) << 32U;
  ++counts_[key];
}

void Notes::write(Summary& summary) const {
  for (const List& list : problems_) {
    summary.problems.insert(summary.problems.end(), list.said.begin(), list.said.end());
    if (list.more > 0) summary.problems.push_back("... and " + std::to_string(list.more) + " more like the one before");
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> sorted(counts_.begin(), counts_.end());
  for (const Kind kind : {Kind::tcp, Kind::udp}) {
    const Ports& ports = kind == Kind::tcp ? tcp_ports_ : udp_ports_;
    ports.each(
        [&](std::size_t port, std::uint64_t packets) { sorted.emplace_back((static_cast<std::uint64_t>(kind) << 32U) | port, packets); });
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
  std::uint64_t rest = 0;
  for (const auto& [key, packets] : sorted) {
    if (summary.tallies.size() < k_tallies_out && static_cast<Kind>(key >> 32U) != Kind::other) {
      summary.tallies.push_back({name_of(static_cast<Kind>(key >> 32U), static_cast<std::uint32_t>(key)), packets});
    } else {
      rest += packets;
    }
  }
  if (rest > 0) summary.tallies.push_back({name_of(Kind::other, 0), rest});
}

}  // namespace tlswhy::capture
