// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "packet_builder.hpp"

namespace tlswhy::testing {
namespace {

using capture::Direction;
using capture::EventKind;
using capture::Gap;

std::vector<EventKind> kinds(const Recorder::Conversation& flow) {
  std::vector<EventKind> list;
  for (const auto& event : flow.events) list.push_back(event.kind);
  return list;
}

TEST(CaptureTcp, FollowsAConnectionFromSynToFin) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, ""), c.from_client(0, "hello"), c.from_server(0, "world", 5), c.from_server(5, "", 5, k_fin | k_ack),
                                       c.from_client(5, "", 6, k_fin | k_ack), c.from_server(6, "", 6)}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  const auto& flow = back.seen.flows.at(0);
  EXPECT_TRUE(flow.flow.opened);
  EXPECT_EQ(flow.flow.source, c.client);
  EXPECT_EQ(flow.flow.destination, c.server);
  EXPECT_EQ(flow.opened, 1);
  EXPECT_EQ(flow.closed, 1);
  EXPECT_EQ(words(flow.forward().bytes), "hello");
  EXPECT_EQ(words(flow.backward().bytes), "world");
  EXPECT_EQ(flow.forward().chunks[0].frame, 4U);
  EXPECT_EQ(kinds(flow), (std::vector{EventKind::syn, EventKind::syn_ack, EventKind::fin, EventKind::fin}));
  EXPECT_EQ(flow.events[2].direction, Direction::backward);
  EXPECT_EQ(flow.events[2].at.frame, 6U);
  EXPECT_EQ(back.tally("TCP port 8883"), 8U);
}

TEST(CaptureTcp, TheSenderOfTheSynIsTheSourceEvenIfOnlyItsAnswerIsThere) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn_ack(), c.from_client(0, "hello")}));
  EXPECT_TRUE(back.seen.flows.at(0).flow.opened);
  EXPECT_EQ(back.seen.flows.at(0).flow.source, c.client);
  EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "hello");
}

TEST(CaptureTcp, StartsInTheMiddleOfAConnection) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.from_server(100, "world", 50), c.from_client(50, "hello", 105)}));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_FALSE(flow.flow.opened);
  EXPECT_EQ(flow.flow.source, c.server);
  EXPECT_EQ(words(flow.forward().bytes), "world");
  EXPECT_EQ(words(flow.backward().bytes), "hello");
  EXPECT_TRUE(flow.forward().gaps.empty());
}

TEST(CaptureTcp, AnAcknowledgementTellsWhereAStreamWithoutSynBegins) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.from_client(0, ""), c.from_client(0, "hello"), c.from_server(4, "late", 5), c.from_server(0, "soon", 5)}));
  EXPECT_EQ(words(back.seen.flows.at(0).backward().bytes), "soonlate");
}

TEST(CaptureTcp, BringsSegmentsIntoOrderAndNamesTheFrameThatFilledTheHole) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(2, "cd"), c.from_client(6, "gh"), c.from_client(4, "ef"), c.from_client(0, "ab"), c.from_client(8, "ij")}));
  const auto& stream = back.seen.flows.at(0).forward();
  EXPECT_EQ(words(stream.bytes), "abcdefghij");
  ASSERT_EQ(stream.chunks.size(), 5U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(stream.chunks[i].frame, 6U);
  EXPECT_EQ(stream.chunks[4].frame, 7U);
  EXPECT_TRUE(stream.gaps.empty());
  EXPECT_EQ(back.seen.flows.at(0).count(EventKind::retransmission), 0U);
}

TEST(CaptureTcp, KeepsTheFirstBytesWhereSegmentsOverlap) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, "abcd"), c.from_client(2, "XXef"), c.from_client(8, "ij"), c.from_client(5, "YghYYklY"), c.from_client(6, "zzzzzz")}));
  EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "abcdefghijklY");
  EXPECT_EQ(back.seen.flows.at(0).count(EventKind::retransmission), 3U);
}

