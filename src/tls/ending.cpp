// SPDX-License-Identifier: Apache-2.0
#include "tls/ending.hpp"

#include <algorithm>

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_close_notify = 0;
constexpr std::uint8_t k_user_canceled = 90;
constexpr std::uint8_t k_no_renegotiation = 100;
constexpr std::uint8_t k_warning = 1;
// A TLS 1.3 record that holds an alert: two bytes, the content type and a tag of 16 or (CCM_8) 8 bytes (RFC 8446 5.2).
constexpr std::uint32_t k_alert_record = 19;
constexpr std::uint32_t k_alert_record_ccm8 = 11;
// Sizes of a TLS 1.3 record with the client's first protected message (RFC 8446 4.4, 5.2): header 4, content type 1, tag 16, and a
// Finished of 32 or 48 bytes or an empty Certificate (context length 1, list length 3), each alone or both in one record.
constexpr std::uint32_t k_record_overhead = 17;
constexpr std::uint32_t k_finished_sha256 = 4 + 32;
constexpr std::uint32_t k_finished_sha384 = 4 + 48;
constexpr std::uint32_t k_empty_certificate = 4 + 1 + 3;
// A certificate of even a small EC key does not fit into less.
constexpr std::uint32_t k_smallest_certificate_record = 150;
// A session ticket of the shortest kind, an identifier of 32 bytes, with header, lifetime, age_add, nonce and lengths.
constexpr std::uint32_t k_smallest_ticket_record = 4 + 4 + 4 + 1 + 2 + 32 + 2 + k_record_overhead;
constexpr std::uint16_t k_aes_128_ccm_8 = 0x1305;  // its tag has 8 bytes, and the sums above do not hold
// Silence this long before the end of the capture is no capture that was stopped early: somebody gave up or has gone.
constexpr double k_silence_ms = 10'000;
// A server whose turn it is answers within its round trip and the time of one signature; devices compute longer.
constexpr double k_server_silence_ms = 5'000;

bool is_tls13(const Handshake& h) {
  if (h.transport == "quic") return true;  // RFC 9001 4.2
  const auto version = h.negotiated();
  return version && (version->value == 0x0304 || (version->value & 0xFF00U) == 0x7F00U || version->value == 0xFEFC);
}

bool is_alert_size(std::uint32_t size) { return size == k_alert_record || size == k_alert_record_ccm8; }

// An alert that ends the connection. Warnings (no_renegotiation, an unrecognized_name that is only a remark) do not; in TLS 1.3 the
// level means nothing (RFC 8446 6).
bool ends(const Alert& alert, bool tls13) {
  if (alert.encrypted && !alert.decrypted) return true;
  if (alert.code == k_close_notify || alert.code == k_user_canceled || alert.code == k_no_renegotiation) return false;
  return tls13 || alert.level != k_warning;
}

void set_end(Handshake& h, EndedBy by, std::optional<Side> side, At at, Outcome outcome) {
  h.ended_by = by;
  h.ended_by_side = side;
  h.ended_at = at;
  h.outcome = outcome;
}

// TLS 1.3: an alert hides in a record like any other. Its size and place give it away; marked as encrypted, its content unknown.
void infer_encrypted_alerts(Handshake& h, const Progress& p) {
  if (!is_tls13(h) || (h.client_hello && h.client_hello->early_data)) return;
  const auto add = [&](Side from, At at) {
    Alert alert;
    alert.at = at;
    alert.from = from;
    alert.encrypted = true;
    alert.inferred = true;
    alert.after = h.stage;
    h.alerts.push_back(alert);
  };
  // Datagrams have no FIN: there the record must be the last of its side.
  const bool datagrams = h.transport == "udp";
  const bool client_closed = datagrams || p.refused || h.from_client.fin || h.from_client.rst || h.from_server.fin || h.from_server.rst;
  if (!p.opened[0] && !p.client_finished13 && p.protected_records[0] == 1 && is_alert_size(p.first_protected_size[0]) && client_closed) {
    add(Side::client, p.first_protected[0]);
  }
  const bool server_closed = datagrams || p.refused || h.from_server.fin || h.from_server.rst;
  if (!p.opened[1] && p.client_finished13 && p.server_records_after_finished == 1 && is_alert_size(p.server_first_after_finished) && server_closed) {
    add(Side::server, p.server_first_after_finished_at);
  }
}

