// SPDX-License-Identifier: Apache-2.0
#include "tls/quic.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "tls/assembly.hpp"
#include "tls/messages.hpp"
#include "tls/quic_crypto.hpp"
#include "tls/quic_keys.hpp"

namespace tlswhy::tls {
namespace {

// Connections of one pair of ports that are kept in mind at once; clients take a new port for a new connection.
constexpr std::size_t k_most_connections = 64;
// Of those, the ones of which nothing could be opened.
constexpr std::size_t k_most_unproven = 8;
constexpr std::size_t k_smallest_first_datagram = 1200;  // RFC 9000 14.1
constexpr std::size_t k_smallest_first_id = 8;           // RFC 9000 7.2
constexpr std::uint64_t k_first_alert = 0x0100;          // RFC 9001 4.8
constexpr std::uint64_t k_last_alert = 0x01FF;
constexpr std::uint8_t k_fatal = 2;
constexpr std::size_t k_message_header = 4;
constexpr std::size_t k_longest_reason = 256;

constexpr unsigned k_client = 0;
constexpr unsigned k_server = 1;

Buffer copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }
bool equal(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
std::string frame_text(At at) { return "frame " + std::to_string(at.frame) + ": "; }

// One QUIC connection. Directions: 0 from the client.
class QuicConnection {
 public:
  QuicConnection(Endpoint client, Endpoint server, Side client_end, const QuicPacket& first, std::optional<QuicInitialKeys> keys, const Limits& limits)
      : client_end_(client_end), first_destination_(copy_of(first.destination)), client_id_(copy_of(first.source)), keys_(std::move(keys)),
        assembly_(client, server, true, false, limits), limits_(limits) {
    assembly_.set_transport("quic");
    facts_.version = first.version;
  }

  [[nodiscard]] bool is_proven() const { return proven_; }
  [[nodiscard]] unsigned direction(Side from) const { return from == client_end_ ? k_client : k_server; }

  // Whether the connection IDs of a long header are those of this connection. The client's own never changes before the handshake
  // is over, and the server sends to it (RFC 9000 7.2).
  [[nodiscard]] bool is_addressed(unsigned direction, const QuicPacket& packet) const {
    return equal(direction == k_client ? packet.source : packet.destination, client_id_);
  }
  // The same for a short header, which begins with the destination's ID but does not tell its length.
  [[nodiscard]] bool is_addressed_short(unsigned direction, const QuicPacket& packet) const {
    const Buffer& id = direction == k_client ? server_id_ : client_id_;
    return !id.empty() && packet.whole.size() > id.size() && equal(packet.whole.subspan(1, id.size()), id);
  }

  // Opens the packet with the keys in use.
  [[nodiscard]] std::optional<QuicPlain> open(unsigned direction, const QuicPacket& packet) const {
    if (!keys_) return std::nullopt;
    return keys_->open(direction == k_client ? Side::client : Side::server, packet, expected_[direction]);
  }
  // The same with the keys that a client derives anew after a Retry or a Version Negotiation packet, which are then in use.
  [[nodiscard]] std::optional<QuicPlain> open_anew(const QuicPacket& packet) {
    const bool after_retry = retry_source_ && equal(*retry_source_, packet.destination) && packet.version == facts_.version;
    const bool after_negotiation = facts_.negotiation && packet.version != facts_.version;
    if (!after_retry && !after_negotiation) return std::nullopt;
    auto keys = QuicInitialKeys::derive(packet.version, packet.destination);
    if (!keys) return std::nullopt;
    auto plain = keys->open(Side::client, packet, after_retry ? expected_[k_client] : 0);
    if (!plain) return std::nullopt;
    keys_ = std::move(keys);
    first_destination_ = copy_of(packet.destination);
    retry_source_.reset();
    server_id_.clear();
    if (after_negotiation) {
      facts_.version = packet.version;
      restarted_ = true;
      client_id_ = copy_of(packet.source);
      crypto_ = {};
      expected_ = {};
      assembly_.restart();
    }
    return plain;
  }

  void begin(At at) { assembly_.touch(at); }
  void unreachable(At at) { assembly_.unreachable(at); }
  void count(unsigned direction, std::size_t size, At at) { assembly_.bytes(direction, size, at); }
  void unreadable(const QuicPacket& packet, At at) {
    if (packet.cut) {
      assembly_.problem(frame_text(at) + "the QUIC Initial packet is cut short by the capture and cannot be opened");
    } else if (is_readable_quic(packet.version)) {
      assembly_.problem(frame_text(at) + "the QUIC Initial packet does not open with the keys of its connection ID");
    } else {
      assembly_.problem(frame_text(at) + quic_version_name(packet.version) + " is not known here; its Initial packets cannot be opened");
    }
  }

  void initial(unsigned direction, const QuicPacket& packet, const QuicPlain& plain, At at) {
    proven_ = true;
    expected_[direction] = std::max(expected_[direction], plain.number + 1);
    if (direction == k_server) server_id_ = copy_of(packet.source);
    const auto frames = read_quic_frames(plain.payload, has_google_frames(packet.version));
    if (!frames.ok()) assembly_.problem(frame_text(at) + "QUIC Initial packet: " + std::string(frames.error->what) + " " + std::string(to_string(frames.error->fault)));
    bool fresh = frames.value.crypto.empty();
    for (const QuicCryptoPiece& piece : frames.value.crypto) fresh = add(direction, piece, at) || fresh;
    if (!fresh) {
      DirectionFacts& facts = assembly_.facts(direction);
      ++facts.retransmissions;
      facts.largest_retransmission = std::max(facts.largest_retransmission, static_cast<std::uint32_t>(packet.whole.size()));
    }
    if (frames.value.close) close(direction, *frames.value.close, at);
  }

  void negotiation(const QuicPacket& packet, At at) {
    if (facts_.negotiation || !equal(packet.source, first_destination_)) return;
    facts_.negotiation = at;
    facts_.server_versions = quic_versions_of(packet);
    assembly_.touch(at);
    std::string offered;
    for (const std::uint32_t version : facts_.server_versions) offered += (offered.empty() ? "" : ", ") + quic_version_name(version);
    assembly_.problem(frame_text(at) + "the server does not speak " + quic_version_name(facts_.version) + "; it offers " + (offered.empty() ? "none that is known here" : offered));
  }

  void retry(const QuicPacket& packet, At at) {
    // A client follows one Retry only (RFC 9000 17.2.5.2), and only one that was made for its own packet.
    if (facts_.retry || is_retry_intact(packet, first_destination_) == std::optional<bool>(false)) return;
    facts_.retry = at;
    retry_source_ = copy_of(packet.source);
    assembly_.touch(at);
  }

  void handshake_packet(unsigned direction) {
    ++facts_.handshake_packets[direction];
    ++assembly_.facts(direction).records;
  }

  void one_rtt(unsigned direction, At at) {
    ++facts_.one_rtt_packets[direction];
    ++assembly_.facts(direction).application_records;
    // A client has keys for 1-RTT packets once it has verified the server's Finished (RFC 9001 4.1.1, 5.7).
    if (direction == k_client && (facts_.handshake_packets[k_client] > 0 || assembly_.tls13())) assembly_.client_finished13(at);
  }

  [[nodiscard]] std::optional<Handshake> take(At end) {
    for (const unsigned direction : {k_client, k_server}) cut_hello(direction);
    if (!assembly_.certain()) return std::nullopt;
    if (facts_.negotiation && !restarted_) {
      DirectionFacts& server = assembly_.facts(k_server);
      server.fin = true;
      server.fin_at = *facts_.negotiation;
    }
    Handshake handshake = assembly_.take(end);
    facts_.version_name = quic_version_name(facts_.version);
    handshake.quic = std::move(facts_);
    return handshake;
  }

 private:
  // Returns whether the piece brought bytes that were not there before.
  bool add(unsigned direction, const QuicCryptoPiece& piece, At at) {
    QuicCryptoStream& stream = crypto_[direction];
    const auto added = stream.add(piece.offset, piece.bytes);
    if (added == QuicCryptoStream::Added::over_limit) {
      assembly_.problem(frame_text(at) + "a CRYPTO frame at offset " + std::to_string(piece.offset) + " lies too far ahead and is passed over");
    }
    if (added != QuicCryptoStream::Added::fresh) return false;
    last_crypto_[direction] = at;
    while (!broken_[direction]) {
      Reader r(stream.ready());
      const std::uint8_t type = r.u8("msg_type");
      const std::uint32_t length = r.u24("length");
      if (!r.ok()) break;
      if (length > limits_.message_bytes) {
        assembly_.problem(frame_text(at) + "a handshake message of " + std::to_string(length) + " bytes is over the limit; the rest is passed over");
        broken_[direction] = true;
        break;
      }
      const Bytes body = r.take(length, "body");
      if (!r.ok()) break;
      assembly_.message(direction, type, body, 1, at);
      stream.consume(k_message_header + length);
    }
    return true;
  }

  void cut_hello(unsigned direction) {
    Reader r(crypto_[direction].ready());
    const std::uint8_t type = r.u8("msg_type");
    const std::uint32_t length = r.u24("length");
    if (!r.ok() || broken_[direction]) return;
    assembly_.cut_message(direction, type, r.rest(), length, 1, last_crypto_[direction]);
    assembly_.problem(frame_text(last_crypto_[direction]) + "the " + std::string(direction == k_client ? "client" : "server") +
                      "'s first message is not whole: packets with the rest of it are missing");
  }

  void close(unsigned direction, const QuicClose& close, At at) {
    if (closed_[direction]) return;
    closed_[direction] = true;
    if (!facts_.close) {
      Quic::Close kept;
      kept.at = at;
      kept.from = assembly_.side_of(direction);
      kept.error_code = close.error_code;
      kept.application = close.application;
      const Bytes reason = close.reason.first(std::min(close.reason.size(), k_longest_reason));
      kept.reason.assign(reason.begin(), reason.end());
      facts_.close = std::move(kept);
    }
    if (!close.application && close.error_code >= k_first_alert && close.error_code <= k_last_alert) {
      assembly_.alert_record(direction, std::array<std::uint8_t, 2>{k_fatal, static_cast<std::uint8_t>(close.error_code - k_first_alert)}, at);
      return;
    }
    DirectionFacts& facts = assembly_.facts(direction);
    facts.fin = true;
    facts.fin_at = at;
    assembly_.touch(at);
  }

  Side client_end_;
  Buffer first_destination_;             // the one that the Initial keys come from
  Buffer client_id_;
  Buffer server_id_;
  std::optional<Buffer> retry_source_;
  std::optional<QuicInitialKeys> keys_;
  std::array<std::uint64_t, 2> expected_{};
  std::array<QuicCryptoStream, 2> crypto_;
  std::array<At, 2> last_crypto_{};
  std::array<bool, 2> broken_{};
  std::array<bool, 2> closed_{};
  bool proven_ = false;
  bool restarted_ = false;
  Quic facts_;
  Assembly assembly_;
  Limits limits_;
};

}  // namespace

bool looks_like_quic(Bytes datagram) {
  Reader r(datagram);
  const auto packet = take_quic_packet(r, false);
  if (!packet || packet->type != QuicPacketType::initial || !packet->fixed_bit) return false;
  if (is_readable_quic(packet->version)) return true;
  return datagram.size() >= k_smallest_first_datagram && !packet->cut && packet->destination.size() >= k_smallest_first_id;
}

class QuicFlow::State {
 public:
  State(Endpoint source, Endpoint destination, const Limits& limits) : ends_{source, destination}, limits_(limits) {}

