// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "capture/capture.hpp"

namespace tlswhy::wire {

// Passes what is read out of a capture to a handler on a thread of its own, in the same order: packets are taken apart on one core while
// TLS is read on another. What the handler sees is the same as without it, to the call.
class Relay final : public capture::Handler {
 public:
  explicit Relay(capture::Handler& handler);
  ~Relay() override;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  void begin(Bytes lasting) override { lasting_ = lasting; }
  // Returns when the handler has been told everything.
  void end() override;
  void flow_opened(const capture::Flow& flow) override;
  void stream_data(const capture::Flow& flow, capture::Direction direction, Bytes bytes, capture::At at) override;
  void stream_gap(const capture::Flow& flow, capture::Direction direction, std::uint64_t missing_bytes, capture::Gap why, capture::At at) override;
  void datagram(const capture::Flow& flow, capture::Direction direction, Bytes bytes, std::size_t full_size, capture::At at) override;
  void flow_event(const capture::Flow& flow, const capture::Event& event) override;
  void flow_closed(const capture::Flow& flow) override;
  void observed(const capture::Observation& observation) override;

 private:
  enum class Call : std::uint8_t { flow_opened, stream_data, stream_gap, datagram, flow_event, flow_closed, observed };
  // One call. What is too large for it lies in its batch, in the same order.
  struct Item {
    Call call = Call::stream_data;
    capture::Direction direction = capture::Direction::forward;
    capture::Gap gap = capture::Gap::lost;
    capture::EventKind event = capture::EventKind::syn;
    bool opened = false;           // Flow::opened, which may become true while the flow is open
    bool copied = false;           // `data` is a place in the batch's bytes
    std::uint32_t slot = 0;
    std::uint32_t size = 0;        // of the bytes, or of the event
    std::uint64_t number = 0;      // missing bytes, or the datagram's full size
    std::uintptr_t data = 0;
    capture::At at;
  };
  struct Batch {
    std::vector<Item> items;
    std::vector<std::uint8_t> bytes;
    std::size_t carried = 0;  // bytes of its calls, copied or not
    std::vector<capture::Flow> flows;
    std::vector<capture::Observation> observations;
  };

  Item& add(Call call, const capture::Flow& flow, capture::Direction direction, capture::At at);
  void keep(Item& item, Bytes bytes);
  void pass_on();
  void work();
  void tell(const Batch& batch);

  capture::Handler& handler_;
  Bytes lasting_;
  std::unique_ptr<Batch> filling_;
  std::vector<capture::Flow> flows_;  // the worker's, by slot
  std::mutex mutex_;                  // guards what follows
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Batch>> waiting_;
  std::vector<std::unique_ptr<Batch>> empty_;
  bool ended_ = false;
  std::thread worker_;
};

}  // namespace tlswhy::wire
