// SPDX-License-Identifier: Apache-2.0
// The stories this project was founded on: a MicroPython board and a server whose certificate tool had dropped the old suites; a NodeMCU
// board that ran out of memory and was told "unknown CA"; the questions of Espressif's FAQ; the limits in MicroPython's documentation.
// Each test is one row of what a user may paste and what must come of it.
#include "verdict.hpp"

#include <algorithm>

namespace tlswhy::verdict {
namespace {

// The packet list of the NodeMCU story as a person copies it from Wireshark.
constexpr std::string_view k_packet_list =
    "* Client Hello\n"
    "* Server Hello\n"
    "* Certificate, Server Hello Done\n"
    "* TLSv1.2 Record Layer: Alert (Level: Fatal, Description: Unknown CA)\n";

std::string packet_list_and(std::string_view more) { return std::string(k_packet_list) + std::string(more); }

// A1: the MicroPython story.
TEST(Seeds, axtls_status_minus_40_is_no_shared_cipher_with_the_four_suites) {
  const auto d = Story().log("ssl_handshake_status:-40\n").diagnosis();
  EXPECT_EQ(first(d), "no-shared-cipher");
  EXPECT_EQ(d.outcome, diagnose::Outcome::failed);
  ASSERT_FALSE(d.causes.empty());
  ASSERT_FALSE(d.causes.front().evidence.empty());
  const std::string& says = d.causes.front().evidence.front().says;
  for (const std::string_view words :
       {"axTLS", "handshake_failure", "AES128-SHA 0x002f", "AES128-SHA256 0x003c", "AES256-SHA 0x0035", "AES256-SHA256 0x003d"}) {
    EXPECT_NE(says.find(words), std::string::npos) << words << " in: " << says;
  }
  EXPECT_EQ(place(d, "unknown-ca"), 0U);
  EXPECT_EQ(place(d, "low-memory"), 0U);
}

TEST(Seeds, axtls_status_with_a_space_reads_the_same) {
  EXPECT_EQ(first(Story().log("ssl_handshake_status: -40\nOSError: [Errno 5] EIO\n").diagnosis()), "no-shared-cipher");
}

// A2, 000-2: MicroPython from 1.13 on prints no name for alerts.
TEST(Seeds, oserror_minus_40_with_a_traceback_is_no_shared_cipher) {
  const auto d =
      Story()
          .log(
              "Traceback (most recent call last):\n  File \"main.py\", line 12, in <module>\n  File \"urequests.py\", line 108, in get\n"
              "OSError: -40\n")
          .diagnosis();
  EXPECT_EQ(first(d), "no-shared-cipher");
}

// 000-12, 003-6: axTLS in MicroPython validates nothing.
TEST(Seeds, no_trust_cause_is_ranked_for_axtls_alerts_of_the_server) {
  const auto d = Story().log("ssl_handshake_status: -40\n").diagnosis();
  for (const auto& cause : d.causes) EXPECT_NE(cause.cause->family, "trust") << cause.cause->id;
}

// 000-3: a device that tries again and again is one story.
TEST(Seeds, repeated_attempts_are_one_diagnosis) {
  std::string log;
  for (int i = 0; i < 5; ++i) {
    log += "E (" + std::to_string(10000 + i * 10000) + ") esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n";
    log += "E (" + std::to_string(10003 + i * 10000) + ") esp-tls: Failed to open new connection\n";
  }
  const auto d = Story().log(log).diagnosis();
  EXPECT_EQ(d.repeated, "5 failed attempts, about every 10 s, all the same");
}

// 000-8: what to do, safest first; never "drop TLS" without a warning.
TEST(Seeds, fixes_that_weaken_security_come_last_and_say_so) {
  for (const std::string_view log : {"ssl_handshake_status: -40\n", "E (1) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n"}) {
    const auto d = Story().log(log).diagnosis();
    ASSERT_FALSE(d.causes.empty());
    bool weakening = false;
    ASSERT_FALSE(d.causes.front().fixes.empty());
    for (const auto* fix : d.causes.front().fixes) {
      if (!fix->weakens.empty()) weakening = true;
      if (weakening) {
        EXPECT_FALSE(fix->weakens.empty()) << fix->action;
      }
    }
    EXPECT_TRUE(d.causes.front().fixes.front()->weakens.empty());
  }
}

// A3: a capture alone, of a client with the suites of axTLS.
TEST(Seeds, four_static_rsa_suites_and_alert_40_in_a_capture_are_no_shared_cipher) {
  const auto d = Story().capture("mbedtls-rsa-suites-only/capture.pcapng").diagnosis();
  EXPECT_EQ(first(d), "no-shared-cipher");
  EXPECT_REASON(d, "TLS_RSA_WITH_AES_128_CBC_SHA");
  EXPECT_REASON(d, "none with ECDHE");
  EXPECT_REASON(d, "sent no ServerHello");
  for (const auto& cause : d.causes) EXPECT_NE(cause.cause->family, "trust") << cause.cause->id;
  for (const auto& item : d.causes.front().evidence) EXPECT_TRUE(item.source.frame.has_value()) << item.says;
}

// A9: what came instead of TLS, and on which port.
TEST(Seeds, invalid_record_with_an_http_answer_in_the_capture_is_not_tls_with_the_bytes_and_the_port) {
  const auto d = Story().capture("mbedtls-http-port/capture.pcapng").log("mbedtls_ssl_handshake returned -0x7200\n").diagnosis();
  EXPECT_EQ(first(d), "not-tls");
  EXPECT_REASON(d, "HTTP/1.1 400");
  EXPECT_REASON(d, "8883");
  EXPECT_EQ(place(d, "buffer-too-small"), 0U);
}

// A10: the record's length from the wire, the limit from the user. The capture ends before the client can have answered.
TEST(Seeds, a_record_over_the_input_buffer_is_buffer_too_small_with_both_lengths) {
  for (const std::string_view code : {"-0x7200", "-0x7100", "-0x0087"}) {
    const auto d = Story()
                       .capture_until("mbedtls-good/capture.pcapng", 7)
                       .log("mbedtls_ssl_handshake returned " + std::string(code) + "\n")
                       .in_buffer(256)
                       .diagnosis();
    EXPECT_EQ(first(d), "buffer-too-small") << code;
    EXPECT_REASON(d, "takes 256");
    EXPECT_REASON(d, "a record of 489 bytes");  // tls.record.length as tshark reads it, frame 6
  }
}

// A client that answers the record has taken it, whatever its buffer is said to be.
TEST(Seeds, a_record_that_the_client_answers_was_not_too_big) {
  const auto d = Story().capture("mbedtls-good/capture.pcapng").in_buffer(256).diagnosis();
  EXPECT_EQ(place(d, "buffer-too-small"), 0U);
}

// A4: the NodeMCU story without the memory line.
TEST(Seeds, pasted_packet_list_with_unknown_ca_is_unknown_ca_and_says_who_sent_it) {
  const auto d = Story().log(k_packet_list).diagnosis();
  EXPECT_EQ(first(d), "unknown-ca");
  EXPECT_EQ(place(d, "version-mismatch"), 0U);
  EXPECT_EQ(place(d, "handshake-too-slow"), 0U);
  bool by_client = false;
  for (const auto& fact : d.facts) {
    if (fact.fact.name == "alert") by_client = fact.fact.get("by") == "client" && fact.inferred;
  }
  EXPECT_TRUE(by_client);
}

// A5: the founding verdict: memory first, root second, and how to tell them apart.
TEST(Seeds, unknown_ca_with_a_failed_allocation_is_low_memory_first_and_unknown_ca_second) {
  const auto d = Story().log(packet_list_and("E:M 544\n")).diagnosis();
  EXPECT_EQ(first(d), "low-memory");
  EXPECT_EQ(place(d, "unknown-ca"), 2U);
  EXPECT_TOLD(d, "544");
  EXPECT_FALSE(d.check_next.empty());
  EXPECT_EQ(place(d, "handshake-too-slow"), 0U);
}

// A6
TEST(Seeds, the_whole_nodemcu_story_is_low_memory_and_the_network_is_ruled_out) {
  const auto d =
      Story().log(packet_list_and("E:M 544\nclient handshake failed!\nReason:[-0x2700]\nmqtt connection failed, reason: -5\n")).diagnosis();
  EXPECT_EQ(first(d), "low-memory");
  EXPECT_EQ(place(d, "unknown-ca"), 2U);
  EXPECT_EQ(place(d, "dns-failure"), 0U);
  EXPECT_EQ(place(d, "connection-refused"), 0U);
  EXPECT_TOLD(d, "0x2700");
}

// 001-3: the SDK prints the line in several spellings, often glued to others.
TEST(Seeds, failed_allocation_lines_of_the_esp8266_are_read_in_all_spellings) {
  for (const std::string_view line : {"E:M 544\n", "E: M 1584\n", "E:M1584\n", "client handshake start.E:M 1576\n"}) {
    EXPECT_EQ(first(Story().log(line).diagnosis()), "low-memory") << line;
  }
}

// A7
TEST(Seeds, reason_2700_alone_is_unknown_ca_with_the_alternatives) {
  const auto d = Story().log("client handshake failed!\nReason:[-0x2700]\n").diagnosis();
  EXPECT_EQ(first(d), "unknown-ca");
  EXPECT_LT(d.causes.front().confidence, 0.8);
  EXPECT_GT(place(d, "clock-not-set") + place(d, "cert-expired") + place(d, "hostname-mismatch"), 0U);
}

// A8
TEST(Seeds, invalid_record_alone_lists_buffer_and_plain_text_and_is_sure_of_neither) {
  const auto d = Story().log("E (4021) esp-tls: mbedtls_ssl_handshake returned -0x7200\n").diagnosis();
  EXPECT_GT(place(d, "buffer-too-small"), 0U);
  EXPECT_GT(place(d, "not-tls"), 0U);
  EXPECT_LT(confidence(d, "buffer-too-small"), 0.7);
  EXPECT_LT(confidence(d, "not-tls"), 0.7);
  EXPECT_LT(confidence(d, "low-memory"), 0.5);
}

// A11
TEST(Seeds, codes_of_failed_allocations_are_low_memory) {
  for (const std::string_view code : {"-0x7F00", "-0x0010", "-0x2880", "-0x5180", "-0x008D"}) {
    const auto d = Story().log("E (4021) esp-tls-mbedtls: mbedtls_ssl_handshake returned " + std::string(code) + "\n").diagnosis();
    EXPECT_EQ(first(d), "low-memory") << code;
    EXPECT_LT(confidence(d, "buffer-too-small"), 0.2) << code;
  }
  EXPECT_EQ(first(Story().log("W (5121) mbedtls: ssl_tls.c:3898 alloc(16717 bytes) failed\n").diagnosis()), "low-memory");
}

// A12
TEST(Seeds, verification_failure_against_an_address_literal_is_hostname_mismatch) {
  const auto d = Story()
                     .log(
                         "I (3012) app: connecting to mqtts://192.0.2.10:8883\n"
                         "E (4021) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n"
                         "I (4022) esp-tls-mbedtls: Failed to verify peer certificate!\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "hostname-mismatch");
}

// A13, 002-9a
TEST(Seeds, want_read_is_no_error) {
  const auto d = Story().log("mbedtls_ssl_handshake returned -0x6900\nmbedtls_ssl_handshake returned -0x6900\n").diagnosis();
  EXPECT_EQ(d.outcome, diagnose::Outcome::ok);
  EXPECT_EQ(first(d), "not-an-error");
}

// A14, 002-9b
TEST(Seeds, private_key_required_is_about_the_own_key) {
  const auto d = Story().log("E (4021) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7600\n").diagnosis();
  EXPECT_TRUE(first(d) == "client-cert-missing" || first(d) == "client-key-mismatch") << first(d);
}

// A15, 003-5b
TEST(Seeds, axtls_record_overflow_is_buffer_too_small_with_its_limit) {
  for (const std::string_view line : {"OSError: (-257, 'RECORD_OVERFLOW')\n", "ssl_handshake_status: -257\n"}) {
    const auto d = Story().log(line).diagnosis();
    EXPECT_EQ(first(d), "buffer-too-small") << line;
    EXPECT_NE(first(d), "low-memory");
  }
  EXPECT_TOLD(Story().log("OSError: (-257, 'RECORD_OVERFLOW')\n").diagnosis(), "5115");
}

// A16, 002-2
TEST(Seeds, no_verification_option_is_no_trust_configured) {
  const auto d =
      Story()
          .log(
              "E (9210) esp-tls-mbedtls: No server verification option set in esp_tls_cfg_t structure. Check esp_tls API reference\n"
              "E (9212) esp-tls-mbedtls: Failed to set client configurations, returned [0x8017] (ESP_ERR_MBEDTLS_SSL_SETUP_FAILED)\n")
          .diagnosis();
  EXPECT_EQ(first(d), "no-trust-configured");
  EXPECT_TOLD(d, "crt_bundle_attach");
}

// 001-10, 001-12: advice the evidence contradicts must not appear.
TEST(Seeds, a_server_hello_rules_out_suites_and_versions) {
  const auto d = Story().log(k_packet_list).diagnosis();
  EXPECT_EQ(place(d, "no-shared-cipher"), 0U);
  EXPECT_EQ(place(d, "version-mismatch"), 0U);
  for (const auto& cause : d.causes) {
    for (const auto* fix : cause.fixes) EXPECT_EQ(fix->action.find("TLS 1.1"), std::string_view::npos) << fix->action;
  }
}

// A failure that says nothing of its reason gets no cause as its verdict, only the question that helps.
TEST(Seeds, a_failure_without_a_reason_is_told_as_such) {
  const auto d = Story().log("client handshake start.\nclient handshake failed!\n").diagnosis();
  EXPECT_EQ(d.outcome, diagnose::Outcome::failed);
  EXPECT_NE(d.summary.find("nothing given tells why"), std::string::npos) << d.summary;
  ASSERT_EQ(d.check_next.size(), 1U);
  for (const auto& cause : d.causes) EXPECT_LT(cause.confidence, 0.1);
}

// The sample programs of Mbed TLS run anywhere, and seed before they connect (programs/ssl/ssl_client2.c).
TEST(Seeds, sentences_of_the_mbedtls_samples_are_no_sign_of_arduino) {
  const auto d = Story()
                     .log(
                         "  . Seeding the random number generator... ok\n  . Performing the SSL/TLS handshake... failed\n"
                         "  ! mbedtls_ssl_handshake returned -0x2700\n")
                     .diagnosis();
  EXPECT_EQ(d.platform, "");
  for (const auto& fact : d.facts) EXPECT_NE(fact.fact.get("name"), "tcp-connected");
}

// 001-16: which check of Mbed TLS sends which alert (ssl_parse_certificate_verify in ssl_tls.c, 2.16 and 3.6).
TEST(Seeds, alerts_of_an_mbedtls_client_tell_which_check_failed) {
  const std::pair<std::string_view, std::string_view> checks[] = {
      {"42", "hostname-mismatch"}, {"45", "cert-expired"}, {"46", "clock-not-set"}, {"48", "unknown-ca"}};
  for (const auto& [alert, cause] : checks) {
    const auto d = Story()
                       .log("ssl_tls.c:5000: |2| send alert level=2 message=" + std::string(alert) +
                            "\nE (4021) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n")
                       .diagnosis();
    EXPECT_EQ(first(d), cause) << alert;
  }
}

// 002-1: the menu names of ESP8266_RTOS_SDK are not those of ESP-IDF.
TEST(Seeds, memory_advice_for_the_rtos_sdk_names_its_own_menu_entries) {
  const auto d = Story().log("E (1203) esp-tls: mbedtls_ssl_handshake returned -0x7F00\n").diagnosis();
  ASSERT_EQ(first(d), "low-memory");
  std::string_view advice;
  for (const auto* fix : d.causes.front().fixes) {
    if (std::find(fix->platforms.begin(), fix->platforms.end(), "esp8266-rtos-sdk") != fix->platforms.end()) advice = fix->action;
  }
  for (const std::string_view entry :
       {"Using dynamic TX/RX buffer", "Free SSL peer certificate after its usage", "Free certificate, key and DHM data after its usage"}) {
    EXPECT_NE(advice.find(entry), std::string_view::npos) << entry;
  }
}

// 001-6: the firmware's debug lines give the heap.
TEST(Seeds, nodemcu_debug_lines_give_free_heap) {
  const auto d = Story()
                     .log("TLS<2> (heap=10000): ssl_tls.c:2540 in_left: 2733, nb_want: 4101\nclient handshake failed!\nReason:[-0x7f00]\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "low-memory");
  bool heap = false;
  for (const auto& fact : d.facts) heap = heap || (fact.fact.name == "heap" && fact.fact.get("free") == "10000");
  EXPECT_TRUE(heap);
}

// 002-4
TEST(Seeds, fragmented_handshake_message_is_buffer_too_small) {
  const auto d = Story()
                     .log(
                         "ssl_tls.c:3166: handshake message: msglen = 4096, type = 11, hslen = 5165\n"
                         "ssl_tls.c:3172: TLS handshake fragmentation not supported\nmbedtls_ssl_handshake returned -0x7080\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "buffer-too-small");
}

// 002-11
TEST(Seeds, certificate_that_cannot_be_parsed) {
  for (const std::string_view line : {"E (512) esp-tls-mbedtls: mbedtls_x509_crt_parse returned -0x2180\n",
                                      "E (512) esp-tls: mbedtls_x509_crt_parse returned -0x2562\n"}) {
    EXPECT_EQ(first(Story().log(line).diagnosis()), "cert-parse-failed") << line;
  }
}

// 002-14
TEST(Seeds, getaddrinfo_202_is_dns_failure) {
  const auto d = Story()
                     .log(
                         "E (8123) esp-tls: couldn't get hostname for :broker.example.test: getaddrinfo() returns 202, addrinfo=0x0\n"
                         "E (8124) esp-tls: Failed to open new connection\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "dns-failure");
}

// 002-15: a FIN read as NET_RECV_FAILED.
TEST(Seeds, receive_failure_is_the_peers_close_and_not_certain) {
  const auto d = Story().log("E (812) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x004C\n").diagnosis();
  EXPECT_GT(place(d, "peer-reset"), 0U);
}

// 003-8: axTLS' own names.
TEST(Seeds, axtls_connection_lost_is_a_peer_that_closed) {
  const auto d = Story().log("OSError: (-256, 'CONN_LOST')\n").diagnosis();
  EXPECT_GT(place(d, "peer-reset"), 0U);
  EXPECT_LT(confidence(d, "unknown-ca"), 0.1);
}

TEST(Seeds, bad_certificate_of_axtls_reads_as_the_servers_question_for_one) {
  // axTLS gives -268 for what it cannot use of the server's certificate, never for trust.
  const auto d = Story().log("OSError: (-268, 'BAD_CERTIFICATE')\n").diagnosis();
  EXPECT_NE(first(d), "none");
}

// 003-5c
TEST(Seeds, micropython_memory_errors_are_low_memory) {
  EXPECT_EQ(first(Story().log("MemoryError: memory allocation failed, allocating 16384 bytes\n").diagnosis()), "low-memory");
  EXPECT_EQ(first(Story().log("OSError: [Errno 12] ENOMEM\n").diagnosis()), "low-memory");
}

// 001-4: docs/modules/mqtt.md says "no broker listening" of -5, but app/modules/mqtt.c raises it for any TCP or TLS error.
TEST(Seeds, nodemcu_minus_5_is_read_in_all_spellings_and_is_no_proof_that_nothing_listens) {
  for (const std::string_view line : {"failed reason: -5\n", "mqtt error -5\n", "-5 (mqtt.CONN_FAIL_SERVER_NOT_FOUND)\n"}) {
    const auto d = Story().log(line).diagnosis();
    EXPECT_REASON(d, "MQTT_CONN_FAIL_SERVER_NOT_FOUND");
    EXPECT_REASON(d, "Not proof that no broker listens there");
    EXPECT_LT(confidence(d, "connection-refused"), 0.5) << line;
  }
}

TEST(Seeds, nodemcu_minus_5_is_contradicted_by_a_server_hello_in_the_capture) {
  const auto d = Story().capture("mbedtls-other-root/capture.pcapng").log("failed reason: -5\n").diagnosis();
  EXPECT_EQ(first(d), "unknown-ca");
  EXPECT_TRUE(ruled_out(d, "connection-refused"));
}

// 001-2, 001-16: the capture alone.
TEST(Seeds, unknown_ca_in_a_capture_names_the_client_as_its_sender_and_needs_no_log) {
  const auto d = Story().capture("mbedtls-other-root/capture.pcapng").diagnosis();
  EXPECT_EQ(first(d), "unknown-ca");
  EXPECT_REASON(d, "the client ended the handshake with the alert unknown_ca");
  for (const auto& item : d.causes.front().evidence) EXPECT_TRUE(item.source.frame.has_value()) << item.says;
}

// 002-5b: ESP-IDF 5 has no version below TLS 1.2.
TEST(Seeds, alert_70_is_version_mismatch) {
  const auto d = Story()
                     .log(
                         "I (4022) mbedtls: ssl_tls.c:4000 got an alert message, type: [2:70]\nE (4023) esp-tls-mbedtls: "
                         "mbedtls_ssl_handshake returned -0x7780\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "version-mismatch");
}

// 002-6c: the server breaks off; the bytes say so.
TEST(Seeds, a_reset_in_the_capture_is_the_peers_and_the_buffer_comes_after_it) {
  const auto d = Story().capture("mbedtls-reset/capture.pcapng").log("mbedtls_ssl_handshake returned -0x7200\n").diagnosis();
  EXPECT_EQ(first(d), "peer-reset");
  EXPECT_LT(confidence(d, "buffer-too-small"), 0.3);
}

// Cross-seed rule 1: any sign of memory shortage beside 0x2700.
TEST(Seeds, memory_shortage_outranks_the_verification_failure_it_causes) {
  for (const std::string_view sign :
       {"W (3990) wifi: alloc eb len=752 failed\nW (3991) mbedtls: ssl_tls.c:3898 alloc(16717 bytes) failed\n", "E:M 1576\n"}) {
    const auto d = Story().log(std::string(sign) + "E (4021) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x2700\n").diagnosis();
    EXPECT_EQ(first(d), "low-memory") << sign;
  }
}

// Cross-seed rule 2: who sent the alert is always stated.
TEST(Seeds, every_alert_has_a_sender_and_says_whether_it_was_seen) {
  for (const std::string_view log : {std::string_view("ssl_handshake_status: -40\n"), k_packet_list,
                                     std::string_view("OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca\n")}) {
    const auto d = Story().log(log).diagnosis();
    bool alert = false;
    for (const auto& fact : d.facts) {
      if (fact.fact.name != "alert") continue;
      alert = true;
      EXPECT_FALSE(fact.fact.get("by").empty()) << log;
      EXPECT_FALSE(fact.fact.get("seen").empty()) << log;
    }
    EXPECT_TRUE(alert) << log;
  }
}

// A broker that says "alert unknown ca" was told so by the device.
TEST(Seeds, a_brokers_unknown_ca_means_that_the_client_rejected_the_brokers_chain) {
  const auto d = Story()
                     .log(
                         "1714557600: New connection from 192.0.2.47:51234 on port 8883.\n"
                         "1714557600: OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca\n"
                         "1714557600: Client <unknown> disconnected: Protocol error.\n",
                         "mosquitto.log")
                     .diagnosis();
  EXPECT_EQ(first(d), "unknown-ca");
}

}  // namespace
}  // namespace tlswhy::verdict
