// SPDX-License-Identifier: Apache-2.0
#include "capture/flow_table.hpp"

#include <algorithm>
#include <bit>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "capture/tcp_flow.hpp"

namespace tlswhy::capture {

namespace {

// All streams together may keep no more than this waiting, however many flows there are.
constexpr std::size_t k_waiting_in_all = 256U << 20U;

constexpr std::size_t k_first_index = 1024;
// How many frames later an ended connection is closed: what comes late (retransmissions, resets) has come by then.
constexpr std::uint64_t k_linger_frames = 20'000;
// So exact is the order of last use, which tells what has been idle for longest.
constexpr std::uint64_t k_order_frames = 256;

std::uint64_t random_key() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

// One key a process: asking the system for randomness took a fifth of the time that a small capture takes.
struct HashKey {
  std::uint64_t first = random_key();
  std::uint64_t second = random_key();
};
const HashKey& hash_key() {
  static const HashKey key;
  return key;
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1; v1 = std::rotl(v1, 13); v1 ^= v0; v0 = std::rotl(v0, 32);
    v2 += v3; v3 = std::rotl(v3, 16); v3 ^= v2;
    v0 += v3; v3 = std::rotl(v3, 21); v3 ^= v0;
    v2 += v1; v1 = std::rotl(v1, 17); v1 ^= v2; v2 = std::rotl(v2, 32);
  }
  void word(std::uint64_t m) {
    v3 ^= m;
    round();
    v0 ^= m;
  }
};

// An address as two numbers, big-endian; IPv4 in the first one alone.
std::array<std::uint64_t, 2> words_of(const IpAddress& address) {
  const Fields<16> words(address.bytes);
  if (!address.v6 && !address.mac) return {words.u32<0>(), 0};
  return {words.u64<0>(), words.u64<8>()};
}

}  // namespace

FlowTable::State::State() = default;
FlowTable::State::State(State&&) noexcept = default;
FlowTable::State::~State() = default;

FlowTable::FlowTable(Handler& handler, Notes& notes, const Limits& limits)
    : handler_(handler), notes_(notes), limits_(limits),
      context_{handler, limits.out_of_order_bytes, k_waiting_in_all}, index_(k_first_index), recent_(std::size_t{1} << k_recent_bits, k_none), hash_key_0_(hash_key().first), hash_key_1_(hash_key().second) {}

FlowTable::~FlowTable() = default;

FlowTable::Key FlowTable::key_of(const Ends& ends, bool& swapped) {
  const auto source = words_of(ends.source.address);
  const auto destination = words_of(ends.destination.address);
  const std::uint64_t kind = static_cast<std::uint64_t>(ends.transport) << 2U | (ends.source.address.mac ? 2U : 0U) | (ends.source.address.v6 ? 1U : 0U);
  swapped = std::tie(destination, ends.destination.port) < std::tie(source, ends.source.port);
  const auto& [low, high] = swapped ? std::tie(destination, source) : std::tie(source, destination);
  const std::uint64_t low_port = swapped ? ends.destination.port : ends.source.port;
  const std::uint64_t high_port = swapped ? ends.source.port : ends.destination.port;
  Key key;
  key.words[0] = kind << 32U | low_port << 16U | high_port;
  if ((kind & 3U) == 0) {
    key.words[1] = low[0] << 32U | high[0];
  } else {
    key.words = {key.words[0], low[0], low[1], high[0], high[1]};
  }
  return key;
}

// SipHash-1-3 (https://www.aumasson.jp/siphash/siphash.pdf; the variant with fewer rounds is that of hash tables).
std::uint32_t FlowTable::hash_of(const Key& key) const {
  SipState sip{hash_key_0_ ^ 0x736f6d6570736575U, hash_key_1_ ^ 0x646f72616e646f6dU, hash_key_0_ ^ 0x6c7967656e657261U, hash_key_1_ ^ 0x7465646279746573U};
  const std::size_t count = (key.words[0] >> 32U & 3U) == 0 ? 2 : key.words.size();
  for (std::size_t i = 0; i < count; ++i) sip.word(key.words[i]);
  sip.word(static_cast<std::uint64_t>(count * 8) << 56U);
  sip.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) sip.round();
  return static_cast<std::uint32_t>(sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3);
}

