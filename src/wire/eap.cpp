// SPDX-License-Identifier: Apache-2.0
#include "wire/eap.hpp"

#include <algorithm>
#include <iterator>

namespace tlswhy::wire {
namespace {

// RFC 3748 4.
constexpr std::uint8_t k_request = 1, k_response = 2, k_success = 3, k_failure = 4;
// IANA EAP method types.
constexpr std::uint8_t k_identity = 1, k_eap_tls = 13, k_eap_ttls = 21, k_peap = 25, k_eap_fast = 43, k_teap = 55;
// RFC 5216 3.1; outer TLVs are TEAP's (RFC 7170 4.1).
constexpr std::uint8_t k_length_included = 0x80, k_more_fragments = 0x40, k_start = 0x20, k_outer_tlvs = 0x10;
// A TLS message over EAP longer than this is damage: chains have a few KB, and every fragment costs a round trip.
constexpr std::size_t k_most_message = 1U << 20U;
// Conversations in RADIUS that are kept open; a busy server has hundreds at a time.
constexpr std::size_t k_most_sessions = 10'000;
// Identifiers and states by which packets find their conversation: 32 for each of the conversations above.
constexpr std::size_t k_most_handles = 320'000;

unsigned index_of(Side side) { return side == Side::client ? 0U : 1U; }

bool carries_tls(std::uint8_t type) { return type == k_eap_tls || type == k_eap_ttls || type == k_peap || type == k_eap_fast || type == k_teap; }

}  // namespace

void EapConversation::packet(Bytes eap, tls::At at) {
  Reader r(eap);
  const std::uint8_t code = r.u8("code");
  const std::uint8_t identifier = r.u8("identifier");
  const std::uint16_t length = r.u16("length");
  if (!r.ok() || length < 4 || code < k_request || code > k_failure) return;
  eap = eap.first(std::min<std::size_t>(length, eap.size()));  // padding of short frames
  if (code == k_success || code == k_failure) {
    settled(code == k_success, at);
    return;
  }
  const Side from = code == k_response ? Side::client : Side::server;
  Reader body(eap.subspan(4));
  const std::uint8_t type = body.u8("type");
  if (!body.ok() || !carries_tls(type)) return;
  Direction& d = directions_[index_of(from)];
  if (std::equal(eap.begin(), eap.end(), d.last.begin(), d.last.end())) {
    if (connection_) connection_->retransmission(from, static_cast<std::uint32_t>(eap.size()), at);
    return;
  }
  d.last.assign(eap.begin(), eap.end());
  tls_data(from, identifier, body, type == k_teap, at);
}

void EapConversation::tls_data(Side from, std::uint8_t identifier, Reader body, bool outer_tlvs, tls::At at) {
  Direction& d = directions_[index_of(from)];
  const std::uint8_t flags = body.u8("flags");
  const std::size_t total = (flags & k_length_included) != 0 ? body.u32("TLS message length") : 0;
  std::size_t outer = outer_tlvs && (flags & k_outer_tlvs) != 0 ? body.u32("outer TLV length") : 0;
  if (!body.ok()) return;
  if (from == Side::server && (flags & k_start) != 0) {  // what may follow is the method's own, not TLS
    if (connection_) close(at);
    return;
  }
  Bytes data = body.rest();
  outer = std::min(outer, data.size());
  data = data.first(data.size() - outer);
  if (data.empty() && d.pieces.empty()) return;  // an acknowledgement
  // The other side has gone on: the end of its message was lost.
  const Side peer = other(from);
  if (!data.empty() && !directions_[index_of(peer)].pieces.empty()) flush(peer, directions_[index_of(peer)].last_at);
  if (d.received + data.size() > k_most_message) return;
  if (total != 0) d.total = total;
  d.received += data.size();
  d.last_at = at;
  d.pieces.push_back({identifier, {data.begin(), data.end()}});
  if ((flags & k_more_fragments) == 0) flush(from, at);
}

void EapConversation::flush(Side from, tls::At at) {
  Direction& d = directions_[index_of(from)];
  if (!connection_) connection_.emplace(client_, server_, true, false);
  std::size_t missing = d.total > d.received ? d.total - d.received : 0;
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < d.pieces.size(); ++i) {
    // Authenticators count identifiers up, by one for each request (RFC 3748 4.1): where they jump, a fragment was not captured.
    const bool jump = i > 0 && static_cast<std::uint8_t>(d.pieces[i].identifier - d.pieces[i - 1].identifier) > 1;
    if (jump && missing > 0) {
      connection_->data(from, bytes, at);
      connection_->missing(from, missing, tls::Missing::lost, at);
      bytes.clear();
      missing = 0;
    }
    bytes.insert(bytes.end(), d.pieces[i].bytes.begin(), d.pieces[i].bytes.end());
  }
  if (!bytes.empty()) connection_->data(from, bytes, at);
  if (missing > 0) connection_->missing(from, missing, tls::Missing::lost, at);
  d.pieces.clear();
  d.received = d.total = 0;
}

