// SPDX-License-Identifier: Apache-2.0
// The same byte streams, sent in every way a network can send them and written in every way a file can hold them, are the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "packet_builder.hpp"

namespace tlswhy::testing {
namespace {

using Random = std::mt19937;

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

Buffer random_bytes(Random& random, std::size_t size) {
  Buffer bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

struct Piece {
  std::size_t begin;
  std::size_t end;
};

// A stream cut into segments; some are repeated, some reach over their neighbours, and neighbours change places.
std::vector<Piece> segments_of(Random& random, std::size_t size, bool disorder) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < size;) {
    const std::size_t end = std::min(size, at + 1 + below(random, 1400));
    pieces.push_back({at, end});
    at = end;
  }
  if (!disorder) return pieces;
  std::vector<Piece> sent;
  for (const Piece& piece : pieces) {
    sent.push_back(piece);
    if (below(random, 4) == 0) sent.push_back(pieces[below(random, pieces.size())]);
    if (below(random, 4) == 0) sent.push_back({piece.begin - below(random, std::min<std::size_t>(piece.begin + 1, 500)), std::min(size, piece.end + below(random, 500))});
  }
  for (std::size_t i = 0; i + 1 < sent.size(); ++i) std::swap(sent[i], sent[i + below(random, std::min<std::size_t>(6, sent.size() - i))]);
  return sent;
}

struct Link {
  std::uint32_t type;
  std::function<Buffer(const Buffer&)> wrap;
};

std::vector<Link> links() {
  const auto type_of = [](const Buffer& ip) { return static_cast<std::uint16_t>(ip[0] >> 4U == 4 ? 0x0800 : 0x86dd); };
  return {
      {1, [](const Buffer& ip) { return ethernet_ip(ip); }},
      {1, [=](const Buffer& ip) { return ethernet(0x8100, Writer().u16(5).u16(type_of(ip)).add(ip)); }},
      {101, [](const Buffer& ip) { return ip; }},
      {113, [=](const Buffer& ip) { return Buffer(Writer().u16(0).u16(1).u16(6).u64(0).u16(type_of(ip)).add(ip)); }},
      {276, [=](const Buffer& ip) { return Buffer(Writer().u16(type_of(ip)).u16(0).u32(3).u16(1).u16(6).u64(0).add(ip)); }},
      {0, [](const Buffer& ip) { return Buffer(Writer(true).u32(ip[0] >> 4U == 4 ? 2 : 30).add(ip)); }},
      {9, [](const Buffer& ip) { return Buffer(Writer().u16(0xff03).u16(ip[0] >> 4U == 4 ? 0x21 : 0x57).add(ip)); }},
      {105, [=](const Buffer& ip) { return Buffer(Writer().u16(0x0801).u16(0).add(k_mac_server).add(k_mac_client).add(k_mac_server).u16(0).u24(0xaaaa03).u24(0).u16(type_of(ip)).add(ip)); }},
  };
}

void round(unsigned seed) {
  Random random(seed);
  const auto all_links = links();
  const Link& link = all_links[seed % all_links.size()];
  const bool pcapng = (seed / 8) % 2 == 0, little = (seed / 16) % 2 == 0, nanoseconds = (seed / 32) % 2 == 0, v6 = random() % 2 == 0;

  Endpoint client{v6 ? ip6(1) : ip4(192, 0, 2, 1), 50000}, server{v6 ? ip6(2) : ip4(198, 51, 100, 2), 443};
  const std::array<std::uint32_t, 2> initial{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random()) | 0xffff0000U};
  const std::array<Buffer, 2> streams{random_bytes(random, below(random, 20000)), random_bytes(random, 1 + below(random, 60000))};
  const bool disorder = seed % 5 != 0;

  std::vector<Buffer> packets{tcp_packet({client, server, initial[0] - 1, 0, k_syn}), tcp_packet({server, client, initial[1] - 1, initial[0], k_syn | k_ack})};
  std::array<std::vector<Piece>, 2> todo{segments_of(random, streams[0].size(), disorder), segments_of(random, streams[1].size(), disorder)};
  std::array<std::size_t, 2> done{0, 0};
  // Acknowledgements are those of receivers that saw the packets in this order.
  std::array<std::vector<bool>, 2> received{std::vector<bool>(streams[0].size()), std::vector<bool>(streams[1].size())};
  std::array<std::size_t, 2> acknowledged{0, 0};
  while (done[0] < todo[0].size() || done[1] < todo[1].size()) {
    std::size_t side = random() % 2;
    if (done[side] == todo[side].size()) side = 1 - side;
    const Piece piece = todo[side][done[side]++];
    auto& got = received[side];
    std::fill(got.begin() + static_cast<std::ptrdiff_t>(piece.begin), got.begin() + static_cast<std::ptrdiff_t>(piece.end), true);
    while (acknowledged[side] < got.size() && got[acknowledged[side]]) ++acknowledged[side];
    const Buffer payload(streams[side].begin() + static_cast<std::ptrdiff_t>(piece.begin), streams[side].begin() + static_cast<std::ptrdiff_t>(piece.end));
    const auto number = static_cast<std::uint32_t>(initial[side] + piece.begin);
    const auto other = static_cast<std::uint32_t>(initial[1 - side] + acknowledged[1 - side]);
    packets.push_back(tcp_packet({side == 0 ? client : server, side == 0 ? server : client, number, other, k_ack, 8192, payload}));
  }
  for (std::size_t side = 0; side < 2; ++side) {
    const auto number = static_cast<std::uint32_t>(initial[side] + streams[side].size());
    packets.push_back(tcp_packet({side == 0 ? client : server, side == 0 ? server : client, number, static_cast<std::uint32_t>(initial[1 - side] + streams[1 - side].size()), k_fin | k_ack}));
  }

