// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "tls/foreign.hpp"
#include "tls_builder.hpp"

namespace tlswhy::testing {
namespace {

using tls::EndedBy;
using tls::Outcome;

constexpr std::uint8_t k_client_hello = 1, k_server_hello = 2, k_hello_verify_request = 3, k_certificate = 11, k_server_hello_done = 14, k_client_key_exchange = 16;

Buffer hello(const Buffer& cookie = {}, std::uint8_t random = 0x11, const Buffer& extensions = {}) {
  Buffer body = client_hello({.version = 0xfefd, .cookie = cookie, .extensions = extensions});
  std::fill(body.begin() + 2, body.begin() + 34, random);
  return body;
}
Buffer answer() { return server_hello(0xc02b, {}, 0xfefd); }
Buffer protected_message(std::uint64_t sequence = 0) { return dtls_record(k_handshake_record, Buffer(48, 0xe7), 1, sequence); }
Buffer ccs(std::uint64_t sequence = 9) { return dtls_record(k_ccs_record, {1}, 0, sequence); }
// RFC 9147 4: a record with a sequence number of 16 bits and a length.
Buffer unified(unsigned epoch, std::size_t size, const Buffer& connection_id = {}) {
  return Writer().u8(0x2cU | (connection_id.empty() ? 0U : 0x10U) | epoch).add(connection_id).u16(7).add(vector_of(2, Buffer(size, 0x5a)));
}
std::vector<std::string> types(const tls::Handshake& h) {
  std::vector<std::string> all;
  for (const auto& message : h.messages) all.emplace_back(message.type);
  return all;
}
using Types = std::vector<std::string>;

TEST(DtlsFragments, AreJoinedInAnyOrderAndWhereTheyOverlap) {
  const Buffer body = hello();
  const std::vector<std::pair<std::size_t, std::size_t>> cuts[] = {
      {{0, 10}, {10, 30}, {30, body.size()}}, {{30, body.size()}, {0, 10}, {10, 30}}, {{5, 40}, {0, 20}, {35, body.size()}}, {{0, 30}, {0, 30}, {20, body.size()}}};
  for (const auto& order : cuts) {
    Talk talk(true);
    for (const auto& [begin, end] : order) talk.client(dtls_fragment(k_client_hello, 0, body, begin, end));
    const auto h = talk.take();
    ASSERT_TRUE(h);
    ASSERT_EQ(h->messages.size(), 1U);
    EXPECT_EQ(h->messages[0].at.frame, order.size());
    EXPECT_EQ(h->messages[0].length, body.size());
    EXPECT_EQ(h->client_hello->cipher_suites.size(), 3U);
  }
}

TEST(DtlsFragments, MayShareRecordsAndDatagrams) {
  const Buffer body = answer();
  Talk talk(true);
  talk.client(dtls_message(k_client_hello, 0, hello()));
  // One record with two messages, then a datagram with two records.
  const Buffer first = dtls_message(k_server_hello, 0, body);
  const Buffer second = dtls_message(k_certificate, 1, {0, 0, 0});
  Buffer both(first.begin() + 13, first.end());
  both.insert(both.end(), second.begin() + 13, second.end());
  talk.server(dtls_record(k_handshake_record, both));
  talk.server(dtls_message(12, 2, Buffer(5)) + dtls_message(k_server_hello_done, 3, {}));
  EXPECT_EQ(types(*talk.take()), (Types{"client_hello", "server_hello", "certificate", "server_key_exchange", "server_hello_done"}));
}

TEST(DtlsFragments, OfWhichSomeNeverComeAreToldAsMissing) {
  Talk talk(true);
  talk.client(dtls_message(k_client_hello, 0, hello()));
  talk.server(dtls_fragment(k_certificate, 1, Buffer(900), 600, 900));
  talk.client(dtls_message(k_client_hello, 0, hello())).client(dtls_message(k_client_hello, 0, hello()));
  const auto h = talk.take();
  EXPECT_EQ(h->from_server.missing_bytes, 600U);
  EXPECT_EQ(h->from_server.missing_messages, 2U);  // number 0 was never seen, number 1 not whole
  ASSERT_EQ(h->problems.size(), 1U);
  EXPECT_EQ(h->problems[0], "frame 2: of a certificate of 900 bytes 600 never came");
  EXPECT_EQ(h->ended_by, EndedBy::timeout);
  EXPECT_EQ(h->outcome, Outcome::failed);
}

TEST(DtlsFragments, ThatDeclareALotDoNotMakeItBeKept) {
  Talk talk(true);
  for (std::uint16_t i = 0; i < 2000; ++i) talk.client(dtls_record(k_handshake_record, Writer().u8(k_certificate).u24(1000000).u16(i).u24(999999).add(vector_of(3, {1}))));
  talk.client(dtls_message(k_client_hello, 0, hello()));
  const auto h = talk.take();
  ASSERT_TRUE(h && h->client_hello);
  EXPECT_NE(std::find_if(h->problems.begin(), h->problems.end(), [](const std::string& p) { return p.find("more handshake messages") != std::string::npos; }), h->problems.end());
}

TEST(DtlsCookie, BelongsToTheSameHandshakeHoweverTheHelloIsNumbered) {
  for (const std::uint16_t number : std::initializer_list<std::uint16_t>{0, 1}) {
    Talk talk(true);
    talk.client(dtls_message(k_client_hello, 0, hello()));
    talk.server(dtls_message(k_hello_verify_request, 0, Writer().u16(0xfeff).add(vector_of(1, Buffer(20, 7)))));
    const Buffer again = dtls_message(k_client_hello, number, hello(Buffer(20, 7)));
    EXPECT_FALSE(talk.connection().begins_anew(Bytes(again)));
    talk.client(again);
    talk.server(dtls_message(k_server_hello, number, answer()));
    const auto h = talk.take();
    EXPECT_EQ(types(*h), (Types{"client_hello", "hello_verify_request", "client_hello", "server_hello"}));
    EXPECT_EQ(h->second_client_hello->cookie_size, 20U);
    EXPECT_EQ(h->from_client.retransmissions + h->from_server.retransmissions, 0U);
  }
}

TEST(DtlsRetransmission, IsCountedAndListedOnce) {
  Talk talk(true);
  const Buffer flight = dtls_message(k_server_hello, 0, answer()) + dtls_message(k_server_hello_done, 1, {});
  talk.client(dtls_message(k_client_hello, 0, hello())).server(flight).client(dtls_message(k_client_hello, 0, hello())).server(flight);
  const auto h = talk.take();
  EXPECT_EQ(types(*h), (Types{"client_hello", "server_hello", "server_hello_done"}));
  EXPECT_EQ(h->from_client.retransmissions, 1U);
  EXPECT_EQ(h->from_server.retransmissions, 1U);
  EXPECT_EQ(h->from_server.largest_retransmission, flight.size());
  ASSERT_EQ(h->repeats.size(), 3U);
  EXPECT_EQ(h->repeats[0].type, "client_hello");
  EXPECT_EQ(h->repeats[0].from, Side::client);
  EXPECT_EQ(h->repeats[2].type, "server_hello_done");
  EXPECT_EQ(h->repeats[2].from, Side::server);
  EXPECT_EQ(h->ended_by, EndedBy::capture_end);  // one flight sent twice is no failure yet
}

TEST(DtlsEnd, IsATimeoutWhereAFlightIsSentThreeTimesWithoutAnswer) {
  Talk talk(true);
  for (int i = 0; i < 3; ++i) talk.client(dtls_message(k_client_hello, 0, hello()));
  const auto h = talk.take();
  EXPECT_EQ(h->outcome, Outcome::failed);
  EXPECT_EQ(h->ended_by, EndedBy::timeout);
  EXPECT_EQ(h->from_client.retransmissions, 2U);
}

TEST(DtlsEnd, IsAFailureWhereNothingListens) {
  Talk talk(true);
  talk.client(dtls_message(k_client_hello, 0, hello()));
  talk.connection().unreachable({2, {k_start_ns}});
  const auto h = talk.take();
  EXPECT_EQ(h->outcome, Outcome::failed);
  EXPECT_EQ(h->ended_at.frame, 2U);
}

TEST(DtlsEnd, IsCompletionOnceBothSidesSentAProtectedMessage) {
  Talk talk(true);
  talk.client(dtls_message(k_client_hello, 0, hello())).server(dtls_message(k_server_hello, 0, answer()));
  // The ChangeCipherSpec of the client comes late, its Finished twice.
  talk.client(dtls_message(k_client_key_exchange, 1, Buffer(33)) + protected_message()).client(ccs()).client(protected_message(1));
  talk.server(ccs() + protected_message());
  const auto h = talk.take();
  EXPECT_EQ(h->outcome, Outcome::completed);
  EXPECT_EQ(std::count_if(h->messages.begin(), h->messages.end(), [](const auto& m) { return m.type == "encrypted_handshake"; }), 2);
}

TEST(DtlsAlert, IsReadInTheClearAndToldAsEncryptedInLaterEpochs) {
  Talk clear(true);
  clear.client(dtls_message(k_client_hello, 0, hello())).server(dtls_message(k_server_hello, 0, answer())).client(dtls_record(k_alert_record, {2, 48}));
  const auto h = clear.take();
  ASSERT_EQ(h->alerts.size(), 1U);
  EXPECT_EQ(h->alerts[0].code, 48);
  EXPECT_EQ(h->ended_by, EndedBy::alert);

  Talk hidden(true);
  hidden.client(dtls_message(k_client_hello, 0, hello())).server(dtls_message(k_server_hello, 0, answer()));
  hidden.client(ccs() + protected_message()).server(dtls_record(k_alert_record, Buffer(26), 1));
  const auto g = hidden.take();
  ASSERT_EQ(g->alerts.size(), 1U);
  EXPECT_TRUE(g->alerts[0].encrypted);
  EXPECT_EQ(g->ended_by, EndedBy::encrypted_alert);
  EXPECT_EQ(g->ended_by_side, Side::server);
}

TEST(DtlsAssociation, BeginsAnewWithAFirstHelloOfAnotherRandom) {
  Talk talk(true);
  talk.client(dtls_message(k_client_hello, 0, hello()));
  EXPECT_FALSE(talk.connection().begins_anew(Bytes(dtls_message(k_client_hello, 0, hello()))));
  EXPECT_TRUE(talk.connection().begins_anew(Bytes(dtls_message(k_client_hello, 0, hello({}, 0x33)))));
  EXPECT_FALSE(talk.connection().begins_anew(Bytes(dtls_message(k_client_hello, 1, hello({}, 0x33)))));
  EXPECT_FALSE(talk.connection().begins_anew(Bytes(dtls_message(k_server_hello, 0, answer()))));
}

TEST(DtlsConnectionId, HidesTheTypeOfARecordButNotTheFinished) {
  const auto with_id = [](const Buffer& id, std::size_t size) { return Writer().u8(25).u16(0xfefd).u16(1).u16(0).u32(0).add(id).add(vector_of(2, Buffer(size, 0x5a))); };
  const Buffer client_id{1, 2, 3}, server_id{4, 5, 6, 7, 8};
  for (const std::uint16_t number : std::initializer_list<std::uint16_t>{54, 254}) {
    Talk talk(true);
    talk.client(dtls_message(k_client_hello, 0, hello({}, 0x11, extension(number, vector_of(1, client_id)))));
    talk.server(dtls_message(k_server_hello, 0, server_hello(0xc0ac, extension(number, vector_of(1, server_id)), 0xfefd)));
    talk.client(ccs() + Buffer(with_id(server_id, 41))).server(ccs() + Buffer(with_id(client_id, 41)));
    talk.client(with_id(server_id, 30));
    const auto h = talk.take();
    EXPECT_EQ(h->outcome, Outcome::completed) << number;
    EXPECT_EQ(h->from_client.application_records, 1U);
    EXPECT_TRUE(h->alerts.empty());
  }
}

TEST(Dtls13, CompletesWithTheClientsProtectedFlightAndNotWithItsAcknowledgement) {
  const Buffer extensions = extension(43, vector_of(1, u16s({0xfefc, 0xfefd}))) + extension(54, vector_of(1, {9}));
  const auto begin = [&](Talk& talk) {
    talk.client(dtls_message(k_client_hello, 0, hello({}, 0x11, extensions)));
    talk.server(dtls_message(k_server_hello, 0, server_hello(0x1301, extension(43, {0xfe, 0xfc}) + extension(54, vector_of(1, {8, 8})), 0xfefd)) + unified(2, 700, {9}));
  };
  Talk acknowledged(true);
  begin(acknowledged);
  acknowledged.client(unified(2, 2 + 16 * 2 + 17, {8, 8}));  // ACK of two records (RFC 9147 7)
  EXPECT_NE(acknowledged.take()->outcome, Outcome::completed);

  Talk finished(true);
  begin(finished);
  finished.client(unified(2, 12 + 32 + 17, {8, 8})).server(unified(3, 2 + 16 + 17, {9}));
  const auto h = finished.take();
  EXPECT_EQ(h->outcome, Outcome::completed);
  EXPECT_EQ(to_string(*h->negotiated()), "DTLS 1.3");
  EXPECT_EQ(h->from_server.largest_record, 700U);

  Talk refused(true);
  begin(refused);
  refused.client(unified(2, 2 + 17, {8, 8}));
  EXPECT_EQ(refused.take()->ended_by, EndedBy::encrypted_alert);
}

TEST(DtlsVersions, OfThePreStandardKindAreRead) {
  Buffer record = dtls_message(k_client_hello, 0, hello());
  record[1] = 1;
  record[2] = 0;
  Talk talk(true);
  talk.client(record);
  ASSERT_TRUE(talk.take());
}

TEST(DtlsEnvelope, OfCapwapAndTurnChannelsIsTakenOff) {
  const Buffer inside = dtls_message(k_client_hello, 0, hello());
  const auto inner = [](const Buffer& bytes) {
    const Bytes out = tls::without_envelope(bytes);
    return Buffer(out.begin(), out.end());
  };
  EXPECT_EQ(inner(Buffer{1, 0, 0, 0} + inside), inside);
  EXPECT_EQ(inner(Writer().u16(0x4001).u16(inside.size()).add(inside).u16(0)), inside);
  EXPECT_EQ(inner(inside), inside);
  EXPECT_EQ(inner(Buffer{1, 0}), (Buffer{1, 0}));
}

}  // namespace
}  // namespace tlswhy::testing
