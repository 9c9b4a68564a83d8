// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "tls/assembly.hpp"
#include "tls/message_fragments.hpp"

namespace tlswhy::tls {

// The datagrams of a DTLS association as records and messages: DTLS 1.0, 1.2 (RFC 6347) and 1.3 (RFC 9147), with connection ids
// (RFC 9146), and the form that OpenSSL spoke before the standard (version 0x0100).
class DatagramReader {
 public:
  DatagramReader(Assembly& assembly, const Limits& limits) : assembly_(assembly), limits_(limits) {}
  void data(unsigned direction, Bytes datagram, At at);
  // Whether this datagram opens another association on the same ports: a first ClientHello that is not the one seen before.
  [[nodiscard]] bool begins_anew(Bytes datagram) const;
  // No more will come: what is incomplete is told as such.
  void finish();

 private:
  // message_seq, type and length: a server without state counts from 0 again after its HelloVerifyRequest.
  using MessageKey = std::tuple<std::uint16_t, std::uint8_t, std::uint32_t>;
  struct Pending {
    MessageFragments fragments;
    At first;
  };
  struct Direction {
    std::map<MessageKey, Pending> pending;
    std::set<MessageKey> complete;
    bool change_cipher_spec = false;
    bool protected_message = false;
    bool spoke_dtls = false;
    std::vector<std::uint8_t> other;  // the beginning of the first datagram that is no DTLS
    At other_at;
  };

  // Each returns whether the record held anything that was not sent before.
  bool record(unsigned direction, std::uint8_t type, std::uint16_t epoch, Bytes payload, At at);
  bool opened_record(unsigned direction, const OpenedRecord& record, At at);
  bool handshake(unsigned direction, Reader record, bool decrypted, At at);
  // DTLS 1.2: a record whose content type may be inside the encryption (connection id).
  bool hidden_record(unsigned direction, std::uint32_t size, At at);
  // DTLS 1.3: only the two low bits of the epoch are in the header.
  void protected_record(unsigned direction, unsigned epoch_bits, std::uint32_t size, At at);
  [[nodiscard]] std::optional<std::size_t> connection_id_size(unsigned direction) const;
  void say_missing(Direction& direction, unsigned number);

  Assembly& assembly_;
  Limits limits_;
  std::array<Direction, 2> directions_;
  std::vector<std::uint8_t> hello_random_;  // of the ClientHello that opened the association
  bool limit_said_ = false;
};

}  // namespace tlswhy::tls
