// SPDX-License-Identifier: Apache-2.0
// The tables against other implementations: the C library's own names of errno and Mbed TLS's own reading of its codes.
#include <gtest/gtest.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509.h>

#include <cstring>
#include <string>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"

namespace tlswhy::codes {
namespace {

bool any_symbol(const std::vector<Meaning>& meanings, std::string_view symbol) {
  return std::any_of(meanings.begin(), meanings.end(), [&](const Meaning& meaning) { return meaning.code->symbol == symbol; });
}

TEST(LinuxErrno, names_are_those_of_the_c_library) {
  constexpr int k_beyond_the_last = 200;
  int names = 0;
  for (int number = 1; number < k_beyond_the_last; ++number) {
    const char* const name = strerrorname_np(number);
    if (name == nullptr) continue;
    ++names;
    EXPECT_TRUE(any_symbol(look_up(knowledge::built_in(), "linux-errno", std::to_string(number)), name)) << number << " is " << name;
  }
  EXPECT_GT(names, 100);
}

std::string installed_version() {
  char version[16] = {};
  mbedtls_version_get_string(version);
  return version;
}

// Each row that the table gives the installed version is a code that this version knows, and it does not know the others.
TEST(MbedTls, rows_of_the_installed_version_are_codes_it_knows) {
  const auto* const table = knowledge::built_in().code_library("mbedtls");
  ASSERT_NE(table, nullptr);
  constexpr std::int64_t k_low_codes = 0x7F;
  std::size_t known = 0;
  for (const auto& code : table->codes) {
    const bool low = -code.value <= k_low_codes;
    const char* const text =
        low ? mbedtls_low_level_strerr(static_cast<int>(code.value)) : mbedtls_high_level_strerr(static_cast<int>(code.value));
    if (!version_in(installed_version(), code.versions)) continue;
    // Modules that are not compiled into the installed library have no text.
    constexpr std::string_view k_without[] = {"_HW_ACCEL_", "PADLOCK", "_MD2_", "_MD4_", "ECJPAKE", "THREADING",
                                              "PKCS11",     "XTEA",    "HKDF",  "ARIA",  "ARC4"};
    const bool absent = std::any_of(std::begin(k_without), std::end(k_without),
                                    [&](std::string_view part) { return code.symbol.find(part) != std::string_view::npos; });
    if (absent && text == nullptr) continue;
    EXPECT_NE(text, nullptr) << code.symbol;
    ++known;
  }
  EXPECT_GT(known, 150U);
}

TEST(MbedTls, values_are_those_of_the_headers) {
  const struct {
    int value;
    std::string_view symbol;
  } codes[] = {{MBEDTLS_ERR_SSL_INVALID_RECORD, "MBEDTLS_ERR_SSL_INVALID_RECORD"},
               {MBEDTLS_ERR_SSL_CONN_EOF, "MBEDTLS_ERR_SSL_CONN_EOF"},
               {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, "MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE"},
               {MBEDTLS_ERR_SSL_ALLOC_FAILED, "MBEDTLS_ERR_SSL_ALLOC_FAILED"},
               {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED"},
               {MBEDTLS_ERR_X509_ALLOC_FAILED, "MBEDTLS_ERR_X509_ALLOC_FAILED"},
               {MBEDTLS_ERR_RSA_PUBLIC_FAILED, "MBEDTLS_ERR_RSA_PUBLIC_FAILED"},
               {MBEDTLS_ERR_NET_RECV_FAILED, "MBEDTLS_ERR_NET_RECV_FAILED"},
               {MBEDTLS_ERR_NET_CONN_RESET, "MBEDTLS_ERR_NET_CONN_RESET"},
               {MBEDTLS_ERR_NET_UNKNOWN_HOST, "MBEDTLS_ERR_NET_UNKNOWN_HOST"}};
  for (const auto& code : codes)
    EXPECT_TRUE(any_symbol(look_up(knowledge::built_in(), "mbedtls", std::to_string(code.value)), code.symbol)) << code.symbol;
}

// mbedtls_strerror() splits a sum into the two texts that it has for our two halves.
TEST(MbedTls, sums_are_taken_apart_as_the_library_does) {
  std::size_t sums = 0;
  for (int value = -1; value > -0x8000; --value) {
    const auto found = look_up(knowledge::built_in(), "mbedtls", to_hex_code(value));
    for (const Meaning& meaning : found) {
      if (meaning.parts.size() != 2) continue;
      ++sums;
      const char* const high = mbedtls_high_level_strerr(value);
      const char* const low = mbedtls_low_level_strerr(value);
      EXPECT_STREQ(high, mbedtls_high_level_strerr(static_cast<int>(meaning.parts[0]->value))) << value;
      EXPECT_STREQ(low, mbedtls_low_level_strerr(static_cast<int>(meaning.parts[1]->value))) << value;
      EXPECT_EQ(meaning.parts[0]->value + meaning.parts[1]->value, value);
    }
  }
  EXPECT_GT(sums, 2000U);
}

}  // namespace
}  // namespace tlswhy::codes
