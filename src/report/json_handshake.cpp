// SPDX-License-Identifier: Apache-2.0
#include "report/json_handshake.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "tls/messages.hpp"
#include "diagnose/trust.hpp"
#include "report/json_verdict.hpp"
#include "report/wireshark.hpp"

namespace tlswhy::report {
namespace {

using json = nlohmann::ordered_json;

void hex16(JsonStream& out, std::uint16_t value) {
  std::array<char, 6> text{};
  fmt::format_to(text.data(), "0x{:04x}", value);
  out.text({text.data(), text.size()});
}

void hex_list(JsonStream& out, const std::vector<std::uint16_t>* values) {
  out.begin_array();
  if (values != nullptr) {
    for (const std::uint16_t value : *values) hex16(out, value);
  }
  out.end_array();
}

void text_list(JsonStream& out, const std::vector<std::string>& values) {
  out.begin_array();
  for (const std::string& value : values) out.text(value);
  out.end_array();
}

void mark_decrypted(JsonStream& out, bool decrypted) {
  if (decrypted) out.key("decrypted").boolean(true);
}

// On the wire a HelloRetryRequest is a ServerHello with a certain random (RFC 8446 4.1.3); only drafts gave it a type of its own.
bool is_retry_in_server_hello(const tls::Message& message) {
  return message.type == "hello_retry_request" && message.code == tls::HandshakeType::server_hello;
}

void repeat_json(JsonStream& out, const tls::Repeat& repeat) {
  out.begin_object();
  out.key("frame").number(repeat.at.frame);
  out.key("from").text(to_string(repeat.from));
  out.key("type").text(repeat.type);
  out.key("length").number(repeat.length);
  out.key("retransmission").boolean(true);
  out.end_object();
}

void messages_json(JsonStream& out, const tls::Handshake& h) {
  out.begin_array();
  auto repeat = h.repeats.begin();
  for (const tls::Message& message : h.messages) {
    for (; repeat != h.repeats.end() && repeat->at.frame < message.at.frame; ++repeat) repeat_json(out, *repeat);
    out.begin_object();
    out.key("frame").number(message.at.frame);
    out.key("from").text(to_string(message.from));
    out.key("type").text(is_retry_in_server_hello(message) ? "server_hello" : message.type);
    if (is_retry_in_server_hello(message)) out.key("hello_retry_request").boolean(true);
    out.key("length").number(message.length);
    if (!message.complete) out.key("complete").boolean(false);
    if (message.records > 1) out.key("records").number(message.records);
    mark_decrypted(out, message.decrypted);
    out.end_object();
  }
  for (; repeat != h.repeats.end(); ++repeat) repeat_json(out, *repeat);
  out.end_array();
}

void certificates_json(JsonStream& out, const tls::Handshake& h) {
  out.begin_array();
  for (const tls::Certificate& c : h.certificates) {
    out.begin_object();
    out.key("from").text(to_string(c.from));
    out.key("index").number(std::uint64_t{c.index});
    out.key("frame").number(c.frame);
    out.key("size").number(std::uint64_t{c.size});
    out.key("serial").text(c.serial);
    out.key("subject").text(c.subject);
    out.key("issuer").text(c.issuer);
    out.key("not_before").text_or_null(c.not_before_text);
    out.key("not_after").text_or_null(c.not_after_text);
    out.key("sha256").text(c.sha256);
    out.key("public_key_pin").text_or_null(c.public_key_pin);
    out.key("key").text(c.key);
    out.key("signature").text(c.signature);
    text_list(out.key("names"), c.names);
    out.key("self_signed").boolean(c.self_signed);
    out.key("parse_error").text_or_null(c.parse_error);
    mark_decrypted(out, c.decrypted);
    out.end_object();
  }
  out.end_array();
}

std::string alert_name(std::uint8_t code, const knowledge::Knowledge& knowledge) {
  if (const knowledge::CodeLibrary* const alerts = knowledge.code_library("tls-alerts")) {
    for (const knowledge::Code& row : alerts->codes) {
      if (row.has_value && row.value == code) return std::string(row.symbol);
    }
  }
  return std::to_string(code);
}

void alerts_json(JsonStream& out, const tls::Handshake& h, const knowledge::Knowledge& knowledge) {
  out.begin_array();
  for (const tls::Alert& alert : h.alerts) {
    const bool readable = !alert.encrypted || alert.decrypted;
    out.begin_object();
    out.key("frame").number(alert.at.frame);
    out.key("from").text(to_string(alert.from));
    out.key("level").text_or_null(!readable ? "" : alert.level == 1 ? "warning" : "fatal");
    out.key("code");
    readable ? out.number(std::uint64_t{alert.code}) : out.null();
    out.key("name").text_or_null(readable ? alert_name(alert.code, knowledge) : "");
    out.key("encrypted").boolean(alert.encrypted);
    out.key("after").text_or_null(alert.after);
    if (alert.inferred) out.key("inferred").boolean(true);
    mark_decrypted(out, alert.decrypted);
    out.end_object();
  }
  out.end_array();
}

void cipher_json(JsonStream& out, const tls::Handshake& h, const knowledge::Knowledge& knowledge) {
  if (!h.server_hello) return out.null();
  const std::uint16_t id = h.server_hello->cipher_suite;
  out.begin_object();
  hex16(out.key("id"), id);
  out.key("name").text_or_null(knowledge.name_of("tls-ciphersuites", id));
  out.end_object();
}

// What QUIC adds: version, what the server asked for anew, how it was closed.
json quic_json(const tls::Quic& quic) {
  json entry = {{"version", quic.version_name}, {"retry_frame", quic.retry ? json(quic.retry->frame) : json(nullptr)}};
  if (quic.negotiation) {
    json versions = json::array();
    for (const std::uint32_t version : quic.server_versions) versions.push_back(tls::quic_version_name(version));
    entry["negotiation"] = {{"frame", quic.negotiation->frame}, {"server_versions", std::move(versions)}};
  }
  if (quic.close) {
    entry["close"] = {{"frame", quic.close->at.frame},
                      {"from", std::string(to_string(quic.close->from))},
                      {"error_code", quic.close->error_code},
                      {"application", quic.close->application},
                      {"reason", valid_utf8(quic.close->reason)}};
  }
  return entry;
}

// The server's chain against the given CAs; null where there are none, or no chain.
json verification_json(const tls::ChainVerification* v) {
  if (v == nullptr) return nullptr;
  json faults = json::array();
  for (const tls::ChainFault& fault : v->faults) {
    faults.push_back({{"flag", std::string(fault.flag)}, {"subject", valid_utf8(fault.subject)}, {"given", fault.of_anchor}, {"says", valid_utf8(diagnose::to_sentence(*v, fault))}});
  }
  return {{"accepted", v->accepted()},
          {"faults", std::move(faults)},
          {"anchor", text_or_null(v->anchor)},
          {"reason", text_or_null(v->reason)},
          {"given", v->given},
          {"host", text_or_null(v->host)},
          {"at", to_rfc3339(v->at, 0)}};
}

void chains_json(JsonStream& out, const tls::Handshake& h) {
  out.begin_array();
  for (const Side side : {Side::server, Side::client}) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const tls::Certificate& c : h.certificates) {
      if (c.from != side) continue;
      ++count;
      bytes += c.size;
    }
    if (count == 0) continue;
    out.begin_object();
    out.key("from").text(to_string(side));
    out.key("count").number(std::uint64_t{count});
    out.key("bytes").number(std::uint64_t{bytes});
    out.end_object();
  }
  out.end_array();
}

