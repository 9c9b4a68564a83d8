// SPDX-License-Identifier: Apache-2.0
#include "tls/assembly.hpp"

#include <algorithm>
#include <utility>

#include "tls/certificate.hpp"
#include "tls/foreign.hpp"
#include "tls/messages.hpp"
#include "tls/suites.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_warning = 1;
constexpr std::uint8_t k_fatal = 2;
constexpr std::uint16_t k_tls12 = 0x0303;
constexpr std::uint16_t k_dtls12 = 0xFEFD;
constexpr std::size_t k_most_problems = 16;
// TLS 1.3 records behind the client's Finished after which the connection is up and nothing more is to be learnt: of the server (two
// tickets, an answer and an alert), or of a client that sends without an answer.
constexpr std::uint32_t k_settled_server = 4;
constexpr std::uint32_t k_settled_client = 64;
// Records behind the handshake that are looked at: a request and its answer, or a refusal, show in the first few.
constexpr std::uint32_t k_looked_at_after = 8;
// A TLS 1.3 Finished is a hash of at least 32 bytes behind a header of 4, a content type and a tag of at least 8 (RFC 8446 4.4.4).
constexpr std::uint32_t k_smallest_finished13 = 45;

// Who serves by the ports alone, where a stream was joined in the middle: system ports (RFC 6335 6) against others, and others against
// those that Linux gives to clients (ip_local_port_range, 32768 up, which holds the range of RFC 6335 too).
constexpr std::uint16_t k_system_ports_end = 1024;
constexpr std::uint16_t k_client_ports_begin = 32'768;
bool is_server_port(std::uint16_t port, std::uint16_t peer) {
  if (port == 0 || port >= peer) return false;
  return port < k_system_ports_end || (port < k_client_ports_begin && peer >= k_client_ports_begin);
}

// What only one side sends (RFC 5246 7.4, RFC 8446 4); a Certificate is either's.
bool is_servers(std::uint8_t type) {
  switch (type) {
    case HandshakeType::new_session_ticket:
    case HandshakeType::certificate_request:
    case HandshakeType::server_key_exchange:
    case HandshakeType::server_hello_done:
    case HandshakeType::certificate_status: return true;
    default: return false;
  }
}

}  // namespace

Assembly::Assembly(Endpoint client, Endpoint server, bool opener_known, bool datagrams, const Limits& limits)
    : limits_(limits), datagrams_(datagrams), client_known_(opener_known) {
  handshake_.transport = datagrams ? "udp" : "tcp";
  handshake_.client = client;
  handshake_.server = server;
  if (!opener_known && is_server_port(client.port, server.port)) client_direction_ = 1;
}

bool Assembly::tls13() const {
  const auto version = handshake_.negotiated();
  return version && (version->value == 0x0304 || (version->value & 0xFF00U) == 0x7F00U || version->value == 0xFEFC);
}

bool Assembly::over() const {
  if (!handshake_.server_hello && !handshake_.midstream) return false;
  // TLS 1.3: the server's verdict on the client's flight comes after it: tickets and data, or an alert in one record.
  if (tls13()) return progress_.server_records_after_finished > k_settled_server || progress_.client_records_after_finished > k_settled_client;
  return finished_[0] && finished_[1];
}

bool Assembly::seen_enough() const {
  if (!over()) return false;
  if (tls13() || datagrams_) return true;
  const std::uint32_t seen = after_.data_records[0] + after_.data_records[1] + after_.handshake_records[0] + after_.handshake_records[1];
  return progress_.goodbye.has_value() || seen >= k_looked_at_after;
}

void Assembly::count_data_after(unsigned direction, std::uint64_t bytes) {
  ++after_.data_records[direction];
  after_.data_bytes[direction] += bytes;
}

void Assembly::goodbye(unsigned direction, At at) {
  if (!progress_.goodbye) progress_.goodbye = {side_of(direction), at};
}

void Assembly::record_after(unsigned direction, std::uint8_t type, std::uint32_t size, At at) {
  switch (type) {
    case ContentType::alert: goodbye(direction, at); break;
    case ContentType::handshake: ++after_.handshake_records[direction]; break;
    case ContentType::application_data: count_data_after(direction, content_of(size)); break;
    default: break;
  }
}

