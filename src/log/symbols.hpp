// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string_view>

#include "knowledge/model.hpp"

namespace tlswhy::log {

// The symbols of the code tables that stand for themselves in any text: those whose first part ("MBEDTLS_", "ESP_") is shared by
// much of their table, and errno names. A reason such as BAD_LENGTH says nothing without its library and is left out.
[[nodiscard]] std::set<std::string_view> own_symbols(const knowledge::Knowledge& knowledge);
// Grams of which one is in every text that holds one of the symbols.
[[nodiscard]] std::set<std::uint32_t> symbol_grams(const std::set<std::string_view>& symbols);
// By which LogIndex knows a symbol.
[[nodiscard]] std::uint64_t symbol_hash(std::string_view symbol);

// Calls back with each word of the text that is one of the symbols (by its hash: look it up before trusting it).
void each_symbol(std::string_view text, std::span<const std::uint64_t> symbols, const std::function<void(std::string_view)>& found);

}  // namespace tlswhy::log
