// SPDX-License-Identifier: Apache-2.0
#include "wire/wire.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "tls/connection.hpp"
#include "tls/foreign.hpp"
#include "tls/quic.hpp"
#include "wire/eap.hpp"

namespace tlswhy::wire {
namespace {

// Lists that a strange capture could make endless; what is beyond is of no more use to a diagnosis.
constexpr std::size_t k_most_observations = 20'000;
constexpr std::size_t k_most_failed_flows = 5'000;
constexpr std::size_t k_most_plain_flows = 1'000;
constexpr std::size_t k_most_icmp = 1'000;
// Where not all handshakes are asked for: those that failed in one way, whatever the server; above the next number completed ones are
// only counted, above the last all. At about 4 KB each this is what bounds the memory for a capture of any size.
constexpr std::uint32_t k_failures_of_a_kind = 64;
constexpr std::size_t k_crowd = 8'000;
constexpr std::size_t k_most_kept = 12'000;
constexpr std::size_t k_first_bytes_kept = 64;
// Many SYNs to one place are one story; this many are counted, the rest only seen.
constexpr std::uint32_t k_most_syns = 1'000'000;

using capture::Direction;
using capture::Event;
using capture::EventKind;
using capture::Flow;

tls::At at_of(capture::At at) { return {at.frame, at.time}; }
Side side_of(Direction direction) { return direction == Direction::forward ? Side::client : Side::server; }

// Datagrams of the services around a connection (DNS, DHCP, NTP, SNMP, syslog, SSDP, mDNS): an ICMP error about them says nothing
// about the server that is dialled. That DNS stayed without an answer is told by its open query.
constexpr std::array<std::uint16_t, 8> k_side_services{53, 67, 68, 123, 161, 514, 1900, 5353};
bool is_side_service(const Flow& flow) {
  return flow.transport != capture::Transport::tcp &&
         std::find(k_side_services.begin(), k_side_services.end(), flow.destination.port) != k_side_services.end();
}

// What is known of one open flow.
struct FlowState {
  bool open = false;
  Flow flow;
  std::optional<tls::Connection> connection;
  std::optional<tls::QuicFlow> quic;
  std::vector<std::uint8_t> first[2];
  std::uint64_t bytes = 0;
  std::uint32_t syns = 0;
  bool syn_ack = false;
  bool rst_by_server = false;
  bool fin_by_server = false;
  std::optional<FailedFlow::Why> icmp;
  capture::At last;
};

class Collector final : public capture::Handler {
 public:
  Collector(Capture& result, std::shared_ptr<const tls::KeyLog> keys, std::uint32_t keep_alike)
      : result_(result), keys_(std::move(keys)), keep_alike_(keep_alike) {}

  void flow_opened(const Flow& flow) override {
    if (flow.slot >= flows_.size()) flows_.resize(std::max<std::size_t>(flow.slot + 1U, flows_.size() * 2));
    FlowState& state = flows_[flow.slot];
    state.open = true;
    state.flow = flow;
    state.last = flow.first;
    if (flow.transport == capture::Transport::tcp) begin(state, flow.opened, false);
  }

  void stream_data(const Flow& flow, Direction direction, Bytes bytes, capture::At at) override {
    FlowState* const state = find(flow, at);
    if (state == nullptr) return;
    keep_first(*state, direction, bytes);
    const Side side = side_of(direction);
    if (state->connection && state->connection->wants(side)) state->connection->data(side, bytes, at_of(at));
  }

  void stream_gap(const Flow& flow, Direction direction, std::uint64_t missing, capture::Gap why, capture::At at) override {
    FlowState* const state = find(flow, at);
    if (state == nullptr || !state->connection) return;
    const Side side = side_of(direction);
    if (!state->connection->wants(side)) return;
    const tls::Missing reason = why == capture::Gap::lost          ? tls::Missing::lost
                                : why == capture::Gap::snap_length ? tls::Missing::snap_length
                                                                   : tls::Missing::limit;
    state->connection->missing(side, missing, reason, at_of(at));
  }

  void datagram(const Flow& flow, Direction direction, Bytes bytes, std::size_t full_size, capture::At at) override {
    FlowState* const state = find(flow, at);
    if (state == nullptr) return;
    if (flow.transport == capture::Transport::eap) {
      eap_.link(flow, bytes, at_of(at));
      return;
    }
    keep_first(*state, direction, bytes);
    if (eap_.radius(flow, direction, bytes, at_of(at))) return;
    if (!state->quic && tls::looks_like_quic(bytes)) state->quic.emplace(flow.source, flow.destination);
    if (state->quic) {
      state->quic->data(side_of(direction), bytes, bytes.size() == full_size, at_of(at));
      if (state->quic->is_proven()) return;
    }
    bytes = tls::without_envelope(bytes);
    if (!state->connection) {
      if (!tls::looks_like_dtls(bytes)) return;
      begin(*state, false, true);
    }
    if (state->connection->begins_anew(bytes)) {  // a device that tries again from the same port
      keep_handshake(*state);
      begin(*state, false, true);
    }
    const Side side = side_of(direction);
    if (state->connection->wants(side)) state->connection->data(side, bytes, at_of(at));
  }

