// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "tls/handshake.hpp"
#include "tls/keylog.hpp"
#include "tls/record_protection.hpp"

namespace tlswhy::tls {

// The keys of one connection, followed through its handshake. Directions are those of the network, as in Assembly.
class Decryption {
 public:
  // `keys` must outlive this.
  Decryption(const KeyLog& keys, bool datagrams) : keys_(keys), datagrams_(datagrams) {}

  // What the messages tell; each is to be called when the message passes.
  void client_hello(const ClientHello& hello);
  void server_hello(unsigned direction, const ServerHello& hello);
  void client_key_exchange(Bytes body);
  void change_cipher_spec(unsigned direction);
  void finished(unsigned direction);    // was opened; TLS 1.3 goes on with other keys
  void key_update(unsigned direction);  // likewise
  void lost(unsigned direction);        // bytes are missing: records may have been passed over

  // Whether records of this type are to be given to open().
  [[nodiscard]] bool active(unsigned direction, std::uint8_t type) const;
  // Whether anything of this connection can still be opened.
  [[nodiscard]] bool active() const { return directions_[0].keys.has_value() || directions_[1].keys.has_value(); }
  // Whether a record of this direction was opened.
  [[nodiscard]] bool opened(unsigned direction) const { return directions_[direction].opened; }
  // The content of a record; nothing if it stays closed.
  [[nodiscard]] std::optional<OpenedRecord> open(unsigned direction, std::uint8_t type, std::uint16_t version, Bytes fragment);
  // The same for a datagram's record, whose head tells its place; `place` is the epoch's 16 bits and the 48 of the sequence number.
  [[nodiscard]] std::optional<OpenedRecord> open_datagram(unsigned direction, std::uint8_t type, std::uint16_t version, std::uint64_t place,
                                                          Bytes fragment);
  // Why something stays closed although there are secrets for it, as a sentence; empty if there is nothing new to say.
  [[nodiscard]] std::string take_problem() { return std::exchange(problem_, {}); }

 private:
  struct Direction {
    std::optional<RecordProtection> keys;
    Buffer secret;  // traffic secret that `keys` come from (TLS 1.3)
    std::uint64_t sequence = 0;
    unsigned failures = 0;
    bool handshake_keys = false;  // TLS 1.3, before Finished
    bool lost = false;
    bool opened = false;
    bool refused = false;  // the suite or the connection cannot be opened: said already
  };

  [[nodiscard]] Side side_of(unsigned direction) const { return direction == server_direction_ ? Side::server : Side::client; }
  void make_keys(unsigned direction);
  void use_traffic_secret(unsigned direction, Secret which);
  void set_traffic_secret(Direction& direction, Buffer secret);
  [[nodiscard]] Buffer master(const SuiteProtection& suite) const;
  void give_up(unsigned direction);
  [[nodiscard]] bool count_bytes(std::size_t size);

  const KeyLog& keys_;
  bool datagrams_;
  bool tls13_ = false;
  bool early_data_ = false;
  unsigned server_direction_ = 1;
  Buffer client_random_;
  Buffer server_random_;
  Buffer session_id_;
  Buffer premaster_;
  RecordProtection::Options options_;
  std::optional<SuiteProtection> suite_;
  bool compressed_ = false;
  bool extended_master_secret_ = false;
  std::uint64_t opened_bytes_ = 0;
  std::string problem_;
  std::array<Direction, 2> directions_;
};

}  // namespace tlswhy::tls
