// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/reader.hpp"

namespace tlswhy::tls {

// One handshake message of which pieces arrive in any order, twice, or overlapping (RFC 6347 4.2.3). What is kept grows with what
// arrived, not with the length that a fragment declares.
class MessageFragments {
 public:
  explicit MessageFragments(std::uint32_t length) : length_(length) {}

  // Takes a fragment; where it overlaps an earlier one, the earlier bytes stay. `offset` and its end must be within the length.
  // Returns whether it held anything new.
  bool add(std::uint32_t offset, Bytes fragment);
  [[nodiscard]] bool complete() const { return pieces_ > 0 && have_ == length_; }
  [[nodiscard]] std::uint32_t missing() const { return length_ - have_; }
  [[nodiscard]] std::uint32_t length() const { return length_; }
  // How many fragments held something new.
  [[nodiscard]] std::uint32_t pieces() const { return pieces_; }
  // The bytes from the start up to the first hole.
  [[nodiscard]] std::vector<std::uint8_t> head() const;

 private:
  std::uint32_t length_;
  std::uint32_t have_ = 0;
  std::uint32_t pieces_ = 0;
  std::map<std::uint32_t, std::vector<std::uint8_t>> parts_;  // by offset, none overlapping
};

}  // namespace tlswhy::tls
