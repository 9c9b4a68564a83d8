// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/net.hpp"
#include "base/time.hpp"

namespace tlswhy {
namespace {

TEST(Text, printable_shows_escapes_and_bidirectional_controls) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(printable("x\xE2\x80\xAEy"), "x\\u202ey");
  EXPECT_EQ(printable("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(printable("bad\xFF\n"), "bad\\xff\\x0a");
  EXPECT_EQ(printable("\xC0\x80"), "\\xc0\\x80");  // overlong
}

TEST(Text, valid_utf8_replaces_strays) {
  EXPECT_EQ(valid_utf8("ok\xED\xA0\x80"), "ok\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate is no character
  EXPECT_EQ(valid_utf8("\xF0\x9F\x94\x92"), "\xF0\x9F\x94\x92");
}

TEST(Text, finds_and_compares_without_regard_to_case) {
  EXPECT_EQ(ifind("Alert: Unknown CA", "unknown ca"), 7U);
  EXPECT_EQ(ifind("short", "longer than it"), std::string_view::npos);
  EXPECT_TRUE(iequals("SNI", "sni"));
  EXPECT_TRUE(istarts_with("HTTP/1.1", "http/"));
}

TEST(Text, hex_goes_both_ways_and_refuses_halves) {
  const auto bytes = from_hex("00ffA0");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(to_hex(*bytes), "00ffa0");
  EXPECT_FALSE(from_hex("abc"));
  EXPECT_FALSE(from_hex("zz"));
}

TEST(Text, shorten_does_not_cut_inside_a_character) { EXPECT_EQ(shorten("ab\xC3\xA9\xC3\xA9\xC3\xA9", 6), "ab..."); }

TEST(Text, edit_distance_counts_single_edits) {
  EXPECT_EQ(edit_distance("unknwon", "unknown"), 2U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("", "abcdefghijkl", 5), 5U);
}

TEST(Time, civil_time_goes_both_ways) {
  // date -u -d @1714557600: Wed May 1 10:00:00 UTC 2024
  const auto time = timestamp_from({2024, 5, 1, 10, 0, 0});
  ASSERT_TRUE(time);
  EXPECT_EQ(time->ns, 1714557600LL * 1'000'000'000);
  EXPECT_EQ(to_rfc3339(*time), "2024-05-01T10:00:00.000000Z");
  EXPECT_EQ(to_rfc3339(Timestamp{-1}, 9), "1969-12-31T23:59:59.999999999Z");
  EXPECT_FALSE(timestamp_from({2023, 2, 29, 0, 0, 0}));
}

TEST(Time, reads_the_usual_spellings) {
  EXPECT_EQ(parse_timestamp("2024-05-01T10:00:00.5Z")->ns, 1714557600500000000LL);
  EXPECT_EQ(parse_timestamp("2024-05-01")->ns, 1714521600LL * 1'000'000'000);
  EXPECT_FALSE(parse_timestamp("yesterday"));
}

TEST(Net, addresses_are_written_as_people_write_them) {
  Endpoint endpoint;
  endpoint.address.bytes = {192, 0, 2, 7};
  endpoint.port = 8883;
  EXPECT_EQ(to_string(endpoint), "192.0.2.7:8883");
  endpoint.address.v6 = true;
  endpoint.address.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  EXPECT_EQ(to_string(endpoint), "[2001:db8::1]:8883");
  EXPECT_TRUE(is_ip_literal("[::1]"));
  EXPECT_TRUE(is_ip_literal("10.0.0.1"));
  EXPECT_FALSE(is_ip_literal("10.0.0.example"));
}

}  // namespace
}  // namespace tlswhy
