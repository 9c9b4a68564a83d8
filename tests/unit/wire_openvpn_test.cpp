// SPDX-License-Identifier: Apache-2.0
// The layout of packets is that of the OpenVPN protocol description; the TLS in them that of RFC 5246.
#include <gtest/gtest.h>

#include "tls_builder.hpp"
#include "wire/openvpn.hpp"
#include "wire/wire.hpp"

namespace tlswhy::testing {
namespace {

constexpr std::uint8_t k_soft_reset = 3, k_control = 4, k_ack = 5, k_reset_client = 7, k_reset_server = 8;
const Endpoint k_client{ip4(192, 0, 2, 1), 50000};
const Endpoint k_server{ip4(192, 0, 2, 2), 1194};

// One packet: opcode and key, session id, HMAC with number and time where there is one, acknowledgements, number, payload.
Buffer packet(std::uint8_t opcode, std::uint32_t number, const Buffer& payload, std::size_t hmac, std::initializer_list<std::uint32_t> acknowledged = {}, std::uint8_t key = 0) {
  Writer w;
  w.u8(static_cast<std::uint8_t>(opcode << 3U | key)).add(Buffer(8, 0x51));
  if (hmac != 0) w.add(Buffer(hmac, 0xab)).u32(number + 1).u32(1'700'000'000);
  w.u8(acknowledged.size());
  for (const std::uint32_t one : acknowledged) w.u32(one);
  if (acknowledged.size() != 0) w.add(Buffer(8, 0x52));
  if (opcode != k_ack) w.u32(number);
  return w.add(payload);
}

// A conversation over UDP or TCP as a capture.
class Channel {
 public:
  Channel(bool stream, std::size_t hmac) : stream_(stream), hmac_(hmac) {}
  Channel& client(std::uint8_t opcode, std::uint32_t number, const Buffer& payload = {}, std::initializer_list<std::uint32_t> acknowledged = {}, std::uint8_t key = 0) {
    return add(packet(opcode, number, payload, hmac_, acknowledged, key), true);
  }
  Channel& server(std::uint8_t opcode, std::uint32_t number, const Buffer& payload = {}, std::initializer_list<std::uint32_t> acknowledged = {}, std::uint8_t key = 0) {
    return add(packet(opcode, number, payload, hmac_, acknowledged, key), false);
  }
  [[nodiscard]] std::vector<tls::Handshake> handshakes() const {
    auto capture = wire::read(Bytes(file_.bytes()), "test");
    return capture ? capture->handshakes : std::vector<tls::Handshake>{};
  }

 private:
  Channel& add(const Buffer& bytes, bool by_client) {
    const Endpoint& from = by_client ? k_client : k_server;
    const Endpoint& to = by_client ? k_server : k_client;
    Buffer ip;
    if (stream_) {
      const Buffer framed = Writer().u16(bytes.size()).add(bytes);
      Segment segment;
      segment.from = from;
      segment.to = to;
      segment.sequence = sequence_[by_client ? 0 : 1];
      segment.flags = 0x18;
      segment.payload = framed;
      sequence_[by_client ? 0 : 1] += static_cast<std::uint32_t>(framed.size());
      ip = tcp_packet(segment);
    } else {
      ip = udp_packet(from, to, bytes);
    }
    file_.packet(ethernet_ip(ip), ++count_ * 1'000'000);
    return *this;
  }

  bool stream_;
  std::size_t hmac_;
  PcapBuilder file_;
  std::int64_t count_ = 0;
  std::uint32_t sequence_[2] = {1, 1};
};

Buffer part(const Buffer& bytes, std::size_t begin, std::size_t end) { return {bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end)}; }

class OpenVpnOver : public ::testing::TestWithParam<std::pair<bool, std::size_t>> {};

TEST_P(OpenVpnOver, the_control_channel_is_a_handshake) {
  const auto [stream, hmac] = GetParam();
  const Buffer hello = message(1, client_hello({.extensions = server_name("vpn.example.test")}));
  const Buffer flight = message(2, server_hello(0xc02f)) + message(11, Writer().u24(0)) + message(14);
  Channel channel(stream, hmac);
  channel.client(k_reset_client, 0).server(k_reset_server, 0, {}, {0}).client(k_ack, 0, {}, {0});
  channel.client(k_control, 1, part(hello, 0, 40)).client(k_control, 2, part(hello, 40, hello.size()));
  channel.server(k_control, 1, part(flight, 0, 30), {1, 2}).server(k_control, 2, part(flight, 30, flight.size()));
  channel.client(k_control, 3, alert(2, 48), {1, 2});
  const auto all = channel.handshakes();
  ASSERT_EQ(all.size(), 1U);
  const tls::Handshake& h = all[0];
  EXPECT_EQ(h.transport, stream ? "tcp" : "udp");
  EXPECT_EQ(to_string(h.client), to_string(k_client));
  ASSERT_TRUE(h.client_hello);
  EXPECT_EQ(h.client_hello->server_name, "vpn.example.test");
  EXPECT_EQ(h.client_hello->at.frame, 5U);  // the packet that completes it
  ASSERT_TRUE(h.server_hello);
  EXPECT_EQ(h.ended_by, tls::EndedBy::alert);
  EXPECT_EQ(h.ended_by_side, Side::client);
  ASSERT_EQ(h.alerts.size(), 1U);
  EXPECT_EQ(h.alerts[0].code, 48);
}

INSTANTIATE_TEST_SUITE_P(Transports, OpenVpnOver, ::testing::Values(std::pair{false, std::size_t{0}}, std::pair{false, std::size_t{20}}, std::pair{false, std::size_t{64}}, std::pair{true, std::size_t{0}}, std::pair{true, std::size_t{32}}));

TEST(OpenVpn, packets_out_of_order_and_sent_again_are_put_right) {
  const Buffer hello = message(1, client_hello());
  Channel channel(false, 0);
  channel.client(k_reset_client, 0).client(k_reset_client, 0).server(k_reset_server, 0, {}, {0});
  channel.client(k_control, 2, part(hello, 40, hello.size())).client(k_control, 1, part(hello, 0, 40)).client(k_control, 2, part(hello, 40, hello.size()));
  const auto all = channel.handshakes();
  ASSERT_EQ(all.size(), 1U);
  ASSERT_TRUE(all[0].client_hello && all[0].client_hello->complete);
  EXPECT_EQ(all[0].messages.size(), 1U);
  EXPECT_EQ(all[0].from_client.retransmissions, 2U);
}

TEST(OpenVpn, a_soft_reset_begins_another_session) {
  Channel channel(false, 0);
  channel.client(k_reset_client, 0).client(k_control, 1, message(1, client_hello()));
  channel.client(k_soft_reset, 0, {}, {}, 1).client(k_control, 1, message(1, client_hello()), {}, 1);
  EXPECT_EQ(channel.handshakes().size(), 2U);
}

TEST(OpenVpn, what_only_looks_a_little_like_it_is_nothing) {
  EXPECT_FALSE(wire::OpenVpn::opened_by(Buffer(14, 0x38), false));
  EXPECT_FALSE(wire::OpenVpn::opened_by(Buffer{}, false));
  EXPECT_FALSE(wire::OpenVpn::opened_by(Buffer{0x00}, true));
  Buffer cut = packet(k_reset_client, 0, {}, 0);
  EXPECT_TRUE(wire::OpenVpn::opened_by(cut, false));
  cut.pop_back();
  EXPECT_FALSE(wire::OpenVpn::opened_by(cut, false));
}

}  // namespace
}  // namespace tlswhy::testing
