// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "packet_builder.hpp"
#include "tls/connection.hpp"
#include "tls/messages.hpp"

// Makes TLS and DTLS messages for tests, and plays them to a Connection.
namespace tlswhy::testing {

constexpr std::uint8_t k_ccs_record = 20, k_alert_record = 21, k_handshake_record = 22, k_data_record = 23;

// A vector with a length prefix of 1, 2 or 3 bytes.
inline Buffer vector_of(unsigned width, const Buffer& content) {
  Writer w;
  if (width == 1) w.u8(content.size());
  if (width == 2) w.u16(content.size());
  if (width == 3) w.u24(content.size());
  return w.add(content);
}
inline Buffer u16s(std::initializer_list<std::uint16_t> values) {
  Writer w;
  for (const std::uint16_t value : values) w.u16(value);
  return w;
}
inline Buffer extension(std::uint16_t type, const Buffer& body) { return Writer().u16(type).add(vector_of(2, body)); }
inline Buffer server_name(std::string_view name) { return extension(0, vector_of(2, Writer().u8(0).add(vector_of(2, text(name))))); }
inline Buffer supported_versions(std::initializer_list<std::uint16_t> versions) { return extension(43, vector_of(1, u16s(versions))); }

struct HelloParts {
  std::uint16_t version = 0x0303;
  Buffer session_id;
  std::optional<Buffer> cookie;  // DTLS
  std::initializer_list<std::uint16_t> suites = {0xc02b, 0xc02f, 0x009c};
  Buffer extensions;             // empty: the field is left out
};
inline Buffer client_hello(const HelloParts& parts = {}) {
  Writer w;
  w.u16(parts.version).add(Buffer(32, 0x11)).add(vector_of(1, parts.session_id));
  if (parts.cookie) w.add(vector_of(1, *parts.cookie));
  w.add(vector_of(2, u16s(parts.suites))).add({1, 0});
  if (!parts.extensions.empty()) w.add(vector_of(2, parts.extensions));
  return w;
}
inline Buffer server_hello(std::uint16_t suite, const Buffer& extensions = {}, std::uint16_t version = 0x0303, const Buffer& random = Buffer(32, 0x22)) {
  Writer w;
  w.u16(version).add(random).add({0}).u16(suite).u8(0);
  if (!extensions.empty()) w.add(vector_of(2, extensions));
  return w;
}
inline Buffer server_hello13() { return server_hello(0x1301, extension(43, {3, 4}) + extension(51, Writer().u16(29).add(vector_of(2, Buffer(32, 5))))); }
inline Buffer hello_retry_request() {
  const Buffer random{0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
                      0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C};
  return server_hello(0x1301, extension(43, {3, 4}) + extension(51, u16s({23})), 0x0303, random);
}
inline Buffer client_hello13() {
  return client_hello({.session_id = Buffer(32, 7), .suites = {0x1301, 0x1303}, .extensions = server_name("broker.example.test") + supported_versions({0x0304, 0x0303})});
}

inline Buffer handshake(std::uint8_t type, const Buffer& body) { return Writer().u8(type).add(vector_of(3, body)); }
inline Buffer record(std::uint8_t type, const Buffer& payload, std::uint16_t version = 0x0303) { return Writer().u8(type).u16(version).add(vector_of(2, payload)); }
inline Buffer message(std::uint8_t type, const Buffer& body = {}) { return record(k_handshake_record, handshake(type, body)); }
inline Buffer alert(std::uint8_t level, std::uint8_t code) { return record(k_alert_record, {level, code}); }
inline Buffer change_cipher_spec() { return record(k_ccs_record, {1}); }
inline Buffer data_record(std::size_t size) { return record(k_data_record, Buffer(size, 0xa5)); }
// A Finished under keys: 40 bytes that make no sense.
inline Buffer protected_finished() { return record(k_handshake_record, Buffer(40, 0xe7)); }

inline Buffer dtls_record(std::uint8_t type, const Buffer& payload, std::uint16_t epoch = 0, std::uint64_t sequence = 0) {
  return Writer().u8(type).u16(0xfefd).u16(epoch).u16(sequence >> 32U).u32(sequence).add(vector_of(2, payload));
}
// The piece [begin, end) of a message, as a datagram.
inline Buffer dtls_fragment(std::uint8_t type, std::uint16_t message_sequence, const Buffer& body, std::size_t begin, std::size_t end) {
  const Buffer piece(body.begin() + static_cast<std::ptrdiff_t>(begin), body.begin() + static_cast<std::ptrdiff_t>(end));
  return dtls_record(k_handshake_record, Writer().u8(type).u24(body.size()).u16(message_sequence).u24(begin).add(vector_of(3, piece)));
}
inline Buffer dtls_message(std::uint8_t type, std::uint16_t message_sequence, const Buffer& body) { return dtls_fragment(type, message_sequence, body, 0, body.size()); }

// Two ends that talk, a frame and 10 ms for each thing said.
class Talk {
 public:
  explicit Talk(bool datagrams = false, bool opener_known = true)
      : connection_(Endpoint{ip4(192, 0, 2, 1), 50000}, Endpoint{ip4(192, 0, 2, 2), 8883}, opener_known, datagrams) {}

