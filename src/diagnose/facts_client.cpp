// SPDX-License-Identifier: Apache-2.0
// Whether the client was asked for a certificate, and what it answered.
#include <algorithm>

#include "diagnose/fact_sink.hpp"

namespace tlswhy::diagnose {
namespace {

using tls::Handshake;

std::uint64_t frame_of(const Handshake& h, std::string_view type, Side from) {
  const auto found = std::find_if(h.messages.begin(), h.messages.end(), [&](const tls::Message& m) { return m.type == type && m.from == from; });
  return found == h.messages.end() ? h.last_frame : found->at.frame;
}

bool reached(const Handshake& h, std::string_view type) {
  return std::any_of(h.messages.begin(), h.messages.end(), [&](const tls::Message& m) { return m.type == type; });
}

// TLS 1.3 without keys: what the size of the client's first record gives away.
void state_inferred_answer(FactSink& sink, const Handshake& h) {
  const std::uint64_t frame = h.client_answer_frame;
  if (h.client_answer == tls::ClientAnswer::unknown || h.client_certificate_requested) return;
  if (h.client_answer == tls::ClientAnswer::not_asked) {
    sink.state(FactBuilder("client-cert-not-requested"), frame,
               "the client's first encrypted record has the size of a Finished alone: it was not asked for a certificate", true);
    return;
  }
  const bool empty = h.client_answer == tls::ClientAnswer::empty;
  const std::string text = std::string("the client's first encrypted record has the size of ") + (empty ? "an empty Certificate" : "a certificate");
  sink.state(FactBuilder("client-cert-requested"), frame, text + ": the server asked for one", true);
  sink.state(FactBuilder(empty ? "client-cert-empty" : "client-cert-sent"), frame, text, true);
}

}  // namespace

void state_client_authentication(FactSink& sink, const Handshake& h) {
  if (h.client_certificate_requested) {
    sink.state(FactBuilder("client-cert-requested"), frame_of(h, "certificate_request", Side::server), "the server asks for a client certificate");
  }
  if (h.client_certificate_empty) {
    sink.state(FactBuilder("client-cert-empty"), frame_of(h, "certificate", Side::client), "the client answers with an empty certificate list");
  } else if (h.client_certificate == tls::Seen::present) {
    sink.state(FactBuilder("client-cert-sent"), frame_of(h, "certificate", Side::client), "the client sends a certificate");
  }
  // Up to TLS 1.2 the request stands before ServerHelloDone, in the clear.
  const bool whole = h.from_server.missing_bytes == 0 && h.from_server.missing_messages == 0;
  if (!h.client_certificate_requested && whole && reached(h, "server_hello_done")) {
    sink.state(FactBuilder("client-cert-not-requested"), frame_of(h, "server_hello_done", Side::server),
               "the server does not ask for a client certificate");
  }
  state_inferred_answer(sink, h);
}

}  // namespace tlswhy::diagnose
