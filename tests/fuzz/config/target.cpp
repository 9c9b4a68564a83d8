// SPDX-License-Identifier: Apache-2.0
// Build configurations, as the kind they look like and as every other.
#include <string>

#include "device/config.hpp"
#include "fuzz.hpp"

namespace tlswhy {

void fuzz(Bytes bytes) {
  const std::string text(bytes.begin(), bytes.end());
  const knowledge::Knowledge& knowledge = knowledge::built_in();
  (void)device::recognise_config(text, knowledge);
  for (const knowledge::ConfigFormat& format : knowledge.configs) (void)device::read_config(text, format, "fuzz", knowledge);
}

}  // namespace tlswhy
