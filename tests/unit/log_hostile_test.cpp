// SPDX-License-Identifier: Apache-2.0
// Logs as nobody should write them. Seeds are fixed, so a failure comes again.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <random>
#include <string>
#include <vector>

#include "log/log.hpp"

namespace tlswhy::log {
namespace {

const Scanner& scanner() {
  static const Scanner the_scanner(knowledge::built_in());
  return the_scanner;
}

std::vector<std::string> all_samples() {
  std::vector<std::string> samples;
  for (const knowledge::Dialect& dialect : knowledge::built_in().dialects) {
    for (const auto& list : {dialect.prefixes, dialect.patterns}) {
      for (const knowledge::Pattern& pattern : list) samples.insert(samples.end(), pattern.samples.begin(), pattern.samples.end());
    }
  }
  return samples;
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::uniform_int_distribution<int> byte(0, 255);
  std::string text(size, '\0');
  std::generate(text.begin(), text.end(), [&] { return static_cast<char>(byte(random)); });
  return text;
}

std::size_t below(std::mt19937& random, std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random); }

// What must hold of any log that was read.
void expect_sound(const Log& log, std::string_view text) {
  const auto ends = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  EXPECT_LE(log.lines, std::max<std::uint64_t>(ends, static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\r'))) + 1);
  std::uint64_t before = 1;
  for (const Event& event : log.events) {
    EXPECT_GE(event.line, before);
    EXPECT_LE(event.line, log.lines);
    EXPECT_FALSE(event.kind.empty());
    before = event.line;
  }
}

// The processor time of reading, in seconds: the least of three.
double seconds_to_read(const std::string& text) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const std::clock_t begin = std::clock();
    (void)scanner().read(text, "hostile");
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

// Four times the text may take four times as long, with room for a loaded machine; sixteen times would be quadratic.
void expect_linear(const std::string& once, const std::string& what) {
  std::string four;
  for (int i = 0; i < 4; ++i) four += once;
  constexpr double k_unmeasurable_s = 0.005;
  const double one_time = std::max(seconds_to_read(once), k_unmeasurable_s);
  EXPECT_LT(seconds_to_read(four), one_time * 9) << what;
}

TEST(LogHostile, RandomBytesAreRead) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const std::string text = random_bytes(random, below(random, 4000));
    expect_sound(scanner().read(text, "x"), text);
  }
}

TEST(LogHostile, SamplesWithBytesChangedRemovedAndDoubledAreRead) {
  std::mt19937 random(2);
  std::string text;
  for (const std::string& sample : all_samples()) {
    std::string line = sample;
    for (int i = 0; i < 3 && !line.empty(); ++i) {
      const std::size_t at = below(random, line.size());
      switch (below(random, 5)) {
        case 0: line[at] = static_cast<char>(below(random, 256)); break;
        case 1: line.erase(at); break;
        case 2: line.insert(at, line); break;
        case 3: line.insert(at, random_bytes(random, 5)); break;
        default: line.insert(at, std::string(3, '\0')); break;
      }
    }
    text += line + "\n";
  }
  const Log log = scanner().read(text, "x");
  expect_sound(log, text);
  EXPECT_GT(log.events.size(), 100U);
}

TEST(LogHostile, EveryPrefixOfASampleIsReadAlone) {
  for (const std::string& sample : all_samples()) {
    std::vector<Event> events;
    for (std::size_t size = 0; size < sample.size(); size += 3) scanner().scan_line(std::string_view(sample).substr(0, size), 1, events);
  }
}

TEST(LogHostile, LinesOfThirtyThousandCharactersAreReadAndSaidToBeCut) {
  std::mt19937 random(3);
  constexpr std::size_t k_long = 30'000;
  const std::vector<std::string> samples = all_samples();
  for (int round = 0; round < 20; ++round) {
    // Lines in which nothing is known are not looked at, so nothing can be said of their length.
    std::string line = "handshake failed: -0x2700 " + samples[below(random, samples.size())];
    while (line.size() < k_long) line += round % 2 == 0 ? line : samples[below(random, samples.size())];
    const std::string text = line + "\nE (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n";
    const Log log = scanner().read(text, "x");
    expect_sound(log, text);
    ASSERT_FALSE(log.events.empty());
    EXPECT_EQ(log.events.back().line, 2U);
    EXPECT_FALSE(log.problems.empty());
  }
}

TEST(LogHostile, LineEndsOfEveryKindAndNulsDoNotHideALine) {
  const std::string line = "E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700";
  for (const std::string& text : {line + "\r\r\n", "\r\r\n" + line + "\r\r\n", line + std::string(1, '\0') + "\n",
                                  std::string(4, '\0') + line + "\n", "\xF8\x80half a line" + line.substr(0, 3) + "\n" + line + "\n",
                                  "\x1b[0m\x1b[0;31m" + line + "\x1b[0m\n", "\x1b[" + line + "\n", "\xC3\x28" + line + "\xE2\x82\n"}) {
    const Log log = scanner().read(text, "x");
    expect_sound(log, text);
    EXPECT_TRUE(std::any_of(log.events.begin(), log.events.end(), [](const Event& event) { return event.value == -0x2700; })) << text;
  }
}

TEST(LogHostile, ALineThatAnotherTaskWroteIntoIsStillRead) {
  const std::string text = "I (100) wifi: connE (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\nected\n";
  const Log log = scanner().read(text, "x");
  EXPECT_TRUE(std::any_of(log.events.begin(), log.events.end(), [](const Event& event) { return event.value == -0x2700; }));
}

TEST(LogHostile, TimeGrowsNoFasterThanTheText) {
  std::mt19937 random(4);
  expect_linear(random_bytes(random, 500'000), "random bytes");
  std::string samples;
  for (const std::string& sample : all_samples()) samples += sample + "\n";
  expect_linear(samples, "samples, a line each");
  std::string coloured = samples;
  for (std::size_t at = 0; at < coloured.size(); at += 40) coloured.insert(at, "\x1b[0;31m");
  expect_linear(coloured, "samples with colours in the middle of words");
}

// One line of growing length, up to where lines are cut: what a pattern may cost is bounded by a multiple of the length.
TEST(LogHostile, TimeGrowsNoFasterThanTheLine) {
  constexpr std::size_t k_one = 4000;
  const std::vector<std::string> pieces{"-0x",
                                        "a.c:1 ",
                                        "mbedtls: ",
                                        "ssl_",
                                        "error: ",
                                        "[1][E][x:1] ",
                                        "12:00:00 ",
                                        "1.1.1.",
                                        "returned -0x27 ",
                                        "{",
                                        "((((",
                                        "=> ",
                                        "certificate verify failed "};
  for (const std::string& piece : pieces) {
    std::string line;
    while (line.size() < k_one) line += piece;
    std::string four;
    for (int i = 0; i < 4; ++i) four += line;
    // Many short lines of the same text are the measure for few long ones.
    std::string short_lines;
    std::string long_lines;
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) short_lines += line + "\n";
      long_lines += four + "\n";
    }
    constexpr double k_unmeasurable_s = 0.02;
    EXPECT_LT(seconds_to_read(long_lines), std::max(seconds_to_read(short_lines), k_unmeasurable_s) * 3) << piece;
  }
}

}  // namespace
}  // namespace tlswhy::log