void infer_client_answer(Handshake& h, const Progress& p) {
  if (!is_tls13(h) || h.transport != "tcp" || p.opened[0] || p.protected_records[0] == 0) return;
  if (!h.client_hello || h.client_hello->early_data || !h.server_hello || h.server_hello->cipher_suite == k_aes_128_ccm_8) return;
  const std::uint32_t size = p.first_protected_size[0];
  const auto is = [&](std::uint32_t content) { return size == content + k_record_overhead; };
  if (is(k_finished_sha256) || is(k_finished_sha384)) {
    h.client_answer = ClientAnswer::not_asked;
  } else if (is(k_empty_certificate) || is(k_empty_certificate + k_finished_sha256) || is(k_empty_certificate + k_finished_sha384)) {
    h.client_answer = ClientAnswer::empty;
  } else if (size >= k_smallest_certificate_record) {
    h.client_answer = ClientAnswer::sent;
  }
  h.client_answer_frame = p.first_protected[0].frame;
}

bool completed(const Handshake& h, const Progress& p) {
  if (is_tls13(h)) {
    const bool rejected = p.rejected13 || std::any_of(h.alerts.begin(), h.alerts.end(), [](const Alert& alert) { return alert.encrypted; });
    if (rejected || !p.client_finished13) return false;
    // A reset with nothing from the server after the client's Finished: it was not accepted.
    return !(h.from_server.rst && p.server_records_after_finished == 0);
  }
  if (p.finished[0] && p.finished[1]) return true;
  // One direction only was recorded: data after the Finished shows that the other side's came.
  const bool only_client = h.from_client.seen && !h.from_server.seen;
  const bool only_server = h.from_server.seen && !h.from_client.seen;
  return (only_client && p.finished[0] && h.from_client.application_records > 0) || (only_server && p.finished[1] && h.from_server.application_records > 0);
}

// Stacks answer an end of file in mid-handshake with an alert of their own (OpenSSL decode_error, GnuTLS unexpected_message, JSSE
// handshake_failure). It says nothing about what went wrong: the other side had closed, and nothing of it was left to judge.
void mark_alerts_after_close(Handshake& h) {
  for (Alert& alert : h.alerts) {
    const DirectionFacts& peer = h.from(other(alert.from));
    if (!peer.fin || peer.fin_at.frame >= alert.at.frame) continue;
    const Message* last = nullptr;
    for (const Message& message : h.messages) {
      if (message.at.frame <= alert.at.frame) last = &message;
    }
    alert.after_close = last == nullptr || last->from == alert.from;
  }
}

// The end that TCP tells: whoever sent the first FIN or RST.
bool end_by_tcp(Handshake& h) {
  struct Sign {
    EndedBy by;
    Side side;
    At at;
  };
  std::vector<Sign> signs;
  if (h.from_client.fin) signs.push_back({EndedBy::fin, Side::client, h.from_client.fin_at});
  if (h.from_server.fin) signs.push_back({EndedBy::fin, Side::server, h.from_server.fin_at});
  if (h.from_client.rst) signs.push_back({EndedBy::rst, Side::client, h.from_client.rst_at});
  if (h.from_server.rst) signs.push_back({EndedBy::rst, Side::server, h.from_server.rst_at});
  if (signs.empty()) return false;
  const auto first = std::min_element(signs.begin(), signs.end(), [](const Sign& a, const Sign& b) { return a.at.frame < b.at.frame; });
  set_end(h, first->by, first->side, first->at, Outcome::failed);
  return true;
}

// DTLS has no FIN: it failed if a flight was sent three times without bringing the handshake on (RFC 6347 4.2.4), or if messages of a
// flight never came although it was asked for again and again.
bool flight_unanswered(const Handshake& h, const Progress& p) {
  constexpr std::uint32_t k_repeats = 2;
  if (std::max(p.repeats_without_news[0], p.repeats_without_news[1]) >= k_repeats) return true;
  const bool holes = h.from_client.missing_messages + h.from_server.missing_messages > 0;
  return holes && std::max(h.from_client.retransmissions, h.from_server.retransmissions) >= k_repeats;
}

