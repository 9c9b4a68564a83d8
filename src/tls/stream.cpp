// SPDX-License-Identifier: Apache-2.0
#include "tls/stream.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "tls/foreign.hpp"
#include "tls/messages.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::size_t k_record_header = 5;
constexpr std::size_t k_message_header = 4;
constexpr std::uint8_t k_major_version = 3;
// Enough to tell a hello, and what must be kept of a stream while looking for one.
constexpr std::size_t k_hello_prefix = 11;
// Fewer bytes than this (a header and the first byte of the content) cannot be told from the start of a record. Deciding on fewer
// would make the answer depend on how the stream was cut into segments.
constexpr std::size_t k_enough_to_tell = 6;

std::size_t u16_at(Bytes bytes, std::size_t at) { return static_cast<std::size_t>(bytes[at]) << 8U | bytes[at + 1]; }

void drop_front(std::vector<std::uint8_t>& buffer, std::size_t count) {
  buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(std::min(count, buffer.size())));
}

void drop(Bytes& bytes, std::size_t count) { bytes = bytes.subspan(std::min(count, bytes.size())); }

// A handshake record too short for a message header. Only the tail of a message is ever sent in one.
bool is_message_tail(Bytes bytes) {
  if (bytes.size() < k_record_header || bytes[0] != ContentType::handshake || bytes[1] != 3 || bytes[2] > 4) return false;
  const std::size_t length = u16_at(bytes, 3);
  return length > 0 && length < k_message_header;
}

// In the clear a handshake record begins with a message of a known type and a length that can be.
bool plausible_message(Bytes payload, std::uint32_t largest) {
  if (payload.size() < k_message_header) return true;
  const std::size_t length = static_cast<std::size_t>(payload[1]) << 16U | u16_at(payload, 2);
  return !handshake_type_name(payload[0]).empty() && length <= largest && (payload[0] != HandshakeType::hello_request || length == 0);
}

}  // namespace

bool StreamReader::wants(unsigned direction) const {
  const Direction& d = directions_[direction];
  return !(assembly_.seen_enough() && d.mode == Mode::records && !assembly_.may_open());
}

bool StreamReader::met_foreign() const {
  const bool tls[2] = {directions_[0].tls, directions_[1].tls};
  if (tls[0] == tls[1]) return false;
  const Direction& other = directions_[tls[0] ? 1 : 0];
  return !other.lost && other.first.size() >= 1 && other.mode != Mode::resync && assembly_.certain();
}

void StreamReader::data(unsigned direction, Bytes bytes, At at) {
  Direction& d = directions_[direction];
  assembly_.bytes(direction, bytes.size(), at);
  if (d.first.size() < k_first_bytes_kept && !d.tls && !d.lost) {
    if (d.first.empty()) d.first_at = at;
    const Bytes head = bytes.first(std::min(bytes.size(), k_first_bytes_kept - d.first.size()));
    d.first.insert(d.first.end(), head.begin(), head.end());
  }
  if (d.skip > 0) {
    const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(d.skip, bytes.size()));
    d.skip -= passed;
    bytes = bytes.subspan(passed);
  }
  // Bytes are read where they are; only what is not whole yet is kept.
  while (!bytes.empty()) {
    if (d.buffer.empty()) {
      d.rest = bytes;
      step(direction, at);
      d.buffer.assign(d.rest.begin(), d.rest.end());
      return;
    }
    const Bytes part = bytes.first(std::min(bytes.size(), wanted(d)));
    bytes = bytes.subspan(part.size());
    d.buffer.insert(d.buffer.end(), part.begin(), part.end());
    d.rest = d.buffer;
    step(direction, at);
    drop_front(d.buffer, d.buffer.size() - d.rest.size());
    if (d.skip > 0) {
      const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(d.skip, bytes.size()));
      d.skip -= passed;
      bytes = bytes.subspan(passed);
    }
  }
}

// How many bytes more complete the record that has begun.
std::size_t StreamReader::wanted(const Direction& d) {
  if (d.mode != Mode::records) return std::numeric_limits<std::size_t>::max();
  if (d.buffer.size() < k_record_header) return k_record_header - d.buffer.size();
  const std::size_t whole = k_record_header + u16_at(d.buffer, 3);
  return whole > d.buffer.size() ? whole - d.buffer.size() : std::numeric_limits<std::size_t>::max();
}

