// SPDX-License-Identifier: Apache-2.0
#include "codes/tables.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

namespace tlswhy::codes {
namespace {

using knowledge::Code;
using knowledge::CodeLibrary;

// Mbed TLS error.h, 2.x and 3.x: bits 14 to 7 are the high-level code, bits 6 to 0 a low-level one that was added to it.
constexpr std::int64_t k_mbedtls_largest = 0x7FFF;
constexpr std::int64_t k_mbedtls_low_mask = 0x7F;
constexpr double k_unusual_low_half = 0.1;  // ciphers and hashes below a parser or a key
// OpenSSL 1.x err.h: library in bits 31 to 24, function in 23 to 12, reason in 11 to 0. From 3.0: library in 30 to 23, reason below.
constexpr unsigned k_openssl1_library_shift = 24;
constexpr std::int64_t k_openssl1_reason_mask = 0xFFF;
constexpr unsigned k_openssl3_library_shift = 23;
constexpr std::int64_t k_openssl3_reason_mask = 0x7F'FFFF;

// The symbol without MBEDTLS_ERR_ or POLARSSL_ERR_: module and name.
std::string_view module_and_name(std::string_view symbol) {
  constexpr std::string_view k_mark = "_ERR_";
  const std::size_t at = symbol.find(k_mark);
  return at == std::string_view::npos ? symbol : symbol.substr(at + k_mark.size());
}

template <std::size_t N>
bool starts_with_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view prefix) { return text.starts_with(prefix); });
}

// The functions that add a low half are those that parse a structure or compute with big numbers. Of the SSL module only the
// internal error is ever added to; any other sum with it is no Mbed TLS code.
bool can_carry_low_half(const Code& high) {
  constexpr std::array<std::string_view, 10> k_modules{"X509_",  "PK_",     "RSA_",   "DHM_", "PEM_",
                                                       "PKCS5_", "PKCS12_", "PKCS7_", "ECP_", "SSL_INTERNAL_ERROR"};
  return starts_with_one_of(module_and_name(high.symbol), k_modules);
}

// What those functions call: ASN.1, object ids, base64, big numbers, random numbers, locks, ciphers of PEM files. No network.
bool can_be_low_half(const Code& low) { return !module_and_name(low.symbol).starts_with("NET_"); }
bool is_usual_low_half(const Code& low) {
  constexpr std::array<std::string_view, 5> k_modules{"ASN1_", "MPI_", "OID_", "BASE64_", "CTR_DRBG_"};
  return starts_with_one_of(module_and_name(low.symbol), k_modules);
}

// One meaning for each low code of that number, the one that is usually added first: low numbers moved between versions.
std::vector<Meaning> compose_mbedtls(const CodeLibrary& library, std::int64_t value) {
  std::vector<Meaning> found;
  const std::int64_t magnitude = -value;
  if (magnitude <= k_mbedtls_low_mask || magnitude > k_mbedtls_largest) return found;
  const std::int64_t low = magnitude & k_mbedtls_low_mask;
  if (low == 0) return found;
  const auto highs = rows_of(library, -(magnitude - low));
  const auto high = std::find_if(highs.begin(), highs.end(), can_carry_low_half);
  if (high == highs.end()) return found;
  for (const Code& row : rows_of(library, -low)) {
    if (!can_be_low_half(row)) continue;
    Meaning meaning;
    meaning.code = &*high;
    meaning.value = value;
    meaning.parts = {&*high, &row};
    meaning.why = "two codes added";
    // From 4.0 on mbedtls_error_add() gives the low half alone.
    if (library.id == "mbedtls") meaning.versions = "2.0.0..3.6";
    if (!is_usual_low_half(row)) meaning.likelihood = k_unusual_low_half;
    found.push_back(std::move(meaning));
  }
  std::stable_partition(found.begin(), found.end(), [](const Meaning& meaning) { return is_usual_low_half(*meaning.parts.back()); });
  return found;
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
      meaning.why = std::string("packed as OpenSSL ") + generation + " does: library " + std::to_string(library_number) + ", reason " +
                    std::to_string(reason);
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
    found = compose_mbedtls(library, value);
  } else if (library.id == "mbedtls-x509-verify") {
    if (auto flags = split_flags(library, value)) found.push_back(std::move(*flags));
  } else if (library.id == "openssl-reasons") {
    found = unpack_openssl(knowledge, library, value);
  }
  return found;
}

std::vector<Meaning> folded_meanings(const CodeLibrary& library, std::int64_t value) {
  std::vector<Meaning> found;
  if (library.id != "mbedtls" || value < INT8_MIN || value > INT8_MAX) return found;
  constexpr std::array<std::string_view, 4> k_modules{"SSL_", "X509_", "PK_", "RSA_"};
  for (const Code& row : library.codes) {
    const std::int64_t magnitude = -row.value;
    if (!row.has_value || magnitude <= UINT8_MAX || row.error == knowledge::IsError::no) continue;
    const std::int64_t folded = (magnitude & UINT8_MAX) != 0 ? magnitude + (magnitude >> 8U) : magnitude >> 8U;
    if (static_cast<std::int8_t>(-folded & UINT8_MAX) != value || !starts_with_one_of(module_and_name(row.symbol), k_modules)) continue;
    Meaning meaning;
    meaning.code = &row;
    meaning.value = row.value;
    meaning.why = "folded into one byte, as NodeMCU gives it to Lua";
    found.push_back(std::move(meaning));
  }
  return found;
}

std::vector<Meaning> stripped_meanings(const CodeLibrary& library, std::int64_t value) {
  constexpr std::int64_t k_received = 256;
  constexpr std::int64_t k_sent = 512;
  constexpr double k_rather_received = 0.2;
  std::vector<Meaning> found;
  if (library.id != "bearssl-derived" || value <= 0 || value >= k_received) return found;
  for (const std::int64_t offset : {k_received, k_sent}) {
    for (const Code& row : rows_of(library, offset + value)) {
      Meaning meaning;
      meaning.code = &row;
      meaning.value = row.value;
      if (offset == k_sent) meaning.likelihood = k_rather_received;
      meaning.why = "the ESP8266 core from 3.0 on prints the number of the alert alone, and a wrong sentence with it";
      found.push_back(std::move(meaning));
    }
  }
  return found;
}

std::optional<std::string> impossible_sum(const CodeLibrary& library, std::int64_t value) {
  const std::int64_t magnitude = std::abs(value);
  if (magnitude <= k_mbedtls_low_mask || magnitude > k_mbedtls_largest) return std::nullopt;
  const std::int64_t low = magnitude & k_mbedtls_low_mask;
  const auto highs = rows_of(library, -(magnitude - low));
  const auto lows = rows_of(library, -low);
  if (low == 0 || highs.empty() || lows.empty()) return std::nullopt;
  return to_hex_code(highs.front().value) + " " + std::string(highs.front().symbol) + " plus " + to_hex_code(lows.front().value) + " " +
         std::string(lows.front().symbol);
}

}  // namespace tlswhy::codes