TEST(CaptureTcp, ZerosThatFillAShortFrameAreToldFromDataByWhatFollows) {
  const Conversation c;
  const std::string zeros(2, '\0');
  // IP counts the padding of the acknowledgement: the data that follows has the same sequence number.
  const auto padded = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, zeros), c.from_client(0, zeros), c.from_client(0, "hello", 0, k_psh | k_ack), c.from_client(5, zeros), c.from_client(5, "")}));
  EXPECT_EQ(words(padded.seen.flows.at(0).forward().bytes), "hello");
  // Data: the stream goes on after it, the other side has it, or nothing more comes.
  const auto followed = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, zeros), c.from_client(2, "hello")}));
  EXPECT_EQ(words(followed.seen.flows.at(0).forward().bytes), zeros + "hello");
  EXPECT_EQ(followed.seen.flows.at(0).forward().chunks.front().frame, 3U);
  const auto acknowledged = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, zeros), c.from_server(0, "", 2), c.from_client(0, "hello")}));
  EXPECT_EQ(words(acknowledged.seen.flows.at(0).forward().bytes), zeros + "llo");
  const auto last = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, "hello"), c.from_client(5, zeros)}));
  EXPECT_EQ(words(last.seen.flows.at(0).forward().bytes), "hello" + zeros);
}

TEST(CaptureTcp, TellsRetransmissionsWithTheirSize) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, "hello"), c.from_client(0, "hello"), c.from_client(0, "hello, world")}));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_EQ(words(flow.forward().bytes), "hello, world");
  ASSERT_EQ(flow.count(EventKind::retransmission), 2U);
  EXPECT_EQ(flow.events[2].size, 5U);
  EXPECT_EQ(flow.events[2].at.frame, 4U);
  EXPECT_EQ(flow.events[3].size, 12U);
}

TEST(CaptureTcp, APacketThatWasCapturedTwiceIsNoRetransmission) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn(), c.syn_ack(), c.syn_ack(), c.from_client(0, "hello"), c.from_client(0, "hello")}, 1000));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_EQ(kinds(flow), (std::vector{EventKind::syn, EventKind::syn_ack}));
  EXPECT_EQ(back.tally("packets captured twice"), 3U);
}

TEST(CaptureTcp, TellsKeepAlivesApartFromRetransmissions) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, "hello"), c.from_server(0, "", 5), c.from_client(4, ""), c.from_client(4, "o"), c.from_client(5, "!")}));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_EQ(flow.count(EventKind::keep_alive), 2U);
  EXPECT_EQ(flow.count(EventKind::retransmission), 0U);
  EXPECT_EQ(words(flow.forward().bytes), "hello!");
}

TEST(CaptureTcp, ReportsAGapOnceTheOtherSideHasTheBytes) {
  const Conversation c;
  std::vector<Buffer> packets{c.syn(), c.syn_ack(), c.from_client(0, "ab"), c.from_client(10, "kl"), c.from_server(0, "", 12)};
  for (std::uint32_t i = 0; i < 8; ++i) packets.push_back(c.from_server(i, "x", 12));
  packets.push_back(c.from_client(12, "mn", 8));
  const auto back = read_back(pcap_of(packets));
  const auto& stream = back.seen.flows.at(0).forward();
  EXPECT_EQ(words(stream.bytes), "abklmn");
  ASSERT_EQ(stream.gaps.size(), 1U);
  EXPECT_EQ(stream.gaps[0].position, 2U);
  EXPECT_EQ(stream.gaps[0].missing, 8U);
  EXPECT_EQ(stream.gaps[0].why, Gap::lost);
  EXPECT_EQ(stream.chunks[1].frame, 4U);  // the frame that carried them, not the one that made them believed
  EXPECT_EQ(stream.chunks[2].frame, 14U);
}

TEST(CaptureTcp, AnAcknowledgementThatStandsBeforeItsSegmentInTheFileMakesNoGap) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(2, "cd"), c.from_server(0, "", 4), c.from_client(0, "ab"), c.from_client(4, "ef")}));
  EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "abcdef");
  EXPECT_TRUE(back.seen.flows.at(0).forward().gaps.empty());
}

