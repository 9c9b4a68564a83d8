// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"
#include "wire/wire.hpp"

// The whole way from inputs to a verdict, for tests.
namespace tlswhy::verdict {

class Story {
 public:
  // A pasted log.
  Story& log(std::string_view text, std::string name = "pasted.log") {
    static const log::Scanner scanner(knowledge::built_in());
    input_.logs.push_back(scanner.read(text, std::move(name)));
    return *this;
  }
  // A capture file of captures/.
  Story& capture(const std::string& relative_path) {
    auto read = wire::read(std::string(TLSWHY_SOURCE_DIR) + "/captures/" + relative_path);
    if (!read) {
      ADD_FAILURE() << relative_path << ": " << read.error().what;
    } else {
      input_.captures.push_back(std::move(*read));
    }
    return *this;
  }
  // The first `frames` packets of a pcapng file of captures/ (written in this machine's byte order, as Wireshark does), where `was`
  // stands once and is replaced by `is` of the same length.
  Story& capture_until(const std::string& relative_path, std::size_t frames, std::string_view was = {}, std::string_view is = {}) {
    constexpr std::uint32_t k_enhanced_packet_block = 6;
    const std::string path = std::string(TLSWHY_SOURCE_DIR) + "/captures/" + relative_path;
    std::ifstream file(path, std::ios::binary);
    std::vector<char> all((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!was.empty()) {
      const auto at = std::search(all.begin(), all.end(), was.begin(), was.end());
      EXPECT_EQ(was.size(), is.size());
      EXPECT_TRUE(at != all.end() && std::search(at + 1, all.end(), was.begin(), was.end()) == all.end()) << path;
      if (at != all.end()) std::copy(is.begin(), is.end(), at);
    }
    std::size_t end = 0;
    while (frames > 0 && end + 8 <= all.size()) {
      std::uint32_t head[2];
      std::memcpy(head, all.data() + end, sizeof head);
      if (head[1] < 12 || head[1] > all.size() - end) break;
      end += head[1];
      if (head[0] == k_enhanced_packet_block) --frames;
    }
    EXPECT_EQ(frames, 0U) << path;
    auto read = wire::read(Bytes(reinterpret_cast<const std::uint8_t*>(all.data()), end), relative_path);
    if (!read) {
      ADD_FAILURE() << path << ": " << read.error().what;
    } else {
      input_.captures.push_back(std::move(*read));
    }
    return *this;
  }
  Story& capture(wire::Capture capture) {
    input_.captures.push_back(std::move(capture));
    return *this;
  }
  Story& set(std::string key, std::string value) {
    static const log::Scanner scanner(knowledge::built_in());
    const std::size_t known = input_.context.told.size();
    scanner.scan_statement(key, value, input_.context.told);
    input_.context.set.emplace_back(std::move(key), std::move(value));
    for (std::size_t i = known; i < input_.context.told.size(); ++i) input_.context.told[i].line = input_.context.set.size();
    return *this;
  }
  Story& in_buffer(std::int64_t bytes) {
    input_.context.in_buffer = bytes;
    return *this;
  }
  [[nodiscard]] diagnose::Diagnosis diagnosis() const { return diagnose::diagnose(input_, knowledge::built_in()); }

 private:
  diagnose::Input input_;
};

inline std::string first(const diagnose::Diagnosis& d) { return d.causes.empty() ? "none" : std::string(d.causes.front().cause->id); }
// Place of a cause from 1; 0 if it is not there.
inline std::size_t place(const diagnose::Diagnosis& d, std::string_view id) {
  for (std::size_t i = 0; i < d.causes.size(); ++i) {
    if (d.causes[i].cause->id == id) return i + 1;
  }
  return 0;
}
inline double confidence(const diagnose::Diagnosis& d, std::string_view id) {
  const std::size_t at = place(d, id);
  return at == 0 ? 0 : d.causes[at - 1].confidence;
}
inline bool ruled_out(const diagnose::Diagnosis& d, std::string_view id) {
  for (const auto& out : d.ruled_out) {
    if (out.cause->id == id) return true;
  }
  return false;
}
// All that a reader is told, in one text: evidence, checks, fixes of the first cause.
inline std::string told(const diagnose::Diagnosis& d) {
  std::string text = d.summary + "\n" + d.repeated + "\n";
  for (const auto& cause : d.causes) {
    text += std::string(cause.cause->id) + ": " + std::string(cause.cause->what) + "\n";
    for (const auto& item : cause.evidence) text += item.says + "\n";
    for (const auto& item : cause.against) text += item.says + "\n";
    for (const auto& confusion : cause.cause->confused_with) text += std::string(confusion.tell) + "\n";
    for (const auto* fix : cause.fixes) text += std::string(fix->action) + "\n";
  }
  for (const auto& out : d.ruled_out) text += "ruled out " + std::string(out.cause->id) + ": " + out.why.says + "\n";
  for (const auto& check : d.check_next) text += check + "\n";
  for (const auto& fact : d.facts) text += fact.text + "\n";
  return text;
}

#define EXPECT_TOLD(diagnosis, words) \
  EXPECT_NE(::tlswhy::verdict::told(diagnosis).find(words), std::string::npos) << ::tlswhy::verdict::told(diagnosis)

// All that is said for the first cause.
inline std::string reasons(const diagnose::Diagnosis& d) {
  std::string text;
  if (d.causes.empty()) return text;
  for (const auto& item : d.causes.front().evidence) text += item.says + "\n";
  return text;
}
#define EXPECT_REASON(diagnosis, words) \
  EXPECT_NE(::tlswhy::verdict::reasons(diagnosis).find(words), std::string::npos) << ::tlswhy::verdict::reasons(diagnosis)

}  // namespace tlswhy::verdict
