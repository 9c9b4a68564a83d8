// SPDX-License-Identifier: Apache-2.0
#include "base/reader.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace tlswhy {
namespace {

constexpr std::array<std::uint8_t, 9> k_bytes{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};

TEST(Reader, reads_integers_in_network_order) {
  Reader reader(k_bytes);
  EXPECT_EQ(reader.u8("a"), 0x01);
  EXPECT_EQ(reader.u16("b"), 0x0203);
  EXPECT_EQ(reader.u24("c"), 0x040506U);
  EXPECT_EQ(reader.u16le("d"), 0x0807);
  EXPECT_EQ(reader.remaining(), 1U);
  EXPECT_TRUE(reader.ok());
}

TEST(Reader, keeps_its_first_failure_and_then_gives_nothing) {
  Reader reader(k_bytes);
  EXPECT_TRUE(reader.take(20, "too much").empty());
  EXPECT_EQ(reader.u8("later"), 0);
  EXPECT_FALSE(reader.more());
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->what, "too much");
  EXPECT_EQ(reader.error()->fault, ParseFault::truncated);
  EXPECT_EQ(reader.error()->offset, 0U);
}

TEST(Reader, hands_on_the_head_of_a_vector_that_was_cut) {
  const std::array<std::uint8_t, 4> cut{0x00, 0x06, 0xAA, 0xBB};  // six bytes promised, two there
  Reader reader(cut);
  Reader list = reader.vec(2, "list");
  EXPECT_EQ(list.u16("first"), 0xAABB);
  EXPECT_FALSE(list.more());
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->what, "list");
}

TEST(Reader, reports_offsets_of_nested_vectors_from_the_start) {
  const std::array<std::uint8_t, 4> bytes{0xFF, 0x02, 0x01, 0x02};
  Reader reader(bytes);
  (void)reader.u8("skipped");
  Reader list = reader.vec(1, "list");
  (void)list.u8("one");
  (void)list.u16("does not fit");
  ASSERT_TRUE(list.error());
  EXPECT_EQ(list.error()->offset, 3U);
  reader.join(list);
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, calls_left_over_bytes_an_error) {
  Reader reader(k_bytes);
  (void)reader.u8("one");
  const auto parsed = reader.finish(7, "thing");
  ASSERT_TRUE(parsed.error);
  EXPECT_EQ(parsed.error->fault, ParseFault::trailing_data);
  EXPECT_EQ(parsed.value, 7);
}

TEST(Reader, never_reads_past_any_prefix) {
  for (std::size_t size = 0; size <= k_bytes.size(); ++size) {
    Reader reader(Bytes(k_bytes).first(size));
    (void)reader.u16("a");
    Reader list = reader.vec(1, "b");
    while (list.more()) (void)list.u16("c");
    reader.join(list);
    (void)reader.u64("d");
    EXPECT_LE(reader.offset(), size);
  }
}

}  // namespace
}  // namespace tlswhy
