// SPDX-License-Identifier: Apache-2.0
#include "tls/quic_crypto.hpp"

#include <algorithm>

namespace tlswhy::tls {
namespace {

// How far ahead of the bytes in order a piece may lie. RFC 9000 7.5 asks for 4096 at least; the extensions of a hello end at 2^16.
constexpr std::uint64_t k_most_ahead = 1U << 17U;
// Pieces that may wait at once: a hello cut to bits by a client that wants to confuse filters has some dozens.
constexpr std::size_t k_most_waiting = 1024;

}  // namespace

QuicCryptoStream::Added QuicCryptoStream::add(std::uint64_t offset, Bytes bytes) {
  if (offset > end_ + k_most_ahead || bytes.size() > k_most_ahead) return Added::over_limit;
  const std::uint64_t end = offset + bytes.size();
  if (end <= end_) return Added::repeated;
  if (offset > end_) {
    const bool known = std::any_of(waiting_.begin(), waiting_.end(), [&](const Piece& p) { return p.offset <= offset && end <= p.offset + p.bytes.size(); });
    if (known) return Added::repeated;
    if (waiting_.size() >= k_most_waiting) return Added::over_limit;
    waiting_.push_back({offset, Buffer(bytes.begin(), bytes.end())});
    return Added::fresh;
  }
  append(offset, bytes);
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    if (next->offset > end_) {
      ++next;
      continue;
    }
    const Piece piece = std::move(*next);
    waiting_.erase(next);
    append(piece.offset, piece.bytes);
    next = waiting_.begin();
  }
  return Added::fresh;
}

void QuicCryptoStream::append(std::uint64_t offset, Bytes bytes) {
  const std::uint64_t end = offset + bytes.size();
  if (end <= end_) return;
  const Bytes fresh = bytes.last(static_cast<std::size_t>(end - end_));
  ready_.insert(ready_.end(), fresh.begin(), fresh.end());
  end_ = end;
}

void QuicCryptoStream::consume(std::size_t count) {
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(std::min(count, ready_.size())));
}

}  // namespace tlswhy::tls