TEST(CaptureTcp, WaitsForAHoleThatTheOtherSideDoesNotHaveEither) {
  const Conversation c;
  std::vector<Buffer> packets{c.syn(), c.syn_ack(), c.from_client(2, "cd")};
  for (int i = 0; i < 50; ++i) packets.push_back(c.from_server(0, "", 0));
  packets.push_back(c.from_client(0, "ab"));
  const auto back = read_back(pcap_of(packets));
  EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "abcd");
  EXPECT_TRUE(back.seen.flows.at(0).forward().gaps.empty());
}

TEST(CaptureTcp, HandsOnWhatStillWaitsWhenTheCaptureEnds) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(5, "fg"), c.from_client(9, "jk", 0, k_fin | k_ack), c.from_client(2, "c")}));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_EQ(words(flow.forward().bytes), "cfgjk");
  ASSERT_EQ(flow.forward().gaps.size(), 3U);
  EXPECT_EQ(flow.forward().gaps[0].missing, 2U);
  EXPECT_EQ(flow.forward().gaps[2].missing, 2U);
  EXPECT_EQ(flow.events.back().kind, EventKind::fin);
  EXPECT_EQ(flow.events.back().at.frame, 4U);
}

TEST(CaptureTcp, ReportsBytesThatTheSnapLengthCutOff) {
  const Conversation c;
  PcapBuilder file;
  file.packet(ethernet_ip(c.syn())).packet(ethernet_ip(c.syn_ack()), 1'000'000);
  Buffer cut = ethernet_ip(c.from_client(0, "0123456789"));
  const std::size_t original = cut.size();
  cut.resize(original - 6);
  file.packet(cut, 2'000'000, original).packet(ethernet_ip(c.from_client(10, "ab")), 3'000'000);
  const auto back = read_back(file.bytes());
  const auto& stream = back.seen.flows.at(0).forward();
  EXPECT_EQ(words(stream.bytes), "0123ab");
  ASSERT_EQ(stream.gaps.size(), 1U);
  EXPECT_EQ(stream.gaps[0].missing, 6U);
  EXPECT_EQ(stream.gaps[0].why, Gap::snap_length);
  EXPECT_EQ(stream.gaps[0].frame, 3U);
}

TEST(CaptureTcp, FollowsStreamsOfWhichOnlyHeadersWereRecorded) {
  const Conversation c;
  PcapBuilder file;
  std::int64_t time = 0;
  for (const Buffer& packet : {c.syn(), c.syn_ack(), c.from_client(0, "0123456789"), c.from_server(0, "abc", 10)}) {
    Buffer frame = ethernet_ip(packet);
    const std::size_t original = frame.size();
    frame.resize(14 + 20 + 16);  // not even the whole TCP header
    file.packet(frame, time += 2'000'000, original);
  }
  const auto back = read_back(file.bytes());
  const auto& flow = back.seen.flows.at(0);
  EXPECT_TRUE(flow.forward().bytes.empty());
  ASSERT_EQ(flow.forward().gaps.size(), 1U);
  EXPECT_EQ(flow.forward().gaps[0].missing, 10U);
  EXPECT_EQ(flow.backward().gaps.at(0).missing, 3U);
  EXPECT_EQ(flow.count(EventKind::zero_window), 0U);
}

TEST(CaptureTcp, GoesAroundTheEndOfTheSequenceNumbers) {
  Conversation c;
  c.client_sequence = 0xfffffffc;
  c.server_sequence = 0xffffffff;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(6, "ghij"), c.from_client(0, "abc"), c.from_client(3, "def"), c.from_client(0, "abcdef"), c.from_server(0, "xyz", 10)}));
  EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "abcdefghij");
  EXPECT_EQ(words(back.seen.flows.at(0).backward().bytes), "xyz");
}

