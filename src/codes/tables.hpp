// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"

// One table and one number: the rules by which libraries build their codes.
namespace tlswhy::codes {

// The rows of a library with exactly this value.
[[nodiscard]] std::span<const knowledge::Code> rows_of(const knowledge::CodeLibrary& library, std::int64_t value);

// What a number means in one library: exact rows first; composed Mbed TLS codes, verify flag masks and packed OpenSSL codes are
// taken apart. Likelihoods are 1, less for what the library hardly ever makes. Empty if the library does not know it.
[[nodiscard]] std::vector<Meaning> meanings_in(const knowledge::Knowledge& knowledge, const knowledge::CodeLibrary& library,
                                               std::int64_t value);

// NodeMCU's TLS hands Lua one byte of a Mbed TLS code (espconn_mbedtls.c): v = -code, v & 0xFF ? v + (v >> 8) : v >> 8, negated, cut to
// int8. All codes that fold to this value.
[[nodiscard]] std::vector<Meaning> folded_meanings(const knowledge::CodeLibrary& library, std::int64_t value);

// getLastSSLError() of the ESP8266 core from 3.0 on takes the 256 (received) or 512 (sent) off BearSSL's alerts
// (WiFiClientSecureBearSSL.cpp).
[[nodiscard]] std::vector<Meaning> stripped_meanings(const knowledge::CodeLibrary& library, std::int64_t value);

// "-0x7200 MBEDTLS_ERR_SSL_INVALID_RECORD plus -0x0062 ..." for a number that would be such a sum although the library never makes it.
[[nodiscard]] std::optional<std::string> impossible_sum(const knowledge::CodeLibrary& library, std::int64_t value);

}  // namespace tlswhy::codes