void StreamReader::step(unsigned direction, At at) {
  Direction& d = directions_[direction];
  for (;;) {
    if (d.rest.empty() || d.skip > 0) return;
    bool more = false;
    switch (d.mode) {
      case Mode::start: more = step_start(d, at, direction); break;
      case Mode::searching:
      case Mode::resync: more = step_search(d, direction); break;
      case Mode::records: more = step_record(d, direction, at); break;
    }
    if (!more) return;
  }
}

bool StreamReader::step_start(Direction& d, At at, unsigned direction) {
  if (looks_like_sslv2_hello(d.rest)) {
    const std::size_t length = static_cast<std::size_t>(d.rest[0] & 0x7FU) << 8U | d.rest[1];
    if (d.rest.size() < length + 2) return false;
    d.tls = true;
    assembly_.record(direction, static_cast<std::uint32_t>(length), at);
    assembly_.sslv2_hello(direction, d.rest.subspan(2, length), at);
    drop(d.rest, length + 2);
    d.mode = Mode::records;
    return true;
  }
  const bool may_be_sslv2 = (d.rest[0] & 0x80U) != 0 && (d.rest.size() < 3 || d.rest[2] == 1);
  if (d.rest.size() < (may_be_sslv2 ? k_hello_prefix : k_enough_to_tell)) return false;
  if (looks_like_record(d.rest)) {
    // A first record that is a handshake must be one in the clear, unless the capture began late.
    const bool hello = d.rest[0] == ContentType::handshake && (d.rest[5] == 1 || d.rest[5] == 2 || d.rest[5] == 0);
    if (!hello && d.rest[0] != ContentType::alert) assembly_.set_midstream();
    d.mode = Mode::records;
    return true;
  }
  d.mode = Mode::searching;
  return true;
}

// After lost bytes one record header alone proves little: the next one must fit too, or the record must end with what is there.
StreamReader::Fit StreamReader::fit(Bytes rest) {
  if (!looks_like_record(rest)) return Fit::no;
  const std::size_t end = k_record_header + u16_at(rest, 3);
  if (end == rest.size()) return Fit::yes;
  if (rest.size() < end + k_record_header) return Fit::unknown;
  return looks_like_record(rest.subspan(end)) ? Fit::yes : Fit::no;
}

bool StreamReader::step_search(Direction& d, unsigned direction) {
  const bool resync = d.mode == Mode::resync;
  const std::size_t needed = resync ? k_record_header : k_hello_prefix;
  const std::size_t places = d.rest.size() < needed ? 0 : d.rest.size() - needed + 1;  // where enough follows to tell
  // What may be a record whose end is yet to come is kept, and behind it only hellos are looked for, each place once.
  std::size_t kept = places;
  // Every record has the major version 3 as its second byte, so only places before such a byte are looked at.
  for (std::size_t i = 0; i < places; ++i) {
    const void* const version = std::memchr(d.rest.data() + i + 1, k_major_version, places - i);
    if (version == nullptr) break;
    i = static_cast<std::size_t>(static_cast<const std::uint8_t*>(version) - d.rest.data()) - 1;
    const Bytes rest = d.rest.subspan(i);
    bool found = looks_like_hello(rest);
    if (!found && resync && kept == places) {
      const Fit fits = fit(rest);
      found = fits == Fit::yes;
      if (fits == Fit::unknown) {
        kept = i;
        i = std::max(i, d.searched > k_hello_prefix ? d.searched - k_hello_prefix : 0);
      }
    }
    if (!found) continue;
    if (!resync && !d.first.empty()) assembly_.starttls(std::string(protocol_of(directions_[1 - direction].first.empty() ? d.first : directions_[1 - direction].first)));
    drop(d.rest, i);
    d.mode = Mode::records;
    d.searched = 0;
    return true;
  }
  drop(d.rest, kept);
  d.searched = places - kept;
  return false;
}

