// SPDX-License-Identifier: Apache-2.0
// Log text: whatever the bytes, events lie within the log and are in order.
#include <cstdlib>
#include <string>

#include "fuzz.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  static const log::Scanner scanner(knowledge::built_in());
  const std::string text(bytes.begin(), bytes.end());
  const log::Log read = scanner.read(text, "fuzz");
  std::uint64_t line = 0;
  for (const log::Event& event : read.events) {
    if (event.line < line || event.line == 0 || event.line > read.lines || event.text.empty()) std::abort();
    line = event.line;
  }
  log::LineTime time;
  std::string storage;
  if (scanner.strip(text, time, storage).size() > text.size() + storage.size()) std::abort();
  (void)log::is_text(bytes);
}

}  // namespace tlswhy
