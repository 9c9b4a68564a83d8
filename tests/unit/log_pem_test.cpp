// SPDX-License-Identifier: Apache-2.0
// PEM as people paste it (RFC 7468): files, strings of several languages, and what is left of them.
#include "log/pem.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tlswhy::log {
namespace {

constexpr const char* k_line = "MIIDdTCCAl2gAwIBAgILBAAAAAABFUtaw5QwDQYJKoZIhvcNAQEFBQAwVzELMAkG";

TEST(PastedPem, a_file_and_strings_with_line_ends_are_good) {
  EXPECT_EQ(judge_pem(std::string("\n") + k_line + "\n-----END CERTIFICATE-----\n"), PemBody::present);
  EXPECT_EQ(judge_pem(std::string("\r\n") + k_line + "\r\n-----END CERTIFICATE-----"), PemBody::present);
  EXPECT_EQ(judge_pem(std::string("\\n\"\n\"") + k_line + "\\n\"\n\"-----END CERTIFICATE-----\\n\";"), PemBody::present);
  EXPECT_EQ(judge_pem(std::string("\\n\" \\\n\"") + k_line + "\\n\" \\\n\"-----END CERTIFICATE-----\\n\";"), PemBody::present);
  EXPECT_EQ(judge_pem(std::string("\\n") + k_line + "\\n-----END CERTIFICATE-----\\n"), PemBody::present);
}

TEST(PastedPem, a_body_that_was_removed_is_told) {
  EXPECT_EQ(judge_pem("\n-----END CERTIFICATE-----"), PemBody::none);
  EXPECT_EQ(judge_pem("\n  ...\n-----END CERTIFICATE-----"), PemBody::none);
  EXPECT_EQ(judge_pem("\n(my certificate)\n-----END CERTIFICATE-----"), PemBody::none);
}

TEST(PastedPem, strings_that_are_joined_without_line_ends_are_told) {
  EXPECT_EQ(judge_pem(std::string("\"\n\"") + k_line + "\"\n\"-----END CERTIFICATE-----\";"), PemBody::no_line_ends);
  EXPECT_EQ(judge_pem(std::string(k_line) + "-----END CERTIFICATE-----"), PemBody::no_line_ends);
}

TEST(PastedPem, without_its_end_nothing_is_said) { EXPECT_EQ(judge_pem(std::string("\n") + k_line + "\n"), PemBody::unknown); }

}  // namespace
}  // namespace tlswhy::log
