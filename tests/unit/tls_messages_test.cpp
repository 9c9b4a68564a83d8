// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tls_builder.hpp"

namespace tlswhy::testing {
namespace {

using tls::parse_client_hello;
using tls::parse_server_hello;

Buffer rich_extensions() {
  return server_name("broker.example.test") + extension(1, {4}) + extension(10, vector_of(2, u16s({29, 23}))) + extension(11, vector_of(1, {0})) +
         extension(13, vector_of(2, u16s({0x0403, 0x0804}))) + extension(16, vector_of(2, vector_of(1, text("mqtt")) + vector_of(1, text("x-amzn-mqtt-ca")))) + extension(23, {}) +
         extension(28, u16s({1024})) + extension(35, Buffer(16, 3)) + supported_versions({0x0a0a, 0x0304, 0x0303}) +
         extension(51, vector_of(2, Writer().u16(29).add(vector_of(2, Buffer(32, 9))))) + extension(0xff01, {0});
}

TEST(TlsMessages, a_client_hello_gives_all_that_it_offers) {
  const auto parsed = parse_client_hello(Bytes(client_hello({.session_id = Buffer(32, 1), .suites = {0x1301, 0xc02b}, .extensions = rich_extensions()})), false);
  ASSERT_TRUE(parsed.ok());
  const tls::ClientHello& hello = parsed.value;
  EXPECT_TRUE(hello.complete);
  EXPECT_EQ(hello.legacy_version, 0x0303);
  EXPECT_EQ(hello.session_id_size, 32U);
  EXPECT_EQ(hello.cipher_suites, (std::vector<std::uint16_t>{0x1301, 0xc02b}));
  EXPECT_EQ(hello.server_name, "broker.example.test");
  EXPECT_EQ(hello.max_fragment_length, 4);
  EXPECT_EQ(hello.groups, (std::vector<std::uint16_t>{29, 23}));
  EXPECT_EQ(hello.point_formats, Buffer{0});
  EXPECT_EQ(hello.signature_algorithms, (std::vector<std::uint16_t>{0x0403, 0x0804}));
  EXPECT_EQ(hello.alpn, (std::vector<std::string>{"mqtt", "x-amzn-mqtt-ca"}));
  EXPECT_TRUE(hello.extended_master_secret);
  EXPECT_EQ(hello.record_size_limit, 1024);
  EXPECT_TRUE(hello.session_ticket);
  EXPECT_EQ(hello.session_ticket_size, 16U);
  EXPECT_EQ(hello.key_share_groups, std::vector<std::uint16_t>{29});
  EXPECT_TRUE(hello.renegotiation_info);
  EXPECT_FALSE(hello.pre_shared_key);
  EXPECT_EQ(hello.extensions.size(), 12U);
  // GREASE is kept as sent, and left out of what is offered.
  EXPECT_EQ(hello.supported_versions.size(), 3U);
  const auto offered = tls::versions_offered(hello);
  ASSERT_EQ(offered.size(), 2U);
  EXPECT_EQ(to_string(offered[0]), "TLS 1.2");
  EXPECT_EQ(to_string(offered[1]), "TLS 1.3");
}

TEST(TlsMessages, a_client_hello_without_extensions_is_whole) {
  const auto parsed = parse_client_hello(Bytes(client_hello()), false);
  ASSERT_TRUE(parsed.ok());
  EXPECT_FALSE(parsed.value.server_name);
  EXPECT_EQ(parsed.value.cipher_suites.size(), 3U);
}

TEST(TlsMessages, a_cookie_is_read_in_datagrams_only) {
  const Buffer body = client_hello({.version = 0xfefd, .cookie = Buffer(20, 8)});
  const auto parsed = parse_client_hello(Bytes(body), true);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value.cookie_size, 20U);
  EXPECT_FALSE(parse_client_hello(Bytes(body), false).ok());
}

TEST(TlsMessages, a_name_entry_of_another_type_is_no_host_name) {
  const Buffer other = extension(0, vector_of(2, Writer().u8(7).add(vector_of(2, text("x"))).u8(0).add(vector_of(2, text("host")))));
  EXPECT_EQ(parse_client_hello(Bytes(client_hello({.extensions = other})), false).value.server_name, "host");
  EXPECT_FALSE(parse_client_hello(Bytes(client_hello({.extensions = extension(0, {})})), false).value.server_name);
}

TEST(TlsMessages, every_prefix_of_a_client_hello_is_truncated_or_legal) {
  const Buffer body = client_hello({.session_id = Buffer(8, 1), .extensions = rich_extensions()});
  const std::size_t without_extensions = client_hello({.session_id = Buffer(8, 1)}).size();
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto parsed = parse_client_hello(Bytes(body).first(size), false);
    EXPECT_EQ(parsed.ok(), size == without_extensions) << size;
    EXPECT_EQ(parsed.value.complete, parsed.ok()) << size;
    if (!parsed.ok()) {
      EXPECT_EQ(parsed.error->fault, ParseFault::truncated) << size;
    }
  }
  EXPECT_TRUE(parse_client_hello(Bytes(body), false).ok());
}

