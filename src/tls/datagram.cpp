// SPDX-License-Identifier: Apache-2.0
#include "tls/datagram.hpp"

#include <algorithm>

#include "tls/messages.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_change_cipher_spec = 20;
constexpr std::uint8_t k_alert = 21;
constexpr std::uint8_t k_handshake = 22;
constexpr std::uint8_t k_application_data = 23;
// Messages of one direction that may be in the making at once; a flight has fewer.
constexpr std::size_t k_most_pending = 16;

}  // namespace

void DatagramReader::data(unsigned direction, Bytes datagram, At at) {
  assembly_.bytes(direction, datagram.size(), at);
  Reader r(datagram);
  while (r.more()) {
    const std::uint8_t type = r.u8("type");
    const std::uint16_t version = r.u16("version");
    const std::uint16_t epoch = r.u16("epoch");
    (void)r.u48("sequence_number");
    Reader body = r.vec(2, "fragment");
    if (!r.ok()) return;
    const bool known_version = (version & 0xFF00U) == 0xFE00U || version == 0x0100;
    if (!known_version || type < k_change_cipher_spec || type > k_application_data) return;
    const auto size = static_cast<std::uint32_t>(body.remaining());
    assembly_.record(direction, size, at);
    if (type == k_application_data) {
      assembly_.application_data(direction, size, at);
    } else if (epoch > 0) {
      if (type == k_handshake) {
        // The Finished sent again is the same message.
        if (!directions_[direction].epoch_message_seen) assembly_.encrypted_message(direction, size, at);
        directions_[direction].epoch_message_seen = true;
      } else if (type == k_alert) {
        assembly_.alert_record(direction, body.rest(), at);
      }
    } else if (type == k_change_cipher_spec) {
      if (!assembly_.is_protected(direction)) assembly_.change_cipher_spec(direction, at);
    } else if (type == k_alert) {
      assembly_.alert_record(direction, body.rest(), at);
    } else {
      handshake(direction, body, at);
    }
  }
}

void DatagramReader::handshake(unsigned direction, Reader& record, At at) {
  Direction& d = directions_[direction];
  while (record.more()) {
    const std::uint8_t type = record.u8("msg_type");
    const std::uint32_t length = record.u24("length");
    const std::uint16_t sequence = record.u16("message_seq");
    const std::uint32_t offset = record.u24("fragment_offset");
    const std::uint32_t size = record.u24("fragment_length");
    const Bytes fragment = record.take(size, "fragment");
    if (!record.ok() || handshake_type_name(type).empty() || offset > length || size > length - offset) return;
    if (length > limits_.message_bytes) {
      assembly_.problem("frame " + std::to_string(at.frame) + ": a handshake message of " + std::to_string(length) + " bytes is over the limit and is passed over");
      continue;
    }
    if (std::find(d.complete.begin(), d.complete.end(), sequence) != d.complete.end()) {
      DirectionFacts& facts = assembly_.facts(direction);
      ++facts.retransmissions;
      facts.largest_retransmission = std::max(facts.largest_retransmission, size);
      continue;
    }
    if (d.pending.size() >= k_most_pending && d.pending.find(sequence) == d.pending.end()) d.pending.erase(d.pending.begin());
    Fragments& message = d.pending[sequence];
    if (message.pieces == 0 || message.body.size() != length) {
      message = Fragments{};
      message.type = type;
      message.body.resize(length);
    }
    ++message.pieces;
    std::copy(fragment.begin(), fragment.end(), message.body.begin() + offset);
    message.have.emplace_back(offset, offset + size);
    std::sort(message.have.begin(), message.have.end());
    std::uint32_t reached = 0;
    for (const auto& [begin, end] : message.have) {
      if (begin > reached) break;
      reached = std::max(reached, end);
    }
    if (reached < length) continue;
    const std::vector<std::uint8_t> body = std::move(message.body);
    const std::uint32_t pieces = message.pieces;
    d.pending.erase(sequence);
    d.complete.push_back(sequence);
    assembly_.message(direction, type, body, pieces, at);
  }
}

}  // namespace tlswhy::tls
