// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "packet_builder.hpp"

namespace tlswhy::testing {
namespace {

using capture::Direction;
using capture::EventKind;
using capture::Observation;

const Endpoint k_a4{ip4(192, 0, 2, 1), 5000}, k_b4{ip4(192, 0, 2, 2), 5684};
const Endpoint k_a6{ip6(1), 5000}, k_b6{ip6(2), 5684};

// The fragments of a UDP datagram, each with `step` bytes of the IP payload.
std::vector<Buffer> fragments(const Endpoint& from, const Endpoint& to, const Buffer& payload, std::size_t step, std::uint16_t id = 7) {
  const Buffer whole = udp_header_and(from.port, to.port, payload);
  std::vector<Buffer> out;
  for (std::size_t at = 0; at < whole.size(); at += step) {
    const std::size_t end = std::min(at + step, whole.size());
    out.push_back(ip_packet(from.address, to.address, 17, {whole.begin() + static_cast<std::ptrdiff_t>(at), whole.begin() + static_cast<std::ptrdiff_t>(end)}, {id, static_cast<std::uint16_t>(at), end < whole.size()}));
  }
  return out;
}

Buffer pattern(std::size_t size) {
  Buffer bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

TEST(CaptureIp, PutsFragmentsTogetherInAnyOrder) {
  for (const bool v6 : {false, true}) {
    std::vector<Buffer> parts = fragments(v6 ? k_a6 : k_a4, v6 ? k_b6 : k_b4, pattern(3000), 1000);
    ASSERT_EQ(parts.size(), 4U);
    std::sort(parts.begin(), parts.end());
    do {
      const auto back = read_back(pcap_of(parts));
      ASSERT_EQ(back.seen.flows.size(), 1U);
      ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 1U);
      EXPECT_EQ(back.seen.flows.at(0).datagrams[0].bytes, pattern(3000));
      EXPECT_EQ(back.seen.flows.at(0).datagrams[0].frame, 4U);
      EXPECT_TRUE(back.summary.problems.empty());
    } while (std::next_permutation(parts.begin(), parts.end()));
  }
}

TEST(CaptureIp, KeepsTheFirstBytesWhereFragmentsOverlap) {
  std::vector<Buffer> parts = fragments(k_a4, k_b4, pattern(2000), 1000);
  const std::vector<Buffer> evil = fragments(k_a4, k_b4, Buffer(2000, 0xee), 1200);
  const auto back = read_back(pcap_of({parts[0], evil[0], parts[1], parts[2]}));
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 1U);
  const Buffer& got = back.seen.flows.at(0).datagrams[0].bytes;
  const Buffer first = pattern(2000);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + 992, got.begin()));
  EXPECT_TRUE(back.says("packet 2 is an IP fragment that overlaps one before it"));
}

TEST(CaptureIp, ARepeatedFragmentIsNoOverlap) {
  const std::vector<Buffer> parts = fragments(k_a4, k_b4, pattern(2000), 1000);
  const auto back = read_back(pcap_of({parts[0], parts[0], parts[1], parts[2]}));
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].bytes, pattern(2000));
  EXPECT_TRUE(back.summary.problems.empty());
}

TEST(CaptureIp, SaysWhichFragmentsStayedAlone) {
  const std::vector<Buffer> parts = fragments(k_a4, k_b4, pattern(2000), 1000);
  const auto back = read_back(pcap_of({parts[0], parts[2]}));
  EXPECT_TRUE(back.seen.flows.empty());
  EXPECT_TRUE(back.says("packet 1 is an IP fragment whose other fragments are not in the capture (192.0.2.1 to 192.0.2.2)"));
  EXPECT_EQ(back.tally("IP fragments"), 2U);
}

