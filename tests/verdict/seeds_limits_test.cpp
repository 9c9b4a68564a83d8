// SPDX-License-Identifier: Apache-2.0
// More rows of the stories in seeds_test.cpp: what limits of a small stack look like, the questions of Espressif's FAQ, and what must be
// told beside the cause.
#include "verdict.hpp"

#include <algorithm>

namespace tlswhy::verdict {
namespace {

const knowledge::Cause* cause_of(const diagnose::Diagnosis& d, std::string_view id) {
  const std::size_t at = place(d, id);
  return at == 0 ? nullptr : d.causes[at - 1].cause;
}

// A fix that names `words`, of any platform; null if there is none.
const knowledge::Fix* fix_with(const knowledge::Cause& cause, std::string_view words) {
  for (const knowledge::Fix& fix : cause.fixes) {
    if (fix.action.find(words) != std::string_view::npos) return &fix;
  }
  return nullptr;
}

// 000-4: certbot's update dropped the old suites; the user says that it worked before.
TEST(Seeds, that_it_worked_before_a_server_update_speaks_for_dropped_suites) {
  const auto told_before = Story().log("ssl_handshake_status: -40\n").set("worked_before", "until the server's update").diagnosis();
  EXPECT_EQ(first(told_before), "no-shared-cipher");
  EXPECT_TOLD(told_before, "updates of a server's configuration drop old suites");
}

// 000-6: static RSA with CBC is what Mozilla's list keeps for "old" clients only.
TEST(Seeds, old_suites_are_proposed_with_what_they_cost) {
  const auto d = Story().log("ssl_handshake_status: -40\n").diagnosis();
  const knowledge::Cause* cause = cause_of(d, "no-shared-cipher");
  ASSERT_NE(cause, nullptr);
  const knowledge::Fix* fix = fix_with(*cause, "Allow the old suites");
  ASSERT_NE(fix, nullptr);
  EXPECT_NE(fix->weakens.find("forward secrecy"), std::string_view::npos);
  EXPECT_NE(fix->weakens.find("CBC"), std::string_view::npos);
}

// 000-7: "cannot connect to servers with Let's Encrypt certificates" was the server's list of suites.
TEST(Seeds, alert_40_is_told_to_be_no_verdict_on_the_certificate) {
  const auto d = Story().log("ssl_handshake_status: -40\n").diagnosis();
  EXPECT_TOLD(d, "not a verdict on the server's certificate");
  const knowledge::Cause* cause = cause_of(d, "no-shared-cipher");
  ASSERT_NE(cause, nullptr);
  EXPECT_NE(fix_with(*cause, "ECDSA certificate and clients with RSA suites only"), nullptr);
}

// 001-14: the certificate's body was removed before pasting; it is told, and is no cause.
TEST(Seeds, an_empty_pem_in_a_pasted_program_is_a_note_and_no_cause) {
  const std::string lua = "tls.cert.verify([[\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n]])\n";
  const log::Scanner scanner(knowledge::built_in());
  const log::Log log = scanner.read(lua, "init.lua");
  ASSERT_EQ(log.notes.size(), 1U);
  EXPECT_NE(log.notes.front().find("line 2"), std::string::npos);
  EXPECT_NE(log.notes.front().find("empty PEM body"), std::string::npos);
  const auto d = Story().log(lua + "client handshake failed!\nReason:[-0x2700]\n").diagnosis();
  EXPECT_EQ(first(d), "unknown-ca");
  EXPECT_LT(confidence(d, "cert-parse-failed"), 0.1);
}

// 001-15: no one has to say that 8883 carries TLS.
TEST(Seeds, handshakes_on_port_8883_are_found_without_a_hint) {
  const auto read = wire::read(std::string(TLSWHY_SOURCE_DIR) + "/captures/mbedtls-other-root/capture.pcapng");
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->handshakes.size(), 1U);
  EXPECT_EQ(read->handshakes.front().server.port, 8883);
}

// 002-3: an update over HTTPS without a CA.
TEST(Seeds, ota_without_a_way_to_verify_is_no_trust_configured) {
  const auto d = Story()
                     .log(
                         "I (4242) esp_https_ota: Starting OTA...\n"
                         "E (4252) esp_https_ota: No option for server verification is enabled in esp_http_client config.\n"
                         "E (4262) advanced_https_ota_example: ESP HTTPS OTA Begin failed\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "no-trust-configured");
}

// 002-8: the figures are those of ESP-IDF's Mbed TLS page (42196 bytes by default, 22013 with dynamic buffers).
TEST(Seeds, memory_advice_of_esp_idf_has_figures_and_psram) {
  const auto d = Story().log("E (1203) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00\n").diagnosis();
  ASSERT_EQ(first(d), "low-memory");
  const knowledge::Fix* fix = fix_with(*d.causes.front().cause, "CONFIG_MBEDTLS_DYNAMIC_BUFFER");
  ASSERT_NE(fix, nullptr);
  for (const std::string_view words : {"22 KB", "42 KB", "PSRAM", "CONFIG_MBEDTLS_EXTERNAL_MEM_ALLOC"}) {
    EXPECT_NE(fix->action.find(words), std::string_view::npos) << words;
  }
}

// 002-10: why the chain in the browser is another.
TEST(Seeds, a_missing_intermediate_tells_why_browsers_manage) {
  const auto d = Story().capture("mbedtls-leaf-only/capture.pcapng").diagnosis();
  EXPECT_EQ(first(d), "incomplete-chain");
  EXPECT_TOLD(d, "Browsers");
  bool default_certificate = false;
  for (const auto& confusion : d.causes.front().cause->confused_with)
    default_certificate = default_certificate || confusion.cause == "sni-missing";
  EXPECT_TRUE(default_certificate);
}

// 002-12: a debug log of Mbed TLS in the words of ssl_tls.c and x509.c (mbedtls_x509_crt_info), flags 1 = BADCERT_EXPIRED.
TEST(Seeds, an_mbedtls_debug_log_is_read_to_its_verify_flags) {
  const auto d = Story()
                     .log(
                         "W (2010) mbedtls: ssl_cli.c:4411 client state: 3\n"
                         "W (2011) mbedtls: ssl_tls.c:5600 peer certificate #1:\n"
                         "W (2012) mbedtls: ssl_tls.c:5600 cert. version     : 3\n"
                         "W (2012) mbedtls: ssl_tls.c:5600 serial number     : 01:02\n"
                         "W (2012) mbedtls: ssl_tls.c:5600 issuer name       : O=Example Devices, CN=Example Root CA\n"
                         "W (2012) mbedtls: ssl_tls.c:5600 subject name      : CN=broker.example.test\n"
                         "W (2012) mbedtls: ssl_tls.c:5600 issued  on        : 2024-01-01 00:00:00\n"
                         "W (2012) mbedtls: ssl_tls.c:5600 expires on        : 2025-01-01 00:00:00\n"
                         "W (2100) mbedtls: ssl_tls.c:5691 x509_verify_cert() returned -9984 (-0x2700)\n"
                         "W (2101) mbedtls: ssl_tls.c:5700 ! Certificate verification flags 00000001\n"
                         "E (2102) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n")
                     .diagnosis();
  EXPECT_TRUE(first(d) == "cert-expired" || first(d) == "clock-not-set") << first(d);
  EXPECT_GT(place(d, "cert-expired"), 0U);
  EXPECT_LT(confidence(d, "unknown-ca"), 0.2);
}

// 002-13: ESP-TLS skips verification only if nothing else asks for it (esp_tls_mbedtls.c, set_client_config).
TEST(Seeds, skipping_verification_lists_what_still_forces_it_and_comes_last) {
  const auto d =
      Story()
          .log("E (9210) esp-tls-mbedtls: No server verification option set in esp_tls_cfg_t structure. Check esp_tls API reference\n")
          .diagnosis();
  ASSERT_EQ(first(d), "no-trust-configured");
  const knowledge::Fix* fix = fix_with(*d.causes.front().cause, "CONFIG_ESP_TLS_SKIP_SERVER_CERT_VERIFY");
  ASSERT_NE(fix, nullptr);
  for (const std::string_view words :
       {"CONFIG_ESP_TLS_INSECURE", "crt_bundle_attach", "use_global_ca_store", "cacert_buf", "psk_hint_key"}) {
    EXPECT_NE(fix->action.find(words), std::string_view::npos) << words;
  }
  EXPECT_FALSE(fix->weakens.empty());
  EXPECT_EQ(d.causes.front().fixes.back(), fix);
}

// 003-1: a hello without groups against a server that wants ECDHE.
TEST(Seeds, a_hello_without_groups_says_that_the_server_wants_ecdhe) {
  const auto d = Story().capture("mbedtls-rsa-suites-only/capture.pcapng").set("device", "axtls-micropython").diagnosis();
  EXPECT_EQ(first(d), "no-shared-cipher");
  EXPECT_TOLD(d, "none with ECDHE");
}

// 003-2: one buffer for both directions.
TEST(Seeds, damaged_records_on_axtls_may_be_its_one_buffer) {
  const auto d = Story()
                     .log(
                         "Traceback (most recent call last):\n  File \"umqtt/simple.py\", line 204, in check_msg\n"
                         "OSError: (-262, 'INVALID_HMAC')\n")
                     .diagnosis();
  EXPECT_GT(place(d, "concurrency-misuse"), 0U);
  EXPECT_LE(place(d, "concurrency-misuse"), 2U);
  EXPECT_TOLD(d, "half duplex");
  // A stack with two buffers gets no such advice.
  const auto other = Story().log("E (4021) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7180\n").diagnosis();
  EXPECT_LT(confidence(other, "concurrency-misuse"), confidence(d, "concurrency-misuse"));
}

// 003-3, 001-11: "too slow" is said where a pause was measured, and only there. tshark: frame 8 at 0.0016 s, frame 12 at 5.2 s.
TEST(Seeds, a_slow_device_is_named_with_the_pause_that_was_measured) {
  const auto d = Story().capture("mbedtls-slow-client/capture.pcapng").diagnosis();
  EXPECT_EQ(first(d), "handshake-too-slow");
  bool measured = false;
  for (const auto& item : d.causes.front().evidence)
    measured = measured || (item.says.find(" ms before client_key_exchange") != std::string::npos && item.source.frame == 12);
  EXPECT_TRUE(measured);
  EXPECT_LT(confidence(Story().capture("mbedtls-other-root/capture.pcapng").diagnosis(), "handshake-too-slow"), 0.05);
}

TEST(Seeds, a_slow_device_is_named_though_its_log_speaks_of_a_reset) {
  const auto d = Story()
                     .capture("mbedtls-slow-client/capture.pcapng")
                     .log(
                         "W (7208) mbedtls: ssl_msg.c:2752 mbedtls_ssl_flush_output() returned -80 (-0x0050)\nE (7208) tls_client: "
                         "mbedtls_ssl_handshake returned -0x0050\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "handshake-too-slow");
}

// 003-4: a full handshake each time is slow, not wrong.
TEST(Seeds, full_handshakes_one_after_the_other_are_no_failure) {
  const auto d = Story().capture("openssl-tls12-suites/capture.pcapng").diagnosis();
  EXPECT_EQ(d.outcome, diagnose::Outcome::ok);
  EXPECT_TRUE(d.causes.empty());
}

// A10, 003-5e: whether smaller records were asked for, and what came of it. tshark: max_fragment_length 512 in both hellos (frames 6 and
// 8), a Certificate record of 488 bytes.
TEST(Seeds, records_that_are_too_big_are_told_with_what_was_asked_and_agreed) {
  constexpr std::size_t k_flight = 9;
  const auto agreed = Story()
                          .capture_until("mbedtls-small-records/capture.pcapng", k_flight)
                          .in_buffer(256)
                          .log("mbedtls_ssl_handshake returned -0x7100\n")
                          .diagnosis();
  EXPECT_EQ(first(agreed), "buffer-too-small");
  EXPECT_TOLD(agreed, "the server agreed to records of at most 512 bytes (max_fragment_length)");
  const auto not_asked =
      Story().capture_until("mbedtls-good/capture.pcapng", 7).in_buffer(256).log("mbedtls_ssl_handshake returned -0x7100\n").diagnosis();
  EXPECT_REASON(not_asked, "the client did not ask for smaller records");
  // The same flight of a server that does not know the extension: another number stands in its place (type 1, one byte: 1).
  using namespace std::string_view_literals;
  const auto refused = Story()
                           .capture_until("mbedtls-small-records/capture.pcapng", k_flight, "\x00\x01\x00\x01\x01\x00\x0b\x00\x04"sv,
                                          "\x3f\x01\x00\x01\x01\x00\x0b\x00\x04"sv)
                           .in_buffer(256)
                           .log("mbedtls_ssl_handshake returned -0x7100\n")
                           .diagnosis();
  EXPECT_EQ(first(refused), "buffer-too-small");
  EXPECT_REASON(refused, "the client asked for records of at most 512 bytes (max_fragment_length) and the server did not agree");
}

// 003-7: the server asks for a certificate, the device has none to give.
TEST(Seeds, a_request_for_a_certificate_and_alert_40_are_a_missing_client_certificate) {
  const auto d = Story().capture("mbedtls-no-client-certificate/capture.pcapng").diagnosis();
  EXPECT_EQ(first(d), "client-cert-missing");
  EXPECT_TOLD(d, "the server asked for a client certificate");
}

TEST(Seeds, certificate_required_is_a_missing_client_certificate) {
  for (const std::string_view line : {"error:0A00045C:SSL routines::tlsv13 alert certificate required\n",
                                      "E (4022) esp-tls-mbedtls: got an alert message, type: [2:116]\nE (4023) esp-tls-mbedtls: "
                                      "mbedtls_ssl_handshake returned -0x7780\n"}) {
    EXPECT_EQ(first(Story().log(line).diagnosis()), "client-cert-missing") << line;
  }
}

}  // namespace
}  // namespace tlswhy::verdict
