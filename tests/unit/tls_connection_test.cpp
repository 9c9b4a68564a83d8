// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>

#include "tls_builder.hpp"

namespace tlswhy::testing {
namespace {

using tls::EndedBy;
using tls::Outcome;

const Buffer k_hello12 = message(1, client_hello({.extensions = server_name("broker.example.test")}));
// The server's first flight of TLS 1.2; the certificate is none that can be read.
Buffer server_flight12() {
  return message(2, server_hello(0xc02b)) + message(11, vector_of(3, vector_of(3, Buffer(700, 0x30)))) + message(12, {3, 0, 23, 1, 4}) + message(14);
}
Buffer client_flight12() { return message(16, Buffer(66, 4)) + change_cipher_spec() + protected_finished(); }

void expect_end(const std::optional<tls::Handshake>& h, Outcome outcome, EndedBy by, std::optional<Side> side = {}) {
  ASSERT_TRUE(h);
  EXPECT_EQ(to_string(h->outcome), to_string(outcome));
  EXPECT_EQ(to_string(h->ended_by), to_string(by));
  EXPECT_EQ(h->ended_by_side, side);
}

TEST(TlsConnection, a_whole_tls12_handshake_completes) {
  Talk talk;
  talk.client(k_hello12).server(server_flight12()).client(client_flight12()).server(change_cipher_spec() + protected_finished()).client(data_record(50)).fin(Side::client);
  const auto h = talk.take();
  expect_end(h, Outcome::completed, EndedBy::finished);
  EXPECT_EQ(h->client_hello->server_name, "broker.example.test");
  EXPECT_EQ(h->key_exchange_group, 23);
  EXPECT_FALSE(h->resumed);
  EXPECT_FALSE(h->midstream);
  EXPECT_EQ(h->certificates.size(), 1U);
  EXPECT_EQ(h->stage, "encrypted_handshake");
  EXPECT_TRUE(h->problems.empty());
}

TEST(TlsConnection, a_hello_split_over_records_is_one_message) {
  const Buffer whole = handshake(1, client_hello({.extensions = server_name("broker.example.test")}));
  // A tail of one, two or three bytes is too short for a message header, and yet legal.
  for (const std::size_t tail : {1U, 2U, 3U, 40U}) {
    const Buffer head(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(tail));
    const Buffer rest(whole.end() - static_cast<std::ptrdiff_t>(tail), whole.end());
    Talk talk;
    talk.client(record(k_handshake_record, head) + record(k_handshake_record, rest)).server(alert(2, 40));
    const auto h = talk.take();
    expect_end(h, Outcome::failed, EndedBy::alert, Side::server);
    EXPECT_EQ(h->client_hello->server_name, "broker.example.test") << tail;
    EXPECT_TRUE(h->client_hello->complete);
    EXPECT_EQ(h->messages.at(0).records, 2U);
    EXPECT_TRUE(h->problems.empty()) << tail;
  }
}

TEST(TlsConnection, messages_that_share_a_record_are_told_apart) {
  Talk talk;
  talk.client(k_hello12).server(record(k_handshake_record, handshake(2, server_hello(0xc02b)) + handshake(11, vector_of(3, {})) + handshake(14, {})));
  const auto h = talk.take();
  ASSERT_EQ(h->messages.size(), 4U);
  EXPECT_EQ(h->messages[3].type, "server_hello_done");
  EXPECT_EQ(h->server_certificate, tls::Seen::absent);
}

TEST(TlsConnection, an_alert_in_the_clear_ends_the_handshake) {
  Talk talk;
  talk.client(k_hello12).server(server_flight12()).client(alert(2, 48)).fin(Side::client);
  const auto h = talk.take();
  expect_end(h, Outcome::failed, EndedBy::alert, Side::client);
  ASSERT_EQ(h->alerts.size(), 1U);
  EXPECT_EQ(h->alerts[0].code, 48);
  EXPECT_EQ(h->alerts[0].at.frame, 3U);
  EXPECT_EQ(h->alerts[0].after, "server_hello_done");
  EXPECT_FALSE(h->alerts[0].encrypted);
}

TEST(TlsConnection, a_warning_does_not_end_the_handshake) {
  Talk talk;
  talk.client(k_hello12).server(alert(1, 112) + server_flight12()).client(client_flight12()).server(change_cipher_spec() + protected_finished());
  expect_end(talk.take(), Outcome::completed, EndedBy::finished);
}

TEST(TlsConnection, alerts_of_ciphertext_are_never_read_as_clear) {
  for (const std::size_t size : {18U, 24U, 26U, 32U, 48U}) {
    for (const std::uint8_t fill : {std::uint8_t{1}, std::uint8_t{2}}) {  // even where the ciphertext begins like a level
      Talk talk;
      talk.client(k_hello12).server(server_flight12()).client(client_flight12()).server(record(k_alert_record, Buffer(size, fill)));
      const auto h = talk.take();
      ASSERT_EQ(h->alerts.size(), 1U);
      EXPECT_TRUE(h->alerts[0].encrypted);
      EXPECT_EQ(h->alerts[0].level, 0);
      expect_end(h, Outcome::failed, EndedBy::encrypted_alert, Side::server);
    }
  }
  // Two bytes after the own ChangeCipherSpec are no alert in the clear either.
  Talk talk;
  talk.client(k_hello12).server(server_flight12()).client(client_flight12() + alert(2, 48));
  EXPECT_TRUE(talk.take()->alerts.at(0).encrypted);
}

TEST(TlsConnection, the_encrypted_close_after_a_handshake_is_no_failure) {
  Talk talk;
  talk.client(k_hello12).server(server_flight12()).client(client_flight12()).server(change_cipher_spec() + protected_finished());
  talk.client(record(k_alert_record, Buffer(26, 9))).fin(Side::client);
  const auto h = talk.take();
  expect_end(h, Outcome::completed, EndedBy::finished);
  EXPECT_TRUE(h->alerts.empty());
}

TEST(TlsConnection, a_server_that_goes_straight_to_change_cipher_spec_resumes) {
  Talk talk;
  talk.client(k_hello12).server(message(2, server_hello(0xc02b)) + change_cipher_spec() + protected_finished()).client(change_cipher_spec() + protected_finished());
  const auto h = talk.take();
  expect_end(h, Outcome::completed, EndedBy::finished);
  EXPECT_TRUE(h->resumed);
}

TEST(TlsConnection, a_whole_tls13_handshake_completes) {
  Talk talk;
  talk.client(message(1, client_hello13())).server(message(2, server_hello13()) + change_cipher_spec() + data_record(900) + data_record(69));
  talk.client(change_cipher_spec() + data_record(53)).server(data_record(250)).client(data_record(60));
  const auto h = talk.take();
  expect_end(h, Outcome::completed, EndedBy::finished);
  EXPECT_EQ(h->server_certificate, tls::Seen::encrypted);
  EXPECT_EQ(to_string(*h->negotiated()), "TLS 1.3");
}

TEST(TlsConnection, a_hello_retry_request_leads_to_a_second_hello) {
  Talk talk;
  talk.client(message(1, client_hello13())).server(message(2, hello_retry_request()) + change_cipher_spec()).client(change_cipher_spec() + message(1, client_hello13()));
  talk.server(message(2, server_hello13()) + data_record(900)).client(data_record(53)).server(data_record(250));
  const auto h = talk.take();
  expect_end(h, Outcome::completed, EndedBy::finished);
  EXPECT_TRUE(h->hello_retry_request && h->second_client_hello && h->server_hello);
  EXPECT_EQ(h->messages.at(1).type, "hello_retry_request");
  EXPECT_EQ(h->hello_retry_request->selected_group, 23);
}

TEST(TlsConnection, a_clear_alert_of_a_tls13_client_is_read_as_one) {
  // A client without keys yet answers the ServerHello in the clear.
  Talk talk;
  talk.client(message(1, client_hello13())).server(message(2, server_hello13()) + change_cipher_spec() + data_record(900)).client(change_cipher_spec() + alert(2, 80)).fin(Side::client);
  const auto h = talk.take();
  expect_end(h, Outcome::failed, EndedBy::alert, Side::client);
  EXPECT_EQ(h->alerts.at(0).code, 80);
}

TEST(TlsConnection, the_size_of_a_tls13_record_gives_an_alert_of_the_client_away) {
  for (const std::size_t size : {19U, 11U}) {
    Talk talk;
    talk.client(message(1, client_hello13())).server(message(2, server_hello13()) + data_record(900)).client(change_cipher_spec() + data_record(size)).fin(Side::client);
    const auto h = talk.take();
    expect_end(h, Outcome::failed, EndedBy::encrypted_alert, Side::client);
    ASSERT_EQ(h->alerts.size(), 1U);
    EXPECT_TRUE(h->alerts[0].encrypted);
    EXPECT_EQ(h->alerts[0].at.frame, 3U);
  }
}

TEST(TlsConnection, a_tls13_server_that_refuses_after_the_clients_finished_is_seen) {
  Talk refused;
  refused.client(message(1, client_hello13())).server(message(2, server_hello13()) + data_record(900)).client(data_record(100) + data_record(53)).server(data_record(19)).fin(Side::server);
  expect_end(refused.take(), Outcome::failed, EndedBy::encrypted_alert, Side::server);
  Talk served;  // tickets first: what comes after them is the normal close
  served.client(message(1, client_hello13())).server(message(2, server_hello13()) + data_record(900)).client(data_record(53)).server(data_record(250) + data_record(19)).fin(Side::server);
  expect_end(served.take(), Outcome::completed, EndedBy::finished);
}

TEST(TlsConnection, a_tls13_server_is_heard_out_after_a_client_that_sent_data_with_its_flight) {
  // An empty Certificate, Finished and data at once, as OpenSSL clients send them; the server's flight is in four records.
  Talk talk;
  talk.client(message(1, client_hello13())).server(message(2, server_hello13()) + data_record(23) + data_record(900) + data_record(281) + data_record(69));
  talk.client(data_record(25) + data_record(69) + data_record(35)).server(data_record(19)).fin(Side::server);
  expect_end(talk.take(), Outcome::failed, EndedBy::encrypted_alert, Side::server);
}

TEST(TlsConnection, an_alert_that_answers_a_close_is_not_the_end) {
  // OpenSSL 3 says decode_error (50), GnuTLS unexpected_message (10), JSSE handshake_failure (40) when the other side closes.
  for (const std::uint8_t code : {std::uint8_t{50}, std::uint8_t{10}, std::uint8_t{40}}) {
    Talk talk;
    talk.client(k_hello12).fin(Side::server).client(alert(2, code)).rst(Side::server);
    const auto h = talk.take();
    expect_end(h, Outcome::failed, EndedBy::fin, Side::server);
    ASSERT_EQ(h->alerts.size(), 1U);
    EXPECT_TRUE(h->alerts[0].after_close);
  }
  // A server that closes with its flight still hears what the client thinks of its certificate.
  Talk judged;
  judged.client(k_hello12).server(server_flight12()).fin(Side::server).client(alert(2, 48));
  expect_end(judged.take(), Outcome::failed, EndedBy::alert, Side::client);
}

TEST(TlsConnection, a_flight_that_stops_inside_a_record_says_so) {
  Buffer half = server_flight12();
  half.resize(half.size() - 100);
  Talk talk;
  talk.client(k_hello12).server(half).fin(Side::client);
  const auto h = talk.take();
  EXPECT_TRUE(h->from_server.stopped_inside);
  EXPECT_FALSE(h->from_client.stopped_inside);
}

TEST(TlsConnection, fin_rst_silence_and_the_captures_end_are_told_apart) {
  Talk fin, rst, silence, end;
  fin.client(k_hello12).fin(Side::server).fin(Side::client);
  rst.client(k_hello12).rst(Side::server);
  silence.client(k_hello12);
  end.client(k_hello12);
  expect_end(fin.take(), Outcome::failed, EndedBy::fin, Side::server);
  expect_end(rst.take(), Outcome::failed, EndedBy::rst, Side::server);
  expect_end(silence.take(30'000), Outcome::failed, EndedBy::timeout);
  expect_end(end.take(100), Outcome::incomplete, EndedBy::capture_end);
}

TEST(TlsConnection, an_answer_that_is_no_tls_is_named) {
  const Buffer connack{0x20, 2, 0, 5};
  const std::vector<std::pair<Buffer, std::string>> answers{
      {text("HTTP/1.1 400 Bad Request\r\n\r\n"), "HTTP"}, {connack, "MQTT"}, {text("SSH-2.0-x\r\n"), "SSH"}, {text("220 mail ESMTP\r\n"), "SMTP or FTP"}, {Buffer(20, 0xee), "unknown"}};
  for (const auto& [answer, protocol] : answers) {
    for (const std::size_t piece : {1U, 3U, 100U}) {
      Talk talk;
      talk.client(k_hello12).in_pieces(Side::server, answer, piece).fin(Side::server);
      const auto h = talk.take();
      expect_end(h, Outcome::failed, EndedBy::not_tls, Side::server);
      EXPECT_EQ(h->foreign->protocol, protocol);
      EXPECT_EQ(h->foreign->first_bytes, words(answer));
    }
  }
}

TEST(TlsConnection, a_client_that_speaks_plain_mqtt_to_a_tls_server_is_named) {
  Talk talk;
  talk.client(Writer().u8(0x10).u8(16).add(vector_of(2, text("MQTT"))).add({4, 2, 0, 60, 0, 4}).add(text("dev7"))).server(alert(2, 70)).fin(Side::server);
  const auto h = talk.take();
  expect_end(h, Outcome::failed, EndedBy::not_tls, Side::client);
  EXPECT_EQ(h->foreign->protocol, "MQTT");
}

TEST(TlsConnection, plain_text_on_both_sides_is_no_handshake) {
  Talk talk;
  talk.client(text("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).server(text("HTTP/1.1 200 OK\r\n\r\nhello")).fin(Side::server);
  EXPECT_FALSE(talk.take());
}

TEST(TlsConnection, a_hello_after_starttls_is_found) {
  Talk talk;
  talk.server(text("220 mail.example.test ESMTP\r\n")).client(text("EHLO device\r\n")).server(text("250 STARTTLS\r\n")).client(text("STARTTLS\r\n")).server(text("220 go\r\n"));
  talk.client(k_hello12).server(server_flight12()).client(alert(2, 42));
  const auto h = talk.take();
  expect_end(h, Outcome::failed, EndedBy::alert, Side::client);
  EXPECT_EQ(h->starttls.substr(0, 4), "SMTP");
  EXPECT_EQ(h->client_hello->server_name, "broker.example.test");
}

TEST(TlsConnection, an_sslv2_hello_is_a_client_hello) {
  const Buffer body = Writer().u8(1).u16(0x0303).u16(6).u16(0).u16(32).add({0, 0, 0x2f, 0, 0, 0x35}).add(Buffer(32, 4));
  for (const std::size_t piece : {1U, 100U}) {
    Talk talk;
    talk.in_pieces(Side::client, Writer().u16(0x8000U | body.size()).add(body), piece).server(alert(2, 40));
    const auto h = talk.take();
    expect_end(h, Outcome::failed, EndedBy::alert, Side::server);
    EXPECT_TRUE(h->client_hello->sslv2);
    EXPECT_EQ(h->client_hello->cipher_suites.size(), 2U);
  }
}

TEST(TlsConnection, the_hellos_tell_who_the_client_is) {
  Talk talk(false, false);
  talk.server(k_hello12).client(server_flight12()).server(alert(2, 46));
  const auto h = talk.take();
  EXPECT_EQ(h->client.port, 8883);
  EXPECT_EQ(h->messages.at(0).from, Side::client);
  expect_end(h, Outcome::failed, EndedBy::alert, Side::client);
}

TEST(TlsConnection, without_hellos_the_messages_and_the_ports_tell_who_the_client_is) {
  Talk talk(false, false);  // 50000 speaks first, and 8883 serves
  EXPECT_EQ(talk.server(alert(2, 70)).take()->ended_by_side, Side::server);
  Talk ticket(false, false);
  const auto h = ticket.client(message(4, Buffer(12, 1))).take();  // only servers send NewSessionTicket
  ASSERT_TRUE(h);
  EXPECT_EQ(h->server.port, 50000);
  EXPECT_EQ(h->messages.at(0).from, Side::server);
}

TEST(TlsConnection, the_end_of_a_handshake_alone_is_one) {
  const auto h = Talk(false, false).client(change_cipher_spec() + protected_finished()).take();
  ASSERT_TRUE(h);
  ASSERT_EQ(h->messages.size(), 2U);
  EXPECT_EQ(h->messages[1].type, "encrypted_handshake");
  EXPECT_FALSE(Talk(false, false).client(protected_finished()).take());  // ciphertext alone could be anything
}

TEST(TlsConnection, a_gap_in_the_certificate_is_said_and_what_follows_is_read) {
  const Buffer flight = server_flight12();
  const std::size_t lost_at = message(2, server_hello(0xc02b)).size() + 100;
  Talk talk;
  talk.client(k_hello12).server({flight.begin(), flight.begin() + static_cast<std::ptrdiff_t>(lost_at)}).lose(Side::server, 200);
  talk.server({flight.begin() + static_cast<std::ptrdiff_t>(lost_at + 200), flight.end()}).client(alert(2, 48));
  const auto h = talk.take();
  expect_end(h, Outcome::failed, EndedBy::alert, Side::client);
  EXPECT_TRUE(h->certificates.empty());
  EXPECT_EQ(h->server_certificate, tls::Seen::not_captured);  // nobody can say that there was none
  EXPECT_FALSE(h->resumed);
  EXPECT_EQ(h->stage, "server_hello_done");
  ASSERT_FALSE(h->problems.empty());
  EXPECT_NE(h->problems[0].find("200 bytes are missing"), std::string::npos);
  EXPECT_EQ(h->from_server.missing_bytes, 200U);
}

TEST(TlsConnection, records_after_a_gap_are_found_however_they_are_cut_into_segments) {
  const Buffer flight = server_flight12();
  const std::size_t lost_at = message(2, server_hello(0xc02b)).size() + 100;
  for (const std::size_t size : {1U, 2U, 5U, 7U, 20U, 1000U}) {
    Talk talk;
    talk.client(k_hello12).server({flight.begin(), flight.begin() + static_cast<std::ptrdiff_t>(lost_at)}).lose(Side::server, 800);
    // What is left of a record that is lost too, and two whole ones with one more behind them.
    const Buffer rest = Buffer(90, 0x17) + message(12, {3, 0, 23, 1, 4}) + message(14) + alert(2, 40);
    for (std::size_t at = 0; at < rest.size(); at += size) {
      talk.server({rest.begin() + static_cast<std::ptrdiff_t>(at), rest.begin() + static_cast<std::ptrdiff_t>(std::min(rest.size(), at + size))});
    }
    const auto h = talk.take();
    expect_end(h, Outcome::failed, EndedBy::alert, Side::server);
    EXPECT_EQ(h->stage, "server_hello_done") << size;
    EXPECT_EQ(h->key_exchange_group, 23) << size;
  }
}

TEST(TlsConnection, a_client_hello_cut_by_the_snap_length_says_what_it_can) {
  Talk talk;
  talk.client({k_hello12.begin(), k_hello12.begin() + 60}).lose(Side::client, k_hello12.size() - 60, tls::Missing::snap_length).server(alert(2, 40));
  const auto h = talk.take();
  expect_end(h, Outcome::failed, EndedBy::alert, Side::server);
  ASSERT_TRUE(h->client_hello);
  EXPECT_FALSE(h->client_hello->complete);
  EXPECT_EQ(h->client_hello->cipher_suites.size(), 3U);
}

TEST(TlsConnection, every_cut_of_the_streams_at_their_end_is_survived) {
  const Buffer server = server_flight12();
  for (std::size_t size = 0; size <= k_hello12.size(); ++size) {
    Talk talk;
    talk.client({k_hello12.begin(), k_hello12.begin() + static_cast<std::ptrdiff_t>(size)});
    const auto h = talk.take();
    if (size >= 11) {
      ASSERT_TRUE(h) << size;
      EXPECT_EQ(h->client_hello->complete, size == k_hello12.size());
    }
  }
  for (std::size_t size = 0; size <= server.size(); ++size) {
    Talk talk;
    talk.client(k_hello12).server({server.begin(), server.begin() + static_cast<std::ptrdiff_t>(size)});
    EXPECT_TRUE(talk.take()) << size;
  }
}

TEST(TlsConnection, random_bytes_never_become_a_handshake) {
  std::mt19937 random(20);
  for (int round = 0; round < 3000; ++round) {
    Talk talk;
    for (int turn = 0; turn < 4; ++turn) {
      Buffer bytes(1 + random() % 600);
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
      talk.say(turn % 2 == 0 ? Side::client : Side::server, bytes);
    }
    EXPECT_FALSE(talk.take()) << round;
  }
}

}  // namespace
}  // namespace tlswhy::testing