TEST(CaptureIp, ForgetsFragmentsAfterAMinuteSoThatTheirIdCanBeUsedAgain) {
  const std::vector<Buffer> old = fragments(k_a4, k_b4, Buffer(2000, 0xee), 1000);
  const std::vector<Buffer> parts = fragments(k_a4, k_b4, pattern(2000), 1000);
  PcapBuilder file;
  file.packet(ethernet_ip(old[0])).packet(ethernet_ip(parts[0]), 61'000'000'000).packet(ethernet_ip(parts[1]), 61'000'000'000).packet(ethernet_ip(parts[2]), 61'000'000'000);
  const auto back = read_back(file.bytes());
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].bytes, pattern(2000));
}

TEST(CaptureIp, BoundsTheMemoryForFragments) {
  capture::Options options;
  options.limits.ip_fragment_bytes = 10'000;
  PcapBuilder file;
  for (std::uint16_t id = 0; id < 100; ++id) file.packet(ethernet_ip(fragments(k_a4, k_b4, pattern(2000), 1000, id)[0]));
  const auto back = read_back(file.bytes(), options);
  EXPECT_TRUE(back.says("more than 10000 bytes of IP fragments are waiting"));
}

TEST(CaptureIp, FragmentsCutByTheSnapLengthGiveACutDatagram) {
  const std::vector<Buffer> parts = fragments(k_a4, k_b4, pattern(2000), 1000);
  PcapBuilder file;
  for (const Buffer& part : parts) {
    Buffer frame = ethernet_ip(part);
    const std::size_t original = frame.size();
    frame.resize(std::min<std::size_t>(original, 600));
    file.packet(frame, 0, original);
  }
  const auto back = read_back(file.bytes());
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 1U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].full, 2000U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].bytes.size(), 600U - 14 - 20 - 8);
}

TEST(CaptureIp, PassesOverIpv6ExtensionHeaders) {
  const Buffer udp = udp_header_and(5000, 5684, text("x"));
  const Buffer extensions = Writer().u8(43).u8(0).zeros(6).u8(60).u8(1).zeros(14).u8(44).u8(0).zeros(6).u8(17).u8(0).u16(0).u32(9).add(udp);
  const auto back = read_back(pcap_of({ip_packet(ip6(1), ip6(2), 0, extensions)}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  EXPECT_EQ(words(back.seen.flows.at(0).datagrams[0].bytes), "x");
}

TEST(CaptureIp, ReadsPacketsWhoseLengthWasLeftToTheCard) {
  const Conversation c;
  for (const bool v6 : {false, true}) {
    Endpoint a = v6 ? k_a6 : k_a4, b = v6 ? k_b6 : k_b4;
    const Buffer big = pattern(70000);
    const auto back = read_back(pcap_of({tcp_packet({a, b, 1000, 1, k_ack, 100, big}, {1, 0, false, true})}));
    EXPECT_EQ(back.seen.flows.at(0).forward().bytes, big);
  }
}

TEST(CaptureIp, SaysHowLargeACutDatagramWas) {
  const Buffer frame = ethernet_ip(udp_packet(k_a4, k_b4, pattern(500)));
  const auto back = read_back(PcapBuilder().packet({frame.begin(), frame.begin() + 142}, 0, frame.size()).bytes());
  ASSERT_EQ(back.seen.flows.size(), 1U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].full, 500U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams[0].bytes.size(), 100U);
}

Buffer icmp_about(const IpAddress& from, const IpAddress& to, std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Buffer& packet, std::size_t quoted) {
  Buffer quote(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(std::min(quoted, packet.size())));
  return ip_packet(from, to, from.v6 ? 58 : 1, Writer().u8(type).u8(code).u16(0).u32(rest).add(quote));
}

TEST(CaptureIp, MapsIcmpErrorsToTheFlowTheyAreAbout) {
  const Conversation c;
  const IpAddress router = ip4(203, 0, 113, 1);
  const std::vector<std::tuple<int, int, EventKind>> kinds{
      {3, 0, EventKind::icmp_net_unreachable}, {3, 1, EventKind::icmp_host_unreachable}, {3, 3, EventKind::icmp_port_unreachable},
      {3, 4, EventKind::icmp_frag_needed},     {3, 13, EventKind::icmp_admin_prohibited}};
  for (const auto& [type, code, kind] : kinds) {
    const Buffer big = c.from_server(0, "certificate", 0);
    const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), big, icmp_about(router, c.server.address, static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code), 1280, big, 28)}));
    const auto& events = back.seen.flows.at(0).events;
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[2].kind, kind);
    EXPECT_EQ(events[2].direction, Direction::backward);
    EXPECT_EQ(events[2].at.frame, 4U);
    EXPECT_EQ(events[2].size, kind == EventKind::icmp_frag_needed ? 1280U : 0U);
    EXPECT_EQ(back.tally("ICMP"), 1U);
  }
}

