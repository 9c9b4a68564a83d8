// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "log/pattern.hpp"
#include "log/time_text.hpp"

namespace tlswhy::log {
namespace {

// The hole `name` of the first match; "<none>" if the pattern does not match.
std::string held(std::string_view pattern, std::string_view line, std::string_view name) {
  const auto compiled = Pattern::compile(pattern);
  if (!compiled) return "<fault>";
  Match match;
  return compiled->find(line, 0, match) ? std::string(match.get(name)) : "<none>";
}

bool matches(std::string_view pattern, std::string_view line) { return held(pattern, line, "nothing").empty(); }

TEST(LogPattern, RefusesWhatItDoesNotUnderstand) {
  EXPECT_FALSE(Pattern::compile("code {x:number}"));
  EXPECT_FALSE(Pattern::compile("code {x}"));
  EXPECT_FALSE(Pattern::compile("code {x:int"));
  EXPECT_FALSE(Pattern::compile("code }"));
  EXPECT_FALSE(Pattern::compile(""));
  EXPECT_FALSE(Pattern::compile("{x:oneof()}"));
  EXPECT_TRUE(Pattern::compile("a {{brace}}"));
}

TEST(LogPattern, LiteralsIgnoreCaseAndTheNumberOfBlanks) {
  EXPECT_TRUE(matches("Failed to open", "E: failed   TO\topen it"));
  EXPECT_FALSE(matches("Failed to open", "Failedto open"));
  EXPECT_TRUE(matches("a {{brace}}", "A {brace}"));
}

TEST(LogPattern, AnchorsTieToTheEnds) {
  EXPECT_TRUE(matches("^start", "Start of line"));
  EXPECT_FALSE(matches("^start", "the start"));
  EXPECT_TRUE(matches("the end$", "this is the end"));
  EXPECT_FALSE(matches("the end$", "the end of it"));
  EXPECT_TRUE(matches("^rc={n:int}$", "rc=-2"));
  EXPECT_FALSE(matches("^rc={n:int}$", "rc=-2 "));
}

TEST(LogPattern, IntegersAreWholeNumbers) {
  EXPECT_EQ(held("heap {n:int}", "heap 1234", "n"), "1234");
  EXPECT_EQ(held("rc={n:int}", "rc=-2,", "n"), "-2");
  EXPECT_EQ(held("heap {n:int}", "heap 12kB", "n"), "<none>");
  EXPECT_EQ(held("heap {n:int}kB", "heap 12kB", "n"), "12");
  EXPECT_EQ(held("heap {n:int}", "heap 1.5", "n"), "<none>");
  EXPECT_EQ(held("heap {n:int}", "heap 15.", "n"), "15");
}

TEST(LogPattern, CodesComeInAnySpelling) {
  for (const char* code : {"-0x2700", "0x2700", "-9984", "FFFFD900", "004C", "-7200", "0xFFFF8E00", "ffffffff"}) {
    EXPECT_EQ(held("returned {c:code}", "it returned " + std::string(code) + ": text", "c"), code);
  }
  for (const char* word : {"dead", "face", "0xZZ", "1.2.3", "12ab9q", "abc"}) {
    EXPECT_EQ(held("returned {c:code}", "it returned " + std::string(word), "c"), "<none>") << word;
  }
}

TEST(LogPattern, HexIsReadWithAndWithoutPrefix) {
  EXPECT_EQ(held("error: {c:hex}", "error: -7200", "c"), "-7200");
  EXPECT_EQ(held("error: {c:hex}", "error: 0xAb", "c"), "0xAb");
  EXPECT_EQ(held("error: {c:hex}", "error: xyz", "c"), "<none>");
}

TEST(LogPattern, WordsEndAtQuotesAndUnopenedBrackets) {
  EXPECT_EQ(held("task {t:word} has", "A stack overflow in task mqtt_task has", "t"), "mqtt_task");
  EXPECT_EQ(held("client {c:word}, d", "client (null), disconnecting", "c"), "(null)");
  EXPECT_EQ(held("name '{c:word}'", "name 'abc'", "c"), "abc");
  EXPECT_EQ(held("(tag {c:word})", "(tag abc)", "c"), "abc");
  EXPECT_EQ(held("is {c:word}", "it is abc.", "c"), "abc");
}

TEST(LogPattern, HostsMayBeNamesAddressesOrPaintedOver) {
  EXPECT_EQ(held("to {h:host}:{p:int}", "Connecting to broker.example.com:8883", "h"), "broker.example.com");
  EXPECT_EQ(held("to {h:host}:{p:int}", "Connecting to [2001:db8::1]:443", "h"), "[2001:db8::1]");
  EXPECT_EQ(held("to {h:host}:{p:int}", "Connecting to <redacted>.example.com:443", "h"), "<redacted>.example.com");
  EXPECT_EQ(held("to {h:host}:{p:int}", "Connecting to *****:443", "p"), "443");
  EXPECT_EQ(held("to {h:host}:{p:int}", "Connecting to (null):443", "h"), "<none>");
}

TEST(LogPattern, OneofTakesTheLongestWord) {
  EXPECT_EQ(held("{s:oneof(mqtt,mqtts)}://{h:host}", "dial MQTTS://example.com", "s"), "MQTTS");
  EXPECT_EQ(held("level {l:oneof(E,W)}", "level Error", "l"), "<none>");
  EXPECT_EQ(held("{l:oneof(E,W,I)} ({t:int})", "xE (12) W (13)", "t"), "13");
}

TEST(LogPattern, AHoleInFrontIsLookedForBackwards) {
  EXPECT_EQ(held("{f:tag}() returned {c:code}", "x: mbedtls_pk_sign() returned -16128 (-0x3f00)", "f"), "mbedtls_pk_sign");
  EXPECT_EQ(held("{n:int} bytes free", "there are 1234 bytes free", "n"), "1234");
}

TEST(LogPattern, WildHolesTakeAsLittleAsPossible) {
  EXPECT_EQ(held("for {t:text}: error", "for a: b: error: error", "t"), "a: b");
  EXPECT_EQ(held("rest {t:text}", "rest of the line", "t"), "of the line");
  EXPECT_TRUE(matches("free{*}{n:int}", "free heap is 1234"));
  EXPECT_EQ(held("free{*}{n:int}", "free heap x509 is 1234", "n"), "1234");
  EXPECT_FALSE(matches("free{*}heap", "free" + std::string(100, '.') + "heap"));
}

TEST(LogPattern, IsTakesNothingAndHoldsItsWord) {
  EXPECT_EQ(held("X509 - Something{code:is(MBEDTLS_ERR_X)}", "X509 - Something failed", "code"), "MBEDTLS_ERR_X");
}

TEST(LogPattern, AnchorsAreLongEnoughOrExpanded) {
  EXPECT_FALSE(Pattern::compile("{s:oneof(https,wss)}://{h:host}")->anchors().empty());
  EXPECT_FALSE(Pattern::compile("-0x{c:hex}")->anchors().empty());
  EXPECT_TRUE(Pattern::compile("ab {c:word}")->anchors().empty());
}

// Backtracking patterns against lines made to make them backtrack: bounded, so that a megabyte takes no noticeable time.
TEST(LogPattern, CostsNoMoreThanTheLineIsLong) {
  const auto pattern = Pattern::compile("{a:text}aa{b:text}aa{c:text}aa{d:text}aab{*}x");
  ASSERT_TRUE(pattern);
  const std::string line(1U << 20U, 'a');
  const auto start = std::chrono::steady_clock::now();
  Match match;
  EXPECT_FALSE(pattern->find(line, 0, match));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

std::string wall(std::string_view text) {
  const auto time = read_time(text);
  return time.wall ? to_rfc3339(*time.wall, 3) : "none";
}

TEST(LogTimeText, ReadsTheCommonSpellings) {
  EXPECT_EQ(wall("2024-05-01T10:00:00.123Z"), "2024-05-01T10:00:00.123Z");
  EXPECT_EQ(wall("2024-05-01 10:00:00,5 x"), "2024-05-01T10:00:00.500Z");
  EXPECT_EQ(wall("2024-05-01T10:00:00+02:00"), "2024-05-01T08:00:00.000Z");
  EXPECT_EQ(wall("2020-06-22 16:28:24:375"), "2020-06-22T16:28:24.375Z");
  EXPECT_EQ(wall("Tue Jun  7 14:43:17 2022"), "2022-06-07T14:43:17.000Z");
  EXPECT_EQ(wall("Tue, 07 Jun 2022 14:43:17 GMT"), "2022-06-07T14:43:17.000Z");
  EXPECT_EQ(wall("07/Jun/2022:14:43:17 +0000"), "2022-06-07T14:43:17.000Z");
  EXPECT_EQ(wall("Wed Dec 31 17:59:57 MST 1969"), "1969-12-31T17:59:57.000Z");
  EXPECT_EQ(wall("1420304463: x"), "2015-01-03T17:01:03.000Z");
  EXPECT_EQ(wall("01.05.2024 10:00:00"), "2024-05-01T10:00:00.000Z");
}

TEST(LogTimeText, KnowsClocksWithoutADay) {
  EXPECT_EQ(read_time("10:00:00.250 -> x").day_ms, 36000250.0);
  EXPECT_EQ(read_time("Jun  7 14:43:17 host x").day_ms, 52997000.0);
  EXPECT_EQ(read_time("9:05:00 PM").day_ms, 75900000.0);
  EXPECT_EQ(read_time("??:??:?? 24").length, 8U);
}

TEST(LogTimeText, RefusesWhatIsNoTime) {
  for (const char* text : {"", "12", "25:00:00", "10:61:00", "2024-13-01", "12345", "hello", "1.2.3.4", "0123456789"}) {
    EXPECT_EQ(read_time(text).length, 0U) << text;
  }
}

}  // namespace
}  // namespace tlswhy::log