// How much of a protected record is its content (RFC 5288, RFC 6655, RFC 7905); block ciphers pad, so that only its size is known.
std::uint32_t Assembly::content_of(std::uint32_t size) {
  constexpr std::uint32_t k_explicit_nonce = 8;
  if (!handshake_.server_hello) return size;
  if (!added_by_suite_) {
    added_by_suite_ = 0;
    const auto suite = suite_protection(handshake_.server_hello->cipher_suite);
    if (suite && suite->kind == SuiteProtection::Kind::aead) added_by_suite_ = static_cast<std::uint32_t>(tag_size(suite->aead)) + (suite->aead == AeadAlgorithm::chacha20_poly1305 ? 0 : k_explicit_nonce);
  }
  return size > *added_by_suite_ ? size - *added_by_suite_ : size;
}

std::optional<Bytes> Assembly::without_mac(unsigned direction, Bytes record) const {
  if (!change_cipher_spec_[direction] || !handshake_.server_hello || tls13()) return std::nullopt;
  const auto suite = suite_protection(handshake_.server_hello->cipher_suite);
  if (!suite || suite->kind != SuiteProtection::Kind::null || record.size() <= digest_size(suite->mac)) return std::nullopt;
  return record.first(record.size() - digest_size(suite->mac));
}

void Assembly::touch(At at) {
  if (handshake_.first_frame == 0) {
    handshake_.first_frame = at.frame;
    handshake_.started = at.time;
  }
  handshake_.last_frame = std::max(handshake_.last_frame, at.frame);
}

void Assembly::problem(std::string text) {
  if (handshake_.problems.size() < k_most_problems) handshake_.problems.push_back(std::move(text));
}

void Assembly::bytes(unsigned direction, std::size_t count, At at) {
  facts_[direction].bytes += count;
  facts_[direction].seen = true;
  progress_.last = at;
}

void Assembly::record(unsigned direction, std::uint32_t size, At at) {
  DirectionFacts& facts = facts_[direction];
  ++facts.records;
  if (size > facts.largest_record) {
    facts.largest_record = size;
    facts.largest_record_frame = at.frame;
  }
}

void Assembly::learn_client(unsigned direction) {
  client_direction_ = direction;
  client_known_ = true;
}

void Assembly::add_message(Message message) {
  touch(message.at);
  if (handshake_.messages.size() >= limits_.messages) {
    if (handshake_.messages.size() == limits_.messages) problem("more than " + std::to_string(limits_.messages) + " handshake messages; the rest is not listed");
    return;
  }
  if (message.type != "change_cipher_spec") handshake_.stage = message.type;
  constexpr std::size_t k_usual = 12;  // messages of a handshake
  if (handshake_.messages.empty()) handshake_.messages.reserve(k_usual);
  handshake_.messages.push_back(std::move(message));
}

void Assembly::client_hello(unsigned direction, ClientHello hello, At at) {
  learn_client(direction);
  hello.at = at;
  if (decryption_) decryption_->client_hello(hello);
  if (!handshake_.client_hello) {
    handshake_.client_hello = std::move(hello);
  } else if (!handshake_.second_client_hello) {
    handshake_.second_client_hello = std::move(hello);
  }
}

void Assembly::server_hello(unsigned direction, ServerHello hello, At at) {
  if (!client_known_ || !handshake_.client_hello) learn_client(1 - direction);
  hello.at = at;
  if (hello.hello_retry_request) {
    handshake_.hello_retry_request = std::move(hello);
    return;
  }
  if (decryption_) decryption_->server_hello(direction, hello);
  if (handshake_.server_hello) return;  // renegotiation: the first one counts
  handshake_.server_hello = std::move(hello);
  // From here on TLS 1.3 protects everything the server sends; clients go on in the clear until their own keys are in use.
  if (tls13()) protected_[direction] = true;
}

void Assembly::certificates(unsigned direction, Bytes body, bool decrypted, At at) {
  auto parsed = decrypted && tls13() ? parse_certificate_list13(body) : parse_certificate_list(body);
  const Side from = side_of(direction);
  std::span<const Bytes> list = parsed.value;
  if (list.size() > limits_.certificates) {
    problem("frame " + std::to_string(at.frame) + ": more than " + std::to_string(limits_.certificates) + " certificates; the rest is left out");
    list = list.first(limits_.certificates);
  }
  std::vector<Certificate> chain = read_chain(list);
  for (Certificate& certificate : chain) {
    certificate.from = from;
    certificate.frame = at.frame;
    certificate.decrypted = decrypted;
  }
  const bool first = std::none_of(handshake_.certificates.begin(), handshake_.certificates.end(), [&](const Certificate& c) { return c.from == from; });
  if (from == Side::server) {
    handshake_.server_certificate = chain.empty() ? Seen::absent : Seen::present;
    server_certificate_ = true;
  } else {
    handshake_.client_certificate = chain.empty() ? Seen::absent : Seen::present;
    handshake_.client_certificate_empty = chain.empty() && parsed.ok();
  }
  if (!parsed.ok()) {
    problem("frame " + std::to_string(at.frame) + ": Certificate message: " + std::string(parsed.error->what) + " " + std::string(to_string(parsed.error->fault)));
  }
  if (first) std::move(chain.begin(), chain.end(), std::back_inserter(handshake_.certificates));
}

