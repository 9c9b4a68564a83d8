// SPDX-License-Identifier: Apache-2.0
#include "wire/relay.hpp"

#include <functional>
#include <utility>

namespace tlswhy::wire {

namespace {

// A batch is passed on when it has so many calls or bytes: so many that waking the worker is cheap, and few enough that what waits lies
// within the part of the file that is kept in memory behind the reader.
constexpr std::size_t k_batch_items = 1024;
constexpr std::size_t k_batch_bytes = 512U << 10U;
// Batches that may wait: bounds the memory where the worker is slower.
constexpr std::size_t k_waiting = 4;

}  // namespace

Relay::Relay(capture::Handler& handler) : handler_(handler), filling_(std::make_unique<Batch>()), worker_([this] { work(); }) {}

Relay::~Relay() { end(); }

void Relay::end() {
  if (!worker_.joinable()) return;
  pass_on();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

Relay::Item& Relay::add(Call call, const capture::Flow& flow, capture::Direction direction, capture::At at) {
  if (filling_->items.size() >= k_batch_items || filling_->carried >= k_batch_bytes) pass_on();
  Item& item = filling_->items.emplace_back();
  item.call = call;
  item.direction = direction;
  item.opened = flow.opened;
  item.slot = flow.slot;
  item.at = at;
  return item;
}

// Bytes of a file in memory stay where they are; others are gone after the call.
void Relay::keep(Item& item, Bytes bytes) {
  item.size = static_cast<std::uint32_t>(bytes.size());
  filling_->carried += bytes.size();
  const std::less_equal<const std::uint8_t*> not_after;
  item.copied = lasting_.empty() || !not_after(lasting_.data(), bytes.data()) || !not_after(bytes.data() + bytes.size(), lasting_.data() + lasting_.size());
  if (item.copied) {
    item.data = filling_->bytes.size();
    filling_->bytes.insert(filling_->bytes.end(), bytes.begin(), bytes.end());
  } else {
    item.data = static_cast<std::uintptr_t>(bytes.data() - lasting_.data());
  }
}

void Relay::flow_opened(const capture::Flow& flow) {
  (void)add(Call::flow_opened, flow, capture::Direction::forward, flow.first);
  filling_->flows.push_back(flow);
}

void Relay::stream_data(const capture::Flow& flow, capture::Direction direction, Bytes bytes, capture::At at) {
  keep(add(Call::stream_data, flow, direction, at), bytes);
}

void Relay::stream_gap(const capture::Flow& flow, capture::Direction direction, std::uint64_t missing_bytes, capture::Gap why, capture::At at) {
  Item& item = add(Call::stream_gap, flow, direction, at);
  item.number = missing_bytes;
  item.gap = why;
}

void Relay::datagram(const capture::Flow& flow, capture::Direction direction, Bytes bytes, std::size_t full_size, capture::At at) {
  Item& item = add(Call::datagram, flow, direction, at);
  item.number = full_size;
  keep(item, bytes);
}

void Relay::flow_event(const capture::Flow& flow, const capture::Event& event) {
  Item& item = add(Call::flow_event, flow, event.direction, event.at);
  item.event = event.kind;
  item.size = event.size;
}

void Relay::flow_closed(const capture::Flow& flow) { (void)add(Call::flow_closed, flow, capture::Direction::forward, {}); }

void Relay::observed(const capture::Observation& observation) {
  (void)add(Call::observed, {}, capture::Direction::forward, observation.at);
  filling_->observations.push_back(observation);
}

void Relay::pass_on() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < k_waiting; });
  waiting_.push_back(std::move(filling_));
  if (empty_.empty()) {
    filling_ = std::make_unique<Batch>();
  } else {
    filling_ = std::move(empty_.back());
    empty_.pop_back();
  }
  lock.unlock();
  changed_.notify_all();
}

void Relay::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty() || ended_; });
    if (waiting_.empty()) return;
    std::unique_ptr<Batch> batch = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    tell(*batch);
    batch->items.clear();
    batch->bytes.clear();
    batch->carried = 0;
    batch->flows.clear();
    batch->observations.clear();
    lock.lock();
    empty_.push_back(std::move(batch));
  }
}

void Relay::tell(const Batch& batch) {
  std::size_t next_flow = 0;
  std::size_t next_observation = 0;
  for (const Item& item : batch.items) {
    if (item.call == Call::observed) {
      handler_.observed(batch.observations[next_observation++]);
      continue;
    }
    if (item.slot >= flows_.size()) flows_.resize(item.slot + 1U);
    capture::Flow& flow = flows_[item.slot];
    if (item.call == Call::flow_opened) flow = batch.flows[next_flow++];
    flow.opened = item.opened;
    const auto bytes = [&] { return (item.copied ? Bytes(batch.bytes) : lasting_).subspan(item.data, item.size); };
    switch (item.call) {
      case Call::flow_opened: handler_.flow_opened(flow); break;
      case Call::stream_data: handler_.stream_data(flow, item.direction, bytes(), item.at); break;
      case Call::stream_gap: handler_.stream_gap(flow, item.direction, item.number, item.gap, item.at); break;
      case Call::datagram: handler_.datagram(flow, item.direction, bytes(), static_cast<std::size_t>(item.number), item.at); break;
      case Call::flow_event: handler_.flow_event(flow, capture::Event{item.event, item.direction, item.at, item.size}); break;
      case Call::flow_closed: handler_.flow_closed(flow); break;
      case Call::observed: break;
    }
  }
}

}  // namespace tlswhy::wire
