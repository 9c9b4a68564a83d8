// SPDX-License-Identifier: Apache-2.0
// What a TCP packet means to its connection (RFC 9293).
#include "capture/tcp_flow.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace tlswhy::capture {

namespace {

constexpr std::int64_t k_duplicate_ns = 1'000'000;      // far less than any retransmission timer
constexpr std::int64_t k_reused_ports_ns = 1'000'000'000;
constexpr std::int32_t k_near = 1 << 20;                // sequence numbers further apart belong to another connection, once one has ended
constexpr std::size_t k_longest_padding = 6;             // a frame of 60 bytes less the headers of Ethernet, IPv4 and TCP (IEEE 802.3, 4A.2.3.2.4)
constexpr std::int32_t k_too_old = 1 << 24;             // no window in use is so large that a retransmission could be this old

bool may_be_padding(const TcpHeader& header, const Piece& payload) {
  return header.ack && !header.psh && !header.syn && !header.fin && !header.rst && payload.full > 0 && payload.full <= k_longest_padding && !payload.cut() &&
         std::all_of(payload.bytes.begin(), payload.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

// Whether a packet belongs to a new connection on the ports of one that is known.
bool FlowTable::starts_again(const State& state, Direction direction, const TcpHeader& header, const Piece& payload, At at) const {
  const Tcp& tcp = *state.tcp;
  const Tcp::Side& side = tcp.sides[static_cast<std::size_t>(direction)];
  const TcpStream& stream = side.stream;
  const bool ended = tcp.ended();
  if (header.rst) return false;
  if (header.syn) {
    const TcpStream& other = tcp.sides[static_cast<std::size_t>(reverse(direction))].stream;
    if (header.ack && other.initial_sequence() && *other.initial_sequence() + 1 == header.acknowledgement) return false;  // answers the SYN seen
    if (!stream.anchored()) {
      // Nothing was seen from this side. A SYN of the side that answered before: the roles have changed, if the old one is over.
      return ended && side.seen;
    }
    const bool same = stream.initial_sequence() ? *stream.initial_sequence() == header.sequence : stream.distance(header.sequence + 1) == 0;
    if (!same) {
      // Another SYN-ACK before any data answers a SYN sent anew (SYN cookies, a server that restarted); only a SYN begins.
      return header.ack ? stream.started() || ended : true;
    }
    // The same number again is a retransmission, unless the connection had moved on: some small stacks begin with the same
    // number after each restart.
    return stream.started() && (ended || at.time.ns - side.last.ns > k_reused_ports_ns);
  }
  if (payload.full == 0 || !stream.anchored()) return false;
  const std::int64_t distance = stream.distance(header.sequence);
  if (ended) return std::llabs(distance) > k_near;
  return distance < -k_too_old;
}

FlowTable::Slot FlowTable::tcp_flow(const Ends& ends, const TcpHeader& header, const Piece& payload, At at, Direction& direction) {
  bool swapped = false;
  const Key key = key_of(ends, swapped);
  const Slot slot = find(key, at.frame);
  if (slot != k_none) {
    direction = direction_of(state(slot), swapped);
    if (!starts_again(state(slot), direction, header, payload, at)) return slot;
    close(slot);
  }
  // Who answers a SYN did not open the connection.
  const bool answers = header.syn && header.ack;
  direction = answers ? Direction::backward : Direction::forward;
  return open(key, answers ? Ends{ends.transport, ends.destination, ends.source} : ends, swapped != answers, header.syn, at);
}

void FlowTable::linger(Slot slot, At at) {
  State& ended = state(slot);
  if (ended.lingers) return;
  ended.lingers = true;
  lingering_.push_back({at.frame, slot, ended.flow.id});
}

void FlowTable::tcp_syn(State& state, Direction direction, const TcpHeader& header, At at) {
  TcpStream& stream = state.tcp->stream(direction);
  // Two SYN-ACKs with different numbers (cookies, several servers behind one address): the client's ACK chooses.
  if (stream.initial_sequence() && *stream.initial_sequence() != header.sequence && !stream.chosen()) stream.restart();
  stream.syn(header.sequence);
  // A reset that came before was about an older connection, if the SYN is sent again.
  state.tcp->sides[0].rst = state.tcp->sides[1].rst = false;
  if (!header.ack && direction == Direction::forward) state.flow.opened = true;
  handler_.flow_event(state.flow, Event{header.ack ? EventKind::syn_ack : EventKind::syn, direction, at, 0});
}

// What comes next in a stream, or the other side's acknowledgement, tells data from padding.
void FlowTable::settle(Tcp& tcp, const StreamName& name, bool data) {
  Tcp::Side& side = tcp.side(name.direction);
  constexpr std::array<std::uint8_t, k_longest_padding> k_zeros{};
  const Tcp::Side::Doubtful settled = std::exchange(side.doubtful, {});
  if (!data) return;
  (void)side.stream.segment(context_, name, settled.sequence, Piece{Bytes(k_zeros).first(settled.size), settled.size}, settled.at);
}

void FlowTable::tcp(const Ends& ends, const TcpHeader& header, std::uint32_t ip_id, const Piece& payload, At at) {
  close_lingering(at.frame);
  Direction direction = Direction::forward;
  const Slot slot = tcp_flow(ends, header, payload, at, direction);
  State& here = state(slot);
  here.last_frame = at.frame;
  Tcp::Side& side = here.tcp->side(direction);
  Tcp::Side& other_side = here.tcp->side(reverse(direction));
  const StreamName name{here.flow, direction};
  const StreamName other_name{here.flow, reverse(direction)};

  const std::uint64_t flags = (header.fin ? 1U : 0U) | (header.syn ? 2U : 0U) | (header.rst ? 4U : 0U) | (header.ack ? 8U : 0U);
  const Tcp::Print print{(static_cast<std::uint64_t>(header.sequence) << 32U) | header.acknowledgement,
                         (static_cast<std::uint64_t>(payload.full & 0xffffffU) << 40U) ^ (static_cast<std::uint64_t>(ip_id & 0xffffU) << 24U) ^
                             (static_cast<std::uint64_t>(header.checksum) << 8U) ^ (static_cast<std::uint64_t>(header.window) << 4U) ^ flags,
                         at.time.ns};
  const bool carries = payload.full > 0 || header.syn || header.fin || header.rst;  // bare acknowledgements do repeat
  const bool duplicate = carries && side.seen && std::any_of(side.recent.begin(), side.recent.end(), [&](const Tcp::Print& before) {
    return before.time_ns != 0 && before.fields == print.fields && before.more_fields == print.more_fields && std::llabs(print.time_ns - before.time_ns) < k_duplicate_ns;
  });
  if (duplicate) {
    notes_.count(Kind::duplicate);
    return;
  }
  side.recent[side.next_print] = print;
  side.next_print = static_cast<std::uint8_t>((side.next_print + 1U) % side.recent.size());
  side.seen = true;
  side.last = at.time;
  notes_.count(Kind::tcp, here.flow.opened ? here.flow.destination.port : std::min(ends.source.port, ends.destination.port));

  const std::uint32_t first_byte = header.syn ? header.sequence + 1 : header.sequence;  // RFC 9293, 3.4: the SYN takes a number too
  if (side.doubtful.size > 0) settle(*here.tcp, name, first_byte != side.doubtful.sequence);
  const bool has_it = header.ack && static_cast<std::int32_t>(header.acknowledgement - other_side.doubtful.sequence) >= other_side.doubtful.size;
  if (other_side.doubtful.size > 0 && (has_it || header.rst)) settle(*here.tcp, other_name, true);

  if (header.syn) tcp_syn(here, direction, header, at);
  if (header.ack && !header.syn && !header.rst && direction == Direction::forward && side.stream.anchored() && side.stream.distance(header.sequence) == 0) {
    other_side.stream.choose(header.acknowledgement);
  }
  if (header.ack && !header.rst) other_side.stream.acknowledged(context_, other_name, header.acknowledgement, at);

  if (header.rst) {
    // What follows a reset is not the stream's data: some stacks put a text into it (RFC 9293, 3.5.3).
    side.stream.give_up_acknowledged(context_, name);
    other_side.stream.give_up_acknowledged(context_, other_name);
    side.rst = true;
    handler_.flow_event(here.flow, Event{EventKind::rst, direction, at, 0});
    linger(slot, at);
    return;
  }
  const bool probe = !header.syn && !header.fin && payload.full <= 1 && side.stream.anchored() && side.stream.distance(first_byte) == -1 && !side.stream.finished();
  if (probe) {
    // RFC 9293, 3.8.4: a keep-alive has a sequence number one before the next, with one byte of garbage or none.
    handler_.flow_event(here.flow, Event{EventKind::keep_alive, direction, at, static_cast<std::uint32_t>(payload.full)});
  } else if (!side.stream.finished() && side.stream.anchored() && side.stream.distance(first_byte) == 0 && may_be_padding(header, payload)) {
    side.doubtful = {first_byte, static_cast<std::uint8_t>(payload.full), at};
  } else if (payload.full > 0) {
    if (side.stream.segment(context_, name, first_byte, payload, at)) {
      handler_.flow_event(here.flow, Event{EventKind::retransmission, direction, at, static_cast<std::uint32_t>(payload.full)});
    }
  }
  if (header.window == 0 && !header.syn && !header.fin) {
    if (!side.window_closed) handler_.flow_event(here.flow, Event{EventKind::zero_window, direction, at, 0});
    side.window_closed = true;
  } else if (header.window != 0) {
    side.window_closed = false;
  }
  if (header.fin) {
    other_side.stream.give_up_acknowledged(context_, other_name);
    side.stream.fin(context_, name, first_byte + static_cast<std::uint32_t>(payload.full), at);
  }
  if (!here.lingers && here.tcp->ended()) linger(slot, at);
}

}  // namespace tlswhy::capture
