// SPDX-License-Identifier: Apache-2.0
#include "tls/datagram.hpp"

#include <algorithm>

#include "tls/foreign.hpp"
#include "tls/messages.hpp"

namespace tlswhy::tls {
namespace {

// Content types (RFC 8446 5.1, RFC 9146 3, RFC 9147 4).
constexpr std::uint8_t k_change_cipher_spec = 20;
constexpr std::uint8_t k_alert = 21;
constexpr std::uint8_t k_handshake = 22;
constexpr std::uint8_t k_application_data = 23;
constexpr std::uint8_t k_heartbeat = 24;
constexpr std::uint8_t k_with_connection_id = 25;
constexpr std::uint8_t k_ack = 26;
// Messages of one direction that may be in the making at once; a flight has fewer.
constexpr std::size_t k_most_pending = 16;
// Messages in the clear that one direction may complete; more are a stream of invented ones.
constexpr std::size_t k_most_complete = 1024;
constexpr std::size_t k_random_size = 32;
// RFC 9147 4: "001" and the bits connection id, length of the sequence number, length present, epoch.
constexpr unsigned k_unified_mask = 0xE0;
constexpr unsigned k_unified = 0x20;
constexpr unsigned k_handshake_epoch = 2;
constexpr unsigned k_application_epoch = 3;
// RFC 9147 7: a vector of record numbers of 16 bytes each, behind two bytes of length.
constexpr std::uint32_t k_record_number = 16;
// The smallest protected Finished of DTLS 1.2: header 12, verify_data 12, content type 1, tag 16 (RFC 5246 7.4.9). CBC suites pad
// beyond, CCM_8 puts 8 bytes of nonce beside its tag of 8.
constexpr std::uint32_t k_smallest_finished12 = 41;

bool known_version(std::uint16_t version) { return (version & 0xFF00U) == 0xFE00U || version == 0x0100; }

struct FragmentHeader {
  std::uint8_t type = 0;
  std::uint32_t length = 0;
  std::uint16_t sequence = 0;
  std::uint32_t offset = 0;
  Bytes fragment;
  bool ok = false;
};

FragmentHeader read_fragment(Reader& record) {
  FragmentHeader header;
  header.type = record.u8("msg_type");
  header.length = record.u24("length");
  header.sequence = record.u16("message_seq");
  header.offset = record.u24("fragment_offset");
  const std::uint32_t size = record.u24("fragment_length");
  header.fragment = record.take(size, "fragment");
  header.ok = record.ok() && !handshake_type_name(header.type).empty() && header.offset <= header.length && size <= header.length - header.offset;
  return header;
}

}  // namespace

std::optional<std::size_t> DatagramReader::connection_id_size(unsigned direction) const {
  const Handshake& h = assembly_.so_far();
  if (!h.client_hello || !h.server_hello) return std::nullopt;
  const auto& of_client = h.client_hello->connection_id_size;
  const auto& of_server = h.server_hello->connection_id_size;
  if (!of_client || !of_server) return 0;
  // Each side names the id that the other is to send.
  return assembly_.side_of(direction) == Side::client ? *of_server : *of_client;
}

void DatagramReader::data(unsigned direction, Bytes datagram, At at) {
  assembly_.bytes(direction, datagram.size(), at);
  bool news = false;
  bool read = false;
  Reader r(datagram);
  while (r.more()) {
    const std::uint8_t type = r.u8("type");
    if ((type & k_unified_mask) == k_unified) {
      if (!assembly_.tls13()) break;
      if ((type & 0x10U) != 0) r.skip(connection_id_size(direction).value_or(0), "connection_id");
      r.skip((type & 0x08U) != 0 ? 2 : 1, "sequence_number");
      const Bytes payload = (type & 0x04U) != 0 ? r.vec(2, "encrypted_record").rest() : r.rest();
      if (!r.ok()) break;
      protected_record(direction, type & 3U, static_cast<std::uint32_t>(payload.size()), at);
      news = true;
      continue;
    }
    if (type < k_change_cipher_spec || type > k_ack) break;
    const std::uint16_t version = r.u16("version");
    const std::uint16_t epoch = r.u16("epoch");
    const std::uint64_t place = std::uint64_t{epoch} << 48U | r.u48("sequence_number");
    if (!r.ok() || !known_version(version)) break;
    if (type == k_with_connection_id) {
      const auto id = connection_id_size(direction);
      if (!id) break;  // how long the id is, only the hellos say
      r.skip(*id, "connection_id");
    }
    const Bytes payload = r.vec(2, "fragment").rest();
    if (!r.ok()) break;
    read = true;
    if (epoch > 0 && type != k_with_connection_id) {
      if (const auto opened = assembly_.open_datagram(direction, type, version, place, payload, at)) {
        assembly_.record(direction, static_cast<std::uint32_t>(payload.size()), at);
        news = opened_record(direction, *opened, at) || news;
        continue;
      }
    }
    news = record(direction, type, epoch, payload, at) || news;
  }
  Direction& d = directions_[direction];
  d.spoke_dtls = d.spoke_dtls || read || news;
  if (!read && !news && d.other.empty() && !datagram.empty()) {
    const Bytes head = datagram.first(std::min(datagram.size(), k_first_bytes_kept));
    d.other.assign(head.begin(), head.end());
    d.other_at = at;
  }
  if (news) assembly_.progress();
  else if (read) assembly_.repeated(direction, static_cast<std::uint32_t>(datagram.size()));
}

bool DatagramReader::record(unsigned direction, std::uint8_t type, std::uint16_t epoch, Bytes payload, At at) {
  Direction& d = directions_[direction];
  const auto size = static_cast<std::uint32_t>(payload.size());
  assembly_.record(direction, size, at);
  switch (type) {
    case k_application_data: assembly_.application_data(direction, size, at); return true;
    case k_heartbeat:
    case k_ack: return true;
    case k_with_connection_id: return hidden_record(direction, size, at);
    case k_alert: assembly_.alert_record(direction, payload, epoch > 0, at); return true;
    case k_change_cipher_spec:
      if (d.change_cipher_spec) return false;
      d.change_cipher_spec = true;
      assembly_.change_cipher_spec(direction, at);
      return true;
    default: break;
  }
  if (epoch == 0) return handshake(direction, Reader(payload), false, at);
  // The Finished sent again is the same message.
  if (d.protected_message) return false;
  d.protected_message = true;
  assembly_.keys_in_use(direction);  // the ChangeCipherSpec before it may be lost or late
  assembly_.encrypted_message(direction, size, at);
  return true;
}

bool DatagramReader::opened_record(unsigned direction, const OpenedRecord& record, At at) {
  switch (record.type) {
    case k_alert: assembly_.decrypted_alert(direction, record.content, at); return true;
    case k_application_data: assembly_.decrypted_data(direction, record.content, at); return true;
    case k_handshake:
      directions_[direction].protected_message = true;
      assembly_.keys_in_use(direction);
      return handshake(direction, Reader(record.content), true, at);
    default: return true;
  }
}

bool DatagramReader::hidden_record(unsigned direction, std::uint32_t size, At at) {
  Direction& d = directions_[direction];
  if (d.protected_message) {
    assembly_.application_data(direction, size, at);
  } else if (size < k_smallest_finished12) {
    assembly_.alert_record(direction, {}, true, at);
  } else {
    d.protected_message = true;
    assembly_.keys_in_use(direction);
    assembly_.encrypted_message(direction, size, at);
  }
  return true;
}

void DatagramReader::protected_record(unsigned direction, unsigned epoch_bits, std::uint32_t size, At at) {
  assembly_.record(direction, size, at);
  const bool client = assembly_.side_of(direction) == Side::client;
  if (client && epoch_bits == k_application_epoch) assembly_.client_finished13(at);
  if (client && epoch_bits == k_handshake_epoch) {
    // An acknowledgement of the server's flight is not the client's own: length, record numbers, content type, tag.
    constexpr std::uint16_t k_aes_128_ccm_8 = 0x1305;
    const std::uint32_t around = assembly_.so_far().server_hello->cipher_suite == k_aes_128_ccm_8 ? 11 : 19;
    if (size > around && (size - around) % k_record_number == 0) return;
  }
  assembly_.application_data(direction, size, at);
}

bool DatagramReader::handshake(unsigned direction, Reader record, bool decrypted, At at) {
  Direction& d = directions_[direction];
  bool news = false;
  while (record.more()) {
    const FragmentHeader header = read_fragment(record);
    if (!header.ok) break;
    if (header.length > limits_.message_bytes) {
      assembly_.problem("frame " + std::to_string(at.frame) + ": a handshake message of " + std::to_string(header.length) + " bytes is over the limit and is passed over");
      continue;
    }
    const MessageKey key{header.sequence, header.type, header.length};
    if (d.complete.contains(key)) {
      if (!decrypted && header.fragment.size() == header.length) assembly_.repeated_message(direction, header.type, header.length, at);
      continue;
    }
    auto place = d.pending.find(key);
    if (place == d.pending.end()) {
      if (d.pending.size() >= k_most_pending || d.complete.size() >= k_most_complete) {
        if (!limit_said_) assembly_.problem("frame " + std::to_string(at.frame) + ": more handshake messages are in the making than are kept; the oldest is dropped");
        limit_said_ = true;
        if (d.complete.size() >= k_most_complete) continue;
        d.pending.erase(d.pending.begin());
      }
      place = d.pending.emplace(key, Pending{MessageFragments(header.length), at}).first;
    }
    MessageFragments& fragments = place->second.fragments;
    news = fragments.add(header.offset, header.fragment) || news;
    if (header.type == HandshakeType::client_hello && hello_random_.empty() && header.offset == 0) {
      Reader hello(header.fragment);
      hello.skip(2, "legacy_version");
      const Bytes random = hello.take(k_random_size, "random");
      hello_random_.assign(random.begin(), random.end());
    }
    if (!fragments.complete()) continue;
    const std::vector<std::uint8_t> body = fragments.head();
    const std::uint32_t pieces = fragments.pieces();
    d.pending.erase(place);
    d.complete.insert(key);
    assembly_.message(direction, header.type, body, pieces, decrypted, at);
  }
  return news;
}

bool DatagramReader::begins_anew(Bytes datagram) const {
  Reader r(datagram);
  const std::uint8_t type = r.u8("type");
  const std::uint16_t version = r.u16("version");
  const std::uint16_t epoch = r.u16("epoch");
  if (type != k_handshake || epoch != 0 || !known_version(version)) return false;
  (void)r.u48("sequence_number");
  Reader payload(r.vec(2, "fragment").rest());
  const FragmentHeader header = read_fragment(payload);
  // The hello that answers a HelloVerifyRequest or HelloRetryRequest belongs to what came before: it counts on, or has a cookie.
  if (!header.ok || header.type != HandshakeType::client_hello || header.sequence != 0 || header.offset != 0) return false;
  Reader hello(header.fragment);
  hello.skip(2, "legacy_version");
  const Bytes random = hello.take(k_random_size, "random");
  (void)hello.vec(1, "legacy_session_id");
  const std::uint8_t cookie = hello.u8("cookie");
  if (!hello.ok() || cookie != 0) return false;
  if (hello_random_.empty()) return assembly_.certain();
  return !std::equal(random.begin(), random.end(), hello_random_.begin(), hello_random_.end());
}

void DatagramReader::finish() {
  for (unsigned direction = 0; direction < 2; ++direction) say_missing(directions_[direction], direction);
  // Where both sides mix in other datagrams (STUN, media), those say nothing; a side that speaks only those does not speak DTLS.
  for (unsigned direction = 0; direction < 2; ++direction) {
    const Direction& own = directions_[direction];
    const Direction& peer = directions_[1 - direction];
    if (own.other.empty() || own.spoke_dtls || !peer.spoke_dtls || !peer.other.empty() || !assembly_.so_far().client_hello) continue;
    assembly_.foreign(direction, own.other, own.other_at);
  }
}

void DatagramReader::say_missing(Direction& d, unsigned number) {
  DirectionFacts& facts = assembly_.facts(number);
  std::set<std::uint16_t> whole;
  std::uint16_t highest = 0;
  for (const auto& key : d.complete) whole.insert(std::get<0>(key));
  for (const auto& [key, pending] : d.pending) {
    const auto& [sequence, type, length] = key;
    highest = std::max(highest, sequence);
    // Another length with the same number was put together: this one is a stray.
    if (whole.contains(sequence)) continue;
    facts.missing_bytes += pending.fragments.missing();
    const std::vector<std::uint8_t> head = pending.fragments.head();
    assembly_.problem("frame " + std::to_string(pending.first.frame) + ": of a " + std::string(handshake_type_name(type)) + " of " + std::to_string(length) + " bytes " +
                      std::to_string(pending.fragments.missing()) + " never came");
    if (!head.empty()) assembly_.cut_message(number, type, head, length, pending.fragments.pieces(), pending.first);
  }
  if (!whole.empty()) highest = std::max(highest, *whole.rbegin());
  if (whole.empty() && d.pending.empty()) return;
  const auto seen = static_cast<std::uint32_t>(std::count_if(whole.begin(), whole.end(), [&](std::uint16_t sequence) { return sequence <= highest; }));
  // Without the opening hello the capture began late, and nobody knows from where on messages should be there.
  if (!hello_random_.empty()) facts.missing_messages = std::min<std::uint32_t>(highest + 1U - seen, k_most_pending);
}

}  // namespace tlswhy::tls
