// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tls/connection.hpp"
#include "tls/foreign.hpp"
#include "tls/quic.hpp"
#include "wire/eap.hpp"
#include "wire/openvpn.hpp"
#include "wire/wire.hpp"

// How flows become handshakes, for files and for live captures alike.
namespace tlswhy::wire::collecting {

// Lists that a strange capture could make endless; what is beyond is of no more use to a diagnosis.
inline constexpr std::size_t k_most_observations = 20'000;
inline constexpr std::size_t k_most_failed_flows = 5'000;
inline constexpr std::size_t k_most_plain_flows = 1'000;
inline constexpr std::size_t k_most_icmp = 1'000;
// Where not all handshakes are asked for: those that failed in one way, whatever the server; above the next number completed ones are
// only counted, above the last all. At about 4 KB each this is what bounds the memory for a capture of any size.
inline constexpr std::uint32_t k_failures_of_a_kind = 64;
inline constexpr std::size_t k_crowd = 8'000;
inline constexpr std::size_t k_most_kept = 12'000;
inline constexpr std::size_t k_first_bytes_kept = 64;
// Many SYNs to one place are one story; this many are counted, the rest only seen.
inline constexpr std::uint32_t k_most_syns = 1'000'000;

using capture::Direction;
using capture::Event;
using capture::EventKind;
using capture::Flow;

inline tls::At at_of(capture::At at) { return {at.frame, at.time}; }
inline Side side_of(Direction direction) { return direction == Direction::forward ? Side::client : Side::server; }

// Datagrams of the services around a connection (DNS, DHCP, NTP, SNMP, syslog, SSDP, mDNS): an ICMP error about them says nothing
// about the server that is dialled. That DNS stayed without an answer is told by its open query.
inline constexpr std::array<std::uint16_t, 8> k_side_services{53, 67, 68, 123, 161, 514, 1900, 5353};
inline bool is_side_service(const Flow& flow) {
  return flow.transport != capture::Transport::tcp &&
         std::find(k_side_services.begin(), k_side_services.end(), flow.destination.port) != k_side_services.end();
}

// The first bytes of one direction, for a glance at what protocol it is.
struct FirstBytes {
  std::array<std::uint8_t, k_first_bytes_kept> bytes{};
  std::uint8_t count = 0;
  [[nodiscard]] Bytes seen() const { return Bytes(bytes).first(count); }
  void add(Bytes more) {
    const std::size_t fits = std::min(more.size(), k_first_bytes_kept - count);
    std::copy_n(more.begin(), fits, bytes.begin() + count);
    count = static_cast<std::uint8_t>(count + fits);
  }
};

// What is known of one open flow.
struct FlowState {
  bool open = false;
  Flow flow;
  std::optional<tls::Connection> connection;
  std::optional<tls::QuicFlow> quic;
  std::optional<OpenVpn> openvpn;  // what the connection is fed comes out of its packets
  FirstBytes first[2];
  std::uint64_t bytes = 0;
  std::uint32_t syns = 0;
  bool syn_ack = false;
  bool rst_by_server = false;
  bool fin_by_server = false;
  std::optional<FailedFlow::Why> icmp;
  capture::At last;
  bool ending = false;   // live: in the list of those that are about to be told
  bool told = false;     // live: what came of it was told; what follows is another's story
  Timestamp ending_since;
};

// Live: an end is told when nothing followed for so long, or so long after it in any case. A reset races with an alert, a FIN with the
// other side's.
inline constexpr double k_settling_ms = 250;
inline constexpr double k_settling_most_ms = 1'500;
// Live: silence after which a handshake that does not go on, or a SYN that is not answered, is told. The first is that of a file's end.
inline constexpr double k_stalled_ms = 10'500;
inline constexpr double k_syn_unanswered_ms = 6'000;
// Live: what is kept of the network's doings around a handshake.
inline constexpr double k_remembered_ms = 60'000;

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
    if (state->bytes == 0 && direction == Direction::forward && state->connection) state->openvpn = OpenVpn::opened_by(bytes, true);
    keep_first(*state, direction, bytes);
    const Side side = side_of(direction);
    if (state->openvpn) {
      state->openvpn->stream(side, bytes, at_of(at), *state->connection);
    } else if (state->connection && state->connection->wants(side)) {
      state->connection->data(side, bytes, at_of(at));
      // Nothing more is wanted: the handshake is through.
      if (live_ && !state->connection->wants(Side::client) && !state->connection->wants(Side::server)) ends(*state, at);
    }
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
    if (state->told) {
      if (!opens_dtls(bytes)) return;
      const Flow again = state->flow;
      *state = {};
      state->open = true;
      state->flow = again;
      state->last = at;
    }
    if (openvpn(*state, direction, bytes, at)) return;
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
        ends(*state, event.at);
        break;
      case EventKind::rst:
        if (side == Side::server) state->rst_by_server = true;
        if (state->connection) state->connection->rst(side, at_of(event.at));
        ends(*state, event.at);
        break;
      case EventKind::retransmission:
        if (state->connection) state->connection->retransmission(side, event.size, at_of(event.at));
        break;
      case EventKind::icmp_frag_needed: keep_icmp(flow, event); break;
      case EventKind::icmp_port_unreachable:
      case EventKind::icmp_host_unreachable:
      case EventKind::icmp_net_unreachable: unreachable(*state, FailedFlow::Why::unreachable, event); break;
      case EventKind::icmp_admin_prohibited: unreachable(*state, FailedFlow::Why::prohibited, event); break;
      case EventKind::zero_window:
      case EventKind::keep_alive: break;
    }
  }

  void flow_closed(const Flow& flow) override {
    if (flow.slot >= flows_.size() || !flows_[flow.slot].open) return;
    FlowState state = std::exchange(flows_[flow.slot], {});
    if (!state.told) settle(state);
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

  // Live: from now on ends are noted when they come.
  void go_live() { live_ = true; }
  // Live: tells what has come to its end by `now`.
  void settle_due(Timestamp now, bool look_at_all) {
    std::vector<std::uint32_t> later;
    for (const std::uint32_t slot : ending_) {
      FlowState& state = flows_[slot];
      if (!state.open || state.told || !state.ending) continue;
      const bool quiet = milliseconds_between(state.last.time, now) >= k_settling_ms;
      if (quiet || milliseconds_between(state.ending_since, now) >= k_settling_most_ms) {
        tell(state, now);
      } else {
        later.push_back(slot);
      }
    }
    ending_ = std::move(later);
    for (tls::Handshake& handshake : eap_.take_settled()) keep(std::move(handshake));
    if (!look_at_all) return;
    for (FlowState& state : flows_) {
      if (state.open && !state.told && !state.ending && is_stalled(state, milliseconds_between(state.last.time, now))) tell(state, now);
    }
    while (!result_.observations.empty() && milliseconds_between(result_.observations.front().at.time, now) > k_remembered_ms) result_.observations.erase(result_.observations.begin());
    std::erase_if(result_.icmp, [&](const auto& one) { return milliseconds_between(one.second.at.time, now) > k_remembered_ms; });
  }

 private:
  void ends(FlowState& state, capture::At at) {
    if (!live_ || state.ending || state.told) return;
    state.ending = true;
    state.ending_since = at.time;
    ending_.push_back(state.flow.slot);
  }

  void tell(FlowState& state, Timestamp now) {
    // Judged as at the end of a capture: what did not come by now did not come.
    const capture::At last = std::exchange(last_, {last_.frame, std::max(last_.time, now)});
    settle(state);
    last_ = last;
    state.told = true;
    state.ending = false;
    state.connection.reset();
    state.quic.reset();
    state.openvpn.reset();
    for (auto& first : state.first) first = {};
  }

  // Plain connections may be silent for as long as they like.
  static bool is_stalled(const FlowState& state, double silence_ms) {
    if (state.flow.transport == capture::Transport::tcp && state.bytes == 0) return state.syns > 0 && !state.syn_ack && silence_ms >= k_syn_unanswered_ms;
    const bool tls = state.first[0].count > 0 && state.first[0].bytes[0] == 0x16;
    return (tls || state.quic || (state.connection && state.flow.transport != capture::Transport::tcp)) && silence_ms >= k_stalled_ms;
  }

  // A ClientHello in a DTLS record of the first epoch (RFC 6347 4.1, 4.2.2).
  static bool opens_dtls(Bytes bytes) {
    constexpr std::size_t k_type_at = 13;
    return tls::looks_like_dtls(bytes) && bytes.size() > k_type_at && bytes[0] == 22 && bytes[3] == 0 && bytes[4] == 0 && bytes[k_type_at] == 1;
  }

  // Takes a datagram of OpenVPN's.
  bool openvpn(FlowState& state, Direction direction, Bytes bytes, capture::At at) {
    if (!state.openvpn) {
      if (state.bytes > 0 || state.connection || state.quic || direction != Direction::forward) return false;
      state.openvpn = OpenVpn::opened_by(bytes, false);
      if (!state.openvpn) return false;
      begin(state, true, false);
    } else if (state.openvpn->begins_anew(bytes)) {
      keep_handshake(state);
      begin(state, true, false);
    }
    state.bytes += bytes.size();
    state.openvpn->datagram(side_of(direction), bytes, at_of(at), *state.connection);
    return true;
  }

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

  void unreachable(FlowState& state, FailedFlow::Why why, const Event& event) {
    state.icmp = why;
    if (state.connection) state.connection->unreachable(at_of(event.at));
    if (state.quic) state.quic->unreachable(at_of(event.at));
    ends(state, event.at);
    keep_icmp(state.flow, event);
  }

  static void keep_first(FlowState& state, Direction direction, Bytes bytes) {
    state.bytes += bytes.size();
    state.first[direction == Direction::forward ? 0 : 1].add(bytes);
  }

  void keep_icmp(const Flow& flow, const Event& event) {
    if (result_.icmp.size() < k_most_icmp) result_.icmp.emplace_back(flow.id, event);
  }

  // What makes two handshakes tell the same story: how, by whom and where they ended. A key, not to be read.
  static std::string kind_of(const tls::Handshake& h) {
    std::string kind;
    kind.reserve(64);
    const auto add = [&](unsigned value) { kind.push_back(static_cast<char>(value)); };
    add(static_cast<unsigned>(h.outcome));
    add(static_cast<unsigned>(h.ended_by));
    add(h.ended_by_side ? 1U + static_cast<unsigned>(*h.ended_by_side) : 0U);
    add(static_cast<unsigned>(h.alerts.size()));
    for (const tls::Alert& alert : h.alerts) add(alert.code);
    return kind.append(h.stage);
  }

  // The same, and the server.
  static std::string kind_at(std::string kind, const Endpoint& server) {
    kind.push_back('\n');
    kind.append(server.address.bytes.begin(), server.address.bytes.end());
    for (const unsigned value : {static_cast<unsigned>(server.address.v6), server.port & 0xffU, static_cast<unsigned>(server.port) >> 8U}) kind.push_back(static_cast<char>(value));
    return kind;
  }

  // Whether this one tells something that those kept do not.
  bool tells_more(const tls::Handshake& handshake) {
    if (keep_alike_ == 0) return true;
    std::string kind = kind_of(handshake);
    const bool completed = handshake.outcome == tls::Outcome::completed;
    const std::size_t kept = result_.handshakes.size();
    if (kept >= k_most_kept || (completed && kept >= k_crowd)) return false;
    if (!completed && ++kinds_[kind] > k_failures_of_a_kind) return false;
    return kinds_[kind_at(std::move(kind), handshake.server)]++ < keep_alike_;
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
    if (state.openvpn && state.flow.transport == capture::Transport::udp) handshake->transport = "udp";
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
      std::string_view protocol = tls::protocol_of(state.first[0].seen());
      if (protocol == "unknown") protocol = tls::protocol_of(state.first[1].seen());
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
  std::vector<std::uint32_t> ending_;  // live: slots of flows that ended
  bool live_ = false;
  Timestamp first_;
  capture::At last_;
};

}  // namespace tlswhy::wire::collecting
