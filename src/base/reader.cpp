// SPDX-License-Identifier: Apache-2.0
#include "base/reader.hpp"

namespace tlswhy {

std::string_view to_string(ParseFault fault) {
  switch (fault) {
    case ParseFault::truncated: return "cut short";
    case ParseFault::bad_length: return "bad length";
    case ParseFault::bad_value: return "bad value";
    case ParseFault::trailing_data: return "left-over bytes";
  }
  return "unknown fault";
}

void Reader::fail(ParseFault fault, std::string_view what) {
  if (!error_) error_ = ParseError{fault, what, base_ + position_};
}

Bytes Reader::take(std::size_t count, std::string_view what) {
  if (error_) return {};
  if (count > bytes_.size() - position_) {
    fail(ParseFault::truncated, what);
    return {};
  }
  const Bytes taken = bytes_.subspan(position_, count);
  position_ += count;
  return taken;
}

std::uint64_t Reader::big_endian(std::size_t width, std::string_view what) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : take(width, what)) value = (value << 8U) | byte;
  return value;
}

std::uint64_t Reader::little_endian(std::size_t width, std::string_view what) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::uint8_t byte : take(width, what)) {
    value |= static_cast<std::uint64_t>(byte) << shift;
    shift += 8;
  }
  return value;
}

std::uint8_t Reader::u8(std::string_view what) { return static_cast<std::uint8_t>(big_endian(1, what)); }
std::uint16_t Reader::u16(std::string_view what) { return static_cast<std::uint16_t>(big_endian(2, what)); }
std::uint32_t Reader::u24(std::string_view what) { return static_cast<std::uint32_t>(big_endian(3, what)); }
std::uint32_t Reader::u32(std::string_view what) { return static_cast<std::uint32_t>(big_endian(4, what)); }
std::uint64_t Reader::u48(std::string_view what) { return big_endian(6, what); }
std::uint64_t Reader::u64(std::string_view what) { return big_endian(8, what); }
std::uint16_t Reader::u16le(std::string_view what) { return static_cast<std::uint16_t>(little_endian(2, what)); }
std::uint32_t Reader::u32le(std::string_view what) { return static_cast<std::uint32_t>(little_endian(4, what)); }
std::uint64_t Reader::u64le(std::string_view what) { return little_endian(8, what); }

void Reader::skip(std::size_t count, std::string_view what) { (void)take(count, what); }

Bytes Reader::rest() { return take(remaining(), "rest"); }

Reader Reader::vec(unsigned width, std::string_view what) {
  const auto length = static_cast<std::size_t>(big_endian(width, what));
  if (!error_ && length > remaining()) {
    // The part that is there is still handed on: a list cut by the snap length keeps its head. The sub-reader reports
    // `truncated` when it runs out, and join() carries that up.
    Reader cut(bytes_.subspan(position_), base_ + position_);
    position_ = bytes_.size();
    fail(ParseFault::truncated, what);
    return cut;
  }
  const std::size_t start = base_ + position_;
  return Reader(take(length, what), start);
}

void Reader::join(const Reader& sub, std::string_view what) {
  if (error_) return;
  if (sub.error_) {
    error_ = sub.error_;
  } else if (sub.more()) {
    error_ = ParseError{ParseFault::trailing_data, what, sub.offset()};
  }
}

}  // namespace tlswhy