void Assembly::certificate_request(Bytes body) {
  handshake_.client_certificate_requested = true;
  const auto version = handshake_.negotiated();
  if (tls13()) {
    handshake_.certificate_request_issuers.resize(parse_certificate_request13(body).value.size());
    return;
  }
  const bool with_algorithms = version && (version->value == k_tls12 || version->value == k_dtls12);
  const auto parsed = parse_certificate_request(body, with_algorithms);
  handshake_.certificate_request_issuers.resize(parsed.value.size());
}

void Assembly::read_body(unsigned direction, std::uint8_t type, Bytes body, bool cut, bool decrypted, At at) {
  switch (type) {
    case HandshakeType::client_hello: {
      auto parsed = parse_client_hello(body, datagrams_);
      if (!parsed.ok()) problem("frame " + std::to_string(at.frame) + ": ClientHello: " + std::string(parsed.error->what) + " " + std::string(to_string(parsed.error->fault)));
      // A cut just before the extensions leaves what could be a hello without any.
      if (cut) parsed.value.complete = false;
      client_hello(direction, std::move(parsed.value), at);
      break;
    }
    case HandshakeType::server_hello: {
      auto parsed = parse_server_hello(body);
      if (!parsed.ok()) problem("frame " + std::to_string(at.frame) + ": ServerHello: " + std::string(parsed.error->what) + " " + std::string(to_string(parsed.error->fault)));
      if (cut) parsed.value.complete = false;
      server_hello(direction, std::move(parsed.value), at);
      break;
    }
    case HandshakeType::certificate: certificates(direction, body, decrypted, at); break;
    case HandshakeType::certificate_request: certificate_request(body); break;
    case HandshakeType::server_key_exchange:
      if (const std::uint16_t curve = parse_named_curve(body); curve != 0) handshake_.key_exchange_group = curve;
      break;
    case HandshakeType::server_hello_done: server_hello_done_ = true; break;
    case HandshakeType::client_key_exchange:
      if (decryption_) decryption_->client_key_exchange(body);
      break;
    default: break;
  }
  if (decrypted) read_decrypted(direction, type, body, at);
}

void Assembly::message(unsigned direction, std::uint8_t type, Bytes body, std::uint32_t records, bool decrypted, At at) {
  certain_ = true;
  Message entry;
  entry.at = at;
  entry.code = type;
  entry.length = static_cast<std::uint32_t>(body.size());
  entry.records = records;
  entry.decrypted = decrypted;
  if (!client_known_ && is_servers(type)) client_direction_ = 1 - direction;
  if (!client_known_ && type == HandshakeType::client_key_exchange) client_direction_ = direction;
  if (type == HandshakeType::finished && change_cipher_spec_[direction]) finished_[direction] = true;
  read_body(direction, type, body, false, decrypted, at);
  entry.type = handshake_type_name(type);
  if (type == HandshakeType::server_hello && handshake_.hello_retry_request && handshake_.hello_retry_request->at.frame == at.frame && !handshake_.server_hello) {
    entry.type = "hello_retry_request";
  }
  if (entry.type.empty()) entry.type = "encrypted_handshake";
  entry.from = side_of(direction);
  DirectionFacts& facts = facts_[direction];
  if (entry.length > facts.largest_message) {
    facts.largest_message = entry.length;
    facts.largest_message_type = entry.type;
  }
  add_message(std::move(entry));
}

void Assembly::cut_message(unsigned direction, std::uint8_t type, Bytes head, std::uint32_t declared, std::uint32_t records, At at) {
  if (type != HandshakeType::client_hello && type != HandshakeType::server_hello) return;
  certain_ = true;
  read_body(direction, type, head, head.size() < declared, false, at);
  Message entry;
  entry.at = at;
  entry.from = side_of(direction);
  entry.type = handshake_type_name(type);
  entry.code = type;
  entry.length = declared;
  entry.records = records;
  entry.complete = false;
  add_message(std::move(entry));
}

