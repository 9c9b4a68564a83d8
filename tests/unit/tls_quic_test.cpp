// SPDX-License-Identifier: Apache-2.0
// The vectors of RFC 9001 A and RFC 9369 A, and connections made of packets that are protected as RFC 9001 5 says.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "quic_vectors.hpp"
#include "tls/crypto.hpp"
#include "tls/quic.hpp"
#include "tls/quic_keys.hpp"
#include "tls/quic_packet.hpp"
#include "tls_builder.hpp"

namespace tlswhy::testing {
namespace {

namespace qv = quic_vectors;

Buffer hex(std::string_view text) {
  const auto bytes = from_hex(text);
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or(Buffer());
}
const Buffer k_first_id = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};

// CRYPTO, CONNECTION_CLOSE and the like; all lengths below 2^14.
Buffer varint(std::uint64_t value) { return Writer().u16(0x4000U | value); }
Buffer crypto_frame(std::size_t offset, const Buffer& bytes) { return Buffer{6} + varint(offset) + varint(bytes.size()) + bytes; }
Buffer part(const Buffer& bytes, std::size_t begin, std::size_t end) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end)};
}

// An Initial packet of QUIC v1.
struct InitialPacket {
  Side from = Side::client;
  Buffer keys_of = k_first_id;  // the destination that the keys come from
  Buffer destination;
  Buffer source;
  Buffer token;
  std::uint32_t number = 0;
  Buffer payload;
};
Buffer protect(const InitialPacket& p) {
  const Buffer initial = tls::hkdf_extract(tls::Digest::sha256, hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), p.keys_of);
  const Buffer secret = tls::hkdf_expand_label(tls::Digest::sha256, initial, p.from == Side::client ? "client in" : "server in", {}, 32);
  const auto aead = tls::Aead::make(tls::AeadAlgorithm::aes_128_gcm, tls::hkdf_expand_label(tls::Digest::sha256, secret, "quic key", {}, 16));
  Buffer nonce = tls::hkdf_expand_label(tls::Digest::sha256, secret, "quic iv", {}, 12);
  for (unsigned i = 0; i < 4; ++i) nonce[11 - i] = static_cast<std::uint8_t>(nonce[11 - i] ^ (p.number >> (8 * i)));
  const std::size_t length = 4 + p.payload.size() + 16;
  Buffer header = Writer().u8(0xc3).u32(1).add(vector_of(1, p.destination)).add(vector_of(1, p.source)).add(varint(p.token.size())).add(p.token).add(varint(length));
  const std::size_t number_at = header.size();
  header = header + Writer().u32(p.number);
  Buffer packet = header + aead->seal(nonce, header, p.payload);
  const auto mask = tls::aes_block(tls::hkdf_expand_label(tls::Digest::sha256, secret, "quic hp", {}, 16), Bytes(packet).subspan(number_at + 4, 16));
  packet[0] = static_cast<std::uint8_t>(packet[0] ^ (mask[0] & 0x0FU));
  for (unsigned i = 0; i < 4; ++i) packet[number_at + i] = static_cast<std::uint8_t>(packet[number_at + i] ^ mask[i + 1]);
  return packet;
}
const Buffer k_client_id = {1, 2, 3};
const Buffer k_server_id = {9, 8, 7, 6, 5, 4, 3, 2, 1};
Buffer client_initial(std::uint32_t number, const Buffer& payload, const Buffer& destination = k_first_id) {
  return protect({.destination = destination, .source = k_client_id, .number = number, .payload = payload});
}
Buffer server_initial(std::uint32_t number, const Buffer& payload) {
  return protect({.from = Side::server, .destination = k_client_id, .source = k_server_id, .number = number, .payload = payload});
}
Buffer client_hello_message() { return handshake(1, client_hello13()); }
Buffer server_hello_message() { return handshake(2, server_hello13()); }
Buffer close_frame(std::uint64_t code) { return Buffer{0x1c} + varint(code) + varint(6) + varint(0); }

class QuicTalk {
 public:
  QuicTalk& client(const Buffer& datagram) { return say(Side::client, datagram); }
  QuicTalk& server(const Buffer& datagram) { return say(Side::server, datagram); }
  QuicTalk& say(Side from, const Buffer& datagram, bool whole = true) {
    ++frame_;
    flow_.data(from, datagram, whole, at());
    return *this;
  }
  [[nodiscard]] bool is_proven() const { return flow_.is_proven(); }
  std::vector<tls::Handshake> take() { return flow_.take(at()); }