TEST(TlsMessages, what_a_cut_client_hello_says_before_the_cut_is_kept) {
  const Buffer body = client_hello({.extensions = rich_extensions()});
  const auto parsed = parse_client_hello(Bytes(body).first(client_hello().size() + 2), false);
  EXPECT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.value.cipher_suites.size(), 3U);
}

TEST(TlsMessages, bytes_after_a_client_hello_are_a_fault) {
  const auto parsed = parse_client_hello(Bytes(client_hello({.extensions = rich_extensions()}) + Buffer{0}), false);
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error->fault, ParseFault::trailing_data);
  EXPECT_EQ(parsed.value.server_name, "broker.example.test");
}

TEST(TlsMessages, an_extension_longer_than_its_list_is_a_fault) {
  const Buffer list = Writer().u16(10).u16(200).u16(29);
  EXPECT_FALSE(parse_client_hello(Bytes(client_hello({.extensions = list})), false).ok());
}

TEST(TlsMessages, lists_of_odd_length_do_not_invent_a_value) {
  const auto parsed = parse_client_hello(Bytes(client_hello({.extensions = extension(10, vector_of(2, {0, 29, 0}))})), false);
  EXPECT_EQ(parsed.value.groups, std::vector<std::uint16_t>{29});
}

TEST(TlsMessages, a_server_hello_gives_its_choice) {
  const Buffer extensions = extension(0, {}) + extension(1, {2}) + extension(16, vector_of(2, vector_of(1, text("mqtt")))) + extension(23, {}) + extension(35, {}) + extension(0xff01, {0});
  const auto parsed = parse_server_hello(Bytes(server_hello(0xc02b, extensions)));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(to_string(parsed.value.version), "TLS 1.2");
  EXPECT_EQ(parsed.value.cipher_suite, 0xc02b);
  EXPECT_EQ(parsed.value.alpn, "mqtt");
  EXPECT_EQ(parsed.value.max_fragment_length, 2);
  EXPECT_TRUE(parsed.value.server_name_acknowledged && parsed.value.extended_master_secret && parsed.value.session_ticket && parsed.value.renegotiation_info);
  EXPECT_FALSE(parsed.value.hello_retry_request);
}

// draft-ietf-tls-tls13-14, 4.1.2: version, random, suite, extensions.
TEST(TlsMessages, a_server_hello_of_an_early_draft_has_no_session_id_even_where_its_version_is_the_final_one) {
  for (const std::uint16_t version : {std::uint16_t{0x7f0e}, std::uint16_t{0x0304}}) {
    const Buffer body = Writer().u16(version).add(Buffer(32, 0x22)).u16(0xc02b).add(vector_of(2, extension(40, Buffer(69, 4))));
    const auto parsed = parse_server_hello(Bytes(body));
    EXPECT_TRUE(parsed.ok()) << version;
    EXPECT_EQ(parsed.value.cipher_suite, 0xc02b) << version;
    EXPECT_EQ(parsed.value.session_id_size, 0U) << version;
    EXPECT_EQ(parsed.value.extensions.size(), 1U) << version;
  }
}

TEST(TlsMessages, a_server_hello_in_the_final_form_keeps_its_session_id_whatever_its_version) {
  const Buffer body = server_hello(0x1301, extension(23, {}), 0x0304);
  const auto parsed = parse_server_hello(Bytes(body));
  EXPECT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value.cipher_suite, 0x1301);
}

TEST(TlsMessages, supported_versions_decides_the_version_of_a_server_hello) {
  const auto parsed = parse_server_hello(Bytes(server_hello13()));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(to_string(parsed.value.version), "TLS 1.3");
  EXPECT_EQ(parsed.value.legacy_version, 0x0303);
  EXPECT_EQ(parsed.value.selected_group, 29);
  EXPECT_FALSE(parsed.value.hello_retry_request);
}

TEST(TlsMessages, the_random_makes_a_hello_retry_request) {
  const auto parsed = parse_server_hello(Bytes(hello_retry_request()));
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed.value.hello_retry_request);
  EXPECT_EQ(parsed.value.selected_group, 23);
}

TEST(TlsMessages, every_prefix_of_a_server_hello_is_truncated_or_legal) {
  for (const Buffer& body : {server_hello13(), hello_retry_request(), server_hello(0xc02b, extension(23, {}))}) {
    for (std::size_t size = 0; size < body.size(); ++size) {
      const auto parsed = parse_server_hello(Bytes(body).first(size));
      EXPECT_EQ(parsed.ok(), size == server_hello(0).size()) << size;
      if (!parsed.ok()) {
        EXPECT_EQ(parsed.error->fault, ParseFault::truncated) << size;
      }
    }
    EXPECT_FALSE(parse_server_hello(Bytes(body + Buffer{1})).ok());
  }
}

