// SPDX-License-Identifier: Apache-2.0
#include "diagnose/log_handshakes.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "tls/connection.hpp"

namespace tlswhy::diagnose {
namespace {

using Direction = log::Dump::Direction;
using Layer = log::Dump::Layer;

constexpr std::size_t k_record_header = 5;    // RFC 8446 5.1: type, version, length
constexpr std::size_t k_random_in_hello = 6;  // of a handshake message: type, length, version
constexpr std::uint8_t k_client_hello = 1;
constexpr std::uint8_t k_server_hello = 2;
constexpr std::uint8_t k_handshake = 22;
// RFC 8446 4.1.3: the random of a ServerHello that is a HelloRetryRequest begins so.
constexpr std::array<std::uint8_t, 4> k_retry_random{0xCF, 0x21, 0xAD, 0x74};

std::uint8_t content_type(Layer layer) { return layer == Layer::alert ? 21 : layer == Layer::change_cipher_spec ? 20 : 22; }

// The handshake message that the dump begins with, without its record header; empty if it is none.
Bytes message_of(const log::Dump& dump) {
  const Bytes bytes(dump.bytes);
  if (dump.layer == Layer::handshake) return bytes;
  if (dump.layer != Layer::stream || bytes.size() <= k_record_header || bytes[0] != k_handshake) return {};
  return bytes.subspan(k_record_header);
}

bool begins_with_hello(const log::Dump& dump, std::uint8_t type) {
  const Bytes message = message_of(dump);
  return !message.empty() && message[0] == type;
}

bool asks_for_another_hello(const log::Dump& dump) {
  const Bytes message = message_of(dump);
  return begins_with_hello(dump, k_server_hello) && message.size() > k_random_in_hello + k_retry_random.size() &&
         std::equal(k_retry_random.begin(), k_retry_random.end(), message.begin() + static_cast<std::ptrdiff_t>(k_random_in_hello));
}

// Cuts the dumps into connections at each new ClientHello.
class Sessions {
 public:
  explicit Sessions(wire::Capture& capture) : capture_(capture) {}

  void add(const log::Dump& dump) {
    if (dump.bytes.empty()) return;
    const bool hello = begins_with_hello(dump, k_client_hello);
    if (hello && hello_seen_ && !retry_) close();
    if (!connection_) connection_ = std::make_unique<tls::Connection>(Endpoint{}, Endpoint{}, false, false);
    // The writer is taken for the client until the hellos tell; a dump of unknown direction is of who sends such a message.
    Side from = dump.direction == Direction::received ? Side::server : Side::client;
    if (dump.direction == Direction::unknown) from = hello ? Side::client : Side::server;
    if (hello && dump.direction == Direction::received) writer_is_server_ = true;
    if (writer_is_server_ && dump.direction != Direction::unknown) from = other(from);
    retry_ = asks_for_another_hello(dump) || (retry_ && !hello);
    hello_seen_ = hello_seen_ || hello;
    last_.frame = dump.line;
    if (dump.time.wall) last_.time = *dump.time.wall;
    if (dump.layer == Layer::stream) {
      connection_->data(from, dump.bytes, last_);
      // Another task wrote into the dump, or the log was cut.
      if (dump.bytes.size() < dump.declared) connection_->missing(from, dump.declared - dump.bytes.size(), tls::Missing::lost, last_);
    } else {
      connection_->opened(from, content_type(dump.layer), dump.bytes, last_);
    }
  }
  void close() {
    if (!connection_) return;
    if (auto handshake = connection_->take(last_)) capture_.handshakes.push_back(std::move(*handshake));
    connection_.reset();
    hello_seen_ = retry_ = writer_is_server_ = false;
  }
  [[nodiscard]] tls::At last() const { return last_; }

 private:
  wire::Capture& capture_;
  std::unique_ptr<tls::Connection> connection_;
  tls::At last_;
  bool hello_seen_ = false;
  bool retry_ = false;
  bool writer_is_server_ = false;
};

}  // namespace

std::optional<wire::Capture> handshakes_of(const log::Log& log) {
  if (log.dumps.empty()) return std::nullopt;
  wire::Capture capture;
  capture.path = log.path;
  capture.from_log = true;
  Sessions sessions(capture);
  for (const log::Dump& dump : log.dumps) sessions.add(dump);
  sessions.close();
  capture.handshakes_seen = capture.handshakes.size();
  capture.handshakes_completed = static_cast<std::uint64_t>(std::count_if(
      capture.handshakes.begin(), capture.handshakes.end(), [](const tls::Handshake& handshake) { return handshake.outcome == tls::Outcome::completed; }));
  capture.first_packet = capture.last_packet = sessions.last().time;
  if (capture.handshakes.empty()) return std::nullopt;
  return capture;
}

}  // namespace tlswhy::diagnose
