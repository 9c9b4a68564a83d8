// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/reader.hpp"

namespace tlswhy::capture {

enum class Compression : std::uint8_t { none, gzip, zstd, lz4 };

// What the first four bytes say the content is compressed with; `none` also for what this program cannot decompress.
[[nodiscard]] Compression compression_of(Bytes first_bytes);
[[nodiscard]] std::string_view to_string(Compression compression);  // "gzip", "zstd", "lz4"; empty for none

// Decompresses a stream of one or more members (frames) piece by piece.
class Inflater {
 public:
  explicit Inflater(Compression compression);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  struct Step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool finished = false;    // what follows is no more compressed data
    std::string_view fault;   // why it cannot go on; a string literal or a string of the library, never freed
  };
  // Decompresses some of `input` to `output`.
  [[nodiscard]] Step step(Bytes input, std::span<std::uint8_t> output);
  // Whether the input may end here: all members so far are complete.
  [[nodiscard]] bool complete() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tlswhy::capture
