// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "knowledge/model.hpp"
#include "log/prefilter.hpp"

namespace tlswhy::log {

// The symbols of the code tables that stand for themselves in any text: those whose first part ("MBEDTLS_", "ESP_") is shared by
// much of their table, and errno names. A reason such as BAD_LENGTH says nothing without its library and is left out.
class Symbols {
 public:
  explicit Symbols(const knowledge::Knowledge& knowledge);

  // Makes `index` a candidate of texts that may hold a symbol.
  void add_to(Prefilter& prefilter, std::uint32_t index) const;
  // Calls back with each symbol that stands in the text as a word.
  void each(std::string_view text, const std::function<void(std::string_view)>& found) const;

 private:
  std::unordered_set<std::string_view> symbols_;
};

}  // namespace tlswhy::log
