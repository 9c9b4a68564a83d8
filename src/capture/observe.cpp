// SPDX-License-Identifier: Apache-2.0
#include "capture/observe.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace tlswhy::capture {

namespace {

constexpr std::uint32_t k_of_a_kind = 5000;        // a broadcast storm is no news after these
constexpr std::uint32_t k_wifi_encrypted = 16;     // one says it all; the tally has the number
constexpr std::size_t k_dns_name_limit = 255;      // RFC 1035, 3.1
constexpr int k_dns_pointers = 32;                 // in one name; each must point back, so no honest name has many
constexpr std::size_t k_dns_records = 64;
constexpr std::uint16_t k_type_a = 1;
constexpr std::uint16_t k_type_aaaa = 28;

IpAddress address_of(Bytes bytes) {
  IpAddress address;
  address.v6 = bytes.size() == 16;
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), 16), address.bytes.begin());
  return address;
}

std::string mac_text(Bytes bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) text += (i == 0 ? "" : ":") + to_hex(bytes.subspan(i, 1));
  return text;
}

// A name, its labels joined by dots; compression pointers (RFC 1035, 4.1.4) are followed backwards only.
std::string read_dns_name(Bytes message, Reader& reader) {
  std::string name;
  Reader at = reader;
  bool jumped = false;
  int pointers = 0;
  while (at.ok()) {
    const std::size_t here = at.offset();
    const std::uint8_t length = at.u8("label");
    if ((length & 0xc0U) == 0xc0U) {
      const std::size_t target = ((length & 0x3fU) << 8U) | at.u8("pointer");
      if (!jumped) reader = at;
      jumped = true;
      if (!at.ok() || target >= here || ++pointers > k_dns_pointers) break;
      at = Reader(message.subspan(target), target);
      continue;
    }
    if (length == 0) break;
    const Bytes label = at.take(length, "label");
    if (name.size() + label.size() + 1 > k_dns_name_limit) break;
    if (!name.empty()) name += '.';
    name.append(label.begin(), label.end());
  }
  if (!jumped) reader = at;
  return name;
}

