// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <vector>

#include "wire/wire.hpp"

// Every small capture of captures/ is cut at every byte, as an interrupted download or a full disk cuts it.
namespace tlswhy::testing {
namespace {

namespace fs = std::filesystem;

// Reading every prefix costs the square of the size; larger captures hold the same kinds of block again.
constexpr std::uintmax_t k_small_bytes = 6'500;
// Sanitizers cost tenfold: every seventh cut still meets every field of every block in one capture or another.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t k_step = 7;
#else
constexpr std::size_t k_step = 1;
#endif

struct Case {
  std::string name;
  std::vector<std::uint8_t> bytes;
};
// GoogleTest would print the bytes.
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::vector<Case> small_captures() {
  std::vector<Case> found;
  for (const auto& entry : fs::directory_iterator(fs::path(TLSWHY_SOURCE_DIR) / "captures")) {
    const fs::path file = entry.path() / "capture.pcapng";
    if (!fs::exists(file) || fs::file_size(file) > k_small_bytes) continue;
    std::ifstream stream(file, std::ios::binary);
    found.push_back({entry.path().filename().string(), {std::istreambuf_iterator<char>(stream), {}}});
  }
  std::sort(found.begin(), found.end(), [](const Case& a, const Case& b) { return a.name < b.name; });
  return found;
}

// Where the blocks of a pcapng file end (draft-ietf-opsawg-pcapng 3.1): cut there, the file is whole. Little-endian, as tcpdump writes
// here.
std::vector<std::size_t> block_ends(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::size_t> ends;
  for (std::size_t at = 0; at + 12 <= bytes.size();) {
    const std::size_t length = bytes[at + 4] | bytes[at + 5] << 8U | bytes[at + 6] << 16U | static_cast<std::size_t>(bytes[at + 7]) << 24U;
    if (length < 12 || at + length > bytes.size()) break;
    ends.push_back(at += length);
  }
  return ends;
}

// A message of TLS in EAP is delivered with the last fragment of its flight; where that is cut away, with the last one there is.
bool same(const tls::Message& a, const tls::Message& b, bool eap) {
  return (eap ? a.at.frame <= b.at.frame : a.at.frame == b.at.frame) && a.from == b.from && a.type == b.type && a.length == b.length &&
         a.complete == b.complete;
}

// What a cut file may say of a handshake: nothing that the whole file does not say. A message whose end is cut away stands last of its
// side.
void expect_shorter(const tls::Handshake& cut, const tls::Handshake& whole, const std::string& where) {
  EXPECT_EQ(cut.client, whole.client) << where;
  EXPECT_EQ(cut.first_frame, whole.first_frame) << where;
  std::vector<tls::Message> complete;
  for (const tls::Message& m : cut.messages) {
    if (m.complete) complete.push_back(m);
  }
  ASSERT_LE(complete.size(), whole.messages.size()) << where;
  for (std::size_t i = 0; i < complete.size(); ++i) {
    EXPECT_TRUE(same(complete[i], whole.messages[i], whole.transport == "eap"))
        << where << ": message " << i << " is " << complete[i].type << " in frame " << complete[i].at.frame << ", not "
        << whole.messages[i].type << " in frame " << whole.messages[i].at.frame;
  }
  ASSERT_LE(cut.alerts.size(), whole.alerts.size()) << where;
  for (std::size_t i = 0; i < cut.alerts.size(); ++i) {
    EXPECT_EQ(cut.alerts[i].at.frame, whole.alerts[i].at.frame) << where;
    EXPECT_EQ(cut.alerts[i].code, whole.alerts[i].code) << where;
  }
  ASSERT_LE(cut.certificates.size(), whole.certificates.size()) << where;
  for (std::size_t i = 0; i < cut.certificates.size(); ++i) EXPECT_EQ(cut.certificates[i].sha256, whole.certificates[i].sha256) << where;
  EXPECT_TRUE(cut.outcome != tls::Outcome::completed || whole.outcome == tls::Outcome::completed) << where;
}

class Truncation : public ::testing::TestWithParam<Case> {};

TEST_P(Truncation, EveryPrefixGivesAShorterTrueAnswerAndAProblem) {
  const Case& c = GetParam();
  const Bytes bytes(c.bytes);
  const auto whole = wire::read(bytes, c.name);
  ASSERT_TRUE(whole);
  ASSERT_TRUE(whole->summary.problems.empty()) << whole->summary.problems.front();
  const auto ends = block_ends(c.bytes);
  ASSERT_FALSE(ends.empty());
  ASSERT_EQ(ends.back(), c.bytes.size());
  std::size_t shorter = 0;
  for (std::size_t length = 0; length < bytes.size(); length += k_step) {
    const std::string where = "cut at byte " + std::to_string(length);
    const auto cut = wire::read(bytes.first(length), c.name);
    if (!cut) {  // not even a head that tells what the file is
      EXPECT_LT(length, ends.front()) << where << ": " << cut.error().what;
      EXPECT_FALSE(cut.error().what.empty()) << where;
      continue;
    }
    const bool between_blocks = length == 0 || std::binary_search(ends.begin(), ends.end(), length);
    EXPECT_TRUE(between_blocks || !cut->summary.problems.empty()) << where << ": no word of the cut";
    ASSERT_LE(cut->handshakes.size(), whole->handshakes.size()) << where;
    for (std::size_t i = 0; i < cut->handshakes.size(); ++i) expect_shorter(cut->handshakes[i], whole->handshakes[i], where);
    shorter += cut->handshakes.empty() || cut->handshakes.front().messages.size() < whole->handshakes.front().messages.size() ? 1U : 0U;
    if (HasFailure()) return;  // one cut tells enough
  }
  EXPECT_GT(shorter, 0U);  // else nothing was cut
}

INSTANTIATE_TEST_SUITE_P(Captures, Truncation, ::testing::ValuesIn(small_captures()), [](const auto& parameter) {
  std::string name = parameter.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(TruncationCaptures, AreThere) { EXPECT_GE(small_captures().size(), 30U); }

}  // namespace
}  // namespace tlswhy::testing