TEST(CaptureTcp, ReadsDataInTheSyn) {
  const Conversation c;
  const Buffer fast_open = tcp_packet({c.client, c.server, c.client_sequence - 1, 0, k_syn, 8192, text("early")});
  const auto accepted = read_back(pcap_of({fast_open, tcp_packet({c.server, c.client, c.server_sequence - 1, c.client_sequence + 5, k_syn | k_ack}), c.from_client(5, " bird")}));
  EXPECT_EQ(words(accepted.seen.flows.at(0).forward().bytes), "early bird");
  const auto refused = read_back(pcap_of({fast_open, c.syn_ack(), c.from_client(0, "early bird")}));
  EXPECT_EQ(words(refused.seen.flows.at(0).forward().bytes), "early bird");
}

TEST(CaptureTcp, ASynSentAgainIsTheSameConnection) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn(), c.syn(), c.syn_ack(), c.syn_ack(), c.from_client(0, "hi")}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  EXPECT_EQ(back.seen.flows.at(0).count(EventKind::syn), 3U);
  EXPECT_EQ(back.seen.flows.at(0).count(EventKind::syn_ack), 2U);
}

TEST(CaptureTcp, ASynSentAgainAfterAResetIsTheSameAttempt) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.from_server(0, "", 0, k_rst | k_ack), c.syn(), c.from_server(0, "", 0, k_rst | k_ack)}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  EXPECT_EQ(kinds(back.seen.flows.at(0)), (std::vector{EventKind::syn, EventKind::rst, EventKind::syn, EventKind::rst}));
}

TEST(CaptureTcp, AnotherSynOnTheSamePortsIsAnotherConnection) {
  const Conversation one;
  Conversation two;
  two.client_sequence = 900000;
  two.server_sequence = 77;
  for (const bool closed : {true, false}) {
    std::vector<Buffer> packets{one.syn(), one.syn_ack(), one.from_client(0, "first")};
    if (closed) packets.push_back(one.from_server(0, "", 5, k_rst | k_ack));
    packets.insert(packets.end(), {two.syn(), two.syn_ack(), two.from_client(0, "second"), two.from_server(0, "answer", 6)});
    const auto back = read_back(pcap_of(packets));
    ASSERT_EQ(back.seen.flows.size(), 2U);
    EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "first");
    EXPECT_EQ(words(back.seen.flows.at(1).forward().bytes), "second");
    EXPECT_EQ(words(back.seen.flows.at(1).backward().bytes), "answer");
    EXPECT_EQ(back.seen.flows.at(0).closed, 1);
    EXPECT_EQ(back.seen.flows.at(1).closed, 1);
  }
}

TEST(CaptureTcp, AStackThatAlwaysBeginsWithTheSameNumberOpensNewConnections) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_client(0, "first"), c.from_client(5, "", 0, k_rst), c.syn(), c.syn_ack(), c.from_client(0, "second")}));
  ASSERT_EQ(back.seen.flows.size(), 2U);
  EXPECT_EQ(words(back.seen.flows.at(1).forward().bytes), "second");
}

TEST(CaptureTcp, TheClientChoosesAmongSynAcksWithDifferentNumbers) {
  const Conversation c;
  Conversation other;
  other.server_sequence = 3'000'000'000;
  const auto back = read_back(pcap_of({c.syn(), other.syn_ack(), c.syn(), c.syn_ack(), other.from_client(0, ""), c.syn_ack(), other.from_server(0, "chosen", 0)}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  EXPECT_EQ(words(back.seen.flows.at(0).backward().bytes), "chosen");
  EXPECT_TRUE(back.seen.flows.at(0).backward().gaps.empty());
}

TEST(CaptureTcp, AHalfOpenConnectionOfOldIsNotTheNewOne) {
  // RFC 9293, figure 9: the server acknowledges something of an earlier life, the client resets that, and begins again.
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), tcp_packet({c.server, c.client, 42, 4242, k_ack}), tcp_packet({c.client, c.server, 4242, 0, k_rst}), c.syn(), c.syn_ack(), c.from_client(0, ""), c.from_client(0, "hello"), c.from_server(0, "world", 5)}));
  ASSERT_EQ(back.seen.flows.size(), 1U);
  EXPECT_EQ(words(back.seen.flows.at(0).forward().bytes), "hello");
  EXPECT_EQ(words(back.seen.flows.at(0).backward().bytes), "world");
  EXPECT_TRUE(back.seen.flows.at(0).backward().gaps.empty());
}

