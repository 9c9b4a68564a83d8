// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/reader.hpp"

namespace tlswhy::wire {

// What of a RADIUS packet (RFC 2865) carries EAP on (RFC 3579).
struct RadiusPacket {
  static constexpr std::uint8_t k_access_request = 1, k_access_accept = 2, k_access_reject = 3, k_access_challenge = 11;
  std::uint8_t code = 0;
  std::uint8_t identifier = 0;
  std::string state;              // raw bytes; the server's handle of the conversation
  std::vector<std::uint8_t> eap;  // the EAP-Message attributes joined
};

// Reads a datagram; nothing unless it is RADIUS for certain (its lengths agree to the end) and has an EAP-Message,
// or accepts or rejects.
[[nodiscard]] std::optional<RadiusPacket> read_radius(Bytes datagram);

}  // namespace tlswhy::wire