bool StreamReader::step_record(Direction& d, unsigned direction, At at) {
  if (d.rest.size() < k_record_header) return false;
  const Bytes bytes = d.rest;
  const bool in_message = !d.message.empty() || d.message_skip > 0;
  if (!looks_like_record(bytes) && !(in_message && is_message_tail(bytes))) {
    if (!assembly_.over()) assembly_.problem("frame " + std::to_string(at.frame) + ": what follows is no TLS record; looking for the next one");
    d.mode = Mode::resync;
    d.lost = true;
    drop(d.rest, 1);
    return true;
  }
  const std::uint8_t type = bytes[0];
  const std::size_t length = u16_at(bytes, 3);
  const bool closed = !assembly_.may_open(direction, type);
  const bool after = closed && !assembly_.tls13() && assembly_.over();
  if (after || (closed && type == ContentType::application_data)) {
    // Without keys the contents of application data are of no use: they are only counted.
    d.tls = true;
    const std::size_t here = std::min(d.rest.size(), k_record_header + length);
    d.skip = k_record_header + length - here;
    drop(d.rest, here);
    if (after) {
      assembly_.record_after(direction, type, static_cast<std::uint32_t>(length), at);
    } else {
      assembly_.record(direction, static_cast<std::uint32_t>(length), at);
      assembly_.application_data(direction, static_cast<std::uint32_t>(length), at);
    }
    return true;
  }
  if (d.rest.size() < k_record_header + length) return false;
  d.tls = true;
  assembly_.record(direction, static_cast<std::uint32_t>(length), at);
  const Bytes payload = bytes.subspan(k_record_header, length);
  const auto version = static_cast<std::uint16_t>(u16_at(bytes, 1));
  drop(d.rest, k_record_header + length);
  if (assembly_.may_open(direction, type) && open(d, direction, type, version, payload, at)) return true;
  handle(d, direction, type, payload, at);
  return true;
}

bool StreamReader::open(Direction& d, unsigned direction, std::uint8_t type, std::uint16_t version, Bytes fragment, At at) {
  const auto record = assembly_.open(direction, type, version, fragment, at);
  if (!record) return false;
  switch (record->type) {
    case ContentType::change_cipher_spec: assembly_.change_cipher_spec(direction, at); break;  // a renegotiation's
    case ContentType::alert: assembly_.decrypted_alert(direction, record->content, at); break;
    case ContentType::handshake: handshake_bytes(d, direction, record->content, true, at); break;
    case ContentType::application_data: assembly_.decrypted_data(direction, record->content, at); break;
    default: break;
  }
  return true;
}

void StreamReader::handle(Direction& d, unsigned direction, std::uint8_t type, Bytes payload, At at) {
  const auto open = assembly_.without_mac(direction, payload);
  switch (type) {
    case ContentType::change_cipher_spec: assembly_.change_cipher_spec(direction, at); break;
    case ContentType::alert:
      if (open) assembly_.open_alert(direction, *open, at);
      else assembly_.alert_record(direction, payload, at);
      break;
    case ContentType::handshake:
      if (open) {
        handshake_bytes(d, direction, *open, false, at);
      } else if (assembly_.is_protected(direction) || (d.message.empty() && d.message_skip == 0 && !plausible_message(payload, limits_.message_bytes))) {
        assembly_.encrypted_message(direction, static_cast<std::uint32_t>(payload.size()), at);
      } else {
        handshake_bytes(d, direction, payload, false, at);
      }
      break;
    case ContentType::application_data: assembly_.application_data(direction, static_cast<std::uint32_t>(payload.size()), at); break;
    default: break;
  }
}

void StreamReader::opened(unsigned direction, std::uint8_t type, Bytes content, At at) {
  Direction& d = directions_[direction];
  if (content.empty()) return;
  d.tls = true;
  d.mode = Mode::records;
  d.searched = 0;
  assembly_.bytes(direction, content.size(), at);
  if (!assembly_.is_protected(direction) || type == ContentType::change_cipher_spec) return handle(d, direction, type, content, at);
  assembly_.opened_elsewhere(direction, at);
  if (type == ContentType::handshake) handshake_bytes(d, direction, content, true, at);
  if (type == ContentType::alert) assembly_.decrypted_alert(direction, content, at);
  if (type == ContentType::application_data) assembly_.decrypted_data(direction, content, at);
}