void Assembly::sslv2_hello(unsigned direction, Bytes body, At at) {
  auto parsed = parse_sslv2_client_hello(body);
  certain_ = true;
  client_hello(direction, std::move(parsed.value), at);
  Message entry;
  entry.at = at;
  entry.from = Side::client;
  entry.type = handshake_type_name(HandshakeType::client_hello);
  entry.code = HandshakeType::client_hello;
  entry.length = static_cast<std::uint32_t>(body.size());
  add_message(std::move(entry));
}

void Assembly::encrypted_message(unsigned direction, std::uint32_t size, At at) {
  if (change_cipher_spec_[direction]) finished_[direction] = true;
  Message entry;
  entry.at = at;
  entry.from = side_of(direction);
  entry.type = "encrypted_handshake";
  entry.length = size;
  // A ChangeCipherSpec record and a handshake record after it: no other protocol begins like that.
  if (change_cipher_spec_[direction]) certain_ = true;
  add_message(std::move(entry));
}

void Assembly::change_cipher_spec(unsigned direction, At at) {
  Message entry;
  entry.at = at;
  entry.from = side_of(direction);
  entry.type = "change_cipher_spec";
  entry.length = 1;
  add_message(std::move(entry));
  // In TLS 1.3 the record only pleases middleboxes (RFC 8446 D.4) and protects nothing. The client may send it before its second
  // hello, when no version has been chosen yet.
  const bool before_any_choice = !handshake_.server_hello && handshake_.hello_retry_request;
  if (tls13() || before_any_choice) return;
  change_cipher_spec_[direction] = true;
  protected_[direction] = true;
  if (!decryption_ || datagrams_) return;  // datagrams say themselves under which keys they are
  decryption_->change_cipher_spec(direction);
  if (const std::string why = decryption_->take_problem(); !why.empty()) problem("frame " + std::to_string(at.frame) + ": " + why);
}

void Assembly::progress() { progress_.repeats_without_news[0] = progress_.repeats_without_news[1] = 0; }

void Assembly::repeated(unsigned direction, std::uint32_t size) {
  DirectionFacts& facts = facts_[direction];
  ++facts.retransmissions;
  facts.largest_retransmission = std::max(facts.largest_retransmission, size);
  ++progress_.repeats_without_news[direction];
}

void Assembly::repeated_message(unsigned direction, std::uint8_t type, std::uint32_t length, At at) {
  const std::string_view name = handshake_type_name(type);
  if (name.empty() || handshake_.repeats.size() >= limits_.messages) return;  // all are counted; so many need not be listed
  handshake_.repeats.push_back({at, side_of(direction), name, length});
}

void Assembly::keys_in_use(unsigned direction) {
  change_cipher_spec_[direction] = true;
  protected_[direction] = true;
}

void Assembly::client_finished13(At at) {
  if (progress_.client_finished13) return;
  progress_.client_finished13 = true;
  progress_.client_finished13_at = at;
  touch(at);
}

void Assembly::unreachable(At at) {
  if (!progress_.unreachable) progress_.unreachable = at;
}

void Assembly::settled(bool success, At at) {
  progress_.last = at;
  (success ? progress_.granted : progress_.refused) = at;
}

void Assembly::alert_record(unsigned direction, Bytes payload, bool protected_by_epoch, At at) {
  Alert alert;
  alert.at = at;
  alert.from = side_of(direction);
  alert.after = handshake_.stage;
  const bool clear = !protected_by_epoch && payload.size() == 2 && (payload[0] == k_warning || payload[0] == k_fatal) &&
                     (!change_cipher_spec_[direction] || datagrams_ || tls13());
  if (clear) {
    alert.level = payload[0];
    alert.code = payload[1];
    certain_ = true;
  } else {
    alert.encrypted = true;
  }
  // After both sides have finished an encrypted alert is the normal close (close_notify): nothing of the handshake.
  if (alert.encrypted && finished_[0] && finished_[1]) return goodbye(direction, at);
  touch(at);
  handshake_.alerts.push_back(alert);
}

void Assembly::open_alert(unsigned direction, Bytes payload, At at) {
  Alert alert;
  alert.at = at;
  alert.from = side_of(direction);
  alert.after = handshake_.stage;
  Reader reader(payload);
  alert.level = reader.u8("level");
  alert.code = reader.u8("description");
  if (!reader.ok() || reader.more()) return problem("frame " + std::to_string(at.frame) + ": an alert of " + std::to_string(payload.size()) + " bytes");
  if (finished_[0] && finished_[1]) goodbye(direction, at);
  else touch(at);
  handshake_.alerts.push_back(alert);
}

