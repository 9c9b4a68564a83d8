// SPDX-License-Identifier: Apache-2.0
// The check of the dialects against their own samples.
#include <algorithm>

#include "log/compiled.hpp"
#include "log/log.hpp"

namespace tlswhy::log {
std::vector<std::string> Scanner::check_samples() const {
  const Compiled& compiled = *compiled_;
  std::vector<std::string> faults = compiled.faults;
  for (const knowledge::Dialect& dialect : compiled.knowledge.dialects) {
    for (const knowledge::Pattern& prefix : dialect.prefixes) {
      for (const std::string_view sample : prefix.samples) {
        bool matches = false;
        for (std::size_t i = 0; i < compiled.prefixes.size() && !matches; ++i) {
          Match match;
          matches = &compiled.prefixes.source(i) == &prefix && compiled.prefixes.at(i).pattern.find_at_start(sample, match);
        }
        if (!matches) faults.push_back(name_of(dialect, prefix) + ": does not match its sample \"" + std::string(sample) + "\"");
      }
    }
    for (const knowledge::Pattern& pattern : dialect.patterns) {
      for (const std::string_view sample : pattern.samples) {
        std::vector<Found> found;
        compiled.scan(sample, 1, found);
        const bool own = std::any_of(found.begin(), found.end(),
                                     [&](const Found& item) { return item.dialect == &dialect && item.event.pattern == pattern.id; });
        if (!own) faults.push_back(name_of(dialect, pattern) + ": does not match its sample \"" + std::string(sample) + "\"");
        for (const Found& item : found) {
          const bool other = item.dialect != nullptr && item.dialect != &dialect && !item.dialect->id.starts_with("generic");
          if (!other) continue;
          faults.push_back(name_of(dialect, pattern) + ": " + item.event.dialect + ", " + item.event.pattern + " claims its sample \"" +
                           std::string(sample) + "\" too");
        }
      }
    }
  }
  return faults;
}

}  // namespace tlswhy::log
