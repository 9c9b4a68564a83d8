// SPDX-License-Identifier: Apache-2.0
// The trace of RFC 8448 3 with and without its secrets. What other stacks protect is compared with tshark in tests/verdict.
#include <gtest/gtest.h>

#include <string>

#include "base/text.hpp"
#include "rfc8448.hpp"
#include "tls/keylog.hpp"
#include "tls_builder.hpp"

namespace tlswhy::testing {
namespace {

using tls::KeyLog;

Buffer hex(std::string_view text) {
  const auto bytes = from_hex(text);
  EXPECT_TRUE(bytes.has_value());
  return bytes.value_or(Buffer());
}

KeyLog key_log(std::string_view text) {
  KeyLog keys;
  EXPECT_TRUE(keys.add(text).empty());
  return keys;
}

Talk trace(const KeyLog* keys) {
  Talk talk;
  if (keys != nullptr) talk.connection().use_keys(*keys);
  talk.client(hex(rfc8448::k_client_hello)).server(hex(rfc8448::k_server_hello)).server(hex(rfc8448::k_server_flight));
  talk.client(hex(rfc8448::k_client_finished)).server(hex(rfc8448::k_session_ticket));
  talk.client(hex(rfc8448::k_client_data)).server(hex(rfc8448::k_server_data));
  return std::move(talk.client(hex(rfc8448::k_client_alert)).server(hex(rfc8448::k_server_alert)));
}

std::string messages(const tls::Handshake& h) {
  std::string text;
  for (const auto& m : h.messages) text += std::to_string(m.at.frame) + " " + std::string(m.type) + (m.decrypted ? " decrypted\n" : "\n");
  return text;
}

TEST(Decryption, of_the_trace_of_rfc_8448_gives_all_its_messages) {
  const KeyLog keys = key_log(rfc8448::k_key_log);
  const auto h = trace(&keys).take();
  ASSERT_TRUE(h);
  EXPECT_EQ(messages(*h),
            "1 client_hello\n2 server_hello\n3 encrypted_extensions decrypted\n3 certificate decrypted\n3 certificate_verify decrypted\n"
            "3 finished decrypted\n4 finished decrypted\n5 new_session_ticket decrypted\n");
  EXPECT_TRUE(h->decrypted);
  EXPECT_TRUE(h->problems.empty());
  ASSERT_EQ(h->certificates.size(), 1U);
  EXPECT_TRUE(h->certificates[0].decrypted);
  EXPECT_EQ(h->certificates[0].subject, "CN=rsa");
  ASSERT_EQ(h->alerts.size(), 2U);  // close_notify of both
  for (const auto& alert : h->alerts) {
    EXPECT_TRUE(alert.decrypted);
    EXPECT_FALSE(alert.encrypted);
    EXPECT_EQ(alert.code, 0);
  }
  EXPECT_EQ(h->client_data.head.substr(0, 3), std::string("\0\1\2", 3));  // its application data counts up from 0
  EXPECT_EQ(h->outcome, tls::Outcome::completed);
}

TEST(Decryption, does_not_depend_on_how_the_stream_is_cut) {
  const KeyLog keys = key_log(rfc8448::k_key_log);
  Talk talk;
  talk.connection().use_keys(keys);
  talk.in_pieces(Side::client, hex(rfc8448::k_client_hello), 7).in_pieces(Side::server, hex(rfc8448::k_server_hello), 3);
  talk.in_pieces(Side::server, hex(rfc8448::k_server_flight), 100).in_pieces(Side::client, hex(rfc8448::k_client_finished), 1);
  const auto h = talk.take();
  ASSERT_TRUE(h);
  EXPECT_EQ(messages(*h),
            "1 client_hello\n2 server_hello\n3 encrypted_extensions decrypted\n3 certificate decrypted\n3 certificate_verify decrypted\n"
            "3 finished decrypted\n4 finished decrypted\n");
}

TEST(Decryption, without_secrets_says_that_nothing_was_opened) {
  const auto h = trace(nullptr).take();
  ASSERT_TRUE(h);
  EXPECT_EQ(messages(*h), "1 client_hello\n2 server_hello\n");
  EXPECT_FALSE(h->decrypted);
  EXPECT_TRUE(h->alerts.empty());
  EXPECT_EQ(h->server_certificate, tls::Seen::encrypted);
}

TEST(Decryption, with_wrong_secrets_opens_nothing_and_says_so) {
  std::string wrong(rfc8448::k_key_log);
  for (std::size_t at = wrong.find(" b"); at != std::string::npos; at = wrong.find(" b", at + 1)) wrong[at + 1] = 'c';
  const KeyLog keys = key_log(wrong);
  const auto h = trace(&keys).take();
  ASSERT_TRUE(h);
  EXPECT_EQ(messages(*h), "1 client_hello\n2 server_hello\n");
  EXPECT_FALSE(h->decrypted);
  ASSERT_FALSE(h->problems.empty());
  EXPECT_NE(h->problems[0].find("do not decrypt"), std::string::npos);
  EXPECT_EQ(h->outcome, tls::Outcome::completed);  // what is told without keys is still told
}

TEST(Decryption, of_one_side_only_reads_that_side) {
  std::string server_only;
  for (const std::string_view line : split(rfc8448::k_key_log, '\n')) {
    if (line.starts_with("SERVER_")) server_only += std::string(line) + "\n";
  }
  const KeyLog keys = key_log(server_only);
  const auto h = trace(&keys).take();
  ASSERT_TRUE(h);
  EXPECT_EQ(messages(*h),
            "1 client_hello\n2 server_hello\n3 encrypted_extensions decrypted\n3 certificate decrypted\n3 certificate_verify decrypted\n"
            "3 finished decrypted\n5 new_session_ticket decrypted\n");
  EXPECT_EQ(h->outcome, tls::Outcome::completed);
}

TEST(Decryption, goes_on_after_lost_records) {
  const KeyLog keys = key_log(rfc8448::k_key_log);
  Talk talk;
  talk.connection().use_keys(keys);
  talk.client(hex(rfc8448::k_client_hello)).server(hex(rfc8448::k_server_hello)).server(hex(rfc8448::k_server_flight));
  talk.client(hex(rfc8448::k_client_finished)).lose(Side::server, hex(rfc8448::k_session_ticket).size());
  talk.server(hex(rfc8448::k_server_data));
  const auto h = talk.take();
  ASSERT_TRUE(h);
  EXPECT_EQ(h->server_data.head.substr(0, 3), std::string("\0\1\2", 3));
}

TEST(EncryptedAlert, of_the_clients_is_inferred_from_size_place_and_end_and_never_read) {
  Talk talk;
  talk.client(hex(rfc8448::k_client_hello)).server(hex(rfc8448::k_server_hello)).server(hex(rfc8448::k_server_flight));
  const auto h = talk.client(data_record(19)).fin(Side::client).take();  // ciphertext; two bytes of it could look like any alert
  ASSERT_TRUE(h);
  ASSERT_EQ(h->alerts.size(), 1U);
  EXPECT_TRUE(h->alerts[0].encrypted);
  EXPECT_TRUE(h->alerts[0].inferred);
  EXPECT_EQ(h->alerts[0].code, 0);
  EXPECT_EQ(h->ended_by, tls::EndedBy::encrypted_alert);
}

// Lengths: RFC 8446 4 (header 4), 4.4.2 (context 1, list 3), 4.4.4 (verify_data as long as the hash), 5.2 (type 1, tag 16).
TEST(ClientAnswer, is_inferred_from_the_size_of_the_clients_first_protected_record) {
  constexpr std::size_t k_overhead = 17;
  const auto answer = [](std::size_t size) {
    Talk talk;
    talk.client(hex(rfc8448::k_client_hello)).server(hex(rfc8448::k_server_hello)).server(hex(rfc8448::k_server_flight));
    const auto h = talk.client(data_record(size)).take();
    return h ? h->client_answer : tls::ClientAnswer::unknown;
  };
  EXPECT_EQ(answer(4 + 32 + k_overhead), tls::ClientAnswer::not_asked);      // Finished, SHA-256
  EXPECT_EQ(answer(4 + 48 + k_overhead), tls::ClientAnswer::not_asked);      // Finished, SHA-384
  EXPECT_EQ(answer(8 + k_overhead), tls::ClientAnswer::empty);               // empty Certificate
  EXPECT_EQ(answer(8 + 4 + 32 + k_overhead), tls::ClientAnswer::empty);      // both in one record
  EXPECT_EQ(answer(8 + 500 + k_overhead), tls::ClientAnswer::sent);
  EXPECT_EQ(answer(19), tls::ClientAnswer::unknown);                         // an alert
  EXPECT_EQ(answer(100), tls::ClientAnswer::unknown);                        // too short for a certificate, and nothing else either
}

TEST(ClientAnswer, is_not_inferred_where_keys_open_the_records) {
  const KeyLog keys = key_log(rfc8448::k_key_log);
  const auto opened = trace(&keys).take();
  const auto closed = trace(nullptr).take();
  ASSERT_TRUE(opened && closed);
  EXPECT_EQ(opened->client_answer, tls::ClientAnswer::unknown);
  EXPECT_EQ(closed->client_answer, tls::ClientAnswer::not_asked);  // the trace has no CertificateRequest
}

TEST(EncryptedAlert, of_tls12_is_one_by_its_content_type_and_never_read) {
  Talk talk;
  talk.client(message(1, client_hello())).server(message(2, server_hello(0xc02f)));
  talk.client(change_cipher_spec() + protected_finished());
  const auto h = talk.client(record(k_alert_record, Buffer{2, 48})).take();  // two bytes after ChangeCipherSpec are ciphertext
  ASSERT_TRUE(h);
  ASSERT_EQ(h->alerts.size(), 1U);
  EXPECT_TRUE(h->alerts[0].encrypted);
  EXPECT_FALSE(h->alerts[0].inferred);
  EXPECT_EQ(h->alerts[0].code, 0);
}

TEST(KeyLog, takes_the_labels_of_rfc_9850_and_passes_over_comments_and_newer_ones) {
  KeyLog keys;
  const std::string random(64, 'a');
  EXPECT_TRUE(keys.add("# made by a client\r\n\r\nCLIENT_RANDOM " + random + " " + std::string(96, 'b') + "\r\nNEWER_KIND_SECRET " + random +
                       " " + std::string(64, 'c') + "\nEXPORTER_SECRET " + random + " " + std::string(64, 'd'))
                  .empty());
  EXPECT_EQ(keys.size(), 1U);
  const Buffer* const secret = keys.find(tls::Secret::master, Buffer(32, 0xaa));
  ASSERT_NE(secret, nullptr);
  EXPECT_EQ(*secret, Buffer(48, 0xbb));
  EXPECT_EQ(keys.find(tls::Secret::master, Buffer(32, 0xab)), nullptr);
}

TEST(KeyLog, says_which_line_is_wrong_without_its_content) {
  KeyLog keys;
  const std::string random(64, 'a');
  const auto problems = keys.add("CLIENT_RANDOM " + random + " " + std::string(95, 'b') + "\nhello there\nCLIENT_RANDOM " + random);
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_TRUE(problems[0].starts_with("line 1 "));
  for (const std::string& problem : problems) {
    EXPECT_EQ(problem.find("bbbb"), std::string::npos);
    EXPECT_EQ(problem.find("aaaa"), std::string::npos);
  }
  EXPECT_TRUE(keys.empty());
}

TEST(KeyLog, is_told_from_other_text_by_its_labels) {
  EXPECT_TRUE(tls::looks_like_key_log(rfc8448::k_key_log));
  EXPECT_TRUE(tls::looks_like_key_log("# comment\n" + std::string(rfc8448::k_key_log)));
  EXPECT_FALSE(tls::looks_like_key_log(""));
  EXPECT_FALSE(tls::looks_like_key_log("RSA key exchange failed\n"));
  EXPECT_FALSE(tls::looks_like_key_log("I (1) tls: start\nI (2) tls: CLIENT_RANDOM a b\n"));
}

TEST(KeyLog, is_found_in_the_lines_of_a_log_and_masked_there) {
  const std::string random(64, 'a');
  const std::string secret(96, 'b');
  std::string log = "I (12) tls: start\nI (13) tls: CLIENT_RANDOM " + random + " " + secret + "\nI (14) x: CLIENT_TRAFFIC_SECRET_7 " + random + " " +
                    std::string(64, 'c') + " CLIENT_RANDOM " + random + " " + secret + "\nE (15) tls: CLIENT_RANDOM is empty\n";
  KeyLog keys;
  EXPECT_EQ(keys.add_from_log(log), 2U);
  const std::size_t size = log.size();
  tls::mask_secrets(log);
  EXPECT_EQ(log.size(), size);
  EXPECT_EQ(log.find("bb"), std::string::npos);
  EXPECT_EQ(log.find("cc"), std::string::npos);
  EXPECT_NE(log.find("E (15) tls: CLIENT_RANDOM is empty"), std::string::npos);
}

TEST(KeyLog, lines_of_openssl_name_a_session) {
  KeyLog keys;
  EXPECT_TRUE(keys.add("RSA Session-ID:0102 Master-Key:" + std::string(96, 'e')).empty());
  ASSERT_NE(keys.find_session(Buffer{1, 2}), nullptr);
  std::string log = "    Master-Key: " + std::string(96, 'E') + "\n";
  tls::mask_secrets(log);
  EXPECT_EQ(log, "    Master-Key: " + std::string(96, '*') + "\n");
}

}  // namespace
}  // namespace tlswhy::testing
