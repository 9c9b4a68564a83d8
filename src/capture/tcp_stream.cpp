// SPDX-License-Identifier: Apache-2.0
#include "capture/tcp_stream.hpp"

#include <algorithm>
#include <utility>

namespace tlswhy::capture {

namespace {

constexpr std::size_t k_entry_cost = 128;  // what the queue needs for each segment, so that one-byte segments count too
// A packet may stand in the file after the one that acknowledges it (two cards, two queues). So much later a hole is taken for
// real. The wait costs nothing: the bytes after a hole carry the frame they came in.
constexpr std::uint8_t k_patience_packets = 4;
constexpr std::int64_t k_patience_ns = 100'000'000;
// With no SYN in the capture the other side's acknowledgement tells where the stream stood, if it is this near.
constexpr std::int32_t k_anchor_window = 1 << 20;

}  // namespace

void TcpStream::advance(std::uint64_t count) {
  next_ += static_cast<std::int64_t>(count);
  next_sequence_ += static_cast<std::uint32_t>(count);
}

void TcpStream::syn(std::uint32_t sequence) {
  if (!initial_sequence_) initial_sequence_ = sequence;
  if (anchored_) return;
  anchored_ = true;
  next_sequence_ = sequence + 1;
  if (peer_acknowledged_) acknowledged_to_ = next_ + distance(*peer_acknowledged_);
}

void TcpStream::choose(std::uint32_t sequence) {
  if (!initial_sequence_ || started() || chosen_ || !queue_.empty()) return;
  chosen_ = true;
  if (distance(sequence) >= 0 && distance(sequence) <= k_anchor_window) return;
  initial_sequence_ = sequence - 1;
  next_sequence_ = sequence;
  acknowledged_to_ = 0;
}

void TcpStream::restart() {
  anchored_ = false;
  initial_sequence_.reset();
  peer_acknowledged_.reset();
  acknowledged_to_ = 0;
}

void TcpStream::anchor(std::uint32_t sequence) {
  anchored_ = true;
  next_sequence_ = sequence;
  if (!peer_acknowledged_) return;
  const auto ahead = static_cast<std::int32_t>(sequence - *peer_acknowledged_);
  if (ahead > 0 && ahead <= k_anchor_window) next_sequence_ = *peer_acknowledged_;
  acknowledged_to_ = next_ + distance(*peer_acknowledged_);
}

void TcpStream::deliver(StreamContext& context, const StreamName& name, const Piece& piece, At at) {
  if (!piece.bytes.empty()) context.handler.stream_data(name.flow, name.direction, piece.bytes, at);
  if (piece.cut()) context.handler.stream_gap(name.flow, name.direction, piece.full - piece.bytes.size(), Gap::snap_length, at);
  advance(piece.full);
}

bool TcpStream::segment(StreamContext& context, const StreamName& name, std::uint32_t sequence, const Piece& payload, At at) {
  if (!anchored_) anchor(sequence);
  if (payload.full == 0) return false;
  std::int64_t start = next_ + distance(sequence);
  const std::int64_t end = start + static_cast<std::int64_t>(payload.full);
  bool repeated = false;
  Piece piece = payload;
  if (start < next_) {
    repeated = true;
    if (end <= next_) return true;
    piece = piece.after(static_cast<std::size_t>(next_ - start));
    start = next_;
  }
  if (start > next_) {
    repeated = wait(context, start, piece, at) || repeated;
    enforce_limits(context, name, at);
    return repeated;
  }
  while (piece.full > 0) {
    const auto first = queue_.begin();
    if (first == queue_.end() || first->first >= end) {
      deliver(context, name, piece, at);
      break;
    }
    repeated = true;
    if (first->first > next_) {
      const Piece before = piece.first(static_cast<std::size_t>(first->first - next_));
      deliver(context, name, before, at);
    }
    drain(context, name, at);
    piece = next_ < end ? payload.after(payload.full - static_cast<std::size_t>(end - next_)) : Piece{};
  }
  drain(context, name, at);
  return repeated;
}

// Stores what of a segment is not waiting already; returns whether some of it was.
bool TcpStream::wait(StreamContext& context, std::int64_t offset, const Piece& piece, At at) {
  const std::int64_t end = offset + static_cast<std::int64_t>(piece.full);
  bool repeated = false;
  for (std::int64_t position = offset; position < end;) {
    const auto next = queue_.upper_bound(position);
    if (next != queue_.begin()) {
      const auto& [before, waiting] = *std::prev(next);
      const std::int64_t before_end = before + static_cast<std::int64_t>(waiting.bytes.size() + waiting.missing);
      if (before_end > position) {
        repeated = true;
        position = before_end;
        continue;
      }
    }
    const std::int64_t until = next == queue_.end() ? end : std::min(end, next->first);
    const Piece part = piece.after(static_cast<std::size_t>(position - offset)).first(static_cast<std::size_t>(until - position));
    queue_.emplace(position, Waiting{{part.bytes.begin(), part.bytes.end()}, part.full - part.bytes.size(), at});
    queue_cost_ += part.bytes.size() + k_entry_cost;
    context.total += part.bytes.size() + k_entry_cost;
    position = until;
  }
  return repeated;
}

// Hands on what waited for the bytes before next_. `at` is the frame that brought them; without one each carries its own.
void TcpStream::drain(StreamContext& context, const StreamName& name, std::optional<At> at) {
  while (!queue_.empty() && queue_.begin()->first == next_) {
    const auto node = queue_.extract(queue_.begin());
    const Waiting& waiting = node.mapped();
    const std::size_t cost = waiting.bytes.size() + k_entry_cost;
    queue_cost_ -= cost;
    context.total -= cost;
    deliver(context, name, Piece{waiting.bytes, waiting.bytes.size() + static_cast<std::size_t>(waiting.missing)}, at.value_or(waiting.at));
  }
  if (fin_offset_ && *fin_offset_ <= next_ && !fin_told_) {
    fin_told_ = true;
    context.handler.flow_event(name.flow, Event{EventKind::fin, name.direction, fin_at_, 0});
    if (*fin_offset_ == next_) next_sequence_ += 1;  // RFC 9293, 3.4: the FIN takes a sequence number of its own
  }
  if (!after_hole()) patience_ = 0;
}

void TcpStream::fin(StreamContext& context, const StreamName& name, std::uint32_t sequence, At at) {
  if (fin_offset_) return;
  if (!anchored_) anchor(sequence);
  fin_offset_ = next_ + distance(sequence);
  fin_at_ = at;
  drain(context, name, std::nullopt);
}

// Where the stream goes on after the bytes that are missing; nothing if none are.
std::optional<std::int64_t> TcpStream::after_hole() const {
  if (!queue_.empty()) return queue_.begin()->first;
  if (fin_offset_ && !fin_told_) return fin_offset_;
  return std::nullopt;
}

bool TcpStream::hole_acknowledged() const {
  const auto after = after_hole();
  return after && acknowledged_to_ >= *after;
}

void TcpStream::skip_hole(StreamContext& context, const StreamName& name, Gap why) {
  const auto after = after_hole();
  if (!after) return;
  const At at = queue_.empty() ? fin_at_ : queue_.begin()->second.at;
  if (*after > next_) {
    const auto missing = static_cast<std::uint64_t>(*after - next_);
    context.handler.stream_gap(name.flow, name.direction, missing, why, at);
    advance(missing);
  }
  drain(context, name, std::nullopt);
}

void TcpStream::enforce_limits(StreamContext& context, const StreamName& name, At at) {
  while (!queue_.empty() && (queue_cost_ > context.per_stream_limit || context.total > context.total_limit)) {
    if (context.limit_frame == 0) context.limit_frame = at.frame;
    skip_hole(context, name, Gap::limit);
  }
}

void TcpStream::acknowledged(StreamContext& context, const StreamName& name, std::uint32_t sequence, At at) {
  if (!anchored_) {
    peer_acknowledged_ = sequence;
    return;
  }
  acknowledged_to_ = std::max(acknowledged_to_, next_ + distance(sequence));
  while (hole_acknowledged()) {
    if (patience_ == 0) hole_since_ = at.time;
    ++patience_;
    if (patience_ <= k_patience_packets && at.time.ns - hole_since_.ns < k_patience_ns) return;
    skip_hole(context, name, Gap::lost);
    patience_ = k_patience_packets;  // what else is missing is as old
    if (!after_hole()) patience_ = 0;
  }
}

void TcpStream::give_up_acknowledged(StreamContext& context, const StreamName& name) {
  while (hole_acknowledged()) skip_hole(context, name, Gap::lost);
}

void TcpStream::finish(StreamContext& context, const StreamName& name) {
  while (after_hole()) skip_hole(context, name, Gap::lost);
}

}  // namespace tlswhy::capture