TEST(CaptureIp, MapsIcmpv6ErrorsToo) {
  const Buffer query = udp_packet(k_a6, k_b6, text("hello"));
  const auto back = read_back(pcap_of({query, icmp_about(ip6(9), ip6(1), 2, 0, 1280, query, 60), icmp_about(ip6(2), ip6(1), 1, 4, 0, query, 60)}));
  const auto& events = back.seen.flows.at(0).events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, EventKind::icmp_frag_needed);
  EXPECT_EQ(events[0].size, 1280U);
  EXPECT_EQ(events[0].direction, Direction::forward);
  EXPECT_EQ(events[1].kind, EventKind::icmp_port_unreachable);
}

TEST(CaptureIp, TellsIcmpErrorsAboutFlowsThatAreNotInTheCapture) {
  const Conversation c;
  const auto back = read_back(pcap_of({icmp_about(ip4(203, 0, 113, 1), c.client.address, 3, 1, 0, c.syn(), 28)}));
  ASSERT_EQ(back.seen.observations.size(), 1U);
  EXPECT_EQ(back.seen.observations[0].text, "ICMP host unreachable");
  EXPECT_EQ(back.seen.observations[0].detail, "TCP 192.0.2.1:51000 to 198.51.100.2:8883");
  EXPECT_TRUE(back.seen.flows.empty());
}

// RFC 1035 by hand: a header, one question, answers that point back to its name.
Buffer dns(std::uint16_t flags, std::string_view label, std::uint16_t type, const std::vector<std::pair<std::uint16_t, Buffer>>& answers = {}) {
  Writer w;
  w.u16(1).u16(flags).u16(1).u16(answers.size()).u16(0).u16(0).u8(label.size()).add(text(label)).u8(7).add(text("example")).u8(0).u16(type).u16(1);
  for (const auto& [record, data] : answers) w.u16(0xc00c).u16(record).u16(1).u32(60).u16(data.size()).add(data);
  return w;
}

TEST(CaptureObserve, TellsDnsQuestionsAndAnswers) {
  const Endpoint client{ip4(192, 0, 2, 1), 5353}, server{ip4(192, 0, 2, 53), 53};
  const auto back = read_back(pcap_of({
      udp_packet(client, server, dns(0x0100, "broker", 1)),
      udp_packet(server, client, dns(0x8180, "broker", 1, {{5, {3, 'a', 'b', 'c', 0}}, {1, {198, 51, 100, 2}}, {1, {198, 51, 100, 3}}})),
      udp_packet(server, client, dns(0x8183, "nowhere", 1)),
      udp_packet(server, client, dns(0x8182, "broken", 28)),
      udp_packet(server, client, dns(0x8180, "v4only", 28)),
      udp_packet(client, server, dns(0x0100, "text", 16)),
  }));
  const auto& o = back.seen.observations;
  ASSERT_EQ(o.size(), 5U);
  EXPECT_EQ(o[0].kind, Observation::Kind::dns_query);
  EXPECT_EQ(o[0].text, "broker.example");
  EXPECT_EQ(o[1].kind, Observation::Kind::dns_answer);
  EXPECT_EQ(o[1].detail, "198.51.100.2, 198.51.100.3");
  EXPECT_EQ(o[2].detail, "NXDOMAIN");
  EXPECT_EQ(o[3].detail, "SERVFAIL");
  EXPECT_EQ(o[4].detail, "no address");
  EXPECT_EQ(back.tally("UDP port 53"), 6U);
  EXPECT_EQ(back.seen.flows.at(0).datagrams.size(), 6U);  // they are datagrams all the same
}

