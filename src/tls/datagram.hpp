// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "tls/assembly.hpp"

namespace tlswhy::tls {

// The datagrams of a DTLS association as records and messages (RFC 6347 4).
class DatagramReader {
 public:
  DatagramReader(Assembly& assembly, const Limits& limits) : assembly_(assembly), limits_(limits) {}
  void data(unsigned direction, Bytes datagram, At at);

 private:
  struct Fragments {
    std::uint8_t type = 0;
    std::vector<std::uint8_t> body;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> have;  // begin and end of what arrived
    std::uint32_t pieces = 0;
  };
  struct Direction {
    std::map<std::uint16_t, Fragments> pending;  // by message_seq
    std::vector<std::uint16_t> complete;         // message_seq of messages that were put together
    bool epoch_message_seen = false;
  };

  void handshake(unsigned direction, Reader& record, At at);

  Assembly& assembly_;
  Limits limits_;
  std::array<Direction, 2> directions_;
};

}  // namespace tlswhy::tls