// Any mixing will do, because the key itself is compared.
std::size_t FlowTable::recent_place(const Key& key) {
  const std::uint64_t mixed = (key.words[0] ^ std::rotl(key.words[1], 21) ^ std::rotl(key.words[2] ^ key.words[4], 42)) * 0x9e3779b97f4a7c15U;
  return static_cast<std::size_t>(mixed >> (64U - k_recent_bits));
}

FlowTable::Slot FlowTable::find(const Key& key, std::uint64_t frame) {
  // Most packets belong to a conversation that had one a short while ago.
  Slot& recent = recent_[recent_place(key)];
  if (recent != k_none && state(recent).open && state(recent).key == key) {
    use(recent, frame);
    return recent;
  }
  const std::uint32_t hash = hash_of(key);
  const std::size_t mask = index_.size() - 1;
  for (std::size_t place = hash & mask; index_[place].slot != k_none; place = (place + 1) & mask) {
    const Slot slot = index_[place].slot;
    if (index_[place].hash != hash || state(slot).key != key) continue;
    recent = slot;
    use(slot, frame);
    return slot;
  }
  return k_none;
}

// Each move touches three conversations' memory: while there is room for as many again, the order of last use is kept to within some frames.
void FlowTable::use(Slot slot, std::uint64_t frame) {
  State& here = state(slot);
  if (here.moved + k_order_frames > frame && open_ < limits_.flows / 2) return;
  here.moved = frame;
  if (slot == newest_) return;
  unlink(slot);
  link_newest(slot);
}

void FlowTable::link_newest(Slot slot) {
  State& linked = state(slot);
  linked.older = newest_;
  linked.newer = k_none;
  if (newest_ != k_none) state(newest_).newer = slot;
  newest_ = slot;
  if (oldest_ == k_none) oldest_ = slot;
}

void FlowTable::unlink(Slot slot) {
  const State& linked = state(slot);
  (linked.older != k_none ? state(linked.older).newer : oldest_) = linked.newer;
  (linked.newer != k_none ? state(linked.newer).older : newest_) = linked.older;
}

void FlowTable::index_insert(std::uint32_t hash, Slot slot) {
  const std::size_t mask = index_.size() - 1;
  std::size_t place = hash & mask;
  while (index_[place].slot != k_none) place = (place + 1) & mask;
  index_[place] = {hash, slot};
}

void FlowTable::index_grow() {
  std::vector<Bucket> before(index_.size() * 2);
  before.swap(index_);
  for (const Bucket& bucket : before) {
    if (bucket.slot != k_none) index_insert(bucket.hash, bucket.slot);
  }
}

// Takes one out and moves those behind it up, so that no search ends at the gap (Knuth, The Art of Computer Programming, 6.4, R).
void FlowTable::index_erase(std::uint32_t hash, Slot slot) {
  const std::size_t mask = index_.size() - 1;
  std::size_t gap = hash & mask;
  while (index_[gap].slot != slot) gap = (gap + 1) & mask;
  for (std::size_t place = (gap + 1) & mask; index_[place].slot != k_none; place = (place + 1) & mask) {
    const std::size_t home = index_[place].hash & mask;
    if (((place - home) & mask) < ((place - gap) & mask)) continue;  // it would stand before its home
    index_[gap] = index_[place];
    gap = place;
  }
  index_[gap] = {};
}

