// SPDX-License-Identifier: Apache-2.0
#include "wire/live.hpp"

#include "wire/collector.hpp"

namespace tlswhy::wire {
namespace {

// All open connections are looked at for stalled ones that often.
constexpr double k_look_at_all_ms = 500;
// Open connections that are kept in mind: fewer than of a file, because nothing bounds the time.
constexpr std::uint32_t k_live_flows = 20'000;

capture::Limits live_limits() {
  capture::Limits limits;
  limits.flows = k_live_flows;
  return limits;
}

}  // namespace

struct Live::State {
  State(std::string name, std::shared_ptr<const tls::KeyLog> keys) : collector(result, std::move(keys), 0), feed(collector, live_limits()) {
    result.path = std::move(name);
    collector.go_live();
  }

  // What was collected; what the next ones may need to be understood stays.
  Capture hand_over() {
    Capture out;
    out.path = result.path;
    out.handshakes = std::exchange(result.handshakes, {});
    out.failed_flows = std::exchange(result.failed_flows, {});
    out.plain_flows = std::exchange(result.plain_flows, {});
    out.handshakes_seen = std::exchange(result.handshakes_seen, 0);
    out.handshakes_completed = std::exchange(result.handshakes_completed, 0);
    if (out.handshakes.empty() && out.failed_flows.empty()) return out;
    out.observations = result.observations;
    out.icmp = result.icmp;
    out.last_packet = last;
    return out;
  }

  Capture result;
  collecting::Collector collector;
  capture::Feed feed;
  Timestamp last;
  Timestamp looked;
};

Live::Live(std::string name, std::shared_ptr<const tls::KeyLog> keys) : state_(std::make_unique<State>(std::move(name), std::move(keys))) {}
Live::~Live() = default;

void Live::packet(const capture::Record& record) {
  state_->last = std::max(state_->last, record.at.time);
  state_->feed.packet(record);
}

Capture Live::due(Timestamp now) {
  const bool all = milliseconds_between(state_->looked, now) >= k_look_at_all_ms;
  if (all) state_->looked = now;
  state_->collector.settle_due(now, all);
  return state_->hand_over();
}

Capture Live::rest(Timestamp now) {
  state_->collector.settle_due(now, true);
  state_->feed.finish();
  state_->collector.finish(state_->collector.last_seen());
  return state_->hand_over();
}

Timestamp Live::last_packet() const { return state_->last; }

}  // namespace tlswhy::wire
