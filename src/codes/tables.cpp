// SPDX-License-Identifier: Apache-2.0
#include "codes/tables.hpp"

#include <algorithm>
#include <string>

namespace tlswhy::codes {
namespace {

using knowledge::Code;
using knowledge::CodeLibrary;

// Mbed TLS error.h, 2.x and 3.x: bits 14 to 7 are the high-level code, bits 6 to 0 a low-level one that was added to it.
constexpr std::int64_t k_mbedtls_largest = 0x7FFF;
constexpr std::int64_t k_mbedtls_low_mask = 0x7F;
// OpenSSL 1.x err.h: library in bits 31 to 24, function in 23 to 12, reason in 11 to 0. From 3.0: library in 30 to 23, reason below.
constexpr unsigned k_openssl1_library_shift = 24;
constexpr std::int64_t k_openssl1_reason_mask = 0xFFF;
constexpr unsigned k_openssl3_library_shift = 23;
constexpr std::int64_t k_openssl3_reason_mask = 0x7F'FFFF;

// Of the SSL module only the internal error is ever added to a low-level code; any other sum with it is no Mbed TLS code.
bool can_carry_low_half(const Code& high) {
  const bool ssl = high.symbol.starts_with("MBEDTLS_ERR_SSL_") || high.symbol.starts_with("POLARSSL_ERR_SSL_");
  return !ssl || high.symbol == "MBEDTLS_ERR_SSL_INTERNAL_ERROR";
}

std::optional<Meaning> compose_mbedtls(const CodeLibrary& library, std::int64_t value) {
  const std::int64_t magnitude = -value;
  if (magnitude <= k_mbedtls_low_mask || magnitude > k_mbedtls_largest) return std::nullopt;
  const std::int64_t low = magnitude & k_mbedtls_low_mask;
  if (low == 0) return std::nullopt;
  const auto highs = rows_of(library, -(magnitude - low));
  const auto lows = rows_of(library, -low);
  if (lows.empty()) return std::nullopt;
  for (const Code& high : highs) {
    if (!can_carry_low_half(high)) continue;
    Meaning meaning;
    meaning.code = &high;
    meaning.value = value;
    // Where a low number moved between versions, the reading that also was there with this high half is the first row.
    meaning.parts = {&high, &lows.front()};
    meaning.why = "two codes added: " + std::string(high.symbol) + " and " + std::string(lows.front().symbol);
    return meaning;
  }
  return std::nullopt;
}

// A mask of verify flags: each bit set is one row.
std::optional<Meaning> split_flags(const CodeLibrary& library, std::int64_t value) {
  if (value <= 0 || value > 0xFFFFF) return std::nullopt;
  Meaning meaning;
  meaning.value = value;
  for (std::int64_t bit = 1; bit <= value; bit <<= 1) {
    if ((value & bit) == 0) continue;
    const auto rows = rows_of(library, bit);
    if (rows.empty()) return std::nullopt;
    meaning.parts.push_back(&rows.front());
  }
  meaning.code = meaning.parts.front();
  meaning.why = "several flags at once";
  return meaning;
}

std::string reason_prefix(const knowledge::Knowledge& knowledge, std::int64_t library_number) {
  constexpr std::string_view k_symbol_prefix = "ERR_LIB_";
  const CodeLibrary* const libraries = knowledge.code_library("openssl-libs");
  if (libraries == nullptr) return {};
  for (const Code& row : rows_of(*libraries, library_number)) {
    if (row.symbol.starts_with(k_symbol_prefix)) return std::string(row.symbol.substr(k_symbol_prefix.size())) + "_R_";
  }
  return {};
}

// A packed error of OpenSSL taken apart; the reasons of all its libraries are in one table, told apart by their symbols' prefix.
std::vector<Meaning> unpack_openssl(const knowledge::Knowledge& knowledge, const CodeLibrary& reasons, std::int64_t value) {
  std::vector<Meaning> found;
  if (value <= 0xFFFF || value > 0xFFFF'FFFF) return found;
  const auto add = [&](std::int64_t library_number, std::int64_t reason, const char* generation) {
    const std::string prefix = reason_prefix(knowledge, library_number);
    if (prefix.empty()) return;
    for (const Code& row : rows_of(reasons, reason)) {
      if (!row.symbol.starts_with(prefix)) continue;
      Meaning meaning;
      meaning.code = &row;
      meaning.value = value;
      meaning.why = std::string("packed as OpenSSL ") + generation + " does: library " + std::to_string(library_number) + ", reason " + std::to_string(reason);
      found.push_back(std::move(meaning));
    }
  };
  add(value >> k_openssl1_library_shift, value & k_openssl1_reason_mask, "1.x");
  add(value >> k_openssl3_library_shift, value & k_openssl3_reason_mask, "3.x");
  return found;
}

}  // namespace

std::span<const Code> rows_of(const CodeLibrary& library, std::int64_t value) {
  const auto named = std::partition_point(library.codes.begin(), library.codes.end(), [](const Code& code) { return code.has_value; });
  const auto less = [](const Code& code, std::int64_t wanted) { return code.value < wanted; };
  const auto greater = [](std::int64_t wanted, const Code& code) { return wanted < code.value; };
  const auto first = std::lower_bound(library.codes.begin(), named, value, less);
  const auto last = std::upper_bound(first, named, value, greater);
  return {first, last};
}

std::vector<Meaning> meanings_in(const knowledge::Knowledge& knowledge, const CodeLibrary& library, std::int64_t value) {
  std::vector<Meaning> found;
  for (const Code& row : rows_of(library, value)) {
    Meaning meaning;
    meaning.code = &row;
    meaning.value = value;
    found.push_back(std::move(meaning));
  }
  if (!found.empty()) return found;
  if (library.id == "mbedtls" || library.id == "polarssl") {
    if (auto composed = compose_mbedtls(library, value)) found.push_back(std::move(*composed));
  } else if (library.id == "mbedtls-x509-verify") {
    if (auto flags = split_flags(library, value)) found.push_back(std::move(*flags));
  } else if (library.id == "openssl-reasons") {
    found = unpack_openssl(knowledge, library, value);
  }
  return found;
}

}  // namespace tlswhy::codes