  Talk& client(const Buffer& bytes) { return say(Side::client, bytes); }
  Talk& server(const Buffer& bytes) { return say(Side::server, bytes); }
  Talk& say(Side from, const Buffer& bytes) {
    connection_.data(from, Bytes(bytes), next());
    return *this;
  }
  // The same in pieces of one frame each or, with `one_frame`, of the same frame.
  Talk& in_pieces(Side from, const Buffer& bytes, std::size_t size) {
    const tls::At at = next();
    for (std::size_t i = 0; i < bytes.size(); i += size) connection_.data(from, Bytes(bytes).subspan(i, std::min(size, bytes.size() - i)), at);
    return *this;
  }
  Talk& lose(Side from, std::uint64_t bytes, tls::Missing why = tls::Missing::lost) {
    connection_.missing(from, bytes, why, next());
    return *this;
  }
  Talk& fin(Side from) {
    connection_.fin(from, next());
    return *this;
  }
  Talk& rst(Side from) {
    connection_.rst(from, next());
    return *this;
  }
  [[nodiscard]] std::uint64_t frame() const { return frame_; }
  [[nodiscard]] tls::Connection& connection() { return connection_; }
  // What came of it; the capture goes on for `silence_ms` after the last thing said.
  [[nodiscard]] std::optional<tls::Handshake> take(std::int64_t silence_ms = 0) { return connection_.take({frame_ + 1, {k_start_ns + time_ns_ + silence_ms * 1'000'000}}); }

 private:
  tls::At next() {
    time_ns_ += 10'000'000;
    return {++frame_, {k_start_ns + time_ns_}};
  }
  tls::Connection connection_;
  std::uint64_t frame_ = 0;
  std::int64_t time_ns_ = 0;
};

// All that a Handshake says of messages, alerts and the end, to compare two of them.
inline std::string story(const std::optional<tls::Handshake>& handshake) {
  if (!handshake) return "none";
  const tls::Handshake& h = *handshake;
  std::string text = h.transport + " " + to_string(h.client) + " " + to_string(h.server) + " " + std::string(to_string(h.outcome)) + " " + std::string(to_string(h.ended_by)) + " stage " +
                     std::string(h.stage) + " starttls " + h.starttls + (h.midstream ? " midstream" : "") + (h.one_sided ? " one-sided" : "") + (h.resumed ? " resumed" : "") + "\n";
  for (const auto& m : h.messages)
    text += std::to_string(m.at.frame) + " " + std::string(to_string(m.from)) + " " + std::string(m.type) + " " + std::to_string(m.length) + "/" + std::to_string(m.records) + (m.complete ? "\n" : " cut\n");
  for (const auto& a : h.alerts)
    text += std::to_string(a.at.frame) + " " + std::string(to_string(a.from)) + " alert " + std::to_string(a.level) + " " + std::to_string(a.code) + (a.encrypted ? " encrypted" : "") + " after " + std::string(a.after) + "\n";
  for (const auto& c : h.certificates) text += std::string(to_string(c.from)) + " certificate " + c.sha256 + "\n";
  for (const auto& p : h.problems) text += p + "\n";
  for (const auto* facts : {&h.from_client, &h.from_server})
    text += std::to_string(facts->bytes) + " bytes " + std::to_string(facts->records) + " records " + std::to_string(facts->largest_record) + " " + std::to_string(facts->largest_message) + " " +
            std::to_string(facts->application_records) + "\n";
  if (h.client_hello) text += tls::ja3_full(*h.client_hello) + " " + h.client_hello->server_name.value_or("") + "\n";
  if (h.server_hello) text += tls::ja3s(*h.server_hello) + "\n";
  if (h.foreign) text += "foreign " + h.foreign->protocol + " " + h.foreign->first_bytes + "\n";
  return text;
}

}  // namespace tlswhy::testing