  void flow_event(const Flow& flow, const Event& event) override {
    FlowState* const state = find(flow, event.at);
    if (state == nullptr || is_side_service(flow)) return;
    const Side side = side_of(event.direction);
    switch (event.kind) {
      case EventKind::syn:
        if (state->syns < k_most_syns) ++state->syns;
        break;
      case EventKind::syn_ack: state->syn_ack = true; break;
      case EventKind::fin:
        if (side == Side::server) state->fin_by_server = true;
        if (state->connection) state->connection->fin(side, at_of(event.at));
        break;
      case EventKind::rst:
        if (side == Side::server) state->rst_by_server = true;
        if (state->connection) state->connection->rst(side, at_of(event.at));
        break;
      case EventKind::retransmission:
        if (state->connection) state->connection->retransmission(side, event.size, at_of(event.at));
        break;
      case EventKind::icmp_frag_needed: keep_icmp(flow, event); break;
      case EventKind::icmp_port_unreachable:
      case EventKind::icmp_host_unreachable:
      case EventKind::icmp_net_unreachable:
        state->icmp = FailedFlow::Why::unreachable;
        unreachable(*state, at_of(event.at));
        keep_icmp(flow, event);
        break;
      case EventKind::icmp_admin_prohibited:
        state->icmp = FailedFlow::Why::prohibited;
        unreachable(*state, at_of(event.at));
        keep_icmp(flow, event);
        break;
      case EventKind::zero_window:
      case EventKind::keep_alive: break;
    }
  }

  void flow_closed(const Flow& flow) override {
    if (flow.slot >= flows_.size() || !flows_[flow.slot].open) return;
    FlowState state = std::exchange(flows_[flow.slot], {});
    settle(state);
  }

  void observed(const capture::Observation& observation) override {
    if (result_.observations.size() < k_most_observations) result_.observations.push_back(observation);
  }

  void finish(capture::At last) {
    last_ = last;
    for (tls::Handshake& handshake : eap_.take(at_of(last))) keep(std::move(handshake));
    if (eap_.limit_hit()) result_.summary.problems.emplace_back("more EAP conversations in RADIUS than are kept; some are not told");
    sort_handshakes();
    std::stable_sort(result_.failed_flows.begin(), result_.failed_flows.end(),
                     [](const FailedFlow& a, const FailedFlow& b) { return a.flow.first.frame < b.flow.first.frame; });
    result_.first_packet = first_;
    result_.last_packet = last_.time;
  }
  [[nodiscard]] capture::At last_seen() const { return last_; }

 private:
  void begin(FlowState& state, bool opener_known, bool datagrams) {
    state.connection.emplace(state.flow.source, state.flow.destination, opener_known, datagrams);
    if (keys_) state.connection->use_keys(*keys_);
  }

  FlowState* find(const Flow& flow, capture::At at) {
    if (last_.frame == 0) first_ = at.time;
    if (at.frame > last_.frame) last_ = at;
    if (flow.slot >= flows_.size() || !flows_[flow.slot].open) return nullptr;
    FlowState& state = flows_[flow.slot];
    state.last = at;
    return &state;
  }

  static void unreachable(FlowState& state, tls::At at) {
    if (state.connection) state.connection->unreachable(at);
    if (state.quic) state.quic->unreachable(at);
  }

  static void keep_first(FlowState& state, Direction direction, Bytes bytes) {
    state.bytes += bytes.size();
    auto& first = state.first[direction == Direction::forward ? 0 : 1];
    if (first.size() >= k_first_bytes_kept) return;
    const Bytes head = bytes.first(std::min(bytes.size(), k_first_bytes_kept - first.size()));
    first.insert(first.end(), head.begin(), head.end());
  }

  void keep_icmp(const Flow& flow, const Event& event) {
    if (result_.icmp.size() < k_most_icmp) result_.icmp.emplace_back(flow.id, event);
  }

  // What makes two handshakes tell the same story: how, by whom and where they ended; and the server.
  static std::string kind_of(const tls::Handshake& h) {
    std::string kind;
    const auto add = [&](unsigned value) { kind.append(std::to_string(value)).push_back('/'); };
    add(static_cast<unsigned>(h.outcome));
    add(static_cast<unsigned>(h.ended_by));
    add(h.ended_by_side ? 1U + static_cast<unsigned>(*h.ended_by_side) : 0U);
    for (const tls::Alert& alert : h.alerts) add(alert.code);
    return kind.append(h.stage);
  }

  // Whether this one tells something that those kept do not.
  bool tells_more(const tls::Handshake& handshake) {
    if (keep_alike_ == 0) return true;
    const std::string kind = kind_of(handshake);
    const bool completed = handshake.outcome == tls::Outcome::completed;
    const std::size_t kept = result_.handshakes.size();
    if (kept >= k_most_kept || (completed && kept >= k_crowd)) return false;
    if (!completed && ++kinds_[kind] > k_failures_of_a_kind) return false;
    return kinds_[to_string(handshake.server) + '/' + kind]++ < keep_alike_;
  }

