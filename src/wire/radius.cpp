// SPDX-License-Identifier: Apache-2.0
#include "wire/radius.hpp"

namespace tlswhy::wire {

std::optional<RadiusPacket> read_radius(Bytes datagram) {
  constexpr std::uint16_t k_header = 20;
  constexpr std::uint8_t k_state = 24;
  constexpr std::uint8_t k_eap_message = 79;
  Reader r(datagram);
  RadiusPacket packet;
  packet.code = r.u8("code");
  packet.identifier = r.u8("identifier");
  const std::uint16_t length = r.u16("length");
  const bool known = packet.code == RadiusPacket::k_access_request || packet.code == RadiusPacket::k_access_accept || packet.code == RadiusPacket::k_access_reject ||
                     packet.code == RadiusPacket::k_access_challenge;
  if (!known || length < k_header || length > datagram.size()) return std::nullopt;
  Reader attributes(datagram.subspan(k_header, length - k_header));
  while (attributes.more()) {
    const std::uint8_t type = attributes.u8("type");
    const std::uint8_t size = attributes.u8("length");
    if (size < 2) return std::nullopt;
    const Bytes value = attributes.take(size - 2U, "value");
    if (!attributes.ok()) return std::nullopt;
    if (type == k_state) packet.state.assign(value.begin(), value.end());
    if (type == k_eap_message) packet.eap.insert(packet.eap.end(), value.begin(), value.end());
  }
  constexpr std::size_t k_eap_header = 4;
  // Some servers accept or reject without saying so in EAP too.
  const bool verdict = packet.code == RadiusPacket::k_access_accept || packet.code == RadiusPacket::k_access_reject;
  if (packet.eap.size() < k_eap_header && !(verdict && packet.eap.empty())) return std::nullopt;
  return packet;
}

}  // namespace tlswhy::wire
