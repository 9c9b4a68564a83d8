// SPDX-License-Identifier: Apache-2.0
// Packets of any link type: the first byte chooses it, the rest are packets behind their sizes. Every packet is counted.
#include <array>
#include <cstdlib>

#include "fuzz.hpp"
#include "pieces.hpp"
#include "wire/wire.hpp"

namespace tlswhy {
namespace {

// LINKTYPE_ numbers of the tcpdump group's registry.
constexpr std::array<std::uint8_t, 12> k_link_types{1, 0, 9, 12, 101, 105, 113, 127, 147, 163, 195, 228};

void put(std::vector<std::uint8_t>& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
}

}  // namespace

void fuzz(Bytes bytes) {
  if (bytes.empty()) return;
  std::vector<std::uint8_t> file;
  put(file, 0xa1b2c3d4, 4);
  put(file, 2, 2);
  put(file, 4, 2);
  put(file, 0, 4);
  put(file, 0, 4);
  put(file, 262144, 4);
  put(file, k_link_types[bytes[0] % k_link_types.size()], 4);
  std::uint32_t packets = 0;
  for (const Piece& piece : pieces_of(bytes.subspan(1))) {
    put(file, ++packets, 4);
    put(file, 0, 4);
    put(file, static_cast<std::uint32_t>(piece.bytes.size()), 4);
    put(file, static_cast<std::uint32_t>(piece.bytes.size()), 4);
    file.insert(file.end(), piece.bytes.begin(), piece.bytes.end());
  }
  const auto read = wire::read(file, "fuzz");
  if (!read || read->summary.packets != packets) std::abort();
}

}  // namespace tlswhy
