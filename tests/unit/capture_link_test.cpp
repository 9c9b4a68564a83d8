// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "packet_builder.hpp"

namespace tlswhy::testing {
namespace {

using capture::Direction;
using capture::Observation;
using capture::Transport;

Buffer inner4(std::string_view payload = "inside") { return udp_packet({ip4(192, 0, 2, 1), 1000}, {ip4(192, 0, 2, 2), 2000}, text(payload)); }
Buffer inner6(std::string_view payload = "inside") { return udp_packet({ip6(1), 1000}, {ip6(2), 2000}, text(payload)); }

// One packet of a link type; the payload of the one datagram in it, or a remark.
std::string through(std::uint32_t link_type, const Buffer& packet, bool little_endian = true) {
  const auto back = read_back(PcapBuilder({little_endian, false, link_type}).packet(packet).bytes());
  if (back.seen.flows.size() != 1 || back.seen.flows.at(0).datagrams.size() != 1) return "(" + std::to_string(back.seen.flows.size()) + " flows)";
  return words(back.seen.flows.at(0).datagrams[0].bytes);
}
std::string through_ethernet(std::uint16_t type, const Buffer& payload) { return through(1, ethernet(type, payload)); }

Buffer tag(std::uint16_t next) { return Writer().u16(0x2001).u16(next); }
Buffer snap(std::uint16_t type) { return Writer().u24(0xaaaa03).u24(0).u16(type); }

TEST(CaptureLink, ReadsEthernetWithAndWithoutPadding) {
  EXPECT_EQ(through_ethernet(0x0800, inner4()), "inside");
  EXPECT_EQ(through_ethernet(0x86dd, inner6()), "inside");
  EXPECT_EQ(through_ethernet(0x0800, inner4("x") + Buffer(17)), "x");  // padded to 60 bytes
  const Buffer llc = snap(0x0800) + inner4();
  EXPECT_EQ(through_ethernet(static_cast<std::uint16_t>(llc.size()), llc + Buffer(4)), "inside");
}

TEST(CaptureLink, ReadsVlanTagsInsideEachOther) {
  for (const std::uint16_t outer : {std::uint16_t{0x8100}, std::uint16_t{0x88a8}, std::uint16_t{0x9100}}) {
    EXPECT_EQ(through_ethernet(outer, tag(0x0800) + inner4()), "inside");
    EXPECT_EQ(through_ethernet(outer, tag(0x8100) + tag(0x86dd) + inner6()), "inside");
  }
}

TEST(CaptureLink, ReadsLinuxCookedCaptures) {
  EXPECT_EQ(through(113, Writer().u16(0).u16(1).u16(6).u64(0).u16(0x0800).add(inner4())), "inside");
  EXPECT_EQ(through(113, Writer().u16(0).u16(1).u16(6).u64(0).u16(0x8100).add(tag(0x0800)).add(inner4())), "inside");
  EXPECT_EQ(through(276, Writer().u16(0x86dd).u16(0).u32(3).u16(1).u8(0).u8(6).u64(0).add(inner6())), "inside");
}

TEST(CaptureLink, ReadsRawIpOfAllItsNumbers) {
  for (const std::uint32_t link_type : {12U, 14U, 101U, 228U}) EXPECT_EQ(through(link_type, inner4()), "inside") << link_type;
  for (const std::uint32_t link_type : {12U, 14U, 101U, 229U}) EXPECT_EQ(through(link_type, inner6()), "inside") << link_type;
}

TEST(CaptureLink, ReadsLoopbackInBothByteOrders) {
  for (const bool little : {true, false}) {
    EXPECT_EQ(through(0, Writer(little).u32(2).add(inner4())), "inside");
    for (const std::uint32_t family : {10U, 23U, 24U, 28U, 30U}) EXPECT_EQ(through(0, Writer(little).u32(family).add(inner6())), "inside") << family;
  }
  EXPECT_EQ(through(108, Writer().u32(2).add(inner4())), "inside");
}

TEST(CaptureLink, ReadsPppWithAndWithoutItsAddressField) {
  EXPECT_EQ(through(9, Writer().u16(0xff03).u16(0x0021).add(inner4())), "inside");
  EXPECT_EQ(through(9, Writer().u8(0x21).add(inner4())), "inside");
  EXPECT_EQ(through(50, Writer().u16(0xff03).u16(0x0057).add(inner6())), "inside");
  EXPECT_EQ(through(50, Writer().u16(0x0f00).u16(0x0800).add(inner4())), "inside");
  EXPECT_EQ(through(104, Writer().u16(0x0f00).u16(0x0800).add(inner4())), "inside");
  EXPECT_EQ(through(204, Writer().u8(1).u16(0xff03).u16(0x0021).add(inner4())), "inside");
  EXPECT_EQ(through_ethernet(0x8864, Writer().u16(0x1100).u16(7).u16(inner4().size() + 2).u16(0x0021).add(inner4()).zeros(8)), "inside");
}

TEST(CaptureLink, ReadsMplsWithIpOrEthernetInside) {
  EXPECT_EQ(through_ethernet(0x8847, Writer().u32(0x00010040).u32(0x00020140).add(inner4())), "inside");
  EXPECT_EQ(through_ethernet(0x8847, Writer().u32(0x00020140).add(inner6())), "inside");
  EXPECT_EQ(through_ethernet(0x8847, Writer().u32(0x00020140).u32(0).add(ethernet_ip(inner4()))), "inside");
  EXPECT_EQ(through(219, Writer().u32(0x00020140).add(inner4())), "inside");
}

TEST(CaptureLink, ReadsFrameRelaySlipEncPflogAndAtm) {
  EXPECT_EQ(through(107, Writer().u16(0x1841).u8(3).u8(0xcc).add(inner4())), "inside");
  EXPECT_EQ(through(107, Writer().u16(0x1841).u16(0x0800).add(inner4())), "inside");
  EXPECT_EQ(through(8, Writer().zeros(16).add(inner4())), "inside");
  EXPECT_EQ(through(109, Writer(true).u32(2).u32(0).u32(0).add(inner4())), "inside");
  EXPECT_EQ(through(117, Writer().u8(61).zeros(63).add(inner4())), "inside");
  EXPECT_EQ(through(100, snap(0x0800) + inner4()), "inside");
}

TEST(CaptureLink, FindsThePacketAmongNflogAttributes) {
  for (const bool little : {true, false}) {
    Writer w(little);
    w.u8(2).u8(0).u16(0).u16(5).u16(10).u8(0).align(4);
    w.u16(inner4().size() + 4).u16(9).add(inner4());
    EXPECT_EQ(through(239, w, little), "inside");
  }
}

TEST(CaptureLink, ReadsHeadersThatNameAnotherLinkType) {
  EXPECT_EQ(through(192, Writer(true).u8(0).u8(0).u16(12).u32(1).u32(0).add(ethernet_ip(inner4()))), "inside");
  EXPECT_EQ(through(258, Writer(true).u32(16).u32(1).u32(12).u32(0).add(inner4())), "inside");
}

TEST(CaptureLink, ReadsTunnels) {
  const auto in4 = [](std::uint8_t protocol, const Buffer& payload) { return ethernet_ip(ip_packet(ip4(10, 0, 0, 1), ip4(10, 0, 0, 2), protocol, payload)); };
  const auto in_udp = [](std::uint16_t port, const Buffer& payload) { return ethernet_ip(udp_packet({ip4(10, 0, 0, 1), 40000}, {ip4(10, 0, 0, 2), port}, payload)); };
  EXPECT_EQ(through(1, in4(4, inner4())), "inside");
  EXPECT_EQ(through(1, in4(41, inner6())), "inside");
  EXPECT_EQ(through(1, in4(47, Writer().u16(0).u16(0x0800).add(inner4()))), "inside");
  EXPECT_EQ(through(1, in4(47, Writer().u16(0xb000).u16(0x6558).u32(0).u32(7).u32(1).add(ethernet_ip(inner6())))), "inside");
  EXPECT_EQ(through(1, in4(47, Writer().u16(0x3081).u16(0x880b).u32(0).u32(1).u32(1).u16(0xff03).u16(0x21).add(inner4()))), "inside");
  EXPECT_EQ(through(1, in4(47, Writer().u16(0x1000).u16(0x88be).u32(1).u64(0).add(ethernet_ip(inner4())))), "inside");
  EXPECT_EQ(through(1, in4(97, Writer().u16(0x3000).add(ethernet_ip(inner4())))), "inside");
  EXPECT_EQ(through(1, in4(51, Writer().u8(17).u8(4).u16(0).u32(1).u32(1).zeros(12).add(Bytes(inner4()).subspan(20)))), "inside");
  EXPECT_EQ(through(1, in_udp(4789, Writer().u32(0x08000000).u32(0x00001200).add(ethernet_ip(inner4())))), "inside");
  EXPECT_EQ(through(1, in_udp(6081, Writer().u8(1).u8(0).u16(0x6558).u32(0x00001200).u32(0).add(ethernet_ip(inner6())))), "inside");
  EXPECT_EQ(through(1, in_udp(2152, Writer().u8(0x30).u8(255).u16(inner4().size()).u32(1).add(inner4()))), "inside");
  EXPECT_EQ(through(1, in_udp(2152, Writer().u8(0x34).u8(255).u16(0).u32(1).u16(0).u8(0).u8(0x85).u8(1).u16(0).u8(0).add(inner4()))), "inside");
  EXPECT_EQ(through(1, in_udp(3544, Writer().u16(0).zeros(6).add(inner6()))), "inside");
  EXPECT_EQ(through(1, in_udp(37008, Writer().u8(1).u8(0).u16(1).u8(10).u8(1).u8(0).u8(1).add(ethernet_ip(inner4())))), "inside");
}

TEST(CaptureLink, TakesAnOrdinaryDatagramToATunnelPortForWhatItIs) {
  EXPECT_EQ(through_ethernet(0x0800, udp_packet({ip4(10, 0, 0, 1), 4789}, {ip4(10, 0, 0, 2), 4789}, text("no tunnel"))), "no tunnel");
  EXPECT_EQ(through_ethernet(0x0800, udp_packet({ip4(10, 0, 0, 1), 9}, {ip4(10, 0, 0, 2), 2152}, text("2"))), "2");
}

TEST(CaptureLink, StopsAtTheNestingLimit) {
  Buffer packet = inner4();
  for (int i = 0; i < 5; ++i) packet = ip_packet(ip4(10, 0, 0, 1), ip4(10, 0, 0, 2), 4, packet);
  EXPECT_EQ(through(1, ethernet_ip(packet)), "inside");
  for (int i = 0; i < 5; ++i) packet = ip_packet(ip4(10, 0, 0, 1), ip4(10, 0, 0, 2), 4, packet);
  const auto back = read_back(PcapBuilder().packet(ethernet_ip(packet)).bytes());
  EXPECT_TRUE(back.seen.flows.empty());
  EXPECT_EQ(back.tally("too many headers inside each other"), 1U);
}

// IEEE 802.11 data, from a station to an access point or back.
Buffer wifi(std::uint8_t flags, const Buffer& body, bool qos = false, std::uint16_t qos_control = 0) {
  Writer w(true);
  w.u8(qos ? 0x88 : 0x08).u8(flags).u16(0).add(k_mac_server).add(k_mac_client).add(k_mac_server).u16(0x10);
  if ((flags & 3U) == 3) w.add(k_mac_client);
  if (qos) w.u16(qos_control);
  return w.add(body);
}

TEST(CaptureLink, ReadsClearWifiData) {
  const Buffer body = snap(0x0800) + inner4();
  EXPECT_EQ(through(105, wifi(1, body)), "inside");
  EXPECT_EQ(through(105, wifi(2, body)), "inside");
  EXPECT_EQ(through(105, wifi(3, body)), "inside");
  EXPECT_EQ(through(105, wifi(1, body, true)), "inside");
  EXPECT_EQ(through(105, wifi(0x41, body)), "inside");  // flagged as protected, but decrypted by the tool that wrote it
  EXPECT_EQ(through(119, Writer().u32(0x44000000).zeros(140).add(wifi(1, body))), "inside");
  EXPECT_EQ(through(163, Writer().u32(0x80211001).u32(64).zeros(56).add(wifi(1, body))), "inside");
}

TEST(CaptureLink, ReadsRadiotapHeadersOfSeveralShapes) {
  const Buffer body = snap(0x0800) + inner4();
  EXPECT_EQ(through(127, Writer(true).u8(0).u8(0).u16(8).u32(0).add(wifi(1, body))), "inside");
  // Two presence words, a time stamp that must be aligned, flags: data padding.
  Buffer padded = wifi(1, {}, true) + Buffer(2) + body;
  EXPECT_EQ(through(127, Writer(true).u8(0).u8(0).u16(28).u32(0x80000003).u32(0).zeros(4).u64(1).u8(0x20).zeros(3).add(padded)), "inside");
  const auto bad = read_back(PcapBuilder({true, false, 127}).packet(Writer(true).u8(0).u8(0).u16(9).u32(2).u8(0x40).add(wifi(1, body))).bytes());
  EXPECT_TRUE(bad.seen.flows.empty());
}

TEST(CaptureLink, ReadsEachPacketOfAnAggregate) {
  Buffer aggregate;
  for (const std::string_view payload : {"one", "three", "seventh"}) {
    const Buffer body = snap(0x0800) + inner4(payload);
    aggregate = aggregate + Buffer(Writer().add(k_mac_server).add(k_mac_client).u16(body.size()).add(body).align(4));
  }
  const auto back = read_back(PcapBuilder({true, false, 105}).packet(wifi(1, aggregate, true, 0x80)).bytes());
  ASSERT_EQ(back.seen.flows.size(), 1U);
  ASSERT_EQ(back.seen.flows.at(0).datagrams.size(), 3U);
  EXPECT_EQ(words(back.seen.flows.at(0).datagrams[2].bytes), "seventh");
}

TEST(CaptureLink, SaysThatWifiDataIsEncryptedAFewTimesAndCountsTheRest) {
  PcapBuilder file({true, false, 105});
  for (int i = 0; i < 100; ++i) file.packet(wifi(0x41, Buffer(40, 0x5a)));
  file.packet(Writer(true).u8(0x80).u8(0).zeros(30));
  const auto back = read_back(file.bytes());
  EXPECT_TRUE(back.seen.flows.empty());
  EXPECT_EQ(back.tally("802.11 encrypted data"), 100U);
  EXPECT_EQ(back.tally("802.11 management"), 1U);
  ASSERT_EQ(back.seen.observations.size(), 16U);
  EXPECT_EQ(back.seen.observations[0].kind, Observation::Kind::wifi_encrypted);
  EXPECT_EQ(back.seen.observations[0].at.frame, 1U);
  EXPECT_EQ(back.seen.observations[0].detail, "02:00:00:00:00:01 to 02:00:00:00:00:02");
}

TEST(CaptureLink, HandsOnEapWithTheAnsweringSideAsTheClient) {
  const auto eapol = [](std::uint8_t type, const Buffer& body) { return Buffer(Writer().u8(1).u8(type).u16(body.size()).add(body)); };
  const Buffer request = Writer().u8(1).u8(7).u16(6).u8(13).u8(0x20);
  const Buffer response = Writer().u8(2).u8(7).u16(6).u8(13).u8(0x00);
  const std::array<std::uint8_t, 6> group{0x01, 0x80, 0xc2, 0, 0, 3};
  for (const bool wired : {false, true}) {
    const auto to = [&](const std::array<std::uint8_t, 6>& mac) { return wired ? group : mac; };
    PcapBuilder file;
    file.packet(ethernet(0x888e, eapol(1, {}), k_mac_client, group));
    file.packet(ethernet(0x888e, eapol(0, request), k_mac_server, k_mac_client));
    file.packet(ethernet(0x888e, eapol(0, response) + Buffer(40), k_mac_client, to(k_mac_server)));
    file.packet(ethernet(0x888e, eapol(0, request), k_mac_server, to(k_mac_client)));
    file.packet(ethernet(0x888e, eapol(3, Buffer(95)), k_mac_server, k_mac_client));
    const auto back = read_back(file.bytes());
    ASSERT_EQ(back.seen.flows.size(), 1U);
    const auto& flow = back.seen.flows.at(0);
    EXPECT_EQ(flow.flow.transport, Transport::eap);
    EXPECT_TRUE(flow.flow.opened);
    EXPECT_EQ(to_string(flow.flow.source), "02:00:00:00:00:01");
    EXPECT_EQ(to_string(flow.flow.destination), "02:00:00:00:00:02");
    ASSERT_EQ(flow.datagrams.size(), 3U);
    EXPECT_EQ(flow.datagrams[0].direction, Direction::backward);
    EXPECT_EQ(flow.datagrams[1].direction, Direction::forward);
    EXPECT_EQ(flow.datagrams[1].bytes, response);
  }
}

TEST(CaptureLink, CountsWhatItDoesNotRead) {
  PcapBuilder file;
  file.packet(ethernet(0x88cc, Buffer(20))).packet(ethernet(0x88cc, Buffer(20))).packet(ethernet(0x1234 + 0x1000, Buffer(20)));
  file.packet(ethernet(38, Writer().u24(0x424203).zeros(35))).packet(Buffer(5)).packet(ethernet(0x0800, {0x45, 0}));
  const auto back = read_back(file.bytes());
  EXPECT_EQ(back.tally("LLDP"), 2U);
  EXPECT_EQ(back.tally("EtherType 0x2234"), 1U);
  EXPECT_EQ(back.tally("LLC (spanning tree and others)"), 1U);
  EXPECT_EQ(back.tally("malformed link header"), 1U);
  EXPECT_EQ(back.tally("malformed IP"), 1U);
  EXPECT_EQ(back.summary.tallies[0].what, "LLDP");
  EXPECT_EQ(read_back(PcapBuilder({true, false, 230}).packet(Buffer(20)).bytes()).tally("packets of link type IEEE802_15_4_NOFCS, which is not supported"), 1U);
}

TEST(CaptureLink, EveryHeaderMayBeCutAnywhere) {
  const Buffer whole = ethernet(0x8100, tag(0x8847) + Buffer(Writer().u32(0x00020140)) +
                                            ip_packet(ip4(10, 0, 0, 1), ip4(10, 0, 0, 2), 17, udp_header_and(40000, 4789, Writer().u32(0x08000000).u32(0x1200).add(ethernet_ip(inner6())))));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto back = read_back(PcapBuilder().packet({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}, 0, whole.size()).bytes());
    EXPECT_EQ(back.summary.cut_packets, 1U);
    EXPECT_EQ(back.tally("malformed link header") + back.tally("malformed IP") + back.tally("malformed UDP"), 0U) << size;
    for (const auto& [id, flow] : back.seen.flows)
      for (const auto& datagram : flow.datagrams) EXPECT_LT(datagram.bytes.size(), datagram.full);
  }
}

}  // namespace
}  // namespace tlswhy::testing
