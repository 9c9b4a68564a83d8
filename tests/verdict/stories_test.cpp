// SPDX-License-Identifier: Apache-2.0
// What an expert reads between the lines: rules that need two things at once, and what users say beside their logs.
#include "verdict.hpp"

namespace tlswhy::verdict {
namespace {

constexpr std::string_view k_fatal_alert = "E (113675) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x7780\n";

// start_ssl_client() of the Arduino core says each step it takes; the host name comes between set-up and handshake.
TEST(Stories, an_arduino_log_of_all_steps_without_the_host_name_is_a_missing_server_name) {
  const std::string set_up = "[V][ssl_client.cpp:75] start_ssl_client(): Setting up the SSL/TLS structure...\n";
  const std::string name = "[V][ssl_client.cpp:140] start_ssl_client(): Setting hostname for TLS session...\n";
  const std::string shake =
      "[V][ssl_client.cpp:153] start_ssl_client(): Performing the SSL/TLS handshake...\n"
      "[E][ssl_client.cpp:36] _handle_error(): [start_ssl_client():207]: (-30592) SSL - A fatal alert message was received from our peer\n";
  EXPECT_EQ(first(Story().log(set_up + shake).diagnosis()), "sni-missing");
  EXPECT_NE(first(Story().log(set_up + name + shake).diagnosis()), "sni-missing");
  // A log that begins later tells nothing of what was left out.
  EXPECT_NE(first(Story().log(shake).diagnosis()), "sni-missing");
}

TEST(Stories, a_fatal_alert_to_a_device_that_serves_browsers_is_its_self_signed_certificate) {
  EXPECT_EQ(first(Story().log(k_fatal_alert).set("peer", "browser").diagnosis()), "self-signed");
  EXPECT_EQ(first(Story().log("E (5000) esp_https_server: esp_tls_create_server_session failed, 0x7780\n").diagnosis()), "self-signed");
}

TEST(Stories, a_trust_file_that_holds_a_root_left_behind_is_named) {
  const auto d = Story()
                     .log("2020-12-03 20:38:17.654 [any:INFO] ./cups.trust: \n"
                          "cert. version     : 3\n"
                          "issuer name       : O=Digital Signature Trust Co., CN=DST Root CA X3\n"
                          "subject name      : O=Digital Signature Trust Co., CN=DST Root CA X3\n")
                     .diagnosis();
  EXPECT_TRUE(first(d) == "unknown-ca" || first(d) == "root-expired") << first(d);
}

// CertificateVerify in TLS 1.3 is RSA-PSS (RFC 8446 4.2.3); keys in hardware often make PKCS #1 v1.5 signatures only.
TEST(Stories, a_key_that_cannot_make_pss_signatures_is_one_in_hardware) {
  const auto d = Story()
                     .log("ssl_tls13_generic.c:1093: |1| CertificateVerify signature failed with rsa_pss_rsae_sha512\n"
                          "ssl_tls13_generic.c:1095: |1| mbedtls_pk_sign_ext() returned -16128 (-0x3f00)\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "crypto-hardware-failure");
}

TEST(Stories, a_socket_error_of_a_broker_that_names_no_tls_error_is_a_plain_listener) {
  const std::string client = "Error: A TLS error occurred.\n";
  const std::string broker = "1723430021: New connection from 192.0.2.20 on port 9999.\n";
  const std::string lost = "1723430021: Socket error on client <unknown>, disconnecting.\n";
  EXPECT_EQ(first(Story().log(client, "pub.log").log(broker + lost, "broker.log").diagnosis()), "not-tls");
  const std::string error = "1723430021: OpenSSL Error: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca\n";
  EXPECT_EQ(first(Story().log(client, "pub.log").log(broker + error + lost, "broker.log").diagnosis()), "unknown-ca");
}

TEST(Stories, a_plain_connection_that_works_on_the_port_settles_it) {
  const std::string_view log = "mbedtls_ssl_handshake returned -0x7280\n";
  EXPECT_EQ(first(Story().log(log).set("http_to_the_same_port", "works").diagnosis()), "not-tls");
}

TEST(Stories, an_invalid_record_from_a_tls_port_is_rather_a_record_too_long) {
  const std::string_view log = "mbedtls_ssl_handshake returned -0x7200\n";
  EXPECT_EQ(first(Story().log(log).set("port", "443").diagnosis()), "buffer-too-small");
  EXPECT_EQ(first(Story().log(log).set("port", "1883").diagnosis()), "not-tls");
}

TEST(Stories, what_the_verifier_printed_outweighs_the_alert_that_is_sent_for_it) {
  const auto d = Story()
                     .log("I (9012) esp-tls: verification info:   ! The certificate is signed with an unacceptable key (eg bad curve, RSA too short).\n",
                          "device.log")
                     .log("12196:error:14094418:SSL routines:SSL3_READ_BYTES:tlsv1 alert unknown ca:s3_pkt.c:1060:SSL alert number 48\nACCEPT\n",
                          "server.log")
                     .diagnosis();
  EXPECT_EQ(first(d), "weak-crypto-rejected");
}

TEST(Stories, a_key_that_the_device_cannot_read_explains_why_the_server_met_an_end_of_file) {
  const auto d = Story()
                     .log("Traceback (most recent call last):\n  File \"main.py\", line 12, in <module>\nValueError: invalid key\n", "device.log")
                     .log("ACCEPT\n80EBB69FE07F0000:error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:rec_layer_s3.c:318:\n",
                          "server.log")
                     .diagnosis();
  EXPECT_EQ(first(d), "cert-parse-failed");
}

TEST(Stories, internal_errors_of_an_open_session_are_two_tasks_on_one_context) {
  const auto d = Story().log("E (8131) esp-tls-mbedtls: read error :-0x6C00\nE (8131) esp-tls-mbedtls: write error :-0x6C00\n").diagnosis();
  EXPECT_EQ(first(d), "concurrency-misuse");
}

// mosquitto's clients compare names in a verify callback that sets no error; OpenSSL 1.1.0 and later then send internal_error.
TEST(Stories, an_internal_error_from_a_client_of_mosquitto_is_a_wrong_name) {
  const std::string broker =
      "1646821111: New connection from 192.0.2.20 on port 8883.\n"
      "1646821111: OpenSSL Error[0]: error:14094438:lib(20):func(148):reason(1080)\n"
      "1646821111: Socket error on client <unknown>, disconnecting.\n";
  EXPECT_EQ(first(Story().log(broker, "broker.log").diagnosis()), "hostname-mismatch");
}

TEST(Stories, an_internal_error_that_the_writer_of_a_log_sends_is_no_fault_of_the_server) {
  const auto d = Story()
                     .log("library\\ssl_tls.c:3161: handshake message: msglen = 5021, type = 11, hslen = 5021\n"
                          "library\\ssl_tls.c:4181: send alert level=2 message=80\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "low-memory");
  EXPECT_NE(first(Story().log("ssl_tls.c:4181: send alert level=2 message=80\n").diagnosis()), "server-fault");
}

TEST(Stories, a_server_that_got_no_client_certificate_says_so_behind_the_alert) {
  const std::string broker =
      "[error] supervisor: 'esockd_connection_sup', reason: {ssl_error,{tls_alert,{handshake_failure,\"TLS server: In state certify at "
      "tls_dtls_connection.erl:314 generated SERVER ALERT: Fatal - Handshake Failure\n no_client_certificate_provided\"}}}, offender: x\n";
  EXPECT_EQ(first(Story().log(broker, "emqx.log").log("mbedtls_ssl_handshake() failed, ret:-0x7780\n").diagnosis()), "client-cert-missing");
}

// -0x7880 is an orderly close, which in mid-handshake is no success.
TEST(Stories, a_close_in_mid_handshake_is_not_called_harmless) {
  const auto d = Story()
                     .log("mbedtls_net_send(): error -1 in net_sock_send() - requestedLen=107\n"
                          "ssl_tls.c:2846: mbedtls_ssl_flush_output() returned -30848 (-0x7880)\n"
                          "ssl_cli.c:2981: mbedtls_ssl_write_record() returned -30848 (-0x7880)\n"
                          "mbedtls_ssl_handshake returned -0x7880\n")
                     .diagnosis();
  EXPECT_LT(confidence(d, first(d)), 0.7);
}

// The server's log alone: the client's reason stands in the client's log.
TEST(Stories, a_client_that_leaves_without_a_word_is_not_the_peer_that_resets) {
  const auto d = Story().log("1755458727: Client connection from 192.0.2.100 failed: error:0A000126:SSL routines::unexpected eof while reading\n").diagnosis();
  EXPECT_LT(confidence(d, first(d)), 0.7);
}

TEST(Stories, a_signature_that_does_not_verify_is_not_taken_for_damage_on_the_way) {
  // Of a certificate: another CA of the same name, or no memory to compute it.
  const auto certificate = Story().log("failed: -155, ASN sig error, confirm failure\n").diagnosis();
  EXPECT_TRUE(first(certificate) == "low-memory" || first(certificate) == "unknown-ca") << first(certificate);
  EXPECT_LT(confidence(certificate, first(certificate)), 0.7);
  // Of the key exchange: the hash may not be built in, or an accelerator be wrong.
  const auto exchange = Story().log("library/ssl_tls12_client.c:2438: mbedtls_pk_verify() returned -19968 (-0x4e00)\n").diagnosis();
  EXPECT_LT(confidence(exchange, first(exchange)), 0.7);
  EXPECT_GE(place(exchange, "algorithm-not-built"), 1U);
}

// Without a hello to look at, three causes share this alert.
TEST(Stories, a_bare_handshake_failure_is_not_called_a_missing_suite_with_confidence) {
  const auto d = Story().log("library/ssl_msg.c:5061: is a fatal alert message (msg 40)\n").diagnosis();
  EXPECT_EQ(first(d), "no-shared-cipher");
  EXPECT_LT(confidence(d, first(d)), 0.7);
  // lwIP's altcp_tls has no call to set the server name.
  EXPECT_EQ(first(Story().log("is a fatal alert message (msg 40)\ntls_client_err -15\nconnecting to server IP 192.0.2.10 port 443\n").diagnosis()), "sni-missing");
}

TEST(Stories, modems_tell_by_number_what_failed) {
  EXPECT_EQ(first(Story().log("+CMQTTCONNECT: 0,30\n").diagnosis()), "application-rejected");
  EXPECT_EQ(first(Story().log("+CMQTTCONNECT: 0,25\n").diagnosis()), "dns-failure");
  EXPECT_EQ(first(Story().log("+CAOPEN: 0,25\n").diagnosis()), "hostname-mismatch");
  EXPECT_EQ(first(Story().log("AT+CIPSSL=1\nOK\nAT+CIPSTART=\"TCP\",\"mqtt.example.com\",8883\nCONNECT FAIL\n").diagnosis()), "version-mismatch");
  const auto handshake = Story().log("+CCHOPEN: 0,15\n").diagnosis();
  EXPECT_LT(confidence(handshake, first(handshake)), 0.5);
  EXPECT_TOLD(handshake, "enableSNI");
}

// wolfSSL's examples go on after a failed check; what ends the connection comes later.
TEST(Stories, a_certificate_that_was_accepted_anyway_did_not_end_the_connection) {
  const auto d = Story()
                     .log("MQTT TLS Verify Callback: PreVerify 0, Error -150 (no support for error strings built in)\n"
                          "  Allowing cert anyways\n"
                          "NetRead: Error 116\n"
                          "MQTT Socket Connect: Error (TLS Connect) (-6)\n")
                     .diagnosis();
  EXPECT_LT(confidence(d, "clock-not-set"), 0.7);
}

// nRF Connect SDK: the modem's connect() says 111 for a chain that does not verify; on other devices nothing listens.
TEST(Stories, a_refused_connection_of_a_modem_with_tls_is_rather_its_root) {
  const std::string refused = "connect() failed, err: 111, Connection refused\n";
  EXPECT_EQ(first(Story().log("Provisioning certificate\nWaiting for network.. OK\nConnecting to example.com:443\n" + refused).diagnosis()), "unknown-ca");
  EXPECT_EQ(first(Story().log("Connecting to example.com:443\n" + refused).diagnosis()), "connection-refused");
}

// Zephyr returns -ECONNABORTED for every failed handshake.
TEST(Stories, the_errno_of_zephyr_for_a_failed_handshake_settles_nothing) {
  const auto d = Story().log("[00:00:16.430,000] <err> mqtt: mqtt_connect failed -113\n").diagnosis();
  EXPECT_GE(place(d, "unknown-ca"), 1U);
  EXPECT_LT(confidence(d, first(d)), 0.5);
}

TEST(Stories, a_hello_with_no_time_in_it_is_from_a_device_without_a_clock) {
  const auto d = Story()
                     .log("ssl_cli.c:794: |3| client hello, current time: 4294967295\n"
                          "ssl_tls.c:5670: |1| x509_verify_cert() returned -9984 (-0x2700)\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "clock-not-set");
}

TEST(Stories, a_client_that_cannot_prove_its_key_has_another_one) {
  const auto d = Story()
                     .log("1621358243: OpenSSL Error[0]: error:0407008A:rsa routines:RSA_padding_check_PKCS1_type_1:invalid padding\n"
                          "1621358243: OpenSSL Error[2]: error:1417B07B:SSL routines:tls_process_cert_verify:bad signature\n")
                     .diagnosis();
  EXPECT_EQ(first(d), "client-key-mismatch");
  EXPECT_EQ(first(Story().log("E (5934) esp-tls: mbedtls_ssl_handshake returned -0x4080\n").diagnosis()), "client-key-mismatch");
}

TEST(Stories, a_record_type_that_is_a_letter_is_text_from_a_plain_port) {
  const auto d = Story().log("ssl_msg.c:4033: |1| unknown record type 72\nssl_tls.c:9000: |1| mbedtls_ssl_handshake() returned -29184 (-0x7200)\n").diagnosis();
  EXPECT_EQ(first(d), "not-tls");
}

TEST(Stories, a_refused_connection_of_mosquitto_pub_is_one) {
  EXPECT_EQ(first(Story().log("Error: Connection refused\n").diagnosis()), "connection-refused");
}

// OpenSSL: tls_choose_sigalg() fails for the own key, tls12_check_peer_sigalg() for the peer's signature.
TEST(Stories, who_lacks_the_signature_algorithm_is_told_apart) {
  EXPECT_EQ(first(Story().log("ACCEPT\n80EB:error:0A000076:SSL routines:tls_choose_sigalg:no suitable signature algorithm:t1_lib.c:3331:\n", "server.log").diagnosis()),
            "no-shared-sigalg");
  const auto server = Story().log("ACCEPT\n80EB:error:0A000172:SSL routines:tls12_check_peer_sigalg:wrong signature type:t1_lib.c:1572:\n", "server.log").diagnosis();
  EXPECT_GT(place(server, "client-key-mismatch"), 0U);
}

TEST(Stories, a_failure_that_nothing_explains_is_quoted) {
  const auto d = Story().log("E (5934) my_app: TLS handshake failed\n").diagnosis();
  ASSERT_EQ(d.outcome, diagnose::Outcome::failed);
  EXPECT_NE(d.summary.find("TLS handshake failed"), std::string::npos) << d.summary;
}

// Whoever wrote the program chose the words; no dialect knows them.
TEST(Stories, plain_words_of_an_unknown_program_are_understood) {
  const std::pair<std::string_view, std::string_view> said[] = {
      {"untrusted certificate", "unknown-ca"},
      {"certificate expired", "cert-expired"},
      {"certificate is not yet valid", "clock-not-set"},
      {"host name does not match certificate", "hostname-mismatch"},
      {"no ciphers in common", "no-shared-cipher"},
      {"unsupported protocol version", "version-mismatch"},
      {"client did not send a certificate", "client-cert-missing"},
      {"private key does not match certificate", "client-key-mismatch"},
      {"failed to parse root CA", "cert-parse-failed"},
      {"not enough heap for a session", "low-memory"},
      {"certificate is revoked", "cert-revoked"},
      {"fingerprint mismatch", "pin-changed"},
      {"failed to resolve host", "dns-failure"},
      {"no free socket", "socket-exhausted"},
      {"TLS record too large", "buffer-too-small"},
      {"ALPN negotiation failed", "alpn-mismatch"},
      {"watchdog reset", "watchdog-timeout"},
      {"hardware crypto failed", "crypto-hardware-failure"},
      {"RNG seed failed", "entropy-failure"},
  };
  for (const auto& [words, cause] : said) EXPECT_EQ(first(Story().log("<17> [uplink] " + std::string(words) + "\n").diagnosis()), cause) << words;
}

TEST(Stories, plain_words_without_a_failure_make_none) {
  const auto d = Story().log("[web] using a self-signed certificate\n[mem] no memory leaks\n[cfg] client certificate: none\n[ui] watchdog armed, 30 s\n").diagnosis();
  EXPECT_NE(d.outcome, diagnose::Outcome::failed);
}

// SIMCom's application notes: 715 is a failed handshake. A choice of numbers is looked up as a number.
TEST(Stories, a_number_among_choices_is_looked_up) {
  const auto d = Story().log("+HTTPACTION: 0,715,0\n").diagnosis();
  EXPECT_EQ(d.outcome, diagnose::Outcome::failed);
  EXPECT_TOLD(d, "handshake failed");
}

// Device and broker in one paste: the broker's lines are the broker's, so the alert it received was sent by the device.
TEST(Stories, lines_of_a_broker_in_a_devices_log_are_the_brokers) {
  const auto d = Story()
                     .log("1696663054: OpenSSL Error: error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate\n"
                          "I (5551) MQTT_CLIENT: Sending MQTT CONNECT message, type: 1, id: 0000\n"
                          "E (34292) mqtt_client: Error transport connect\n")
                     .diagnosis();
  EXPECT_NE(first(d), "client-cert-rejected");
}

TEST(Stories, a_name_that_resolved_in_the_end_is_not_what_failed) {
  const auto d = Story()
                     .log("DNS lookup failed err=202 res=0\nDNS lookup succeeded. IP=192.0.2.7\nSSL handshake failed. :( -261\n")
                     .diagnosis();
  EXPECT_NE(first(d), "dns-failure");
}

}  // namespace
}  // namespace tlswhy::verdict
