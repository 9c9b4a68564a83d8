// SPDX-License-Identifier: Apache-2.0
// What `explain` must say of the numbers in the founding stories. Values and names: the libraries' headers.
#include <gtest/gtest.h>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"

namespace tlswhy::verdict {
namespace {

codes::Explanation explain(std::string_view input, codes::Hints hints = {}) { return codes::explain(knowledge::built_in(), input, hints); }

bool has(const codes::Explanation& explanation, std::string_view symbol) {
  for (const auto& meaning : explanation.meanings) {
    if (meaning.code != nullptr && meaning.code->symbol == symbol) return true;
    for (const auto* part : meaning.parts) {
      if (part->symbol == symbol) return true;
    }
  }
  return false;
}

// 001-5: x509.h, not ssl.h, which is why people do not find it.
TEST(SeedCodes, verify_failed_is_found_in_every_spelling) {
  for (const std::string_view spelling : {"0x2700", "-0x2700", "-9984", "9984", "FFFFD900", "0xFFFFD900", "4294957312"}) {
    const auto e = explain(spelling);
    ASSERT_FALSE(e.meanings.empty()) << spelling;
    EXPECT_EQ(e.meanings.front().code->symbol, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED") << spelling;
  }
}

TEST(SeedCodes, invalid_record_comes_first_for_7200) {
  const auto e = explain("-0x7200");
  ASSERT_FALSE(e.meanings.empty());
  EXPECT_EQ(e.meanings.front().code->symbol, "MBEDTLS_ERR_SSL_INVALID_RECORD");
  EXPECT_EQ(e.meanings.front().value, -29184);
  EXPECT_GT(e.meanings.front().likelihood, 0.8);
}

// 002-11: -8576 is -0x2180.
TEST(SeedCodes, decimal_codes_of_the_rtos_sdk_are_read) { EXPECT_TRUE(has(explain("-8576"), "MBEDTLS_ERR_X509_INVALID_FORMAT")); }

// Cross-seed rule 3: numbers that moved between versions show their alternatives.
TEST(SeedCodes, code_7e80_is_two_things_by_version) {
  const auto e = explain("-0x7E80");
  EXPECT_TRUE(has(e, "MBEDTLS_ERR_SSL_BAD_HS_FINISHED"));
  EXPECT_TRUE(has(e, "MBEDTLS_ERR_SSL_CACHE_ENTRY_NOT_FOUND"));
}

TEST(SeedCodes, insufficient_memory_of_psa_is_found) { EXPECT_TRUE(has(explain("-0x008D"), "PSA_ERROR_INSUFFICIENT_MEMORY")); }

// mbedtls_strerror(-0x4290) of 2.28: "RSA - The public key operation failed : BIGNUM - Memory allocation failed".
TEST(SeedCodes, composed_codes_are_taken_apart) {
  const auto e = explain("-0x4290");
  ASSERT_FALSE(e.meanings.empty());
  EXPECT_TRUE(has(e, "MBEDTLS_ERR_RSA_PUBLIC_FAILED"));
  EXPECT_TRUE(has(e, "MBEDTLS_ERR_MPI_ALLOC_FAILED"));
  EXPECT_EQ(e.meanings.front().parts.size(), 2U);
}

// 000-1: minus the number of the alert that was received.
TEST(SeedCodes, minus_forty_of_axtls_is_the_servers_alert) {
  codes::Hints hints;
  hints.context = "ssl_handshake_status: -40";
  const auto e = explain("-40", hints);
  ASSERT_FALSE(e.meanings.empty());
  EXPECT_EQ(e.meanings.front().code->library, "axtls-derived");
  EXPECT_NE(e.meanings.front().code->fact.find("handshake_failure"), std::string_view::npos);
}

TEST(SeedCodes, axtls_names_and_x509_codes_are_known) {
  EXPECT_TRUE(has(explain("-257"), "SSL_ERROR_RECORD_OVERFLOW"));
  EXPECT_TRUE(has(explain("-256"), "SSL_ERROR_CONN_LOST"));
}

TEST(SeedCodes, alerts_are_found_by_name_and_number) {
  for (const std::string_view spelling : {"unknown_ca", "unknown ca", "Unknown CA", "48"}) EXPECT_TRUE(has(explain(spelling), "unknown_ca")) << spelling;
}

TEST(SeedCodes, esp_tls_numbers_that_moved_show_both_versions) {
  const auto e = explain("0x8010");
  EXPECT_GE(e.meanings.size(), 2U);
}

TEST(SeedCodes, openssl_codes_are_unpacked) {
  const auto e = explain("error:0A000086:SSL routines::certificate verify failed");
  ASSERT_FALSE(e.meanings.empty());
}

TEST(SeedCodes, unknown_numbers_say_so) {
  const auto e = explain("-0x7262");  // the SSL module never adds a low half
  EXPECT_TRUE(e.meanings.empty());
  EXPECT_FALSE(e.note.empty());
}

TEST(SeedCodes, misspelt_symbols_get_a_suggestion) {
  const auto e = explain("MBEDTLS_ERR_SSL_CON_EOF");
  EXPECT_TRUE(e.meanings.empty());
  ASSERT_FALSE(e.suggestions.empty());
  EXPECT_EQ(e.suggestions.front(), "MBEDTLS_ERR_SSL_CONN_EOF");
}

}  // namespace
}  // namespace tlswhy::verdict
