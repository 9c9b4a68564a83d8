// SPDX-License-Identifier: Apache-2.0
#include "tls/connection.hpp"

#include <algorithm>

#include "tls/assembly.hpp"
#include "tls/datagram.hpp"
#include "tls/stream.hpp"

namespace tlswhy::tls {

class Connection::State {
 public:
  State(Endpoint client, Endpoint server, bool opener_known, bool datagrams, const Limits& limits)
      : datagrams_(datagrams), opener_known_(opener_known), assembly(client, server, opener_known, datagrams, limits), stream(assembly, limits), datagram(assembly, limits) {}

  [[nodiscard]] static unsigned direction(Side from) { return from == Side::client ? 0U : 1U; }

  const bool datagrams_;
  const bool opener_known_;
  Assembly assembly;
  StreamReader stream;
  DatagramReader datagram;
  At last;
};

Connection::Connection(Endpoint client, Endpoint server, bool opener_known, bool datagrams, const Limits& limits)
    : state_(std::make_unique<State>(client, server, opener_known, datagrams, limits)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

void Connection::data(Side from, Bytes bytes, At at) {
  state_->last = at;
  if (state_->datagrams_) {
    state_->datagram.data(State::direction(from), bytes, at);
  } else {
    state_->stream.data(State::direction(from), bytes, at);
  }
}

void Connection::opened(Side from, std::uint8_t content_type, Bytes content, At at) {
  state_->last = at;
  if (!state_->datagrams_) state_->stream.opened(State::direction(from), content_type, content, at);
}

void Connection::use_keys(const KeyLog& keys) { state_->assembly.use_keys(keys); }

void Connection::missing(Side from, std::uint64_t bytes, Missing why, At at) {
  if (!state_->datagrams_) state_->stream.missing(State::direction(from), bytes, why, at);
}

void Connection::fin(Side from, At at) {
  DirectionFacts& facts = state_->assembly.facts(State::direction(from));
  if (facts.fin) return;
  facts.fin = true;
  facts.fin_at = at;
}

void Connection::rst(Side from, At at) {
  DirectionFacts& facts = state_->assembly.facts(State::direction(from));
  if (facts.rst) return;
  facts.rst = true;
  facts.rst_at = at;
}

void Connection::retransmission(Side from, std::uint32_t size, At at) {
  (void)at;
  DirectionFacts& facts = state_->assembly.facts(State::direction(from));
  ++facts.retransmissions;
  facts.largest_retransmission = std::max(facts.largest_retransmission, size);
}

void Connection::unreachable(At at) { state_->assembly.unreachable(at); }

void Connection::settled(bool success, At at) { state_->assembly.settled(success, at); }

bool Connection::begins_anew(Bytes datagram) const { return state_->datagrams_ && state_->datagram.begins_anew(datagram); }

bool Connection::wants(Side from) const { return state_->datagrams_ ? !state_->assembly.over() || state_->assembly.may_open() : state_->stream.wants(State::direction(from)); }

std::optional<Handshake> Connection::take(At end) {
  if (state_->datagrams_) state_->datagram.finish();
  else state_->stream.finish(state_->last);
  if (!state_->assembly.certain()) return std::nullopt;
  return state_->assembly.take(end);
}

}  // namespace tlswhy::tls