  // What an ICMP message quotes does not tell the connection; the newest is the one that was just tried.
  void unreachable(At at) {
    if (!connections_.empty()) connections_.back()->unreachable(at);
  }

  [[nodiscard]] bool is_proven() const {
    return std::any_of(connections_.begin(), connections_.end(), [](const std::unique_ptr<QuicConnection>& c) { return c->is_proven(); });
  }

  void data(Side from, Bytes datagram, bool whole, At at) {
    Reader r(datagram);
    QuicConnection* current = nullptr;
    while (r.more()) {
      const auto packet = take_quic_packet(r, whole);
      if (!packet) return;
      QuicConnection* const connection = take_packet(from, *packet, current, at);
      if (connection != nullptr && current == nullptr) connection->count(connection->direction(from), datagram.size(), at);
      if (connection != nullptr) current = connection;
    }
  }

  std::vector<Handshake> take(At end) {
    std::vector<Handshake> handshakes;
    for (const auto& connection : connections_) {
      if (auto handshake = connection->take(end)) handshakes.push_back(std::move(*handshake));
    }
    connections_.clear();
    return handshakes;
  }

 private:
  QuicConnection* take_packet(Side from, const QuicPacket& packet, QuicConnection* current, At at) {
    switch (packet.type) {
      case QuicPacketType::initial: return initial(from, packet, at);
      case QuicPacketType::version_negotiation:
      case QuicPacketType::retry: {
        QuicConnection* const connection = find(from, packet);
        if (connection == nullptr || connection->direction(from) != k_server) return nullptr;
        if (packet.type == QuicPacketType::retry) {
          connection->retry(packet, at);
        } else {
          connection->negotiation(packet, at);
        }
        return connection;
      }
      case QuicPacketType::handshake: {
        QuicConnection* const connection = find(from, packet);
        if (connection != nullptr) connection->handshake_packet(connection->direction(from));
        return connection;
      }
      case QuicPacketType::zero_rtt: return find(from, packet);
      case QuicPacketType::one_rtt: {
        QuicConnection* const connection = current != nullptr ? current : find_short(from, packet);
        if (connection != nullptr) connection->one_rtt(connection->direction(from), at);
        return connection;
      }
    }
    return nullptr;
  }