 private:
  [[nodiscard]] tls::At at() const { return {frame_, {k_start_ns + static_cast<std::int64_t>(frame_) * 10'000'000}}; }
  tls::QuicFlow flow_{Endpoint{ip4(192, 0, 2, 1), 50000}, Endpoint{ip4(192, 0, 2, 2), 443}};
  std::uint64_t frame_ = 0;
};

std::string messages(const tls::Handshake& h) {
  std::string text;
  for (const auto& m : h.messages) text += std::to_string(m.at.frame) + " " + std::string(to_string(m.from)) + " " + std::string(m.type) + "\n";
  return text;
}

TEST(Quic, packets_of_the_published_vectors_are_opened) {
  const std::pair<std::string_view, std::string_view> versions[] = {{qv::k_client_v1, qv::k_server_v1}, {qv::k_client_v2, qv::k_server_v2}};
  for (const auto& [client, server] : versions) {
    ASSERT_TRUE(tls::looks_like_quic(hex(client)));
    QuicTalk talk;
    const auto handshakes = talk.client(hex(client)).server(hex(server)).take();
    ASSERT_EQ(handshakes.size(), 1U);
    const tls::Handshake& h = handshakes[0];
    EXPECT_EQ(h.transport, "quic");
    EXPECT_EQ(messages(h), "1 client client_hello\n2 server server_hello\n");
    ASSERT_TRUE(h.client_hello);
    EXPECT_EQ(h.client_hello->server_name, "example.com");
    ASSERT_TRUE(h.server_hello);
    EXPECT_EQ(h.server_hello->cipher_suite, 0x1301);
    EXPECT_TRUE(h.problems.empty());
  }
}

TEST(Quic, a_packet_with_one_wrong_bit_is_no_handshake) {
  Buffer packet = hex(qv::k_client_v1);
  packet.back() ^= 1;
  QuicTalk talk;
  talk.client(packet);
  EXPECT_FALSE(talk.is_proven());
  EXPECT_TRUE(talk.take().empty());
}

TEST(Quic, retry_packets_of_the_published_vectors_are_intact) {
  for (const std::string_view vector : {qv::k_retry_v1, qv::k_retry_v2}) {
    Buffer bytes = hex(vector);
    Reader intact(bytes);
    EXPECT_EQ(tls::is_retry_intact(tls::take_quic_packet(intact, true).value(), k_first_id), std::optional(true));
    bytes[20] ^= 1;
    Reader damaged(bytes);
    EXPECT_EQ(tls::is_retry_intact(tls::take_quic_packet(damaged, true).value(), k_first_id), std::optional(false));
  }
}

TEST(Quic, a_hello_in_pieces_out_of_order_twice_and_in_several_packets_of_a_datagram_is_put_together) {
  const Buffer hello = client_hello_message();
  const std::size_t half = hello.size() / 2;
  const Buffer tail = client_initial(0, crypto_frame(half, part(hello, half, hello.size())));
  QuicTalk talk;
  talk.client(tail).client(tail).client(client_initial(1, crypto_frame(half - 5, part(hello, half - 5, half + 5))) + client_initial(2, Buffer{1} + crypto_frame(0, part(hello, 0, half))));
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_EQ(messages(handshakes[0]), "3 client client_hello\n");
  EXPECT_EQ(handshakes[0].client_hello->server_name, "broker.example.test");
}

TEST(Quic, the_client_goes_on_with_the_id_that_the_server_chose) {
  const Buffer hello = client_hello_message();
  QuicTalk talk;
  talk.client(client_initial(0, crypto_frame(0, part(hello, 0, 40)))).server(server_initial(0, Buffer{2, 0, 0, 0, 0}));
  talk.client(client_initial(1, crypto_frame(40, part(hello, 40, hello.size())), k_server_id)).server(server_initial(1, crypto_frame(0, server_hello_message())));
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_EQ(messages(handshakes[0]), "3 client client_hello\n4 server server_hello\n");
}

TEST(Quic, after_a_retry_the_keys_come_from_the_id_of_the_server) {
  const Buffer hello = client_hello_message();
  // RFC 9001 A.4 has an empty client id, so the client here has none either.
  const auto from_client = [&](const Buffer& keys_of, const Buffer& token, std::uint32_t number) {
    return protect({.keys_of = keys_of, .destination = keys_of, .token = token, .number = number, .payload = crypto_frame(0, hello)});
  };
  QuicTalk talk;
  talk.client(from_client(k_first_id, {}, 0)).server(hex(qv::k_retry_v1));
  const Buffer retry_id = hex("f067a5502a4262b5");
  talk.client(from_client(retry_id, text("token"), 1));
  talk.server(protect({.from = Side::server, .keys_of = retry_id, .source = k_server_id, .payload = crypto_frame(0, server_hello_message())}));
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  ASSERT_TRUE(handshakes[0].quic && handshakes[0].quic->retry);
  EXPECT_EQ(handshakes[0].quic->retry->frame, 2U);
  EXPECT_EQ(messages(handshakes[0]), "1 client client_hello\n4 server server_hello\n");
}

