// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reader.hpp"

// PEM as people have it: files, C and Lua sources, pastes with literal \n, UTF-16. Finds the blocks in all of these and says what is odd.
namespace tlswhy::check {

// Something odd about the text, with the id it has in data/files/faults.toml.
struct PemOddity {
  std::string fault;
  std::optional<std::uint64_t> line;  // from 1
  std::string detail;                 // untrusted words that belong to it; may be empty
};

struct PemBlock {
  std::string label;                // "CERTIFICATE", "RSA PRIVATE KEY"
  std::uint64_t line = 0;           // of its BEGIN
  bool encrypted = false;           // an RFC 1421 header says so
  std::vector<std::uint8_t> bytes;  // empty where it is damaged; the oddity says how
};

struct PemText {
  std::vector<PemBlock> blocks;  // in order
  std::vector<PemOddity> oddities;
};

[[nodiscard]] PemText read_pem(Bytes file);

}  // namespace tlswhy::check