  QuicConnection* initial(Side from, const QuicPacket& packet, At at) {
    for (auto at_connection = connections_.rbegin(); at_connection != connections_.rend(); ++at_connection) {
      QuicConnection& connection = **at_connection;
      const unsigned direction = connection.direction(from);
      auto plain = connection.is_addressed(direction, packet) ? connection.open(direction, packet) : std::nullopt;
      if (!plain && direction == k_client) plain = connection.open_anew(packet);
      if (!plain) continue;
      connection.initial(direction, packet, *plain, at);
      return &connection;
    }
    std::optional<QuicInitialKeys> keys;
    std::optional<QuicPlain> plain;
    for (const std::uint32_t version : quic_key_versions(packet.version)) {
      keys = QuicInitialKeys::derive(version, packet.destination);
      plain = keys ? keys->open(Side::client, packet, 0) : std::nullopt;
      if (plain) break;
    }
    // Nobody but a client opens a connection: what does not open is at best the first packet of one, damaged or cut short.
    if (!plain && packet.destination.size() < k_smallest_first_id) return nullptr;
    for (const auto& known : connections_) {
      if (!plain && known->is_addressed(known->direction(from), packet)) {
        known->unreadable(packet, at);
        return known.get();
      }
    }
    make_room(plain.has_value());
    if (connections_.size() >= k_most_connections) return nullptr;
    const std::size_t client = from == Side::client ? 0 : 1;
    auto connection = std::make_unique<QuicConnection>(ends_[client], ends_[1 - client], from, packet, std::move(keys), limits_);
    connection->begin(at);
    if (plain) {
      connection->initial(k_client, packet, *plain, at);
    } else {
      connection->unreadable(packet, at);
    }
    connections_.push_back(std::move(connection));
    return connections_.back().get();
  }