void Assembly::application_data(unsigned direction, std::uint32_t size, At at) {
  ++facts_[direction].application_records;
  if (!tls13()) return;
  const unsigned client = client_direction_;
  ++protected_records_[direction];
  if (direction == client) {
    if (protected_records_[direction] == 1) {
      progress_.first_protected_size[0] = size;
      progress_.first_protected[0] = at;
    }
    // Early data comes before the server's answer and so before this point; what follows the ServerHello is the client's flight.
    if (!progress_.client_finished13 && size >= k_smallest_finished13 && protected_records_[1 - client] > 0) {
      progress_.client_finished13 = true;
      progress_.client_finished13_at = at;
      touch(at);
    } else if (progress_.client_finished13 && progress_.client_records_after_finished++ == 0) {
      progress_.client_first_after_finished = size;
      progress_.client_first_after_finished_at = at;
    }
    return;
  }
  if (!progress_.client_finished13) {
    touch(at);
    return;
  }
  if (progress_.server_records_after_finished++ == 0) {
    progress_.server_first_after_finished = size;
    progress_.server_first_after_finished_at = at;
  }
  progress_.server_before_last_size = std::exchange(progress_.server_last_size, size);
  progress_.server_last_at = at;
}

void Assembly::foreign(unsigned direction, Bytes first_bytes, At at) {
  if (handshake_.foreign) return;
  ForeignBytes found;
  found.from = side_of(direction);
  found.protocol = std::string(protocol_of(first_bytes));
  // In a stream that was joined in the middle, unknown bytes are the rest of something.
  if (found.protocol == "unknown" && found.from == Side::server && !handshake_.client_hello) return;
  const Bytes head = first_bytes.first(std::min(first_bytes.size(), k_first_bytes_kept));
  found.first_bytes.assign(head.begin(), head.end());
  found.at = at;
  touch(at);
  handshake_.foreign = std::move(found);
}

Handshake Assembly::take(At end) {
  Handshake& h = handshake_;
  const unsigned client = client_direction_;
  if (client == 1) std::swap(h.client, h.server);
  h.roles_inferred = !client_known_;
  h.from_client = facts_[client];
  h.from_server = facts_[1 - client];
  for (unsigned side = 0; side < 2; ++side) {
    const unsigned direction = side == 0 ? client : 1 - client;
    progress_.change_cipher_spec[side] = change_cipher_spec_[direction];
    progress_.finished[side] = finished_[direction];
    progress_.protected_records[side] = protected_records_[direction];
    progress_.opened[side] = opened_[direction];
    h.after.data_records[side] = after_.data_records[direction];
    h.after.data_bytes[side] = after_.data_bytes[direction];
    h.after.handshake_records[side] = after_.handshake_records[direction];
  }
  h.one_sided = h.from_client.seen != h.from_server.seen && h.from_client.missing_bytes + h.from_server.missing_bytes == 0 &&
                (h.from_client.seen ? h.from_client.application_records > 0 : true);
  // A server that goes straight from its hello to ChangeCipherSpec has resumed an earlier session (RFC 5246 7.3). Where bytes of it
  // are missing, nobody can say that a message was not among them.
  const bool whole = h.from_server.missing_bytes == 0 && h.from_server.missing_messages == 0;
  const bool server_ccs = whole && change_cipher_spec_[1 - client];
  h.resumed = h.server_hello && ((!tls13() && server_ccs && !server_certificate_ && !server_hello_done_) || (tls13() && h.server_hello->pre_shared_key));
  if (h.server_hello && !server_certificate_) h.server_certificate = tls13() ? (opened_[1 - client] && finished_[1 - client] ? Seen::absent : Seen::encrypted) : (whole && server_hello_done_) || h.resumed ? Seen::absent : Seen::not_captured;
  if (h.client_certificate == Seen::not_captured && tls13()) h.client_certificate = opened_[client] && finished_[client] ? Seen::absent : Seen::encrypted;
  for (const DirectionFacts* facts : {&h.from_client, &h.from_server}) {
    for (const auto& [flag, at] : {std::pair{facts->fin, facts->fin_at}, std::pair{facts->rst, facts->rst_at}}) {
      if (flag && at.frame > progress_.last.frame) progress_.last = at;
    }
  }
  conclude(h, progress_, end);
  h.ended = h.ended_at.time;
  if (h.outcome != Outcome::completed && (h.ended_by == EndedBy::fin || h.ended_by == EndedBy::rst)) h.last_frame = std::max(h.last_frame, h.ended_at.frame);
  return std::move(handshake_);
}

}  // namespace tlswhy::tls
