// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "capture/flow_table.hpp"

namespace tlswhy::capture {

// What is remembered of a TCP connection besides its two streams.
struct FlowTable::Tcp {
  // A packet, well enough to know it again: the same one may be in the capture twice (a bridge, "-i any", a mirror port).
  struct Print {
    std::uint64_t fields = 0;
    std::uint64_t more_fields = 0;
    std::int64_t time_ns = 0;
  };
  struct Side {
    TcpStream stream;
    std::array<Print, 4> recent{};
    std::uint8_t next_print = 0;
    bool rst = false;
    bool window_closed = false;
    bool seen = false;
    Timestamp last;
    // An acknowledgement with a few zero bytes after it: data, or what fills a short Ethernet frame, counted by mistake into the length that
    // IP states. What comes next tells.
    struct Doubtful {
      std::uint32_t sequence = 0;
      std::uint8_t size = 0;  // 0: none
      At at;
    } doubtful;
  };
  std::array<Side, 2> sides;

  [[nodiscard]] Side& side(Direction direction) { return sides[static_cast<std::size_t>(direction)]; }
  [[nodiscard]] TcpStream& stream(Direction direction) { return side(direction).stream; }
  // Both ends said good-bye, or one reset the connection.
  [[nodiscard]] bool ended() const {
    return sides[0].rst || sides[1].rst || (sides[0].stream.finished() && sides[1].stream.finished());
  }
};

}  // namespace tlswhy::capture
