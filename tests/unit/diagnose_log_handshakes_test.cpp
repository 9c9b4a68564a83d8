// SPDX-License-Identifier: Apache-2.0
#include "diagnose/log_handshakes.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "log/log.hpp"

namespace tlswhy::diagnose {
namespace {

const log::Scanner& scanner() {
  static const log::Scanner the_scanner(knowledge::built_in());
  return the_scanner;
}

std::vector<std::string> logs_with_dumps() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(TLSWHY_SOURCE_DIR "/tests/annotate/handshakes")) {
    std::ifstream file(entry.path(), std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return texts;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

void expect_sound(const std::string& text) {
  const log::Log log = scanner().read(text, "x");
  const auto capture = handshakes_of(log);
  if (!capture) return;
  EXPECT_TRUE(capture->from_log);
  for (const tls::Handshake& handshake : capture->handshakes) {
    for (const tls::Message& message : handshake.messages) EXPECT_LE(message.at.frame, log.lines);
    for (const tls::Alert& alert : handshake.alerts) EXPECT_LE(alert.at.frame, log.lines);
  }
}

TEST(LogHandshakes, ALogWithoutDumpsHasNone) {
  EXPECT_FALSE(handshakes_of(scanner().read("E (992) esp-tls: mbedtls_ssl_handshake returned -0x2700\n", "x")));
  EXPECT_FALSE(handshakes_of(scanner().read("face cafe beef dead\nbe careful\n16 03 01\n", "x")));
}

TEST(LogHandshakes, EachNewClientHelloBeginsAConnection) {
  std::ifstream file(TLSWHY_SOURCE_DIR "/tests/annotate/handshakes/openssl-msg-tls13-other-root.log", std::ios::binary);
  const std::string once{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const auto capture = handshakes_of(scanner().read(once + once + once, "x"));
  ASSERT_TRUE(capture);
  ASSERT_EQ(capture->handshakes.size(), 3U);
  for (const tls::Handshake& handshake : capture->handshakes) {
    ASSERT_TRUE(handshake.client_hello);
    EXPECT_EQ(handshake.client_hello->server_name, "localhost");
    ASSERT_EQ(handshake.alerts.size(), 1U);
    EXPECT_EQ(handshake.alerts.front().code, 48);
  }
}

TEST(LogHandshakes, DumpsThatAreCutTornAndDoubledAreRead) {
  const std::vector<std::string> texts = logs_with_dumps();
  ASSERT_GE(texts.size(), 8U);
  std::mt19937 random(5);
  const auto below = [&](std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random); };
  for (int round = 0; round < 150; ++round) {
    std::vector<std::string> lines = lines_of(texts[below(texts.size())]);
    for (int change = 0; change < 12; ++change) {
      const std::size_t at = below(lines.size());
      const std::size_t column = lines[at].empty() ? 0 : below(lines[at].size());
      switch (below(6)) {
        case 0: lines[at].clear(); break;
        case 1: lines[at].resize(column); break;
        case 2: lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), lines[below(lines.size())]); break;
        case 3: lines[at].insert(column, "E (992) other: a task wrote here\n"); break;
        case 4:
          if (!lines[at].empty()) lines[at][column] = static_cast<char>(below(256));
          break;
        default:
          if (!lines[at].empty()) lines[at][column] = "0123456789abcdef"[below(16)];
          break;
      }
    }
    expect_sound(joined(lines));
  }
}

TEST(LogHandshakes, EveryPrefixOfALogIsRead) {
  for (const std::string& text : logs_with_dumps()) {
    for (std::size_t size = 0; size < text.size(); size += text.size() / 40 + 1) expect_sound(text.substr(0, size));
  }
}

}  // namespace
}  // namespace tlswhy::diagnose