void EapConversation::settled(bool success, tls::At at) {
  if (!connection_) return;
  connection_->settled(success, at);
  close(at);
}

void EapConversation::close(tls::At end) {
  for (const Side side : {Side::client, Side::server}) {
    const Direction& d = directions_[index_of(side)];
    if (!d.pieces.empty()) flush(side, d.last_at);
  }
  if (!connection_) return;
  if (auto handshake = connection_->take(end)) {
    handshake->transport = "eap";
    handshake->flow_id = flow_id_;
    done_.push_back(std::move(*handshake));
  }
  connection_.reset();
}

void EapConversation::take_settled(std::vector<tls::Handshake>& out) {
  std::move(done_.begin(), done_.end(), std::back_inserter(out));
  done_.clear();
}

void EapConversation::take(tls::At end, std::vector<tls::Handshake>& out) {
  close(end);
  std::move(done_.begin(), done_.end(), std::back_inserter(out));
  done_.clear();
}

void EapSessions::link(const capture::Flow& flow, Bytes eap, tls::At at) {
  links_.try_emplace(flow.id, flow.source, flow.destination, flow.id).first->second.packet(eap, at);
}

EapSessions::Sessions::iterator EapSessions::radius_session(const RadiusPacket& packet, const Asked& asked, const Endpoint& client, const Endpoint& server) {
  if (packet.code != RadiusPacket::k_access_request) {
    if (const auto found = asked_.find(asked); found != asked_.end()) return found->second;
  }
  // A request names its conversation by the State of the last challenge; the first of all has none, and brings the identity.
  if (!packet.state.empty()) {
    if (const auto found = states_.find({server.address, packet.state}); found != states_.end()) return found->second;
  } else if (packet.code == RadiusPacket::k_access_request && packet.eap.size() > 4 && packet.eap[4] != k_identity) {
    if (const auto found = asked_.find(asked); found != asked_.end()) return found->second;
  }
  if (packet.eap.empty()) return sessions_.end();
  if (sessions_.size() >= k_most_sessions) {
    limit_hit_ = true;
    return sessions_.end();
  }
  return sessions_.emplace(sessions_.end(), client, server, asked.first);
}

bool EapSessions::radius(const capture::Flow& flow, capture::Direction direction, Bytes datagram, tls::At at) {
  const auto packet = read_radius(datagram);
  if (!packet) return false;
  const bool request = packet->code == RadiusPacket::k_access_request;
  const bool forward = direction == capture::Direction::forward;
  const Endpoint& client = request == forward ? flow.source : flow.destination;
  const Endpoint& server = request == forward ? flow.destination : flow.source;
  const Asked asked{flow.id, packet->identifier};
  const auto session = radius_session(*packet, asked, client, server);
  if (session == sessions_.end()) return !packet->eap.empty();
  if (asked_.size() + states_.size() >= k_most_handles) {
    asked_.clear();
    states_.clear();
    limit_hit_ = true;
  }
  if (request) asked_[asked] = session;
  if (packet->code == RadiusPacket::k_access_challenge && !packet->state.empty()) states_[{server.address, packet->state}] = session;
  session->packet(packet->eap, at);
  if (packet->code == RadiusPacket::k_access_accept || packet->code == RadiusPacket::k_access_reject) session->settled(packet->code == RadiusPacket::k_access_accept, at);
  return true;
}

std::vector<tls::Handshake> EapSessions::take_settled() {
  std::vector<tls::Handshake> all;
  for (auto& [flow, conversation] : links_) conversation.take_settled(all);
  for (EapConversation& conversation : sessions_) conversation.take_settled(all);
  if (sessions_.size() + links_.size() < k_most_sessions / 2) return all;
  std::erase_if(links_, [](const auto& entry) { return entry.second.idle(); });
  std::erase_if(asked_, [](const auto& entry) { return entry.second->idle(); });
  std::erase_if(states_, [](const auto& entry) { return entry.second->idle(); });
  sessions_.remove_if([](const EapConversation& conversation) { return conversation.idle(); });
  return all;
}

std::vector<tls::Handshake> EapSessions::take(tls::At end) {
  std::vector<tls::Handshake> all;
  for (auto& [flow, conversation] : links_) conversation.take(end, all);
  for (EapConversation& conversation : sessions_) conversation.take(end, all);
  return all;
}

}  // namespace tlswhy::wire