// Who ended a connection that had come up, and whether anything had been said on it.
void look_behind(Handshake& h, const Progress& p) {
  if (h.transport != "tcp") return;
  AfterHandshake& after = h.after;
  const auto first = [&](Side side, At at, bool alert) {
    if (at.frame == 0 || (after.ended_by && after.ended_at.frame <= at.frame)) return;
    after.ended_by = side;
    after.ended_at = at;
    after.by_alert = alert;
  };
  const bool tls13 = is_tls13(h);
  bool silent = after.data_records[0] + after.data_records[1] == 0;
  if (p.goodbye) first(p.goodbye->first, p.goodbye->second, true);
  if (tls13 && !p.opened[0]) {
    // The client's first word after its Finished may be its last; what the server sends may be tickets.
    const bool alert = p.client_records_after_finished == 1 && is_alert_size(p.client_first_after_finished);
    silent = p.client_records_after_finished == 0 || alert;
    if (alert) first(Side::client, p.client_first_after_finished_at, true);
    // One request, and an answer shorter than any ticket (RFC 8446 4.6.1) with an alert behind it.
    const bool answered = p.server_before_last_size > k_record_overhead && p.server_before_last_size < k_smallest_ticket_record;
    const bool asked_once = p.client_records_after_finished == 1 || p.client_records_after_finished == 2;  // the second closes, too
    if (asked_once && !alert && !p.opened[1] && answered && is_alert_size(p.server_last_size)) {
      first(Side::server, p.server_last_at, true);
      after.data_records[0] = after.data_records[1] = 1;
      after.data_bytes[0] = p.client_first_after_finished - k_record_overhead;
      after.data_bytes[1] = p.server_before_last_size - k_record_overhead;
    }
  }
  for (const Side side : {Side::client, Side::server}) {
    const DirectionFacts& d = h.from(side);
    if (d.fin) first(side, d.fin_at, false);
    if (d.rst) first(side, d.rst_at, false);
  }
  const bool whole = h.from_client.seen && h.from_server.seen && h.from_client.missing_bytes + h.from_server.missing_bytes == 0;
  after.unused = after.ended_by && silent && whole;
}

}  // namespace

void conclude(Handshake& h, const Progress& p, At end) {
  infer_encrypted_alerts(h, p);
  infer_client_answer(h, p);
  std::stable_sort(h.alerts.begin(), h.alerts.end(), [](const Alert& a, const Alert& b) { return a.at.frame < b.at.frame; });
  mark_alerts_after_close(h);
  if (h.foreign) {
    set_end(h, EndedBy::not_tls, h.foreign->from, h.foreign->at, Outcome::failed);
    return;
  }
  if (completed(h, p) || (p.granted && h.server_hello)) {
    At at = is_tls13(h) ? p.client_finished13_at : At{};
    for (const Message& message : h.messages) {
      if (!is_tls13(h) && message.at.frame >= at.frame) at = message.at;
    }
    set_end(h, EndedBy::finished, std::nullopt, at, Outcome::completed);
    look_behind(h, p);
    return;
  }
  const bool tls13 = is_tls13(h);
  for (const Alert& alert : h.alerts) {
    if (!ends(alert, tls13) || alert.after_close) continue;
    set_end(h, alert.encrypted && !alert.decrypted ? EndedBy::encrypted_alert : EndedBy::alert, alert.from, alert.at, Outcome::failed);
    return;
  }
  if (p.refused) {  // EAP-Failure: the server ends it, as FIN does elsewhere
    set_end(h, EndedBy::fin, Side::server, *p.refused, Outcome::failed);
    return;
  }
  if (end_by_tcp(h)) {
    // Nothing of the handshake itself was recorded: its outcome is not known.
    if (h.midstream && !h.client_hello && !h.server_hello) h.outcome = Outcome::incomplete;
    return;
  }
  if (p.unreachable) {
    set_end(h, EndedBy::timeout, std::nullopt, *p.unreachable, Outcome::failed);
    return;
  }
  const double silence = milliseconds_between(p.last.time, end.time);
  const bool repeated = h.transport == "udp" ? flight_unanswered(h, p) : h.from_client.retransmissions + h.from_server.retransmissions >= 3;
  const bool servers_turn = h.transport != "udp" && h.client_hello && !h.messages.empty() && h.messages.back().from == Side::client;
  if (silence >= (servers_turn ? k_server_silence_ms : k_silence_ms) || (repeated && h.client_hello)) {
    set_end(h, EndedBy::timeout, std::nullopt, p.last, h.midstream && !h.client_hello ? Outcome::incomplete : Outcome::failed);
    return;
  }
  set_end(h, EndedBy::capture_end, std::nullopt, p.last, Outcome::incomplete);
}

}  // namespace tlswhy::tls
