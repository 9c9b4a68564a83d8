// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <unordered_map>

#include "capture/link.hpp"
#include "capture/notes.hpp"
#include "capture/record.hpp"
#include "capture/tcp_stream.hpp"

namespace tlswhy::capture {

// The fields of a TCP header that matter here.
struct TcpHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t window = 0;
  std::uint16_t checksum = 0;
  bool fin = false;
  bool syn = false;
  bool rst = false;
  bool ack = false;
};

// The end points of a packet, as it was sent.
struct Ends {
  Transport transport = Transport::tcp;
  Endpoint source;
  Endpoint destination;
};

// The conversations that are open, and what each packet means to its conversation.
class FlowTable {
 public:
  FlowTable(Handler& handler, Notes& notes, const Limits& limits);
  ~FlowTable();
  FlowTable(const FlowTable&) = delete;
  FlowTable& operator=(const FlowTable&) = delete;

  void tcp(const Ends& ends, const TcpHeader& header, std::uint32_t ip_id, const Piece& payload, At at);
  void datagram(const Ends& ends, const Piece& payload, At at);
  // An EAP packet; who answers the authenticator is the client, whoever was seen first.
  void eap(const Ends& ends, bool from_client, const Piece& payload, At at);
  // An ICMP error about a packet that was sent as `quoted` says; false if there is no such flow.
  [[nodiscard]] bool icmp_error(const Ends& quoted, EventKind kind, std::uint32_t size, At at);
  // Closes all flows, in the order of their numbers.
  void close_all();

 private:
  struct Key {
    std::array<std::uint8_t, 40> bytes{};  // both ends in a fixed order, so that both directions have one key
    [[nodiscard]] friend bool operator==(const Key&, const Key&) = default;
  };
  // SipHash-2-4 with a key drawn at start: whoever makes a capture cannot choose ports that all fall into one bucket.
  struct Hash {
    std::uint64_t k0 = 0;
    std::uint64_t k1 = 0;
    [[nodiscard]] std::size_t operator()(const Key& key) const;
  };
  struct Tcp;
  struct State {
    Flow flow;
    Key key;
    std::unique_ptr<Tcp> tcp;
    State();
    State(State&&) noexcept;
    ~State();
  };
  using States = std::list<State>;  // least recently used first

  [[nodiscard]] static Key key_of(const Ends& ends);
  [[nodiscard]] States::iterator find(const Key& key);
  // Opens a flow whose `forward` is from source to destination as given.
  [[nodiscard]] States::iterator open(const Key& key, const Ends& ends, bool opened, At at);
  void close(States::iterator state);
  [[nodiscard]] static Direction direction_of(const Flow& flow, const Ends& ends);
  [[nodiscard]] States::iterator tcp_flow(const Ends& ends, const TcpHeader& header, const Piece& payload, At at);
  [[nodiscard]] bool starts_again(const State& state, Direction direction, const TcpHeader& header, const Piece& payload, At at) const;
  void tcp_syn(State& state, Direction direction, const TcpHeader& header, At at);

  Handler& handler_;
  Notes& notes_;
  const Limits& limits_;
  StreamContext context_;
  States states_;
  std::unordered_map<Key, States::iterator, Hash> index_;
  std::uint32_t next_id_ = 0;
  bool limit_said_ = false;
};

}  // namespace tlswhy::capture
