// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/reader.hpp"
#include "tls/connection.hpp"

namespace tlswhy {

// How the targets for conversations read their input: two bytes (the high bit is the direction, the rest a length), then that many
// bytes, and so on. tests/fuzz/seeds.py writes the same.
struct Piece {
  Side from = Side::client;
  Bytes bytes;
};
inline std::vector<Piece> pieces_of(Bytes input) {
  std::vector<Piece> pieces;
  while (input.size() > 2) {
    const std::size_t head = static_cast<std::size_t>(input[0]) << 8U | input[1];
    input = input.subspan(2);
    const std::size_t size = std::min(head & 0x7fffU, input.size());
    pieces.push_back({(head & 0x8000U) != 0 ? Side::server : Side::client, input.first(size)});
    input = input.subspan(size);
  }
  return pieces;
}

}  // namespace tlswhy