TEST(CaptureTcp, TellsResetsAndClosedWindows) {
  const Conversation c;
  Segment closed{c.server, c.client, c.server_sequence, c.client_sequence, k_ack, 0, {}};
  Segment open = closed;
  open.window = 100;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), tcp_packet(closed), tcp_packet(closed), tcp_packet(open), tcp_packet(closed), c.from_client(0, "reason, not data", 0, k_rst | k_ack)}));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_EQ(kinds(flow), (std::vector{EventKind::syn, EventKind::syn_ack, EventKind::zero_window, EventKind::zero_window, EventKind::rst}));
  EXPECT_TRUE(flow.forward().bytes.empty());
}

TEST(CaptureTcp, HandsOnDataBeforeTheResetThatFollowsIt) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn(), c.syn_ack(), c.from_server(7, "alert", 0), c.from_client(0, "", 12), c.from_client(0, "", 12, k_rst | k_ack)}));
  const auto& flow = back.seen.flows.at(0);
  EXPECT_EQ(words(flow.backward().bytes), "alert");
  ASSERT_EQ(flow.backward().gaps.size(), 1U);
  EXPECT_EQ(flow.backward().gaps[0].missing, 7U);
}

TEST(CaptureTcp, FollowsOneDirectionAlone) {
  const Conversation c;
  const auto back = read_back(pcap_of({c.syn_ack(), c.from_server(0, "ab", 9), c.from_server(4, "ef", 9), c.from_server(2, "cd", 9)}));
  EXPECT_EQ(words(back.seen.flows.at(0).backward().bytes), "abcdef");
  EXPECT_EQ(back.seen.flows.at(0).flow.source, c.client);
}

TEST(CaptureTcp, BoundsWhatWaitsForAHole) {
  const Conversation c;
  capture::Options options;
  options.limits.out_of_order_bytes = 10'000;
  std::vector<Buffer> packets{c.syn(), c.syn_ack()};
  for (std::uint32_t i = 0; i < 100; ++i) packets.push_back(c.from_client(1 + i * 200, std::string(200, 'x')));
  const auto back = read_back(pcap_of(packets), options);
  const auto& stream = back.seen.flows.at(0).forward();
  ASSERT_EQ(stream.gaps.size(), 1U);
  EXPECT_EQ(stream.gaps[0].why, Gap::limit);
  EXPECT_EQ(stream.gaps[0].missing, 1U);
  EXPECT_EQ(stream.bytes.size(), 20'000U);
  EXPECT_TRUE(back.says("more bytes than are kept were waiting for a missing TCP segment"));
}

TEST(CaptureTcp, ClosesTheFlowThatWasIdleForLongestWhenThereAreTooMany) {
  capture::Options options;
  options.limits.flows = 10;
  std::vector<Buffer> packets;
  Conversation busy;
  packets.push_back(busy.syn());
  for (std::uint16_t i = 0; i < 30; ++i) {
    Conversation c;
    c.client.port = static_cast<std::uint16_t>(1000 + i);
    packets.push_back(c.syn());
    packets.push_back(busy.from_client(i, "x"));
  }
  const auto back = read_back(pcap_of(packets), options);
  EXPECT_EQ(back.seen.flows.size(), 31U);
  for (const auto& [id, flow] : back.seen.flows) EXPECT_EQ(flow.closed, 1);
  EXPECT_EQ(back.seen.flows.at(0).forward().bytes.size(), 30U);
  EXPECT_TRUE(back.says("more than 10 conversations are open"));
}

TEST(CaptureTcp, CountsHeadersThatMakeNoSense) {
  const Conversation c;
  Buffer bad = c.syn();
  bad[20 + 12] = 0x40;  // a data offset of 16 bytes
  Buffer beyond = c.syn();
  beyond[20 + 12] = 0xf0;
  const auto back = read_back(pcap_of({bad, beyond}));
  EXPECT_TRUE(back.seen.flows.empty());
  EXPECT_EQ(back.tally("malformed TCP"), 2U);
}

}  // namespace
}  // namespace tlswhy::testing
