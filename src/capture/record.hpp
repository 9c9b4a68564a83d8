// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/reader.hpp"
#include "capture/capture.hpp"

namespace tlswhy::capture {

// One packet as it stands in a file; `bytes` are valid until the next one is read.
struct Record {
  At at;
  std::uint32_t link_type = 0;      // libpcap's number (DLT)
  Bytes bytes;
  std::size_t full_size = 0;        // on the wire; larger than bytes.size() if cut short
  bool little_endian = true;        // byte order of the file, for link headers in host order
};

// A packet from one header on: what of it is in the file, and how long it was on the wire.
struct Piece {
  Bytes bytes;
  std::size_t full = 0;             // never less than bytes.size()

  [[nodiscard]] bool cut() const { return full > bytes.size(); }
  // What follows the first `count` bytes; nothing if there is nothing.
  [[nodiscard]] Piece after(std::size_t count) const {
    return {count < bytes.size() ? bytes.subspan(count) : Bytes{}, count < full ? full - count : 0};
  }
  // The first `count` bytes, where a length field says that the rest is padding. A length beyond the end of the packet, as the file tells its
  // end, is wrong or the packet was cut and the file does not say so: what follows in the conversation tells.
  [[nodiscard]] Piece first(std::size_t count) const { return {bytes.first(std::min(count, bytes.size())), std::min(count, full)}; }
};

}  // namespace tlswhy::capture
