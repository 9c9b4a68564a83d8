// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "knowledge/load.hpp"
#include "log/log.hpp"

namespace tlswhy::log {
namespace {

// The dialects and codes of the source tree.
const Scanner& scanner() {
  static std::vector<std::string> faults;
  static const knowledge::Library library = knowledge::Library::load(TLSWHY_SOURCE_DIR "/data", faults);
  static const Scanner the_scanner(library.own());
  return the_scanner;
}

std::string stripped(std::string_view line) {
  LineTime time;
  std::string storage;
  return std::string(scanner().strip(line, time, storage));
}

std::vector<Event> scan(std::string_view line) {
  std::vector<Event> events;
  scanner().scan_line(line, 1, events);
  return events;
}

bool states(const std::vector<Event>& events, std::string_view fact) {
  return std::any_of(events.begin(), events.end(), [&](const Event& event) {
    return std::any_of(event.facts.begin(), event.facts.end(), [&](const knowledge::Fact& entry) { return entry.name == fact; });
  });
}

constexpr std::string_view k_message = "esp-tls: mbedtls_ssl_handshake returned -0x2700";

TEST(LogStrip, RemovesColoursInEverySpelling) {
  for (const char* escape : {"\x1b", "^[", "\xE2\x90\x9B", "[1B]", "<0x1b>", "\\033", "\\x1b", ""}) {
    const std::string line = std::string(escape) + "[0;31mE (992) " + std::string(k_message) + std::string(escape) + "[0m";
    EXPECT_EQ(stripped(line), k_message) << escape;
  }
}

TEST(LogStrip, RemovesLineEndsQuotesAndRubbish) {
  EXPECT_EQ(stripped("> E (992) " + std::string(k_message) + "\r"), k_message);
  EXPECT_EQ(stripped("E (992) " + std::string(k_message) + "\xE2\x90\x8D\xE2\x90\x8A"), k_message);
  EXPECT_EQ(stripped("E (992) " + std::string(k_message) + "\\r\\n"), k_message);
  EXPECT_EQ(stripped(std::string("E (9\0"
                                 "92) esp-tls: x",
                                 19)),
            "esp-tls: x");
  EXPECT_EQ(stripped("E\xC2\xA0(992)\xC2\xA0"
                     "esp-tls: x"),
            "esp-tls: x");
}

TEST(LogStrip, RemovesNestedFramesAndKeepsTheirTimes) {
  LineTime time;
  std::string storage;
  EXPECT_EQ(scanner().strip("09:28:08.500 -> [D][esp-idf:000]: E (2352) " + std::string(k_message), time, storage), k_message);
  EXPECT_EQ(time.uptime_ms, 2352.0);
  EXPECT_EQ(time.day_ms, ((9 * 60 + 28) * 60 + 8.5) * 1000);
}

TEST(LogStrip, LeavesPlainTextAlone) { EXPECT_EQ(stripped("nothing [to see] here"), "nothing [to see] here"); }

TEST(LogScan, FindsTheCodeAndItsFact) {
  const auto events = scan("E (992) " + std::string(k_message));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].symbol, "MBEDTLS_ERR_X509_CERT_VERIFY_FAILED");
  EXPECT_EQ(events[0].value, -0x2700);
  EXPECT_EQ(events[0].library, "mbedtls");
  EXPECT_TRUE(events[0].is_error);
  EXPECT_TRUE(states(events, "verify-failed"));
  EXPECT_EQ(events[0].text, k_message);
}

TEST(LogScan, GenericDialectsDoNotRepeatWhatOthersSaid) {
  const auto events = scan("E (5) app: mbedtls_ssl_handshake returned -0x7200 MBEDTLS_ERR_SSL_INVALID_RECORD");
  EXPECT_EQ(
      std::count_if(events.begin(), events.end(), [](const Event& event) { return event.symbol == "MBEDTLS_ERR_SSL_INVALID_RECORD"; }), 1);
}

TEST(LogScan, SuccessIsNoEvent) {
  EXPECT_TRUE(scan("E (5) mqtt: Last tls stack error number: 0x0").empty());
  EXPECT_TRUE(scan("I (5) app: free beer for all").empty());
}

TEST(LogScan, TwoJoinedLinesGiveTwoEvents) {
  EXPECT_EQ(scan("E (1) esp-tls: mbedtls_ssl_handshake returned -0x7280E (2) esp-tls: mbedtls_ssl_handshake returned -0x50").size(), 2U);
}