FlowTable::Slot FlowTable::open(const Key& key, const Ends& ends, bool swapped, bool opened, At at) {
  if (open_ >= std::max(limits_.flows, 1U)) {
    if (!limit_said_) {
      limit_said_ = true;
      notes_.problem(Trouble::limit, [&] { return "at packet " + std::to_string(at.frame) + " more than " + std::to_string(limits_.flows) + " conversations are open; from here on those idle for longest are taken as ended"; });
    }
    close(oldest_);
  }
  if (free_.empty()) {
    const auto first = static_cast<Slot>(blocks_.size() * k_block);
    blocks_.push_back(std::make_unique<State[]>(k_block));
    for (std::size_t i = k_block; i > 0; --i) free_.push_back(first + static_cast<Slot>(i - 1));
  }
  const Slot slot = free_.back();
  free_.pop_back();
  ++open_;
  if (open_ * 2 > index_.size()) index_grow();
  State& opening = state(slot);
  opening.key = key;
  opening.hash = hash_of(key);
  opening.swapped = swapped;
  opening.lingers = false;
  opening.open = true;
  opening.moved = at.frame;
  opening.flow = Flow{next_id_++, slot, ends.transport, ends.source, ends.destination, opened, at};
  if (ends.transport == Transport::tcp) opening.tcp = std::make_unique<Tcp>();
  index_insert(opening.hash, slot);
  link_newest(slot);
  handler_.flow_opened(opening.flow);
  return slot;
}

void FlowTable::close(Slot slot) {
  State& closing = state(slot);
  if (closing.tcp) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      const StreamName name{closing.flow, direction};
      if (closing.tcp->side(direction).doubtful.size > 0) settle(*closing.tcp, name, true);
      closing.tcp->stream(direction).finish(context_, name);
    }
  }
  handler_.flow_closed(closing.flow);
  closing.tcp.reset();
  closing.open = false;
  index_erase(closing.hash, slot);
  unlink(slot);
  free_.push_back(slot);
  --open_;
}

// Connections that have ended are closed when nothing more of them came for a while, so that they need no memory.
void FlowTable::close_lingering(std::uint64_t frame) {
  while (!lingering_.empty() && lingering_.front().frame + k_linger_frames <= frame) {
    Lingering first = lingering_.front();
    lingering_.pop_front();
    State& ended = state(first.slot);
    if (!ended.tcp || ended.flow.id != first.id || !ended.lingers) continue;  // closed since
    if (!ended.tcp->ended()) {
      ended.lingers = false;
    } else if (ended.last_frame > first.frame) {
      first.frame = ended.last_frame;
      lingering_.push_back(first);
    } else {
      close(first.slot);
    }
  }
}

void FlowTable::close_all() {
  std::vector<std::pair<std::uint32_t, Slot>> all;
  all.reserve(open_);
  for (Slot slot = oldest_; slot != k_none; slot = state(slot).newer) all.emplace_back(state(slot).flow.id, slot);
  std::sort(all.begin(), all.end());
  for (const auto& [id, slot] : all) close(slot);
  if (context_.limit_frame != 0) {
    notes_.problem(Trouble::limit, [&] { return "at packet " + std::to_string(context_.limit_frame) + " more bytes than are kept were waiting for a missing TCP segment; it was taken as lost"; });
  }
}

void FlowTable::datagram(const Ends& ends, const Piece& payload, At at) {
  bool swapped = false;
  const Key key = key_of(ends, swapped);
  Slot slot = find(key, at.frame);
  if (slot == k_none) slot = open(key, ends, swapped, false, at);
  const State& here = state(slot);
  handler_.datagram(here.flow, direction_of(here, swapped), payload.bytes, payload.full, at);
}

void FlowTable::eap(const Ends& ends, bool from_client, const Piece& payload, At at) {
  bool swapped = false;
  const Key key = key_of(ends, swapped);
  Slot slot = find(key, at.frame);
  if (slot == k_none) slot = open(key, from_client ? ends : Ends{ends.transport, ends.destination, ends.source}, swapped == from_client, true, at);
  const State& here = state(slot);
  handler_.datagram(here.flow, direction_of(here, swapped), payload.bytes, payload.full, at);
}

bool FlowTable::icmp_error(const Ends& quoted, EventKind kind, std::uint32_t size, At at) {
  bool swapped = false;
  const Slot slot = find(key_of(quoted, swapped), at.frame);
  if (slot == k_none) return false;
  const State& here = state(slot);
  handler_.flow_event(here.flow, Event{kind, direction_of(here, swapped), at, size});
  return true;
}

}  // namespace tlswhy::capture
