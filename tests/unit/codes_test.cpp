// SPDX-License-Identifier: Apache-2.0
#include "codes/codes.hpp"

#include <gtest/gtest.h>

#include "knowledge/model.hpp"

namespace tlswhy::codes {
namespace {

std::vector<std::int64_t> values(std::string_view text) {
  std::vector<std::int64_t> list;
  for (const Reading& reading : readings(text)) list.push_back(reading.value);
  return list;
}

TEST(Readings, take_the_spellings_that_loggers_use) {
  EXPECT_EQ(values("-0x7200"), (std::vector<std::int64_t>{-0x7200}));
  EXPECT_EQ(values("0x2700"), (std::vector<std::int64_t>{0x2700, -0x2700}));
  EXPECT_EQ(values("0xFFFF8E00").front(), -0x7200);
  EXPECT_EQ(values("FFFF8E00").front(), -0x7200);
  EXPECT_EQ(values("4294938112")[1], -29184);
  EXPECT_EQ(values("-29184").front(), -29184);
  EXPECT_EQ(values("-40"), (std::vector<std::int64_t>{-40}));
  EXPECT_EQ(values("\xE2\x88\x92" "40").front(), -40);  // a typographic minus
}

TEST(Readings, a_positive_count_printed_as_its_negation_is_found) {
  const auto list = values("-0xfffffff8");
  EXPECT_NE(std::find(list.begin(), list.end(), 8), list.end());
}

TEST(Readings, refuse_what_is_no_number) {
  for (const std::string_view text : {"", "-", "0x", "hello", "12 34", "0xzz", "99999999999999999999999", "--5", "0x11112222333344445"}) {
    EXPECT_TRUE(readings(text).empty()) << text;
  }
}

TEST(HexCode, is_at_least_four_digits_wide) {
  EXPECT_EQ(to_hex_code(-29184), "-0x7200");
  EXPECT_EQ(to_hex_code(-80), "-0x0050");
  EXPECT_EQ(to_hex_code(0x8006), "0x8006");
  EXPECT_EQ(to_hex_code(INT64_MIN), "-0x8000000000000000");
}

TEST(Versions, ranges_hold_their_ends_and_open_ends) {
  EXPECT_TRUE(version_in("2.28.3", "2.0.0..4.1.0"));
  EXPECT_TRUE(version_in("4", "4.0.0.."));
  EXPECT_FALSE(version_in("3.6", "4.0.0.."));
  EXPECT_TRUE(version_in("3.6.5", "2.28.10,3.6.3..4.1.0"));
  EXPECT_FALSE(version_in("3.6.2", "2.28.10,3.6.3..4.1.0"));
  EXPECT_TRUE(version_in("", "4.0.0.."));
  EXPECT_TRUE(version_in("5", "all"));
}

// Every row of every table is found again by its own number and by its own name.
TEST(Tables, every_row_is_found_by_number_and_by_name) {
  const auto& knowledge = knowledge::built_in();
  std::size_t rows = 0;
  for (const auto& library : knowledge.code_libraries) {
    for (const auto& code : library.codes) {
      ++rows;
      const auto named = look_up_symbol(knowledge, library.id, code.symbol);
      EXPECT_FALSE(named.empty()) << library.id << " " << code.symbol;
      if (!code.has_value) continue;
      const auto found = look_up(knowledge, library.id, std::to_string(code.value));
      const bool there = std::any_of(found.begin(), found.end(), [&](const Meaning& m) { return m.code->value == code.value; });
      EXPECT_TRUE(there) << library.id << " " << code.symbol << " " << code.value;
    }
  }
  EXPECT_GT(rows, 10000U);
}

// Sums as mbedtls_strerror() of 2.28 takes them apart.
TEST(Composition, high_and_low_halves_are_those_of_the_library) {
  const struct {
    std::string_view number;
    std::string_view high;
    std::string_view low;
  } sums[] = {{"-0x4290", "MBEDTLS_ERR_RSA_PUBLIC_FAILED", "MBEDTLS_ERR_MPI_ALLOC_FAILED"},
              {"-0x2562", "MBEDTLS_ERR_X509_INVALID_EXTENSIONS", "MBEDTLS_ERR_ASN1_UNEXPECTED_TAG"},
              {"-0x3D62", "MBEDTLS_ERR_PK_KEY_INVALID_FORMAT", "MBEDTLS_ERR_ASN1_UNEXPECTED_TAG"},
              {"-0x262E", "MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG", "MBEDTLS_ERR_OID_NOT_FOUND"},
              {"-0x112C", "MBEDTLS_ERR_PEM_INVALID_DATA", "MBEDTLS_ERR_BASE64_INVALID_CHARACTER"}};
  for (const auto& sum : sums) {
    const auto found = look_up(knowledge::built_in(), "mbedtls", sum.number);
    ASSERT_FALSE(found.empty()) << sum.number;
    ASSERT_EQ(found.front().parts.size(), 2U) << sum.number;
    EXPECT_EQ(found.front().parts[0]->symbol, sum.high);
    EXPECT_EQ(found.front().parts[1]->symbol, sum.low);
  }
}

TEST(Composition, the_ssl_module_adds_no_low_half) { EXPECT_TRUE(look_up(knowledge::built_in(), "mbedtls", "-0x7262").empty()); }

// openssl errstr 14094418 and A000418: the same alert, packed by 1.x and by 3.x.
TEST(OpenSsl, packed_codes_of_both_generations_give_the_reason) {
  const auto has_unknown_ca = [](const std::vector<Meaning>& list) {
    return std::any_of(list.begin(), list.end(), [](const Meaning& m) { return m.code->symbol.find("ALERT_UNKNOWN_CA") != std::string_view::npos; });
  };
  EXPECT_TRUE(has_unknown_ca(look_up(knowledge::built_in(), "openssl-reasons", "0x14094418")));
  EXPECT_TRUE(has_unknown_ca(look_up(knowledge::built_in(), "openssl-packed-3x,openssl-reasons", "0x0A000418")));
}

TEST(Hints, library_and_version_narrow) {
  Hints hints;
  hints.library = "wolfssl";
  const auto e = explain(knowledge::built_in(), "-188", hints);
  ASSERT_FALSE(e.meanings.empty());
  EXPECT_EQ(e.meanings.front().code->symbol, "ASN_NO_SIGNER_E");
  hints = {};
  hints.library = "mbedtls";
  hints.version = "3.6.0";
  const auto f = explain(knowledge::built_in(), "-0x7E80", hints);
  ASSERT_FALSE(f.meanings.empty());
  EXPECT_EQ(f.meanings.front().code->symbol, "MBEDTLS_ERR_SSL_CACHE_ENTRY_NOT_FOUND");
}

TEST(Likelihoods, are_shares_of_one) {
  for (const std::string_view code : {"-40", "-1", "48", "0x8006", "-0x7200"}) {
    double total = 0;
    for (const Meaning& meaning : explain(knowledge::built_in(), code).meanings) total += meaning.likelihood;
    EXPECT_LE(total, 1.0) << code;
    EXPECT_GT(total, 0.5) << code;
  }
}

}  // namespace
}  // namespace tlswhy::codes
