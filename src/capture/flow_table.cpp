// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_table.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "capture/tcp_flow.hpp"

namespace tlswhy::capture {

namespace {

// All streams together may keep no more than this waiting, however many flows there are.
constexpr std::size_t k_waiting_in_all = 256U << 20U;

std::uint64_t random_key() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void rounds(int count) {
    for (int i = 0; i < count; ++i) {
      v0 += v1; v1 = std::rotl(v1, 13); v1 ^= v0; v0 = std::rotl(v0, 32);
      v2 += v3; v3 = std::rotl(v3, 16); v3 ^= v2;
      v0 += v3; v3 = std::rotl(v3, 21); v3 ^= v0;
      v2 += v1; v1 = std::rotl(v1, 17); v1 ^= v2; v2 = std::rotl(v2, 32);
    }
  }
  void word(std::uint64_t m) {
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
};

}  // namespace

FlowTable::State::State() = default;
FlowTable::State::State(State&&) noexcept = default;
FlowTable::State::~State() = default;

std::size_t FlowTable::Hash::operator()(const Key& key) const {
  SipState state{k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU, k0 ^ 0x6c7967656e657261U, k1 ^ 0x7465646279746573U};
  Reader reader(key.bytes);
  while (reader.more()) state.word(reader.u64le("key"));
  state.word(static_cast<std::uint64_t>(key.bytes.size()) << 56U);
  state.v2 ^= 0xff;
  state.rounds(4);
  return static_cast<std::size_t>(state.v0 ^ state.v1 ^ state.v2 ^ state.v3);
}

FlowTable::FlowTable(Handler& handler, Notes& notes, const Limits& limits)
    : handler_(handler), notes_(notes), limits_(limits),
      context_{handler, limits.out_of_order_bytes, k_waiting_in_all}, index_(16, Hash{random_key(), random_key()}) {}

FlowTable::~FlowTable() = default;

FlowTable::Key FlowTable::key_of(const Ends& ends) {
  Key key;
  auto out = key.bytes.begin();
  const bool in_order = ends.source < ends.destination;
  const Endpoint& first = in_order ? ends.source : ends.destination;
  const Endpoint& second = in_order ? ends.destination : ends.source;
  for (const Endpoint* end : {&first, &second}) {
    out = std::copy(end->address.bytes.begin(), end->address.bytes.end(), out);
    *out++ = static_cast<std::uint8_t>(end->port >> 8U);
    *out++ = static_cast<std::uint8_t>(end->port);
  }
  *out++ = static_cast<std::uint8_t>(ends.transport);
  *out = ends.source.address.v6 ? 1 : 0;
  return key;
}

FlowTable::States::iterator FlowTable::find(const Key& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return states_.end();
  states_.splice(states_.end(), states_, found->second);  // most recently used
  return found->second;
}

FlowTable::States::iterator FlowTable::open(const Key& key, const Ends& ends, bool opened, At at) {
  if (states_.size() >= std::max(limits_.flows, 1U)) {
    if (!limit_said_) {
      limit_said_ = true;
      notes_.problem(Trouble::limit, [&] { return "at packet " + std::to_string(at.frame) + " more than " + std::to_string(limits_.flows) + " conversations are open; from here on those idle for longest are taken as ended"; });
    }
    close(states_.begin());
  }
  states_.emplace_back();
  const auto place = std::prev(states_.end());
  place->key = key;
  place->flow = Flow{next_id_++, ends.transport, ends.source, ends.destination, opened, at};
  if (ends.transport == Transport::tcp) place->tcp = std::make_unique<Tcp>();
  index_.emplace(key, place);
  handler_.flow_opened(place->flow);
  return place;
}

void FlowTable::close(States::iterator state) {
  if (state->tcp) {
    state->tcp->stream(Direction::forward).finish(context_, {state->flow, Direction::forward});
    state->tcp->stream(Direction::backward).finish(context_, {state->flow, Direction::backward});
  }
  handler_.flow_closed(state->flow);
  index_.erase(state->key);
  states_.erase(state);
}

void FlowTable::close_all() {
  std::vector<States::iterator> all;
  all.reserve(states_.size());
  for (auto state = states_.begin(); state != states_.end(); ++state) all.push_back(state);
  std::sort(all.begin(), all.end(), [](auto a, auto b) { return a->flow.id < b->flow.id; });
  for (const auto state : all) close(state);
  if (context_.limit_frame != 0) {
    notes_.problem(Trouble::limit, [&] { return "at packet " + std::to_string(context_.limit_frame) + " more bytes than are kept were waiting for a missing TCP segment; it was taken as lost"; });
  }
}

Direction FlowTable::direction_of(const Flow& flow, const Ends& ends) {
  return flow.source == ends.source ? Direction::forward : Direction::backward;
}

void FlowTable::datagram(const Ends& ends, const Piece& payload, At at) {
  const Key key = key_of(ends);
  auto state = find(key);
  if (state == states_.end()) state = open(key, ends, false, at);
  handler_.datagram(state->flow, direction_of(state->flow, ends), payload.bytes, payload.full, at);
}

void FlowTable::eap(const Ends& ends, bool from_client, const Piece& payload, At at) {
  const Key key = key_of(ends);
  auto state = find(key);
  if (state == states_.end()) state = open(key, from_client ? ends : Ends{ends.transport, ends.destination, ends.source}, true, at);
  handler_.datagram(state->flow, direction_of(state->flow, ends), payload.bytes, payload.full, at);
}

bool FlowTable::icmp_error(const Ends& quoted, EventKind kind, std::uint32_t size, At at) {
  const auto state = find(key_of(quoted));
  if (state == states_.end()) return false;
  handler_.flow_event(state->flow, Event{kind, direction_of(state->flow, quoted), at, size});
  return true;
}

}  // namespace tlswhy::capture