void StreamReader::handshake_bytes(Direction& d, unsigned direction, Bytes payload, bool decrypted, At at) {
  if (d.message_skip > 0) {
    const auto passed = static_cast<std::size_t>(std::min<std::uint64_t>(d.message_skip, payload.size()));
    d.message_skip -= passed;
    payload = payload.subspan(passed);
    if (payload.empty()) return;
  }
  // Whole messages are read where they are; the start of one that goes on in the next record is kept.
  const bool kept = !d.message.empty();
  if (kept) d.message.insert(d.message.end(), payload.begin(), payload.end());
  Bytes rest = kept ? Bytes(d.message) : payload;
  ++d.message_records;
  d.message_at = at;
  while (rest.size() >= k_message_header) {
    const std::size_t length = static_cast<std::size_t>(rest[1]) << 16U | u16_at(rest, 2);
    if (handshake_type_name(rest[0]).empty()) {
      assembly_.encrypted_message(direction, static_cast<std::uint32_t>(rest.size()), at);
      rest = {};
    } else if (length > limits_.message_bytes) {
      assembly_.problem("frame " + std::to_string(at.frame) + ": a handshake message of " + std::to_string(length) + " bytes is over the limit of " +
                        std::to_string(limits_.message_bytes) + " and is passed over");
      const std::size_t here = std::min(rest.size(), k_message_header + length);
      d.message_skip = k_message_header + length - here;
      drop(rest, here);
    } else if (rest.size() < k_message_header + length) {
      break;
    } else {
      assembly_.message(direction, rest[0], rest.subspan(k_message_header, length), d.message_records, decrypted, at);
      drop(rest, k_message_header + length);
    }
    d.message_records = rest.empty() ? 0 : 1;
  }
  if (kept) {
    drop_front(d.message, d.message.size() - rest.size());
  } else {
    d.message.assign(rest.begin(), rest.end());
  }
}

// The record or message at hand will never be whole: what a hello says in its first part is still worth having.
void StreamReader::cut_short(Direction& d, unsigned direction, At at) {
  std::vector<std::uint8_t> head = d.message;
  std::uint32_t records = d.message_records;
  if (d.mode == Mode::records && d.buffer.size() > k_record_header && d.buffer[0] == ContentType::handshake && !assembly_.is_protected(direction) &&
      looks_like_record(d.buffer)) {
    head.insert(head.end(), d.buffer.begin() + k_record_header, d.buffer.end());
    ++records;
  }
  if (head.size() > k_message_header && plausible_message(head, limits_.message_bytes)) {
    const Bytes bytes(head);
    const std::size_t declared = static_cast<std::size_t>(bytes[1]) << 16U | u16_at(bytes, 2);
    const std::size_t there = std::min(bytes.size() - k_message_header, declared);
    d.tls = true;
    assembly_.cut_message(direction, bytes[0], bytes.subspan(k_message_header, there), static_cast<std::uint32_t>(declared), records, at);
  }
  d.message.clear();
  d.message_records = 0;
  d.message_skip = 0;
}

void StreamReader::missing(unsigned direction, std::uint64_t count, Missing why, At at) {
  Direction& d = directions_[direction];
  if (!assembly_.over()) assembly_.facts(direction).missing_bytes += count;
  assembly_.lost(direction);
  if (d.skip >= count && d.skip > 0) {
    d.skip -= count;
    return;
  }
  if (!assembly_.over()) {
    assembly_.problem("frame " + std::to_string(at.frame) + ": " + std::to_string(count) + " bytes " +
                      (why == Missing::snap_length ? "were not recorded (snap length)" : why == Missing::limit ? "were given up (limit)" : "are missing from the capture"));
  }
  if (d.mode == Mode::records && d.skip == 0 && d.buffer.size() >= k_record_header && looks_like_record(d.buffer)) {
    const std::uint64_t need = k_record_header + u16_at(d.buffer, 3) - d.buffer.size();
    cut_short(d, direction, at);
    d.buffer.clear();
    d.lost = true;
    if (count <= need) {
      d.skip = need - count;
      return;
    }
    d.mode = Mode::resync;
    return;
  }
  cut_short(d, direction, at);
  d.buffer.clear();
  d.searched = 0;
  d.skip = 0;
  d.lost = true;
  if (d.mode == Mode::start || d.mode == Mode::searching) assembly_.set_midstream();
  d.mode = Mode::resync;
}

void StreamReader::finish(At at) {
  for (unsigned direction = 0; direction < 2; ++direction) {
    Direction& d = directions_[direction];
    if (d.mode == Mode::start && looks_like_hello(d.buffer)) d.mode = Mode::records;
    if (d.mode == Mode::records && (!d.buffer.empty() || d.skip > 0 || !d.message.empty())) assembly_.facts(direction).stopped_inside = true;
    cut_short(d, direction, d.message_at.frame != 0 ? d.message_at : d.first_at.frame != 0 ? d.first_at : at);
  }
  if (!met_foreign()) return;
  const unsigned other = directions_[0].tls ? 1U : 0U;
  assembly_.foreign(other, directions_[other].first, directions_[other].first_at);
}

}  // namespace tlswhy::tls