  void make_room(bool for_proven) {
    const auto is_unproven = [](const std::unique_ptr<QuicConnection>& c) { return !c->is_proven(); };
    const auto unproven = static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(), is_unproven));
    if (unproven < k_most_unproven && !(for_proven && connections_.size() >= k_most_connections)) return;
    const auto oldest = std::find_if(connections_.begin(), connections_.end(), is_unproven);
    if (oldest != connections_.end()) connections_.erase(oldest);
  }

  // The newest connection that a long header belongs to.
  [[nodiscard]] QuicConnection* find(Side from, const QuicPacket& packet) const {
    for (auto at = connections_.rbegin(); at != connections_.rend(); ++at) {
      if ((*at)->is_addressed((*at)->direction(from), packet)) return at->get();
    }
    return nullptr;
  }

  // Where no ID fits there is one that the two sides agreed on under encryption; with several connections nobody can say whose.
  [[nodiscard]] QuicConnection* find_short(Side from, const QuicPacket& packet) const {
    for (auto at = connections_.rbegin(); at != connections_.rend(); ++at) {
      if ((*at)->is_addressed_short((*at)->direction(from), packet)) return at->get();
    }
    return connections_.size() == 1 ? connections_.front().get() : nullptr;
  }

  std::array<Endpoint, 2> ends_;
  Limits limits_;
  std::vector<std::unique_ptr<QuicConnection>> connections_;
};

QuicFlow::QuicFlow(Endpoint source, Endpoint destination, const Limits& limits) : state_(std::make_unique<State>(source, destination, limits)) {}
QuicFlow::~QuicFlow() = default;
QuicFlow::QuicFlow(QuicFlow&&) noexcept = default;
QuicFlow& QuicFlow::operator=(QuicFlow&&) noexcept = default;

void QuicFlow::data(Side from, Bytes datagram, bool whole, At at) { state_->data(from, datagram, whole, at); }

void QuicFlow::unreachable(At at) { state_->unreachable(at); }

bool QuicFlow::is_proven() const { return state_->is_proven(); }

std::vector<Handshake> QuicFlow::take(At end) { return state_->take(end); }

}  // namespace tlswhy::tls
