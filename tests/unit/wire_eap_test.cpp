// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tls_builder.hpp"
#include "wire/radius.hpp"
#include "wire/wire.hpp"

namespace tlswhy::testing {
namespace {

using tls::EndedBy;
using tls::Outcome;

constexpr std::uint8_t k_request = 1, k_response = 2, k_success = 3, k_failure = 4, k_eap_tls = 13, k_teap = 55;
constexpr std::uint8_t k_length = 0x80, k_more = 0x40, k_start = 0x20;

Buffer eap(std::uint8_t code, std::uint8_t id, const Buffer& body = {}) { return Writer().u8(code).u8(id).u16(body.size() + 4).add(body); }
// One fragment of EAP-TLS (RFC 5216 3.1); `total` is written where it is not 0.
Buffer fragment(std::uint8_t code, std::uint8_t id, std::uint8_t flags, const Buffer& data, std::size_t total = 0, std::uint8_t method = k_eap_tls) {
  Writer w;
  w.u8(method).u8(flags | (total != 0 ? k_length : 0));
  if (total != 0) w.u32(total);
  return eap(code, id, w.add(data));
}
Buffer part(const Buffer& bytes, std::size_t begin, std::size_t end) { return {bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(end)}; }
Buffer server_flight() { return message(2, server_hello(0xc02b)) + message(11, Writer().u24(0)) + message(14); }

// EAPOL frames (IEEE 802.1X 11.3) between the two MAC addresses of the builder, numbered from 1.
class Link {
 public:
  Link& client(const Buffer& packet) { return add(packet, k_mac_client, k_mac_server); }
  Link& server(const Buffer& packet) { return add(packet, k_mac_server, k_mac_client); }
  [[nodiscard]] std::vector<tls::Handshake> handshakes() const {
    auto capture = wire::read(Bytes(file_.bytes()), "test");
    return capture ? capture->handshakes : std::vector<tls::Handshake>{};
  }

 private:
  Link& add(const Buffer& packet, Bytes from, Bytes to) {
    file_.packet(ethernet(0x888e, Writer().u8(2).u8(0).u16(packet.size()).add(packet).zeros(packet.size() < 42 ? 42 - packet.size() : 0), from, to), ++count_ * 1'000'000);
    return *this;
  }
  PcapBuilder file_;
  std::int64_t count_ = 0;
};

TEST(EapTls, PutsFragmentsTogetherAndEndsWithTheAlert) {
  const Buffer flight = server_flight();
  Link link;
  link.server(eap(k_request, 1, {1})).client(eap(k_response, 1, {1, 'm', 'e'}));
  link.server(fragment(k_request, 2, k_start, {})).client(fragment(k_response, 2, 0, message(1, client_hello())));
  link.server(fragment(k_request, 3, k_more, part(flight, 0, 40), flight.size())).client(fragment(k_response, 3, 0, {}));
  link.server(fragment(k_request, 4, 0, part(flight, 40, flight.size()))).client(fragment(k_response, 4, 0, alert(2, 48)));
  link.server(eap(k_failure, 4));
  const auto all = link.handshakes();
  ASSERT_EQ(all.size(), 1U);
  const tls::Handshake& h = all[0];
  EXPECT_EQ(h.transport, "eap");
  EXPECT_EQ(to_string(h.client), "02:00:00:00:00:01");
  EXPECT_EQ(to_string(h.server), "02:00:00:00:00:02");
  ASSERT_EQ(h.messages.size(), 4U);
  EXPECT_EQ(h.messages[0].at.frame, 4U);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(h.messages[i].at.frame, 7U);
  ASSERT_EQ(h.alerts.size(), 1U);
  EXPECT_EQ(h.alerts[0].code, 48);
  EXPECT_EQ(h.ended_by, EndedBy::alert);
  EXPECT_EQ(h.outcome, Outcome::failed);
}

TEST(EapTls, RefusedWithoutAnAlertIsEndedByTheServer) {
  Link link;
  link.server(fragment(k_request, 2, k_start, {})).client(fragment(k_response, 2, 0, message(1, client_hello()))).server(eap(k_failure, 2));
  const auto all = link.handshakes();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].outcome, Outcome::failed);
  EXPECT_EQ(all[0].ended_by, EndedBy::fin);
  EXPECT_EQ(all[0].ended_by_side, Side::server);
  EXPECT_EQ(all[0].ended_at.frame, 3U);
}

TEST(EapTls, PacketsSentAgainAreCountedAndNotReadAgain) {
  const Buffer hello = fragment(k_response, 2, 0, message(1, client_hello()));
  const Buffer answer = fragment(k_request, 3, 0, server_flight());
  Link link;
  link.server(fragment(k_request, 2, k_start, {})).client(hello).client(hello).server(answer).server(answer);
  const auto all = link.handshakes();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].messages.size(), 4U);
  EXPECT_EQ(all[0].from_server.retransmissions, 1U);
}

TEST(EapTls, AFragmentThatIsNotThereIsMissing) {
  const Buffer flight = message(2, server_hello(0xc02b)) + message(11, Writer().u24(600).u24(597).zeros(597)) + message(14);
  Link link;
  link.client(fragment(k_response, 2, 0, message(1, client_hello())));
  link.server(fragment(k_request, 3, k_more, part(flight, 0, 100), flight.size()));
  link.server(fragment(k_request, 5, 0, part(flight, 200, flight.size())));
  const auto all = link.handshakes();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].from_server.missing_bytes, 100U);
  EXPECT_TRUE(all[0].server_hello);
}

