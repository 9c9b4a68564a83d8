// SPDX-License-Identifier: Apache-2.0
#include "wire/openvpn.hpp"

#include <algorithm>

namespace tlswhy::wire {
namespace {

constexpr std::uint8_t k_soft_reset = 3, k_control = 4, k_reset_client = 7, k_reset_server = 8;
constexpr std::size_t k_session_id = 8;
constexpr std::size_t k_replay = 8;  // packet number and time behind the HMAC
constexpr std::size_t k_plain_reset = 1 + k_session_id + 1 + 4;
// MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 (--auth).
constexpr std::array<std::size_t, 6> k_hmacs{16, 20, 28, 32, 48, 64};
// The window of the reliability layer has 12 packets; more than this is no conversation.
constexpr std::size_t k_most_early = 64;

std::uint8_t opcode_of(Bytes packet) { return packet.empty() ? 0 : static_cast<std::uint8_t>(packet[0] >> 3U); }
std::uint8_t key_of(Bytes packet) { return packet.empty() ? 0 : static_cast<std::uint8_t>(packet[0] & 7U); }
bool is_control(std::uint8_t opcode) { return opcode == k_soft_reset || opcode == k_control || opcode == k_reset_client || opcode == k_reset_server; }

// The first packet has no acknowledgement and the number 0.
bool is_first(Bytes packet, std::size_t hmac) {
  const std::size_t size = k_plain_reset + (hmac == 0 ? 0 : hmac + k_replay);
  if (packet.size() != size || packet[0] != k_reset_client << 3U) return false;
  return std::all_of(packet.end() - 5, packet.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<OpenVpn> OpenVpn::opened_by(Bytes bytes, bool stream) {
  if (stream) {
    Reader r(bytes);
    const std::uint16_t size = r.u16("length");
    const Bytes packet = r.take(size, "packet");
    if (!r.ok()) return std::nullopt;
    bytes = packet;
  }
  if (is_first(bytes, 0)) return OpenVpn(0, stream);
  for (const std::size_t hmac : k_hmacs) {
    if (is_first(bytes, hmac)) return OpenVpn(hmac, stream);
  }
  return std::nullopt;
}

bool OpenVpn::begins_anew(Bytes packet) const { return !stream_ && opcode_of(packet) == k_soft_reset && key_of(packet) != key_; }

void OpenVpn::datagram(Side from, Bytes packet, tls::At at, tls::Connection& connection) {
  const std::uint8_t opcode = opcode_of(packet);
  if (!is_control(opcode)) return;
  Reader r(packet);
  (void)r.u8("opcode");
  (void)r.take(k_session_id, "session id");
  if (hmac_ != 0) (void)r.take(hmac_ + k_replay, "HMAC");
  const std::uint8_t acknowledged = r.u8("acknowledgements");
  (void)r.take(acknowledged * std::size_t{4}, "acknowledged");
  if (acknowledged > 0) (void)r.take(k_session_id, "remote session id");
  const std::uint32_t number = r.u32("packet id");
  if (!r.ok()) return;
  if (key_of(packet) != key_) {
    // A new session (soft reset), whose packets are counted anew.
    if (number != 0) return;
    key_ = key_of(packet);
    for (Direction& direction : directions_) {
      direction.next = 0;
      direction.early.clear();
    }
  }
  Direction& d = directions_[from == Side::client ? 0 : 1];
  const Bytes tls = r.rest();
  if (number < d.next) {
    connection.retransmission(from, static_cast<std::uint32_t>(tls.size()), at);
    return;
  }
  if (d.early.size() < k_most_early) d.early.try_emplace(number, std::vector<std::uint8_t>(tls.begin(), tls.end()), at);
  for (auto next = d.early.begin(); next != d.early.end() && next->first == d.next; next = d.early.erase(next), ++d.next) {
    if (!next->second.first.empty()) connection.data(from, next->second.first, at);
  }
}

void OpenVpn::stream(Side from, Bytes bytes, tls::At at, tls::Connection& connection) {
  std::vector<std::uint8_t>& rest = directions_[from == Side::client ? 0 : 1].rest;
  rest.insert(rest.end(), bytes.begin(), bytes.end());
  std::size_t used = 0;
  for (Reader r(rest);;) {
    const std::uint16_t size = r.u16("length");
    const Bytes packet = r.take(size, "packet");
    if (!r.ok()) break;  // the rest of it is still to come
    used = r.offset();
    datagram(from, packet, at, connection);
  }
  rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(used));
}

}  // namespace tlswhy::wire
