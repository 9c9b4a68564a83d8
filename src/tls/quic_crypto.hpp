// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tls/crypto.hpp"

namespace tlswhy::tls {

// The bytes of one side's CRYPTO frames, put in order (RFC 9000 19.6): they come out of order, twice, and overlapping.
class QuicCryptoStream {
 public:
  enum class Added : std::uint8_t { fresh, repeated, over_limit };
  // Takes a piece; `over_limit` means it was dropped because it lies too far ahead.
  Added add(std::uint64_t offset, Bytes bytes);
  // What is in order and not yet consumed.
  [[nodiscard]] Bytes ready() const { return ready_; }
  void consume(std::size_t count);
  // Pieces wait behind a hole.
  [[nodiscard]] bool has_hole() const { return !waiting_.empty(); }

 private:
  struct Piece {
    std::uint64_t offset = 0;
    Buffer bytes;
  };
  void append(std::uint64_t offset, Bytes bytes);

  std::uint64_t end_ = 0;      // of what is in order, from the start of the stream
  Buffer ready_;
  std::vector<Piece> waiting_;
};

}  // namespace tlswhy::tls