  // They come in the order in which they ended, and are large: their places are sorted, and each is moved once.
  void sort_handshakes() {
    std::vector<tls::Handshake>& list = result_.handshakes;
    std::vector<std::size_t> order(list.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return list[a].first_frame < list[b].first_frame; });
    std::vector<tls::Handshake> sorted;
    sorted.reserve(list.size());
    for (const std::size_t at : order) sorted.push_back(std::move(list[at]));
    list = std::move(sorted);
  }

  void keep(tls::Handshake handshake) {
    ++result_.handshakes_seen;
    if (handshake.outcome == tls::Outcome::completed) ++result_.handshakes_completed;
    if (tells_more(handshake)) result_.handshakes.push_back(std::move(handshake));
  }

  bool keep_quic(FlowState& state) {
    if (!state.quic) return false;
    auto handshakes = state.quic->take(at_of(last_));
    for (tls::Handshake& handshake : handshakes) {
      handshake.flow_id = state.flow.id;
      keep(std::move(handshake));
    }
    return !handshakes.empty();
  }

  bool keep_handshake(FlowState& state) {
    auto handshake = state.connection ? state.connection->take(at_of(last_)) : std::nullopt;
    if (!handshake) return false;
    handshake->flow_id = state.flow.id;
    keep(std::move(*handshake));
    return true;
  }

  void settle(FlowState& state) {
    if (keep_quic(state)) return;
    if (keep_handshake(state)) return;
    if (state.flow.transport != capture::Transport::tcp) {
      if (state.icmp && result_.failed_flows.size() < k_most_failed_flows) result_.failed_flows.push_back({state.flow, *state.icmp, 0, state.last});
      return;
    }
    if (state.bytes > 0) {
      if (result_.plain_flows.size() >= k_most_plain_flows) return;
      std::string_view protocol = tls::protocol_of(state.first[0]);
      if (protocol == "unknown") protocol = tls::protocol_of(state.first[1]);
      result_.plain_flows.push_back({state.flow, std::string(protocol), state.bytes});
      return;
    }
    if (state.syns == 0 || result_.failed_flows.size() >= k_most_failed_flows) return;
    FailedFlow failed{state.flow, FailedFlow::Why::syn_unanswered, state.syns, state.last};
    if (state.icmp) {
      failed.why = *state.icmp;
    } else if (!state.syn_ack && state.rst_by_server) {
      failed.why = FailedFlow::Why::refused;
    } else if (state.syn_ack && (state.fin_by_server || state.rst_by_server)) {
      failed.why = FailedFlow::Why::closed_at_once;
    } else if (state.syn_ack) {
      return;  // connected, and the capture ended or the client changed its mind
    }
    result_.failed_flows.push_back(std::move(failed));
  }

  Capture& result_;
  EapSessions eap_;
  const std::shared_ptr<const tls::KeyLog> keys_;
  const std::uint32_t keep_alike_;
  std::unordered_map<std::string, std::uint32_t> kinds_;
  std::vector<FlowState> flows_;  // by slot
  Timestamp first_;
  capture::At last_;
};

template <typename Read>
Result<Capture> collect(const std::string& name, std::shared_ptr<const tls::KeyLog> keys, std::uint32_t keep_alike, const Read& read_file) {
  Capture result;
  result.path = name;
  Collector collector(result, std::move(keys), keep_alike);
  auto summary = read_file(collector);
  if (!summary) return tl::unexpected<Error>(summary.error());
  result.summary = std::move(*summary);
  collector.finish(collector.last_seen());
  return result;
}

// The secrets of the file itself may stand behind the packets that need them. So the file is read once more where it has any: rare
// enough, and nothing is kept back for secrets that never come.
template <typename Read>
Result<Capture> collect_with_secrets(const std::string& name, const Options& options, const Read& read_file) {
  auto first = collect(name, options.keys, options.keep_alike, read_file);
  if (!first || first->summary.key_log.empty()) return first;
  auto keys = options.keys ? std::make_shared<tls::KeyLog>(*options.keys) : std::make_shared<tls::KeyLog>();
  std::vector<std::string> problems;
  for (const std::string& text : first->summary.key_log) {
    for (std::string& problem : keys->add(text)) problems.push_back("the secrets inside the capture: " + std::move(problem));
  }
  auto second = keys->empty() ? std::move(first) : collect(name, std::move(keys), options.keep_alike, read_file);
  if (second) second->summary.problems.insert(second->summary.problems.end(), problems.begin(), problems.end());
  return second;
}

}  // namespace

Result<Capture> read(const std::string& path, const Options& options) {
  return collect_with_secrets(path, options, [&](capture::Handler& handler) { return capture::read_capture(path, handler, options.capture); });
}

Result<Capture> read(Bytes file, std::string name, const Options& options) {
  return collect_with_secrets(name, options, [&](capture::Handler& handler) { return capture::read_capture(file, handler, options.capture); });
}

}  // namespace tlswhy::wire
