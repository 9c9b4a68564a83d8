// SPDX-License-Identifier: Apache-2.0
// Data files, the first byte chooses the kind: each fault names file and line, and what is returned can be used.
#include <cstdlib>
#include <string>

#include "fuzz.hpp"
#include "knowledge/parse.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  if (bytes.empty()) return;
  const std::string text(bytes.begin() + 1, bytes.end());
  knowledge::Arena arena;
  std::vector<std::string> faults;
  const knowledge::Source source{"fuzz.toml", text};
  switch (bytes[0] % 11U) {
    case 0: (void)knowledge::parse_codes(source, arena, faults); break;
    case 1: (void)knowledge::parse_registry(source, arena, faults); break;
    case 2: (void)knowledge::parse_products(source, arena, faults); break;
    case 3: (void)knowledge::parse_facts(source, arena, faults); break;
    case 4: (void)knowledge::parse_dialect(source, arena, faults); break;
    case 5: (void)knowledge::parse_cause(source, arena, faults); break;
    case 6: (void)knowledge::parse_device(source, arena, faults); break;
    case 7: (void)knowledge::parse_config(source, arena, faults); break;
    case 8: (void)knowledge::parse_defect(source, arena, faults); break;
    case 9: (void)knowledge::parse_file_faults(source, arena, faults); break;
    default: (void)knowledge::parse_roots(source, arena, faults); break;
  }
  for (const std::string& fault : faults) {
    if (!fault.starts_with("fuzz.toml")) std::abort();
  }
}

}  // namespace tlswhy
