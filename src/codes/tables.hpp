// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "codes/codes.hpp"
#include "knowledge/model.hpp"

// One table and one number: the rules by which libraries build their codes.
namespace tlswhy::codes {

// The rows of a library with exactly this value.
[[nodiscard]] std::span<const knowledge::Code> rows_of(const knowledge::CodeLibrary& library, std::int64_t value);

// What a number means in one library: exact rows first; composed Mbed TLS codes, verify flag masks and packed OpenSSL codes are
// taken apart. Likelihoods are not set. Empty if the library does not know it.
[[nodiscard]] std::vector<Meaning> meanings_in(const knowledge::Knowledge& knowledge, const knowledge::CodeLibrary& library, std::int64_t value);

}  // namespace tlswhy::codes
