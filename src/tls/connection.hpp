// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/net.hpp"
#include "base/reader.hpp"
#include "tls/handshake.hpp"

namespace tlswhy::tls {

// Limits on what a peer can make us keep; hitting one is said in Handshake::problems.
struct Limits {
  std::uint32_t message_bytes = 1U << 20U;   // a handshake message larger than this is not put together (OpenSSL's own limit is 100 KiB for chains)
  std::uint32_t certificates = 64;           // per chain
  std::uint32_t messages = 256;              // per connection: renegotiation and post-handshake messages beyond are counted only
};

class KeyLog;

enum class Missing : std::uint8_t { lost, snap_length, limit };

// Puts one connection's bytes together into a Handshake. It is fed the two byte streams in order, as a capture (or a log's hex
// dump) gives them, split in any way. `first` is the side that opened the connection where that is known; otherwise the hellos
// decide, and take() swaps the ends if `first` was wrong.
class Connection {
 public:
  Connection(Endpoint client, Endpoint server, bool opener_known, bool datagrams, const Limits& limits = {});
  ~Connection();
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // The secrets to decrypt with, which must outlive this. To be called before the first bytes.
  void use_keys(const KeyLog& keys);
  void data(Side from, Bytes bytes, At at);        // the next bytes of a stream, or (datagrams) one whole datagram
  // The content of one record in the clear, from somebody who has the keys: a library that prints its messages. Streams only.
  void opened(Side from, std::uint8_t content_type, Bytes content, At at);
  void missing(Side from, std::uint64_t bytes, Missing why, At at);
  void fin(Side from, At at);
  void rst(Side from, At at);
  void retransmission(Side from, std::uint32_t size, At at);
  // An ICMP error said that the server cannot be reached; an EAP-Success or -Failure ended the authentication.
  void unreachable(At at);
  void settled(bool success, At at);
  // Whether a datagram opens another association on the same ports: take() this one and begin a new one then.
  [[nodiscard]] bool begins_anew(Bytes datagram) const;
  // False when nothing more of this direction is of interest (handshake over, application data): the caller may stop feeding.
  [[nodiscard]] bool wants(Side from) const;
  // The handshake, if TLS was spoken by at least one side (or one side spoke TLS and the other did not). `end` is the time of
  // the last packet of the capture, to tell a timeout from a capture that ended early.
  [[nodiscard]] std::optional<Handshake> take(At end);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace tlswhy::tls
