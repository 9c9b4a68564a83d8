// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reader.hpp"
#include "base/result.hpp"
#include "capture/inflate.hpp"
#include "capture/mapping.hpp"

namespace tlswhy::capture {

// The bytes of an input in order: a file, standard input or memory, decompressed where the content says so. Bounded memory.
class Source {
 public:
  // Opens a file, or standard input for "-"; fails when it cannot be opened.
  [[nodiscard]] static Result<Source> open(const std::string& path, std::uint64_t decompressed_limit);
  // Reads memory that somebody else owns.
  [[nodiscard]] static Source memory(Bytes bytes, std::uint64_t decompressed_limit);

  ~Source();
  Source(Source&& other) noexcept;
  Source& operator=(Source&& other) noexcept;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  // The next `count` bytes, not passed over yet; fewer only where the input ends. Valid until the next call.
  [[nodiscard]] Bytes peek(std::size_t count) {
    return direct_ ? memory_.first(std::min(count, memory_.size())) : peek_buffer(count);
  }
  // Passes over bytes that peek() showed.
  void advance(std::size_t count) {
    if (direct_) {
      count = std::min(count, memory_.size());
      memory_ = memory_.subspan(count);
    } else {
      count = std::min(count, end_ - begin_);
      begin_ += count;
    }
    offset_ += count;
    mapping_.reached(static_cast<std::size_t>(offset_));
  }
  // Passes over bytes unseen; returns how many there were.
  std::uint64_t skip(std::uint64_t count);

  // How many (decompressed) bytes were passed over.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] Compression compression() const { return compression_; }
  // Why the input ended before its end, as a sentence; empty if it did not.
  [[nodiscard]] std::string fault() const;
  // What peek() gives of these bytes stays valid as long as the source, or the one it is moved to, lives; nothing if it is valid until the next call.
  [[nodiscard]] Bytes lasting() const { return direct_ ? memory_ : Bytes{}; }

 private:
  explicit Source(std::uint64_t decompressed_limit) : limit_(decompressed_limit) {}
  void start();
  [[nodiscard]] Bytes peek_buffer(std::size_t count);
  void refill(std::size_t count);
  [[nodiscard]] std::size_t read_raw(std::span<std::uint8_t> space);
  [[nodiscard]] std::size_t read_inflated(std::span<std::uint8_t> space);

  int descriptor_ = -1;
  Mapping mapping_;
  Bytes memory_;                      // raw bytes still to be read, if the input is memory
  bool direct_ = false;               // memory_ is handed out as it is, without a copy
  Compression compression_ = Compression::none;
  std::optional<Inflater> inflater_;
  std::vector<std::uint8_t> raw_;     // compressed bytes read ahead
  std::size_t raw_begin_ = 0;
  std::size_t raw_end_ = 0;
  std::uint64_t raw_offset_ = 0;      // compressed bytes consumed
  std::vector<std::uint8_t> buffer_;  // bytes read ahead
  std::size_t first_read_ = 256U << 10U;  // how large the buffer is at first: no larger than the file
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool ended_ = false;
  std::uint64_t offset_ = 0;
  std::uint64_t inflated_ = 0;
  std::uint64_t limit_ = 0;
  std::string fault_;
};

}  // namespace tlswhy::capture