TEST(Quic, version_negotiation_without_a_common_version_ends_the_attempt) {
  QuicTalk talk;
  talk.client(client_initial(0, crypto_frame(0, client_hello_message())));
  talk.server(Writer().u8(0x80).u32(0).add(vector_of(1, k_client_id)).add(vector_of(1, k_first_id)).u32(0x1a2a3a4a).u32(0xff00001d));
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  const tls::Handshake& h = handshakes[0];
  ASSERT_TRUE(h.quic);
  EXPECT_EQ(h.quic->server_versions, std::vector<std::uint32_t>{0xff00001d});  // without the one that greases
  EXPECT_EQ(h.outcome, tls::Outcome::failed);
  EXPECT_EQ(h.ended_by_side, Side::server);
}

TEST(Quic, a_close_with_a_crypto_error_is_the_alert_it_names) {
  QuicTalk talk;
  talk.client(client_initial(0, crypto_frame(0, client_hello_message()))).server(server_initial(0, close_frame(0x0100 + 120)));
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  ASSERT_EQ(handshakes[0].alerts.size(), 1U);
  EXPECT_EQ(handshakes[0].alerts[0].code, 120);  // no_application_protocol
  EXPECT_EQ(handshakes[0].alerts[0].from, Side::server);
  EXPECT_EQ(handshakes[0].outcome, tls::Outcome::failed);
  EXPECT_EQ(handshakes[0].ended_by, tls::EndedBy::alert);
}

TEST(Quic, a_close_with_another_error_is_no_alert) {
  QuicTalk talk;
  talk.client(client_initial(0, crypto_frame(0, client_hello_message()))).server(server_initial(0, close_frame(2)));  // CONNECTION_REFUSED
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_TRUE(handshakes[0].alerts.empty());
  ASSERT_TRUE(handshakes[0].quic && handshakes[0].quic->close);
  EXPECT_EQ(handshakes[0].quic->close->error_code, 2U);
  EXPECT_EQ(handshakes[0].ended_by, tls::EndedBy::fin);
}

TEST(Quic, the_handshake_is_complete_once_the_client_sends_under_its_last_keys) {
  QuicTalk talk;
  talk.client(client_initial(0, crypto_frame(0, client_hello_message()))).server(server_initial(0, crypto_frame(0, server_hello_message())));
  talk.client(Buffer{0x41} + k_server_id + Buffer(40, 0xee));
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_EQ(handshakes[0].outcome, tls::Outcome::completed);
}

TEST(Quic, ends_that_agreed_to_grease_the_fixed_bit_are_read) {
  Buffer answer = server_initial(0, crypto_frame(0, server_hello_message()));
  EXPECT_NE(answer[0] & 0x40, 0);
  // The bit is covered by the tag, so it is set before protection only: here the whole packet must fail, not be misread.
  answer[0] ^= 0x40;
  QuicTalk talk;
  talk.client(client_initial(0, crypto_frame(0, client_hello_message()))).server(answer);
  const auto handshakes = talk.take();
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_EQ(messages(handshakes[0]), "1 client client_hello\n");
}

TEST(Quic, no_prefix_of_a_packet_crashes_or_gives_a_handshake) {
  const Buffer packet = hex(qv::k_client_v1);
  for (std::size_t size = 0; size < packet.size(); size += 7) {
    for (const bool whole : {true, false}) {
      QuicTalk talk;
      talk.say(Side::client, part(packet, 0, size), whole);
      EXPECT_TRUE(talk.take().empty()) << size;
    }
  }
}

TEST(Quic, random_datagrams_are_no_quic) {
  std::uint32_t state = 1;
  std::size_t taken = 0;
  QuicTalk talk;
  for (int i = 0; i < 20'000; ++i) {
    Buffer datagram(64);
    for (std::uint8_t& byte : datagram) {
      state = state * 1'664'525 + 1'013'904'223;
      byte = static_cast<std::uint8_t>(state >> 24U);
    }
    taken += tls::looks_like_quic(datagram) ? 1U : 0U;
    talk.client(datagram);
  }
  EXPECT_EQ(taken, 0U);
  EXPECT_FALSE(talk.is_proven());
  EXPECT_TRUE(talk.take().empty());
}

}  // namespace
}  // namespace tlswhy::testing
