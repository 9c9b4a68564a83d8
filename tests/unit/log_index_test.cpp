// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "knowledge/load.hpp"
#include "log/log.hpp"

namespace tlswhy::log {
namespace {

std::vector<std::string> said(const Scanner& scanner, std::string_view line) {
  std::vector<Event> events;
  scanner.scan_line(line, 1, events);
  std::vector<std::string> names;
  for (const Event& event : events) names.push_back(event.dialect + "/" + event.pattern + "/" + event.symbol);
  return names;
}

TEST(LogIndex, TheCompiledInOneFindsWhatOneMadeAtRunTimeFinds) {
  ASSERT_NE(knowledge::built_in().log_index, nullptr);
  std::vector<std::string> faults;
  const knowledge::Library library = knowledge::Library::load(TLSWHY_SOURCE_DIR "/data", faults);
  ASSERT_EQ(library.own().log_index, nullptr);
  const Scanner compiled_in(knowledge::built_in());
  const Scanner made_now(library.own());
  std::size_t lines = 0;
  for (const knowledge::Dialect& dialect : knowledge::built_in().dialects) {
    for (const knowledge::Pattern& pattern : dialect.patterns) {
      if (pattern.kind == "context") continue;  // no event of its own
      for (const std::string_view sample : pattern.samples) {
        ASSERT_FALSE(said(compiled_in, sample).empty()) << sample;
        ASSERT_EQ(said(compiled_in, sample), said(made_now, sample)) << sample;
        ++lines;
      }
    }
  }
  EXPECT_GT(lines, 1000U);
  const std::string symbol = "it ended with MBEDTLS_ERR_X509_CERT_VERIFY_FAILED there";
  EXPECT_EQ(said(compiled_in, symbol), said(made_now, symbol));
  EXPECT_FALSE(said(compiled_in, symbol).empty());
}

}  // namespace
}  // namespace tlswhy::log
