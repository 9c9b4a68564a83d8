// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/net.hpp"
#include "tls/connection.hpp"
#include "tls/decryption.hpp"
#include "tls/ending.hpp"
#include "tls/handshake.hpp"

// What TLS and DTLS share: messages, alerts and the state of protection, put into a Handshake. Directions are those of the network
// (0: from the presumed client); who the client really is, the hellos tell.
namespace tlswhy::tls {

class Assembly {
 public:
  Assembly(Endpoint client, Endpoint server, bool opener_known, bool datagrams, const Limits& limits);

  // One complete handshake message in the clear, `body` without its header.
  void message(unsigned direction, std::uint8_t type, Bytes body, std::uint32_t records, At at) { message(direction, type, body, records, false, at); }
  // `decrypted`: keys opened it.
  void message(unsigned direction, std::uint8_t type, Bytes body, std::uint32_t records, bool decrypted, At at);
  // The head of a message whose rest is not there.
  void cut_message(unsigned direction, std::uint8_t type, Bytes head, std::uint32_t declared, std::uint32_t records, At at);
  void sslv2_hello(unsigned direction, Bytes body, At at);
  // A handshake record that cannot be read.
  void encrypted_message(unsigned direction, std::uint32_t size, At at);
  void change_cipher_spec(unsigned direction, At at);
  // `protected_by_epoch`: a DTLS record of a later epoch than 0, and so encrypted for certain.
  void alert_record(unsigned direction, Bytes payload, At at) { alert_record(direction, payload, false, at); }
  void alert_record(unsigned direction, Bytes payload, bool protected_by_epoch, At at);
  // An alert under a cipher suite that encrypts nothing, without its MAC.
  void open_alert(unsigned direction, Bytes payload, At at);
  void application_data(unsigned direction, std::uint32_t size, At at);
  void record(unsigned direction, std::uint32_t size, At at);
  void bytes(unsigned direction, std::size_t count, At at);
  void foreign(unsigned direction, Bytes first_bytes, At at);

  // Decryption, where a key log has the connection's secrets. Call before anything else.
  void use_keys(const KeyLog& keys) { decryption_.emplace(keys, datagrams_); }
  // Whether records of this type may be opened now; anything of the connection later.
  [[nodiscard]] bool may_open(unsigned direction, std::uint8_t type) const { return decryption_ && decryption_->active(direction, type); }
  [[nodiscard]] bool may_open() const { return decryption_ && decryption_->active(); }
  [[nodiscard]] std::optional<OpenedRecord> open(unsigned direction, std::uint8_t type, std::uint16_t version, Bytes fragment, At at);
  [[nodiscard]] std::optional<OpenedRecord> open_datagram(unsigned direction, std::uint8_t type, std::uint16_t version, std::uint64_t place, Bytes fragment, At at);
  // A record of this direction was opened by somebody else who has the keys.
  void opened_elsewhere(unsigned direction, At at) { count_opened(direction, at); }
  void decrypted_alert(unsigned direction, Bytes payload, At at);
  void decrypted_data(unsigned direction, Bytes content, At at);
  // Bytes of this direction are missing.
  void lost(unsigned direction) {
    if (decryption_) decryption_->lost(direction);
  }

  void starttls(std::string protocol) { handshake_.starttls = std::move(protocol); }
  void problem(std::string text);
  // QUIC: the same TLS 1.3, told apart from TCP in what the handshake says of itself.
  void set_transport(std::string transport) { handshake_.transport = std::move(transport); }
  // The client begins again with another hello, and the first is without effect.
  void restart() { handshake_.client_hello.reset(); }
  void set_midstream() { handshake_.midstream = true; }

  // Datagrams: one that brought something new, and one that only said again what had been said.
  void progress();
  void repeated(unsigned direction, std::uint32_t size);
  // Datagrams: a whole handshake message that had come before.
  void repeated_message(unsigned direction, std::uint8_t type, std::uint32_t length, At at);
  // Datagrams: a record of a later epoch shows that ChangeCipherSpec was sent, though it was not seen.
  void keys_in_use(unsigned direction);
  // TLS 1.3: the client uses keys that it has only after its Finished.
  void client_finished13(At at);
  // The other end, or a router, said that nothing listens there.
  void unreachable(At at);
  // EAP: the authentication was granted or refused by the server, which ends the conversation.
  void settled(bool success, At at);

  [[nodiscard]] const Handshake& so_far() const { return handshake_; }
  [[nodiscard]] bool is_protected(unsigned direction) const { return protected_[direction]; }
  // What can be read of a record without keys: all but the MAC where the cipher suite encrypts nothing (RFC 5246 6.2.3.1, TLS_RSA_WITH_NULL_SHA
  // and its like); nothing under any other suite, and before protection begins.
  [[nodiscard]] std::optional<Bytes> without_mac(unsigned direction, Bytes record) const;
  [[nodiscard]] bool tls13() const;
  // A hello, an alert or another message in the clear was seen: this is TLS for certain.
  [[nodiscard]] bool certain() const { return certain_; }
  [[nodiscard]] bool over() const;
  // Nothing more is to be learnt from the records that follow.
  [[nodiscard]] bool seen_enough() const;
  // TLS 1.2 and older: a record behind both Finished messages that no key opens.
  void record_after(unsigned direction, std::uint8_t type, std::uint32_t size, At at);
  [[nodiscard]] DirectionFacts& facts(unsigned direction) { return facts_[direction]; }
  [[nodiscard]] std::string_view stage() const { return handshake_.stage; }
  [[nodiscard]] Side side_of(unsigned direction) const { return direction == client_direction_ ? Side::client : Side::server; }
  void touch(At at);
  // Puts everything together; call once.
  [[nodiscard]] Handshake take(At end);

 private:
  void add_message(Message message);
  void client_hello(unsigned direction, ClientHello hello, At at);
  void server_hello(unsigned direction, ServerHello hello, At at);
  void certificates(unsigned direction, Bytes body, bool decrypted, At at);
  void certificate_request(Bytes body);
  // What only a message under keys tells.
  void read_decrypted(unsigned direction, std::uint8_t type, Bytes body, At at);
  void count_opened(unsigned direction, At at);
  void learn_client(unsigned direction);
  // `cut`: the end of the body is not there.
  void read_body(unsigned direction, std::uint8_t type, Bytes body, bool cut, bool decrypted, At at);
  void goodbye(unsigned direction, At at);
  [[nodiscard]] std::uint32_t content_of(std::uint32_t size);
  void count_data_after(unsigned direction, std::uint64_t bytes);

  Handshake handshake_;
  Limits limits_;
  bool datagrams_;
  bool certain_ = false;
  bool client_known_ = false;
  unsigned client_direction_ = 0;
  std::array<bool, 2> protected_{false, false};
  std::array<bool, 2> finished_{false, false};
  std::array<bool, 2> change_cipher_spec_{false, false};
  std::array<DirectionFacts, 2> facts_;
  AfterHandshake after_;
  std::optional<std::uint32_t> added_by_suite_;  // bytes that protection adds to each record; asked for once              // by direction, like facts_
  Progress progress_;                 // sides as [0] client once taken; until then by direction
  std::array<std::uint32_t, 2> protected_records_{0, 0};
  std::array<bool, 2> opened_{false, false};  // TLS 1.3: keys opened records of this direction
  std::optional<Decryption> decryption_;
  bool server_hello_done_ = false;
  bool server_certificate_ = false;
};

}  // namespace tlswhy::tls
