// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/reader.hpp"

namespace tlswhy::capture {

// A file in memory without having been read: the pages come when they are looked at and go when they were passed over, so that
// a file of any size takes up the same little memory. A file that shrinks meanwhile reads as zeros from where it ends.
class Mapping {
 public:
  Mapping() = default;
  // Maps `size` bytes of an open file; the mapping is empty where that cannot be done.
  Mapping(int descriptor, std::uint64_t size);
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Bytes bytes() const { return {data_, size_}; }
  // Tells how far reading has come: brings the next pages in and lets go of those well behind. All bytes stay readable.
  void reached(std::size_t offset) {
    if (offset >= next_step_) step(offset);
  }
  // Whether the file became shorter while it was read.
  [[nodiscard]] bool shrunk() const;

 private:
  void step(std::size_t offset);

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t next_step_ = 0;
  std::size_t released_ = 0;   // pages before this were let go of
  std::size_t place_ = 0;      // in the list of mappings that the signal handler knows
};

}  // namespace tlswhy::capture
