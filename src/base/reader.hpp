// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace tlswhy {

// Bytes owned by somebody else; valid as long as the owner lives.
using Bytes = std::span<const std::uint8_t>;

// The bytes of a text.
[[nodiscard]] inline Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

enum class ParseFault : std::uint8_t { truncated, bad_length, bad_value, trailing_data };

// Where and why reading stopped; `offset` counts from the start of the outermost Reader.
struct ParseError {
  ParseFault fault = ParseFault::truncated;
  std::string_view what;  // names a field; always a string literal
  std::size_t offset = 0;
};

[[nodiscard]] std::string_view to_string(ParseFault fault);

// A value that was read, together with the error that cut it short, if any: what was readable before the error is kept.
template <typename T>
struct Parsed {
  T value{};
  std::optional<ParseError> error;
  [[nodiscard]] bool ok() const { return !error; }
};

// The fields of a header of known size: one check for all of them, then each by its place, which the compiler checks. Of bytes that are too
// few nothing is read: there() is false and every field is zero. For headers that every packet has; all else is read by Reader.
template <std::size_t size>
class Fields {
 public:
  explicit Fields(Bytes bytes) : bytes_(bytes.size() >= size ? bytes.data() : k_zeros), there_(bytes.size() >= size) {}
  [[nodiscard]] bool there() const { return there_; }

  template <std::size_t place>
  [[nodiscard]] std::uint8_t u8() const { return static_cast<std::uint8_t>(big_endian<place, 1>()); }
  template <std::size_t place>
  [[nodiscard]] std::uint16_t u16() const { return static_cast<std::uint16_t>(big_endian<place, 2>()); }
  template <std::size_t place>
  [[nodiscard]] std::uint32_t u32() const { return static_cast<std::uint32_t>(big_endian<place, 4>()); }
  template <std::size_t place>
  [[nodiscard]] std::uint64_t u64() const { return big_endian<place, 8>(); }
  template <std::size_t place>
  [[nodiscard]] std::uint32_t u32le() const { return static_cast<std::uint32_t>(little_endian<place, 4>()); }
  // `count` bytes from `place` on, copied to the start of `to`.
  template <std::size_t place, std::size_t count, std::size_t room>
  void copy(std::array<std::uint8_t, room>& to) const {
    static_assert(place + count <= size && count <= room);
    std::memcpy(to.data(), bytes_ + place, count);
  }

 private:
  template <std::size_t place, std::size_t width>
  [[nodiscard]] std::uint64_t big_endian() const {
    static_assert(place + width <= size);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8U) | bytes_[place + i];
    return value;
  }
  template <std::size_t place, std::size_t width>
  [[nodiscard]] std::uint64_t little_endian() const {
    static_assert(place + width <= size);
    std::uint64_t value = 0;
    for (std::size_t i = width; i > 0; --i) value = (value << 8U) | bytes_[place + i - 1];
    return value;
  }

  static constexpr std::uint8_t k_zeros[size] = {};
  const std::uint8_t* bytes_;
  bool there_;
};

// The one cursor over untrusted bytes. It never reads outside its span. The first failure sticks: from then on every read
// gives zero or nothing and more() is false, so parsers need no check after each field, only one at the end (finish or error()).
// Reading is inline: headers of millions of packets go through here.
class Reader {
 public:
  explicit Reader(Bytes bytes, std::size_t base_offset = 0) : bytes_(bytes), base_(base_offset) {}

  [[nodiscard]] std::uint8_t u8(std::string_view what) { return static_cast<std::uint8_t>(big_endian<1>(what)); }
  [[nodiscard]] std::uint16_t u16(std::string_view what) { return static_cast<std::uint16_t>(big_endian<2>(what)); }  // big-endian, as all of the network's integers
  [[nodiscard]] std::uint32_t u24(std::string_view what) { return static_cast<std::uint32_t>(big_endian<3>(what)); }
  [[nodiscard]] std::uint32_t u32(std::string_view what) { return static_cast<std::uint32_t>(big_endian<4>(what)); }
  [[nodiscard]] std::uint64_t u48(std::string_view what) { return big_endian<6>(what); }
  [[nodiscard]] std::uint64_t u64(std::string_view what) { return big_endian<8>(what); }
  [[nodiscard]] std::uint16_t u16le(std::string_view what) { return static_cast<std::uint16_t>(little_endian<2>(what)); }
  [[nodiscard]] std::uint32_t u32le(std::string_view what) { return static_cast<std::uint32_t>(little_endian<4>(what)); }
  [[nodiscard]] std::uint64_t u64le(std::string_view what) { return little_endian<8>(what); }
  // The next `count` bytes; fails with `truncated` if there are fewer.
  [[nodiscard]] Bytes take(std::size_t count, std::string_view what) {
    if (error_) return {};
    if (count > bytes_.size() - position_) {
      fail(ParseFault::truncated, what);
      return {};
    }
    const Bytes taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }
  // A vector with a length prefix of `width` bytes (1 to 3), as a Reader of its own.
  [[nodiscard]] Reader vec(unsigned width, std::string_view what);
  void skip(std::size_t count, std::string_view what) { (void)take(count, what); }
  // All that is left.
  [[nodiscard]] Bytes rest();

  [[nodiscard]] bool more() const { return !error_ && position_ < bytes_.size(); }
  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] std::size_t remaining() const { return error_ ? 0 : bytes_.size() - position_; }
  [[nodiscard]] std::size_t offset() const { return base_ + position_; }
  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }
  // Records a failure found by the caller, unless one is there already.
  void fail(ParseFault fault, std::string_view what);
  // Takes over the failure of a Reader made by vec(); bytes left over in it are a failure too.
  void join(const Reader& sub, std::string_view what = "vector");
  // The value together with the first failure; bytes left over are a failure.
  template <typename T>
  [[nodiscard]] Parsed<T> finish(T value, std::string_view what) {
    if (more()) fail(ParseFault::trailing_data, what);
    return Parsed<T>{std::move(value), error_};
  }

 private:
  template <std::size_t width>
  [[nodiscard]] std::uint64_t big_endian(std::string_view what) {
    const Bytes bytes = take(width, what);
    if (bytes.size() != width) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8U) | bytes[i];
    return value;
  }
  template <std::size_t width>
  [[nodiscard]] std::uint64_t little_endian(std::string_view what) {
    const Bytes bytes = take(width, what);
    if (bytes.size() != width) return 0;
    std::uint64_t value = 0;
    for (std::size_t i = width; i > 0; --i) value = (value << 8U) | bytes[i - 1];
    return value;
  }

  Bytes bytes_;
  std::size_t base_ = 0;
  std::size_t position_ = 0;
  std::optional<ParseError> error_;
};

}  // namespace tlswhy