TEST(EapTls, AStartAfterAHandshakeBeginsAnother) {
  Link link;
  for (std::uint8_t id = 10; id <= 20; id = static_cast<std::uint8_t>(id + 10)) {
    link.server(fragment(k_request, id, k_start, {})).client(fragment(k_response, id, 0, message(1, client_hello())));
  }
  EXPECT_EQ(link.handshakes().size(), 2U);
}

TEST(EapTls, MethodsWithOwnDataAroundTheTlsAreRead) {
  Link link;
  // EAP-FAST puts its authority's name into the start; TEAP puts outer TLVs behind the TLS data (RFC 7170 4.1).
  link.server(fragment(k_request, 2, k_start | 1, Buffer(20, 4), 0, 43)).client(fragment(k_response, 2, 1, message(1, client_hello()), 0, 43)).server(eap(k_failure, 2));
  link.client(eap(k_response, 7, Writer().u8(k_teap).u8(0x11).u32(6).add(message(1, client_hello())).zeros(6)));
  const auto all = link.handshakes();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].client_hello && all[0].client_hello->complete);
  EXPECT_TRUE(all[1].client_hello && all[1].client_hello->complete);
  EXPECT_TRUE(all[1].problems.empty());
}

TEST(EapTls, GrantedCountsAsCompletedThoughTheEndWasNotRecorded) {
  Link link;
  link.client(fragment(k_response, 2, 0, message(1, client_hello()))).server(fragment(k_request, 3, 0, server_flight())).server(eap(k_success, 9));
  EXPECT_EQ(link.handshakes().at(0).outcome, Outcome::completed);
}

Buffer radius(std::uint8_t code, std::uint8_t id, const Buffer& message, std::string_view state) {
  Writer attributes;
  if (!state.empty()) attributes.u8(24).u8(state.size() + 2).add(text(state));
  for (std::size_t i = 0; i < message.size(); i += 253) {
    const Buffer piece = part(message, i, std::min(message.size(), i + 253));
    attributes.u8(79).u8(piece.size() + 2).add(piece);
  }
  return Writer().u8(code).u8(id).u16(20 + attributes.size()).zeros(16).add(attributes.bytes());
}

TEST(EapRadius, ConversationsOfTwoSupplicantsOnOnePortAreKeptApart) {
  const Endpoint nas{ip4(192, 0, 2, 7), 40000}, server{ip4(198, 51, 100, 1), 1812};
  const auto ask = [&](std::uint8_t id, const Buffer& packet, std::string_view state) { return udp_packet(nas, server, radius(1, id, packet, state)); };
  const auto tell = [&](std::uint8_t code, std::uint8_t id, const Buffer& packet, std::string_view state) { return udp_packet(server, nas, radius(code, id, packet, state)); };
  const Buffer big = message(2, server_hello(0xc02b)) + message(11, Writer().u24(600).u24(597).zeros(597)) + message(14);
  const Buffer file = pcap_of({
      ask(1, eap(k_response, 0, {1, 'a'}), ""), ask(2, eap(k_response, 0, {1, 'b'}), ""),
      tell(11, 1, fragment(k_request, 1, k_start, {}), "A1"), tell(11, 2, fragment(k_request, 1, k_start, {}), "B1"),
      ask(3, fragment(k_response, 1, 0, message(1, client_hello({.extensions = server_name("b.example.test")}))), "B1"),
      ask(4, fragment(k_response, 1, 0, message(1, client_hello({.extensions = server_name("a.example.test")}))), "A1"),
      tell(11, 4, fragment(k_request, 2, 0, big), "A2"), tell(3, 3, eap(k_failure, 1), ""),
      ask(5, fragment(k_response, 2, 0, alert(2, 42)), "A2"), tell(3, 5, eap(k_failure, 2), ""),
  });
  auto capture = wire::read(Bytes(file), "test");
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->handshakes.size(), 2U);
  const tls::Handshake& b = capture->handshakes[0];
  const tls::Handshake& a = capture->handshakes[1];
  EXPECT_EQ(b.client_hello->server_name, "b.example.test");
  EXPECT_EQ(b.ended_by, EndedBy::fin);
  EXPECT_EQ(a.client_hello->server_name, "a.example.test");
  EXPECT_EQ(a.ended_by, EndedBy::alert);
  EXPECT_EQ(a.messages.size(), 4U);
  EXPECT_EQ(to_string(a.client), "192.0.2.7:40000");
  EXPECT_EQ(to_string(a.server), "198.51.100.1:1812");
  EXPECT_EQ(a.transport, "eap");
}

TEST(EapRadius, IsOnlyWhatIsRadiusToItsEnd) {
  const Buffer good = radius(1, 1, eap(k_response, 0, {1, 'a'}), "s");
  ASSERT_TRUE(wire::read_radius(Bytes(good)));
  EXPECT_EQ(wire::read_radius(Bytes(good))->state, "s");
  EXPECT_FALSE(wire::read_radius(Bytes(good).first(good.size() - 1)));
  EXPECT_FALSE(wire::read_radius(Bytes(radius(4, 1, eap(k_response, 0, {1, 'a'}), ""))));  // accounting
  EXPECT_FALSE(wire::read_radius(Bytes(radius(1, 1, {}, "s"))));
}

}  // namespace
}  // namespace tlswhy::testing