TEST(LogRead, CountsLinesAndGuessesTheWriter) {
  const std::string text = "boot\r\r\nE (992) " + std::string(k_message) + "\nI (993) esp-tls: Failed to verify peer certificate!";
  const Log log = scanner().read(text, "device.log");
  EXPECT_EQ(log.lines, 3U);
  ASSERT_FALSE(log.events.empty());
  EXPECT_EQ(log.events[0].line, 2U);
  EXPECT_EQ(log.role, "device");
  EXPECT_EQ(log.platform, "esp-idf");
  EXPECT_EQ(log.library, "mbedtls");
}

TEST(LogRead, FrameworksWinOverTheSdkBelow) {
  const std::string text =
      "[ 123][E][ssl_client.cpp:37] _handle_error(): [start_ssl_client():276]: (-9984) X509 - Certificate verification failed\n"
      "E (992) " +
      std::string(k_message) + "\nE (993) esp-tls: Failed to open new connection\n";
  EXPECT_EQ(scanner().read(text, "x").platform, "arduino-esp32");
}

TEST(LogRead, SurvivesAnyInput) {
  EXPECT_TRUE(scanner().read("", "x").events.empty());
  EXPECT_EQ(scanner().read("\n\n\n", "x").lines, 3U);
  const std::string rubbish("\0\xff\x80\x01\n\xef\xbf\xbe -0x2700\0", 18);
  EXPECT_LE(scanner().read(rubbish, "x").lines, 2U);
}

TEST(LogRead, SaysThatLongLinesAreCut) {
  std::string text(10U << 20U, 'x');
  text += "mbedtls_ssl_handshake returned -0x2700\nE (1) " + std::string(k_message);
  const Log log = scanner().read(text, "x");
  ASSERT_EQ(log.events.size(), 1U);
  EXPECT_EQ(log.events[0].line, 2U);
  ASSERT_EQ(log.problems.size(), 1U);
  EXPECT_NE(log.problems[0].find("line 1 "), std::string::npos);
}

TEST(LogRead, StopsAtTheLimitOfEventsAndSaysSo) {
  std::vector<std::string> faults;
  const auto library = knowledge::Library::load(TLSWHY_SOURCE_DIR "/data", faults);
  Limits limits;
  limits.events = 10;
  std::string text;
  for (int i = 0; i < 50; ++i) text += "E (1) " + std::string(k_message) + "\n";
  const Log log = Scanner(library.own(), limits).read(text, "x");
  EXPECT_EQ(log.events.size(), 10U);
  EXPECT_EQ(log.problems.size(), 1U);
}

TEST(LogRead, ReadsUtf16AndOldMacLineEnds) {
  std::string wide = "\xFF\xFE";
  for (const char c : "E (1) " + std::string(k_message)) wide += std::string(1, c) + std::string(1, '\0');
  EXPECT_EQ(scanner().read(wide, "x").events.size(), 1U);
  const Log mac = scanner().read("boot\rE (1) " + std::string(k_message) + "\rend", "x");
  EXPECT_EQ(mac.lines, 3U);
  ASSERT_EQ(mac.events.size(), 1U);
  EXPECT_EQ(mac.events[0].line, 2U);
}

TEST(LogRead, EveryPrefixOfALogIsReadWithoutHarm) {
  const std::string text = "\x1b[0;31mE (992) " + std::string(k_message) + "\x1b[0m\r\n> [1B][0;33mW (1) x: E:M 544[1B][0m\nOSError: -40";
  for (std::size_t i = 0; i <= text.size(); ++i) EXPECT_LE(scanner().read(std::string_view(text).substr(0, i), "x").lines, 3U);
}

TEST(LogIsText, TellsLogsFromBinaries) {
  const auto bytes = [](std::string_view text) { return std::vector<std::uint8_t>(text.begin(), text.end()); };
  EXPECT_TRUE(is_text(bytes("E (1) esp-tls: x\r\n\x1b[0m")));
  EXPECT_TRUE(is_text(bytes("\xE3\x80\x90\xE3\x80\x91")));
  EXPECT_TRUE(is_text({}));
  EXPECT_FALSE(is_text(bytes(std::string("\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0", 24))));
}

TEST(LogDialects, EverySampleMatchesItsPatternAndNoOtherDialect) {
  for (const std::string& fault : scanner().check_samples()) ADD_FAILURE() << fault;
}

}  // namespace
}  // namespace tlswhy::log