TEST(CaptureObserve, ReadsDnsNamesThatPointInCircles) {
  const Endpoint client{ip4(192, 0, 2, 1), 5353}, server{ip4(192, 0, 2, 53), 53};
  const Buffer head = Writer().u16(1).u16(0x0100).u16(1).u16(0).u16(0).u16(0);
  const auto back = read_back(pcap_of({
      udp_packet(client, server, head + Buffer(Writer().u16(0xc00c).u16(1).u16(1))),
      udp_packet(client, server, head + Buffer(Writer().u16(0xc00e).u16(0xc00c).u16(1).u16(1))),
      udp_packet(client, server, head + Buffer(300, 1)),
  }));
  EXPECT_LE(back.seen.observations.size(), 3U);
}

TEST(CaptureObserve, TellsArpNtpAndDhcp) {
  const auto arp = [](std::uint16_t operation) {
    return Buffer(Writer().u16(1).u16(0x0800).u8(6).u8(4).u16(operation).add(k_mac_client).add({192, 0, 2, 1}).add(k_mac_server).add({192, 0, 2, 254}));
  };
  const auto ntp = [](std::uint8_t first, std::uint8_t stratum, std::uint32_t seconds) {
    return Buffer(Writer().u8(first).u8(stratum).zeros(10).add(text("RATE")).zeros(24).u32(seconds).u32(0));
  };
  const Endpoint client{ip4(192, 0, 2, 1), 123}, server{ip4(203, 0, 113, 5), 123};
  const Buffer offer = Writer().u8(2).u8(1).u8(6).u8(0).u32(1).u32(0).u32(0).add({192, 0, 2, 77}).u32(0).u32(0).add(k_mac_client).zeros(10 + 192)
                           .u32(0x63825363).u8(53).u8(1).u8(2).u8(0).u8(3).u8(4).add({192, 0, 2, 254}).u8(6).u8(8).add({192, 0, 2, 53, 192, 0, 2, 54}).u8(255);
  PcapBuilder file;
  file.packet(ethernet(0x0806, arp(1))).packet(ethernet(0x0806, arp(2)));
  file.packet(ethernet_ip(udp_packet(client, server, ntp(0x23, 0, 0)))).packet(ethernet_ip(udp_packet(server, client, ntp(0x24, 2, 3'908'988'800))));
  file.packet(ethernet_ip(udp_packet(server, client, ntp(0x24, 0, 1)))).packet(ethernet_ip(udp_packet(server, client, ntp(0x24, 1, 100))));
  file.packet(ethernet_ip(udp_packet({ip4(192, 0, 2, 254), 67}, {ip4(255, 255, 255, 255), 68}, offer)));
  const auto back = read_back(file.bytes());
  const auto& o = back.seen.observations;
  ASSERT_EQ(o.size(), 7U);
  EXPECT_EQ(o[0].kind, Observation::Kind::arp_request);
  EXPECT_EQ(o[0].text, "192.0.2.254");
  EXPECT_EQ(o[1].kind, Observation::Kind::arp_reply);
  EXPECT_EQ(o[1].text, "192.0.2.1");
  EXPECT_EQ(o[1].detail, "02:00:00:00:00:01");
  EXPECT_EQ(o[2].kind, Observation::Kind::ntp_request);
  EXPECT_EQ(o[3].detail, "2023-11-14T22:13:20Z");
  EXPECT_EQ(o[4].detail, "refused: RATE");
  EXPECT_EQ(o[5].detail, "2036-02-07T06:29:56Z");
  EXPECT_EQ(o[6].kind, Observation::Kind::dhcp);
  EXPECT_EQ(o[6].text, "offer 192.0.2.77 (02:00:00:00:00:01)");
  EXPECT_EQ(o[6].detail, "router 192.0.2.254; DNS 192.0.2.53, 192.0.2.54");
}

}  // namespace
}  // namespace tlswhy::testing
