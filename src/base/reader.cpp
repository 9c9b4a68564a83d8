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

Bytes Reader::rest() { return take(remaining(), "rest"); }

Reader Reader::vec(unsigned width, std::string_view what) {
  const std::size_t length = width == 1 ? u8(what) : width == 2 ? u16(what) : u24(what);
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
