// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

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
  bool psh = false;
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
  // Both ends in a fixed order, so that both directions have one key.
  struct Key {
    std::array<std::uint64_t, 5> words{};  // ports and kind; then the addresses, of which IPv4 fills one word
    [[nodiscard]] friend bool operator==(const Key&, const Key&) = default;
  };
  struct Tcp;
  using Slot = std::uint32_t;
  static constexpr Slot k_none = 0xffffffff;
  struct State {
    Flow flow;
    Key key;
    std::uint32_t hash = 0;
    bool swapped = false;       // the flow's source stands second in the key
    bool open = false;
    bool lingers = false;       // ended, and in the list of those that are closed soon
    Slot older = k_none;        // by last use
    Slot newer = k_none;
    std::uint64_t moved = 0;    // the frame at which it became the newest
    std::uint64_t last_frame = 0;
    std::unique_ptr<Tcp> tcp;
    State();
    State(State&&) noexcept;
    ~State();
  };
  // One place of the index: open addressing with linear probing, so that a search is one or two cache lines.
  struct Bucket {
    std::uint32_t hash = 0;
    Slot slot = k_none;
  };
  struct Lingering {
    std::uint64_t frame = 0;
    Slot slot = k_none;
    std::uint32_t id = 0;
  };

  [[nodiscard]] static Key key_of(const Ends& ends, bool& swapped);
  [[nodiscard]] std::uint32_t hash_of(const Key& key) const;
  // The flow of a key, which becomes the one used last; k_none if there is none.
  [[nodiscard]] Slot find(const Key& key, std::uint64_t frame);
  // Where in `recent_` it would stand.
  [[nodiscard]] static std::size_t recent_place(const Key& key);
  void use(Slot slot, std::uint64_t frame);
  // Opens a flow whose `forward` is from source to destination as given.
  [[nodiscard]] Slot open(const Key& key, const Ends& ends, bool swapped, bool opened, At at);
  void close(Slot slot);
  [[nodiscard]] State& state(Slot slot) { return blocks_[slot / k_block][slot % k_block]; }
  void link_newest(Slot slot);
  void unlink(Slot slot);
  void index_insert(std::uint32_t hash, Slot slot);
  void index_erase(std::uint32_t hash, Slot slot);
  void index_grow();
  void linger(Slot slot, At at);
  void close_lingering(std::uint64_t frame);
  [[nodiscard]] static Direction direction_of(const State& state, bool swapped) { return state.swapped == swapped ? Direction::forward : Direction::backward; }
  [[nodiscard]] Slot tcp_flow(const Ends& ends, const TcpHeader& header, const Piece& payload, At at, Direction& direction);
  [[nodiscard]] bool starts_again(const State& state, Direction direction, const TcpHeader& header, const Piece& payload, At at) const;
  void settle(Tcp& tcp, const StreamName& name, bool data);
  void tcp_syn(State& state, Direction direction, const TcpHeader& header, At at);

  Handler& handler_;
  Notes& notes_;
  const Limits& limits_;
  StreamContext context_;
  static constexpr std::size_t k_block = 256;
  std::vector<std::unique_ptr<State[]>> blocks_;  // states stay where they are
  std::vector<Slot> free_;
  std::vector<Bucket> index_;
  static constexpr unsigned k_recent_bits = 11;
  std::vector<Slot> recent_;  // direct-mapped, before the index; what stands in it may have ended
  std::size_t open_ = 0;
  Slot oldest_ = k_none;
  Slot newest_ = k_none;
  std::uint64_t hash_key_0_ = 0;  // drawn at start: whoever makes a capture cannot choose ports that all fall into one place
  std::uint64_t hash_key_1_ = 0;
  std::deque<Lingering> lingering_;
  std::uint32_t next_id_ = 0;
  bool limit_said_ = false;
};

}  // namespace tlswhy::capture
