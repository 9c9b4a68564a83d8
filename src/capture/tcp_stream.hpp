// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "capture/capture.hpp"
#include "capture/record.hpp"

namespace tlswhy::capture {

// What all streams share: whom to tell, and how much may wait for missing bytes.
struct StreamContext {
  Handler& handler;
  std::size_t per_stream_limit = 0;
  std::size_t total_limit = 0;
  std::size_t total = 0;              // bytes waiting in all streams
  std::uint64_t limit_frame = 0;      // the first frame at which a limit was hit
};

// Which stream it is, for the calls to the handler.
struct StreamName {
  const Flow& flow;
  Direction direction = Direction::forward;
};

// One direction of a TCP connection: brings segments into order. The bytes that arrived first win where segments overlap.
class TcpStream {
 public:
  // The SYN's sequence number. Data follows it.
  void syn(std::uint32_t sequence);
  // A segment's payload; returns whether any of it was sent before.
  bool segment(StreamContext& context, const StreamName& name, std::uint32_t sequence, const Piece& payload, At at);
  // The end of the stream; told to the handler when all before it has been.
  void fin(StreamContext& context, const StreamName& name, std::uint32_t sequence, At at);
  // What the other side acknowledged: bytes that are missing here but arrived there are lost to the capture.
  void acknowledged(StreamContext& context, const StreamName& name, std::uint32_t sequence, At at);
  // Stops waiting for bytes that the other side has, at once.
  void give_up_acknowledged(StreamContext& context, const StreamName& name);
  // The flow is over: hands on all that waits.
  void finish(StreamContext& context, const StreamName& name);

  [[nodiscard]] bool anchored() const { return anchored_; }
  [[nodiscard]] bool finished() const { return fin_told_; }
  [[nodiscard]] bool started() const { return next_ > 0; }  // some data went through
  [[nodiscard]] const std::optional<std::uint32_t>& initial_sequence() const { return initial_sequence_; }
  // How far a sequence number is ahead of the next one expected (negative: behind); 0 if none is expected yet.
  [[nodiscard]] std::int32_t distance(std::uint32_t sequence) const { return anchored_ ? static_cast<std::int32_t>(sequence - next_sequence_) : 0; }
  // The other side's first acknowledgement says which beginning holds, where several were offered.
  void choose(std::uint32_t sequence);
  [[nodiscard]] bool chosen() const { return chosen_; }
  // Forgets everything told about the beginning; for a second SYN before any data.
  void restart();

 private:
  // Bytes that wait for those before them; `missing` bytes follow them that the snap length cut off.
  struct Waiting {
    std::vector<std::uint8_t> bytes;
    std::uint64_t missing = 0;
    At at;
  };
  using Queue = std::map<std::int64_t, Waiting>;  // by offset, without overlap

  void anchor(std::uint32_t sequence);
  void deliver(StreamContext& context, const StreamName& name, const Piece& piece, At at);
  bool wait(StreamContext& context, std::int64_t offset, const Piece& piece, At at);
  void drain(StreamContext& context, const StreamName& name, std::optional<At> at);
  void skip_hole(StreamContext& context, const StreamName& name, Gap why);
  void enforce_limits(StreamContext& context, const StreamName& name, At at);
  [[nodiscard]] bool hole_acknowledged() const;
  [[nodiscard]] std::optional<std::int64_t> after_hole() const;
  void advance(std::uint64_t count);

  bool anchored_ = false;
  bool chosen_ = false;
  bool fin_told_ = false;
  std::uint8_t patience_ = 0;                  // packets seen since the other side acknowledged a hole
  std::uint32_t next_sequence_ = 0;            // of the byte at next_
  std::int64_t next_ = 0;                      // how many bytes went through; offsets below count from the first one expected
  std::optional<std::uint32_t> initial_sequence_;
  std::optional<std::uint32_t> peer_acknowledged_;  // by the other side before this one was seen
  std::int64_t acknowledged_to_ = 0;           // offset up to which the other side has the bytes
  Timestamp hole_since_;
  Queue queue_;
  std::size_t queue_cost_ = 0;
  std::optional<std::int64_t> fin_offset_;
  At fin_at_;
};

}  // namespace tlswhy::capture