void direction_json(JsonStream& out, const tls::DirectionFacts& d) {
  out.begin_object();
  out.key("bytes").number(d.bytes);
  out.key("records").number(d.records);
  out.key("largest_record").number(d.largest_record);
  out.key("largest_message").number(d.largest_message);
  out.key("missing_bytes").number(d.missing_bytes);
  out.key("retransmissions").number(d.retransmissions);
  out.end_object();
}

// Who talked to whom, when, and how it ended.
void connection_json(JsonStream& out, const wire::Capture& capture, const tls::Handshake& h) {
  out.key("file").text(capture.path);
  out.key("seen_in").text(capture.from_log ? "log" : "capture");
  out.key("transport").text(h.transport);
  out.key("wireshark_filter").text_or_null(capture.from_log ? "" : flow_filter(h));
  out.key("client").text(to_string(h.client));
  out.key("server").text(to_string(h.server));
  out.key("first_frame").number(h.first_frame);
  out.key("last_frame").number(h.last_frame);
  out.key("started").text(to_rfc3339(h.started, 6));
  out.key("duration_ms").number(std::max(0.0, milliseconds_between(h.started, h.ended)));
  out.key("outcome").text(tls::to_string(h.outcome));
  out.key("ended_by").text(tls::to_string(h.ended_by));
  out.key("ended_by_side").text_or_null(h.ended_by_side ? to_string(*h.ended_by_side) : "");
  const bool retry = std::any_of(h.messages.begin(), h.messages.end(), is_retry_in_server_hello) && h.stage == "hello_retry_request";
  out.key("stage").text_or_null(retry ? "server_hello" : h.stage);
}