TEST(TlsMessages, an_sslv2_hello_names_its_tls_suites) {
  const Buffer body = Writer().u8(1).u16(0x0301).u16(9).u16(0).u16(16).add({0, 0, 0x2f, 1, 0, 0x80, 0, 0xc0, 0x13}).add(Buffer(16, 4));
  const auto parsed = tls::parse_sslv2_client_hello(Bytes(body));
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed.value.sslv2);
  EXPECT_EQ(parsed.value.legacy_version, 0x0301);
  EXPECT_EQ(parsed.value.cipher_suites, (std::vector<std::uint16_t>{0x002f, 0xc013}));
  for (std::size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(tls::parse_sslv2_client_hello(Bytes(body).first(size)).ok()) << size;
}

TEST(TlsMessages, a_certificate_list_is_accepted_only_as_a_whole) {
  const Buffer body = vector_of(3, vector_of(3, Buffer(100, 1)) + vector_of(3, Buffer(50, 2)));
  const auto parsed = tls::parse_certificate_list(Bytes(body));
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed.value.size(), 2U);
  EXPECT_EQ(parsed.value[0].size(), 100U);
  EXPECT_EQ(parsed.value[1].size(), 50U);
  for (std::size_t size = 0; size < body.size(); ++size) EXPECT_FALSE(tls::parse_certificate_list(Bytes(body).first(size)).ok()) << size;
  EXPECT_FALSE(tls::parse_certificate_list(Bytes(body + Buffer{0})).ok());
  EXPECT_FALSE(tls::parse_certificate_list(Bytes(vector_of(3, Writer().u24(90).add(Buffer(10, 1))))).ok());
}

TEST(TlsMessages, an_empty_certificate_list_is_legal) {
  const auto parsed = tls::parse_certificate_list(Bytes(vector_of(3, {})));
  EXPECT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed.value.empty());
}

TEST(TlsMessages, a_certificate_request_names_the_authorities) {
  const Buffer names = vector_of(2, vector_of(2, Buffer(20, 1)) + vector_of(2, Buffer(30, 2)));
  const Buffer tls12 = vector_of(1, {1, 64}) + vector_of(2, u16s({0x0403, 0x0401})) + names;
  const auto parsed = tls::parse_certificate_request(Bytes(tls12), true);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed.value.size(), 2U);
  EXPECT_EQ(parsed.value[1].size(), 30U);
  EXPECT_TRUE(tls::parse_certificate_request(Bytes(vector_of(1, {1, 64}) + names), false).ok());
  EXPECT_FALSE(tls::parse_certificate_request(Bytes(tls12), false).ok());
  for (std::size_t size = 0; size < tls12.size(); ++size) EXPECT_FALSE(tls::parse_certificate_request(Bytes(tls12).first(size), true).ok()) << size;
}

TEST(TlsMessages, only_a_named_curve_gives_a_group) {
  EXPECT_EQ(tls::parse_named_curve(Bytes(Buffer{3, 0, 23, 65})), 23);
  EXPECT_EQ(tls::parse_named_curve(Bytes(Buffer{1, 0, 23, 65})), 0);
  EXPECT_EQ(tls::parse_named_curve(Bytes(Buffer{3, 0})), 0);
}

TEST(TlsMessages, grease_is_what_rfc_8701_reserves) {
  int count = 0;
  for (std::uint32_t value = 0; value <= 0xffff; ++value) count += tls::is_grease(static_cast<std::uint16_t>(value)) ? 1 : 0;
  EXPECT_EQ(count, 16);
  EXPECT_TRUE(tls::is_grease(0x0a0a) && tls::is_grease(0xfafa));
  EXPECT_FALSE(tls::is_grease(0x0a1a));
}

TEST(TlsMessages, versions_have_their_names) {
  EXPECT_EQ(to_string(tls::Version{0x0300}), "SSL 3.0");
  EXPECT_EQ(to_string(tls::Version{0xfefd}), "DTLS 1.2");
  EXPECT_EQ(to_string(tls::Version{0x7f1c}), "TLS 1.3");
  EXPECT_EQ(to_string(tls::Version{0x1234}), "0x1234");
}

TEST(TlsMessages, ja3_leaves_grease_out) {
  const auto hello = parse_client_hello(Bytes(client_hello({.suites = {0x0a0a, 0xc02b}, .extensions = extension(0x1a1a, {}) + extension(10, vector_of(2, u16s({0x2a2a, 23}))) + extension(11, vector_of(1, {0}))})), false);
  EXPECT_EQ(tls::ja3_full(hello.value), "771,49195,10-11,23,0");
  EXPECT_EQ(tls::ja3(hello.value).size(), 32U);
}

}  // namespace
}  // namespace tlswhy::testing