  const FileOptions options{little, nanoseconds, link.type};
  PcapBuilder classic(options);
  PcapngBuilder blocks(options);
  std::int64_t time = 0;
  for (const Buffer& packet : packets) {
    time += static_cast<std::int64_t>(below(random, 30'000'000));
    classic.packet(link.wrap(packet), time);
    blocks.packet(link.wrap(packet), time);
  }
  const auto back = read_back(pcapng ? blocks.bytes() : classic.bytes());
  EXPECT_EQ(back.summary.problems, std::vector<std::string>{}) << "seed " << seed;
  ASSERT_EQ(back.seen.flows.size(), 1U) << "seed " << seed;
  const auto& flow = back.seen.flows.at(0);
  for (std::size_t side = 0; side < 2; ++side) {
    EXPECT_TRUE(flow.streams[side].bytes == streams[side]) << "seed " << seed << " side " << side;
    EXPECT_TRUE(flow.streams[side].gaps.empty()) << "seed " << seed;
    std::uint64_t last = 0;
    for (const auto& chunk : flow.streams[side].chunks) {
      EXPECT_GE(chunk.frame, last);
      last = chunk.frame;
    }
  }
  EXPECT_EQ(flow.count(capture::EventKind::fin), 2U) << "seed " << seed;
  EXPECT_EQ(flow.events.back().kind, capture::EventKind::fin);
}

TEST(CaptureProperty, TheWayAStreamIsSentAndStoredDoesNotChangeIt) {
  for (unsigned seed = 0; seed < 300; ++seed) round(seed);
}

// With packets left out, what is handed on is the stream with holes, each reported with its size.
TEST(CaptureProperty, WhatIsMissingIsReportedByteByByte) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    Random random(seed);
    Conversation c;
    c.client_sequence = static_cast<std::uint32_t>(random());
    const Buffer stream = random_bytes(random, 5000 + below(random, 20000));
    std::vector<Buffer> packets{c.syn(), c.syn_ack()};
    std::vector<bool> there(stream.size());
    for (const Piece& piece : segments_of(random, stream.size(), seed % 2 == 0)) {
      if (below(random, 5) == 0) continue;
      const std::string payload(stream.begin() + static_cast<std::ptrdiff_t>(piece.begin), stream.begin() + static_cast<std::ptrdiff_t>(piece.end));
      packets.push_back(c.from_client(static_cast<std::uint32_t>(piece.begin), payload));
      std::fill(there.begin() + static_cast<std::ptrdiff_t>(piece.begin), there.begin() + static_cast<std::ptrdiff_t>(piece.end), true);
      if (below(random, 3) == 0) packets.push_back(c.from_server(0, "", 0));  // acknowledges nothing new
    }
    packets.push_back(c.from_client(static_cast<std::uint32_t>(stream.size()), "", 0, k_fin | k_ack));
    packets.push_back(c.from_server(0, "", static_cast<std::uint32_t>(stream.size() + 1)));
    const auto back = read_back(pcap_of(packets));
    const auto& seen = back.seen.flows.at(0).forward();
    std::size_t position = 0, read = 0;
    auto gap = seen.gaps.begin();
    while (position < stream.size()) {
      if (gap != seen.gaps.end() && gap->position == read) {
        for (std::uint64_t i = 0; i < gap->missing; ++i) ASSERT_FALSE(there[position++]) << "seed " << seed;
        ++gap;
        continue;
      }
      ASSERT_LT(read, seen.bytes.size()) << "seed " << seed;
      ASSERT_TRUE(there[position]) << "seed " << seed;
      ASSERT_EQ(seen.bytes[read], stream[position]) << "seed " << seed;
      ++read;
      ++position;
    }
    EXPECT_EQ(read, seen.bytes.size()) << "seed " << seed;
    EXPECT_EQ(gap, seen.gaps.end()) << "seed " << seed;
    EXPECT_EQ(back.seen.flows.at(0).count(capture::EventKind::fin), 1U) << "seed " << seed;
  }
}

TEST(CaptureProperty, TruncationAtEveryByteGivesAPrefixOfTheStream) {
  const Conversation c;
  PcapBuilder classic;
  PcapngBuilder blocks({false, true});
  for (const Buffer& packet : {c.syn(), c.syn_ack(), c.from_client(0, "client hello"), c.from_server(5, "hello", 12), c.from_server(0, "srvr ", 12), c.from_client(12, "", 10, k_fin | k_ack)}) {
    classic.packet(ethernet_ip(packet));
    blocks.packet(ethernet_ip(packet));
  }
  for (const Buffer& file : {classic.bytes(), blocks.bytes()}) {
    for (std::size_t size = 0; size <= file.size(); ++size) {
      const auto back = read_back({file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)});
      if (back.seen.flows.empty()) continue;
      const auto& flow = back.seen.flows.at(0);
      const std::string sent = words(flow.forward().bytes), answered = words(flow.backward().bytes);
      EXPECT_TRUE(sent.empty() || sent == "client hello");
      EXPECT_TRUE(answered.empty() || answered == "hello" || answered == "srvr hello") << answered;
      EXPECT_EQ(flow.closed, 1);
    }
  }
}

}  // namespace
}  // namespace tlswhy::testing
