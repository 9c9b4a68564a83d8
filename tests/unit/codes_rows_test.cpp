// SPDX-License-Identifier: Apache-2.0
// Every row of every table must be found again from each spelling in which a logger may print it. Which spellings there are
// follows from C: "%d", "%x" and "%u" of an int, with or without the sign that the logger adds or drops.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"

namespace tlswhy::codes {
namespace {

std::string print(const char* format, long long value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::vector<std::string> spellings_of(std::int64_t value) {
  const long long magnitude = std::abs(static_cast<long long>(value));
  const std::string sign = value < 0 ? "-" : "";
  std::vector<std::string> list{std::to_string(value), sign + "0x" + print("%llx", magnitude), sign + "0x" + print("%04llX", magnitude),
                                sign + print("%llX", magnitude), sign + print("%04llx", magnitude)};
  if (value < 0) {
    list.push_back(print("%lld", magnitude));  // the sign is lost
    list.push_back("0x" + print("%llx", magnitude));
    const long long folded = value + 0x1'0000'0000LL;  // "%x" and "%u" of a negative int
    list.push_back(print("%08llX", folded));
    list.push_back("0x" + print("%08llx", folded));
    list.push_back(print("%lld", folded));
  } else if (value > 0x7FFF'FFFF) {
    list.push_back(std::to_string(value - 0x1'0000'0000LL));  // "%d" of an unsigned code
  }
  return list;
}

bool has(const Explanation& explanation, const knowledge::Code& code) {
  return std::any_of(explanation.meanings.begin(), explanation.meanings.end(),
                     [&](const Meaning& meaning) { return meaning.code->library == code.library && meaning.code->symbol == code.symbol; });
}

TEST(Rows, are_found_from_every_spelling_of_their_number) {
  const auto& knowledge = knowledge::built_in();
  std::size_t spellings = 0;
  for (const auto& library : knowledge.code_libraries) {
    for (const auto& code : library.codes) {
      if (!code.has_value) continue;
      for (const std::string& spelling : spellings_of(code.value)) {
        ++spellings;
        EXPECT_TRUE(has(explain(knowledge, spelling), code)) << spelling << " is not " << code.library << " " << code.symbol;
      }
    }
  }
  EXPECT_GT(spellings, 50000U);
}

TEST(Rows, come_first_where_the_library_is_named) {
  const auto& knowledge = knowledge::built_in();
  for (const auto& library : knowledge.code_libraries) {
    Hints hints;
    hints.library = library.id;
    for (const auto& code : library.codes) {
      if (!code.has_value) continue;
      for (const std::string& spelling : spellings_of(code.value)) {
        const Explanation found = explain(knowledge, spelling, hints);
        ASSERT_FALSE(found.meanings.empty()) << library.id << " " << spelling;
        // "axtls" means its family too.
        EXPECT_EQ(found.meanings.front().code->library.substr(0, library.id.size()), library.id) << spelling;
        EXPECT_TRUE(has(found, code)) << library.id << " " << code.symbol << " " << spelling;
      }
      // The plain spelling of the number is that row or another of the same number, with or without its sign; the digits may be
      // hexadecimal, too ("-%x").
      const std::string decimal = std::to_string(code.value);
      const Explanation plain = explain(knowledge, decimal, hints);
      const long long magnitude = std::abs(static_cast<long long>(plain.meanings.front().value));
      const bool as_decimal = std::to_string(magnitude) == decimal.substr(decimal.front() == '-' ? 1 : 0);
      const bool as_hex = print("%llx", magnitude) == decimal.substr(decimal.front() == '-' ? 1 : 0);
      EXPECT_TRUE(as_decimal || as_hex) << library.id << " " << code.symbol << " " << plain.meanings.front().value;
    }
  }
}

TEST(Rows, are_found_by_their_symbol) {
  const auto& knowledge = knowledge::built_in();
  for (const auto& library : knowledge.code_libraries) {
    Hints hints;
    hints.library = library.id;
    for (const auto& code : library.codes) {
      const Explanation found = explain(knowledge, code.symbol, hints);
      ASSERT_FALSE(found.meanings.empty()) << library.id << " " << code.symbol;
      EXPECT_EQ(found.meanings.front().code->library, library.id) << code.symbol;
      EXPECT_TRUE(has(found, code)) << library.id << " " << code.symbol;
    }
  }
}

// Numbers that mean something else in each library, and the words that stand beside them in its lines.
TEST(Collisions, are_decided_by_the_words_around_the_number) {
  const struct {
    std::string_view text;
    std::string_view symbol;
  } lines[] = {
      {"rc=-2", "MQTT_CONNECT_FAILED"},
      {"state=-4", "MQTT_CONNECTION_TIMEOUT"},
      {"espconn reconnection -28", "ESPCONN_HANDSHAKE"},
      {"GnuTLS error -28", "GNUTLS_E_AGAIN"},
      {"ssl_handshake_status: -40", "received alert handshake_failure"},
      {"wolfSSL error occurred, error = -150", "ASN_BEFORE_DATE_E"},
      {"psa_import_key returned -135", "PSA_ERROR_INVALID_ARGUMENT"},
      {"wolfSSL_connect -135", "DATE_E"},
      {"curl: (60)", "CURLE_PEER_FAILED_VERIFICATION"},
      {"Verify return code: 18", "X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT"},
      {"BearSSL 54", "BR_ERR_X509_EXPIRED"},
      {"alert number 48", "unknown_ca"},
      {"Reason 201", "WIFI_REASON_NO_AP_FOUND"},
      {"sl_Connect -340", "SL_ESEC_HANDSHAKE_FAILURE"},
      {"wolfSSL -313", "FATAL_ERROR"},
      {"OSError: (-257, 'RECORD_OVERFLOW')", "SSL_ERROR_RECORD_OVERFLOW"},
      {"WinError 10054", "WSAECONNRESET"},
      {"nx_secure status 0x114", "NX_SECURE_TLS_ALERT_RECEIVED"},
  };
  for (const auto& line : lines) {
    const Explanation found = explain(knowledge::built_in(), line.text);
    ASSERT_FALSE(found.meanings.empty()) << line.text;
    EXPECT_EQ(found.meanings.front().code->symbol, line.symbol) << line.text;
  }
}

// The same numbers, decided by what a person says of the place: the library, its version, the platform.
TEST(Collisions, are_decided_by_library_version_and_platform) {
  const struct {
    std::string_view number;
    std::string_view library;
    std::string_view platform;
    std::string_view version;
    std::string_view symbol;
  } places[] = {
      {"0x8006", "esp-idf-tls", "", "5.1", "ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT"},
      {"0x8006", "esp-idf-tls", "", "4.3", "ESP_ERR_MBEDTLS_CERT_PARTLY_OK"},
      {"0x8006", "", "esp8266-rtos-sdk", "", "ESP_ERR_MBEDTLS_CERT_PARTLY_OK"},
      {"24", "openssl-x509-verify", "", "1.1.1", "X509_V_ERR_INVALID_CA"},
      {"24", "openssl-x509-verify", "", "3.0.2", "X509_V_ERR_NO_ISSUER_PUBLIC_KEY"},
      {"-19", "mbedtls", "", "2.28", "MBEDTLS_ERR_GCM_HW_ACCEL_FAILED"},
      {"-19", "mbedtls", "", "3.6", "MBEDTLS_ERR_LMS_OUT_OF_PRIVATE_KEYS"},
      {"-3", "lwip-err", "", "1.1.1", "ERR_ABRT"},
      {"-3", "lwip-err", "", "2.1", "ERR_TIMEOUT"},
      {"-40", "", "micropython", "", "received alert handshake_failure"},
      {"-28", "", "nodemcu", "", "ESPCONN_HANDSHAKE"},
      {"-5", "", "nodemcu", "", "MQTT_CONN_FAIL_SERVER_NOT_FOUND"},
      {"-53", "", "zephyr", "", "ECONNABORTED"},
      {"113", "", "esp-idf", "", "ECONNABORTED"},
      {"113", "linux-errno", "", "", "EHOSTUNREACH"},
      {"-150", "wolfssl", "", "", "ASN_BEFORE_DATE_E"},
      {"-150", "psa", "", "", "PSA_ERROR_INVALID_PADDING"},
      {"-340", "ti-cc3100", "", "", "SL_ESEC_HANDSHAKE_FAILURE"},
      {"-208", "ti-cc3100", "", "", "SL_ESEC_SOCKET_ERROR_E"},
      {"62", "", "tasmota", "", "BR_ERR_X509_NOT_TRUSTED"},
      {"60", "curl", "", "", "CURLE_PEER_FAILED_VERIFICATION"},
      {"0x101", "netx-secure", "", "", "NX_SECURE_TLS_SESSION_UNINITIALIZED"},
      {"0x101", "esp-idf", "", "", "ESP_ERR_NO_MEM"},
      {"-1", "", "esp-idf", "", "ESP_FAIL"},
  };
  for (const auto& place : places) {
    Hints hints;
    hints.library = place.library;
    hints.platform = place.platform;
    hints.version = place.version;
    const Explanation found = explain(knowledge::built_in(), place.number, hints);
    ASSERT_FALSE(found.meanings.empty()) << place.number;
    EXPECT_EQ(found.meanings.front().code->symbol, place.symbol)
        << place.number << " " << place.library << place.platform << " " << place.version;
  }
}

TEST(Hints, of_a_name_that_is_not_known_are_faults_with_the_nearest_that_is) {
  const auto fault = [](const char* library, const char* platform, const char* version) {
    return fault_of(knowledge::built_in(), Hints{library, platform, version, {}});
  };
  EXPECT_EQ(fault("", "esp-idff", ""), "there is no platform \"esp-idff\"; did you mean esp-idf?");
  EXPECT_EQ(fault("mbedtsl", "", ""), "there is no code table \"mbedtsl\"; did you mean mbedtls?");
  EXPECT_NE(fault("", "toaster", "").find("known are"), std::string::npos);
  EXPECT_NE(fault("", "", "newest").find("is no version"), std::string::npos);
  EXPECT_EQ(fault("esp-idf", "ESP8266", "v5.1.2"), "");
  EXPECT_EQ(fault("mbedTLS", "rt-thread", "rtos-sdk 3.1"), "");
  EXPECT_EQ(fault("", "", ""), "");
}

// "SSL received fatal alert - Decoding error: extraneous element." is what the ESP8266 core 3 makes of alert 40: it has cut the 256 off.
TEST(BearSsl, alerts_without_their_offset_are_found_on_the_esp8266) {
  Hints hints;
  hints.platform = "arduino-esp8266";
  const Explanation found = explain(knowledge::built_in(), "40", hints);
  ASSERT_FALSE(found.meanings.empty());
  EXPECT_EQ(found.meanings.front().value, 256 + 40);
}

// espconn_mbedtls.c: v = -code; v & 0xFF ? v + (v >> 8) : v >> 8, negated and cut to a signed byte.
TEST(NodeMcu, one_byte_codes_are_unfolded) {
  Hints hints;
  hints.platform = "nodemcu";
  for (const auto& [number, symbol] : {std::pair{"-39", "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"},
                                       {"-127", "MBEDTLS_ERR_SSL_ALLOC_FAILED"},
                                       {"9", "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"}}) {
    const Explanation found = explain(knowledge::built_in(), number, hints);
    EXPECT_TRUE(std::any_of(found.meanings.begin(), found.meanings.end(), [&](const Meaning& m) { return m.code->symbol == symbol; }))
        << number;
  }
}

// "ERR_error_string" of 1.1.1 without its texts; 0x14094418 is what the same error is packed to.
TEST(OpenSsl, errors_without_texts_are_packed_again) {
  const Explanation found = explain(knowledge::built_in(), "error:lib(20):func(148):reason(1048)");
  ASSERT_FALSE(found.meanings.empty());
  EXPECT_EQ(found.meanings.front().code->symbol, "SSL_R_TLSV1_ALERT_UNKNOWN_CA");
}

TEST(Symbols, are_found_without_their_prefix_and_suggested_when_misspelt) {
  const Explanation found = explain(knowledge::built_in(), "CERT_VERIFY_FAILED");
  ASSERT_FALSE(found.meanings.empty());
  EXPECT_EQ(found.meanings.front().code->symbol, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED");
  const Explanation misspelt = explain(knowledge::built_in(), "CERT_VERFY_FAILED");
  EXPECT_TRUE(misspelt.meanings.empty());
  ASSERT_FALSE(misspelt.suggestions.empty());
  EXPECT_EQ(misspelt.suggestions.front(), "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED");
}

TEST(Search, finds_rows_by_number_and_by_words) {
  const auto& knowledge = knowledge::built_in();
  const auto tables = tables_named(knowledge, "mbedtls");
  ASSERT_FALSE(tables.empty());
  const auto has = [](const std::vector<const knowledge::Code*>& rows, std::string_view symbol) {
    return std::any_of(rows.begin(), rows.end(), [&](const knowledge::Code* row) { return row->symbol == symbol; });
  };
  for (const char* const spelling : {"7200", "-0x7200", "-29184", "0xFFFF8E00", "4294938112"}) {
    EXPECT_TRUE(has(search(tables, {spelling}), "MBEDTLS_ERR_SSL_INVALID_RECORD")) << spelling;
  }
  EXPECT_EQ(search(tables, {"-0x7200"}).size(), 1U);
  EXPECT_TRUE(has(search(tables, {"cert verify"}), "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"));
  EXPECT_TRUE(has(search(tables, {"low-memory"}), "MBEDTLS_ERR_SSL_ALLOC_FAILED"));
  EXPECT_TRUE(search(tables, {"no such words at all"}).empty());
}

// ESP-IDF 4.3 carries Mbed TLS 2.16, ESP-IDF 5.2 carries 3.5: -0x7E80 changed its meaning between them.
TEST(Versions, of_a_product_are_those_of_the_library_it_carries) {
  Hints hints;
  hints.platform = "esp-idf";
  hints.version = "4.3.2";
  EXPECT_EQ(explain(knowledge::built_in(), "-0x7E80", hints).meanings.front().code->symbol, "MBEDTLS_ERR_SSL_BAD_HS_FINISHED");
  hints.version = "5.2.1";
  EXPECT_EQ(explain(knowledge::built_in(), "-0x7E80", hints).meanings.front().code->symbol, "MBEDTLS_ERR_SSL_CACHE_ENTRY_NOT_FOUND");
  EXPECT_EQ(explain(knowledge::built_in(), "0x8006", hints).meanings.front().code->symbol, "ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT");
  hints.version = "4.3.2";
  EXPECT_EQ(explain(knowledge::built_in(), "0x8006", hints).meanings.front().code->symbol, "ESP_ERR_MBEDTLS_CERT_PARTLY_OK");
}

// lwip-err of the ESP8266: the NONOS SDK kept the numbers of 1.4, ESP8266_RTOS_SDK 3.1 took those of 2.0 (err.h of both).
TEST(Versions, of_several_products_are_told_apart) {
  EXPECT_TRUE(version_in("rtos-sdk 3.1", "nodemcu 1.5.4..,rtos-sdk 3.1.."));
  EXPECT_FALSE(version_in("rtos-sdk 2.1.1", "nodemcu 1.5.4..,rtos-sdk 3.1.."));
  EXPECT_FALSE(version_in("nonos-sdk 3.0.6", "rtos-sdk 2.1.1..3.1"));
  EXPECT_TRUE(version_fits_platform("esp8266-rtos-sdk", "nodemcu 1.5.4..,rtos-sdk 3.1.."));
  EXPECT_FALSE(version_fits_platform("nodemcu", "rtos-sdk 3.1.."));
  Hints hints;
  hints.library = "lwip-err-espressif";
  hints.version = "rtos-sdk 3.1";
  EXPECT_EQ(explain(knowledge::built_in(), "-14", hints).meanings.front().code->symbol, "ERR_RST");
  hints.version = "nonos-sdk 3.0.6";
  EXPECT_EQ(explain(knowledge::built_in(), "-14", hints).meanings.front().code->symbol, "ERR_IF");
}

// Mbed TLS 4 gives the low half alone, so a sum is of 2.x or 3.x.
TEST(Composition, sums_are_not_of_version_4) {
  const Explanation found = explain(knowledge::built_in(), "-0x4290");
  ASSERT_FALSE(found.meanings.empty());
  EXPECT_FALSE(version_in("4.0.0", found.meanings.front().versions));
  EXPECT_TRUE(version_in("3.6.2", found.meanings.front().versions));
}

}  // namespace
}  // namespace tlswhy::codes