// What the hellos offer and choose.
void hellos_json(JsonStream& out, const tls::Handshake& h, const knowledge::Knowledge& knowledge) {
  const tls::ClientHello* const hello = h.client_hello ? &*h.client_hello : nullptr;
  const auto optional_text = [&](const char* name, const std::optional<std::string>* text) {
    out.key(name);
    text != nullptr && *text ? out.text(**text) : out.null();
  };
  optional_text("sni", hello != nullptr ? &hello->server_name : nullptr);
  text_list(out.key("alpn_offered"), hello != nullptr ? hello->alpn : std::vector<std::string>{});
  optional_text("alpn", h.server_hello ? &h.server_hello->alpn : nullptr);
  const auto negotiated = h.negotiated();
  out.key("version").text_or_null(negotiated ? tls::to_string(*negotiated) : "");
  out.key("versions_offered").begin_array();
  if (hello != nullptr) {
    for (const tls::Version version : versions_offered(*hello)) out.text(tls::to_string(version));
  }
  out.end_array();
  hex_list(out.key("ciphers_offered"), hello != nullptr ? &hello->cipher_suites : nullptr);
  hex_list(out.key("groups_offered"), hello != nullptr ? &hello->groups : nullptr);
  hex_list(out.key("sigalgs_offered"), hello != nullptr ? &hello->signature_algorithms : nullptr);
  cipher_json(out.key("cipher"), h, knowledge);
  out.key("ja3").text_or_null(hello != nullptr ? tls::ja3(*hello) : "");
  out.key("ja3_full").text_or_null(hello != nullptr ? tls::ja3_full(*hello) : "");
  out.key("ja3s").text_or_null(h.server_hello ? tls::ja3s(*h.server_hello) : "");
}

void handshake_json(JsonStream& out, std::size_t id, const wire::Capture& capture, const tls::Handshake& h, const tls::ChainVerification* verification, const knowledge::Knowledge& knowledge) {
  out.begin_object();
  out.key("id").number(std::uint64_t{id});
  connection_json(out, capture, h);
  hellos_json(out, h, knowledge);
  out.key("starttls").text_or_null(h.starttls);
  out.key("resumed").boolean(h.resumed);
  out.key("client_certificate_requested").boolean(h.client_certificate_requested);
  messages_json(out.key("messages"), h);
  certificates_json(out.key("certificates"), h);
  chains_json(out.key("chains"), h);
  out.key("verification").value(verification_json(verification));
  alerts_json(out.key("alerts"), h, knowledge);
  out.key("decrypted").boolean(h.decrypted);
  direction_json(out.key("from_client"), h.from_client);
  direction_json(out.key("from_server"), h.from_server);
  text_list(out.key("problems"), h.problems);
  if (h.foreign) {
    out.key("foreign").begin_object();
    out.key("from").text(to_string(h.foreign->from));
    out.key("protocol").text(h.foreign->protocol);
    out.key("frame").number(h.foreign->at.frame);
    out.end_object();
  }
  if (h.quic) out.key("quic").value(quic_json(*h.quic));
  out.end_object();
}

}  // namespace

void handshakes_json(JsonStream& out, const std::vector<wire::Capture>& captures, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge) {
  out.begin_array();
  std::size_t id = 0;
  for (const wire::Capture& capture : captures) {
    for (const tls::Handshake& handshake : capture.handshakes) {
      const auto verified = diagnosis.verifications.find(id);
      handshake_json(out, id++, capture, handshake, verified == diagnosis.verifications.end() ? nullptr : verified->second.get(), knowledge);
    }
  }
  out.end_array();
}

}  // namespace tlswhy::report