std::string_view dns_rcode(unsigned code) {
  constexpr std::array<std::string_view, 6> k_names{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
  return code < k_names.size() ? k_names[code] : std::string_view("error");
}

std::string_view dhcp_type(std::uint8_t type) {
  constexpr std::array<std::string_view, 9> k_names{"", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform"};
  return type < k_names.size() ? k_names[type] : std::string_view("message");
}

std::string addresses(Bytes list) {
  std::string text;
  for (std::size_t i = 0; i + 4 <= list.size() && i < 16; i += 4) text += (i == 0 ? "" : ", ") + to_string(address_of(list.subspan(i, 4)));
  return text;
}

}  // namespace

void Observer::tell(Observation observation) {
  std::uint32_t& told = told_[static_cast<std::size_t>(observation.kind)];
  const std::uint32_t limit = observation.kind == Observation::Kind::wifi_encrypted ? k_wifi_encrypted : k_of_a_kind;
  if (told >= limit) return;
  ++told;
  handler_.observed(observation);
}

void Observer::wifi_encrypted(const LinkContext& link, At at) {
  Observation seen{Observation::Kind::wifi_encrypted, at, {}, {}, "802.11 data frames are encrypted", {}};
  seen.detail = mac_text(link.source) + " to " + mac_text(link.destination);
  tell(std::move(seen));
}

void Observer::icmp(const Endpoint& source, const Endpoint& destination, std::string text, std::string detail, At at) {
  tell({Observation::Kind::other, at, source, destination, std::move(text), std::move(detail)});
}

// RFC 826, for IPv4 over Ethernet.
void Observer::arp(const Piece& piece, At at) {
  Reader reader(piece.bytes);
  reader.skip(2, "hardware");
  const std::uint16_t protocol = reader.u16("protocol");
  const std::uint8_t hardware_size = reader.u8("hardware size");
  const std::uint8_t protocol_size = reader.u8("protocol size");
  const std::uint16_t operation = reader.u16("operation");
  const Bytes sender_mac = reader.take(hardware_size, "sender");
  const Bytes sender = reader.take(protocol_size, "sender");
  reader.skip(hardware_size, "target");
  const Bytes target = reader.take(protocol_size, "target");
  if (!reader.ok() || protocol != 0x0800 || protocol_size != 4 || (operation != 1 && operation != 2)) return;
  Observation seen{operation == 1 ? Observation::Kind::arp_request : Observation::Kind::arp_reply, at, {address_of(sender), 0}, {address_of(target), 0}, {}, {}};
  seen.text = to_string(address_of(operation == 1 ? target : sender));
  if (operation == 2) seen.detail = mac_text(sender_mac);
  tell(std::move(seen));
}

void Observer::datagram(const Ends& ends, const Piece& payload, At at) {
  constexpr std::uint16_t k_dns = 53, k_dhcp_server = 67, k_dhcp_client = 68, k_ntp = 123;
  const auto uses = [&](std::uint16_t port) { return ends.source.port == port || ends.destination.port == port; };
  if (uses(k_dns)) dns(ends, payload.bytes, at);
  else if (uses(k_ntp)) ntp(ends, payload.bytes, at);
  else if (uses(k_dhcp_server) && uses(k_dhcp_client)) dhcp(ends, payload.bytes, at);
}

// RFC 1035, 4.1. Only questions for addresses: the others tell nothing about a connection.
void Observer::dns(const Ends& ends, Bytes message, At at) {
  Reader reader(message);
  reader.skip(2, "id");
  const std::uint16_t flags = reader.u16("flags");
  const std::uint16_t questions = reader.u16("questions");
  const std::uint16_t answers = reader.u16("answers");
  reader.skip(4, "other counts");
  if (!reader.ok() || questions != 1 || (flags & 0x7800U) != 0) return;
  Observation seen{Observation::Kind::dns_query, at, ends.source, ends.destination, {}, {}};
  seen.text = read_dns_name(message, reader);
  const std::uint16_t type = reader.u16("type");
  reader.skip(2, "class");
  if (!reader.ok() || (type != k_type_a && type != k_type_aaaa)) return;
  if ((flags & 0x8000U) == 0) {
    seen.detail = type == k_type_a ? "A" : "AAAA";
    tell(std::move(seen));
    return;
  }
  seen.kind = Observation::Kind::dns_answer;
  if (const unsigned code = flags & 0xfU; code != 0) {
    seen.detail = dns_rcode(code);
    tell(std::move(seen));
    return;
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(answers, k_dns_records) && reader.more(); ++i) {
    (void)read_dns_name(message, reader);
    const std::uint16_t record_type = reader.u16("type");
    reader.skip(6, "class, time to live");
    const std::uint16_t length = reader.u16("length");
    const Bytes data = reader.take(length, "data");
    if (!reader.ok()) break;
    if ((record_type == k_type_a && length == 4) || (record_type == k_type_aaaa && length == 16)) {
      seen.detail += (seen.detail.empty() ? "" : ", ") + to_string(address_of(data));
    }
  }
  if (seen.detail.empty()) seen.detail = "no address";
  tell(std::move(seen));
}

// RFC 5905, 7.3.
void Observer::ntp(const Ends& ends, Bytes message, At at) {
  Reader reader(message);
  const unsigned mode = reader.u8("mode") & 7U;
  const std::uint8_t stratum = reader.u8("stratum");
  reader.skip(10, "poll, precision, root delay and dispersion");
  const Bytes reference = reader.take(4, "reference id");
  reader.skip(24, "reference, origin and receive time");
  const std::uint32_t seconds = reader.u32("transmit time");
  if (!reader.ok() || (mode != 3 && mode != 4)) return;
  Observation seen{mode == 3 ? Observation::Kind::ntp_request : Observation::Kind::ntp_answer, at, ends.source, ends.destination, {}, {}};
  if (mode == 4) {
    if (stratum == 0) {
      seen.detail = "refused: " + std::string(reference.begin(), reference.end());  // RFC 5905, 7.4: a kiss-o'-death code
    } else if (seconds == 0) {
      seen.detail = "no time";
    } else {
      // Seconds since 1900; values below 2^31 belong to the era that begins in 2036.
      constexpr std::int64_t k_1900_to_1970 = 2'208'988'800;
      const std::int64_t era = seconds < 0x80000000U ? 0x100000000 : 0;
      seen.detail = to_rfc3339(Timestamp{(static_cast<std::int64_t>(seconds) + era - k_1900_to_1970) * 1'000'000'000}, 0);
    }
  }
  tell(std::move(seen));
}

// RFC 2131, 2 and RFC 2132.
void Observer::dhcp(const Ends& ends, Bytes message, At at) {
  Reader reader(message);
  reader.skip(16, "operation, transaction, client address");
  const Bytes offered = reader.take(4, "your address");
  reader.skip(8, "server and relay address");
  const Bytes client = reader.take(6, "client hardware address");
  reader.skip(10 + 64 + 128, "padding, server name, file");
  if (reader.u32("magic") != 0x63825363 || !reader.ok()) return;
  std::string type = "message";
  std::string asked;
  std::string details;
  while (reader.more()) {
    const std::uint8_t option = reader.u8("option");
    if (option == 0) continue;
    if (option == 255) break;
    const std::uint8_t length = reader.u8("length");
    const Bytes value = reader.take(length, "value");
    const auto add = [&](std::string_view what, const std::string& text) { details += (details.empty() ? "" : "; ") + std::string(what) + " " + text; };
    if (option == 53 && length == 1) type = dhcp_type(value[0]);
    if (option == 50 && length == 4) asked = to_string(address_of(value));
    if (option == 3) add("router", addresses(value));
    if (option == 6) add("DNS", addresses(value));
    if (option == 42) add("NTP", addresses(value));
    if (option == 12) add("host name", std::string(value.begin(), value.end()));
  }
  Observation seen{Observation::Kind::dhcp, at, ends.source, ends.destination, type, details};
  const IpAddress yours = address_of(offered);
  if (yours != IpAddress{}) seen.text += " " + to_string(yours);
  else if (!asked.empty()) seen.text += " " + asked;
  seen.text += " (" + mac_text(client) + ")";
  tell(std::move(seen));
}

}  // namespace tlswhy::capture
