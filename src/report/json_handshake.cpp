// SPDX-License-Identifier: Apache-2.0
#include "report/json_handshake.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "diagnose/trust.hpp"
#include "report/wireshark.hpp"

namespace tlswhy::report {
namespace {

using json = nlohmann::ordered_json;

json text_or_null(std::string_view text) { return text.empty() ? json(nullptr) : json(valid_utf8(text)); }
std::string hex16(std::uint16_t value) { return fmt::format("0x{:04x}", value); }

json hex_list(const std::vector<std::uint16_t>& values) {
  json list = json::array();
  for (const std::uint16_t value : values) list.push_back(hex16(value));
  return list;
}

json text_list(const std::vector<std::string>& values) {
  json list = json::array();
  for (const std::string& value : values) list.push_back(valid_utf8(value));
  return list;
}

void mark_decrypted(json& entry, bool decrypted) {
  if (decrypted) entry["decrypted"] = true;
}

json messages_json(const tls::Handshake& h) {
  json list = json::array();
  for (const tls::Message& message : h.messages) {
    json entry = {{"frame", message.at.frame}, {"from", std::string(to_string(message.from))}, {"type", std::string(message.type)}, {"length", message.length}};
    if (!message.complete) entry["complete"] = false;
    if (message.records > 1) entry["records"] = message.records;
    mark_decrypted(entry, message.decrypted);
    list.push_back(std::move(entry));
  }
  return list;
}

json certificates_json(const tls::Handshake& h) {
  json list = json::array();
  for (const tls::Certificate& c : h.certificates) {
    json entry = {{"from", std::string(to_string(c.from))},
                  {"index", c.index},
                  {"frame", c.frame},
                  {"size", c.size},
                  {"serial", c.serial},
                  {"subject", valid_utf8(c.subject)},
                  {"issuer", valid_utf8(c.issuer)},
                  {"not_before", text_or_null(c.not_before_text)},
                  {"not_after", text_or_null(c.not_after_text)},
                  {"sha256", c.sha256},
                  {"public_key_pin", text_or_null(c.public_key_pin)},
                  {"key", valid_utf8(c.key)},
                  {"signature", valid_utf8(c.signature)},
                  {"names", text_list(c.names)},
                  {"self_signed", c.self_signed},
                  {"parse_error", text_or_null(c.parse_error)}};
    mark_decrypted(entry, c.decrypted);
    list.push_back(std::move(entry));
  }
  return list;
}

std::string alert_name(std::uint8_t code, const knowledge::Knowledge& knowledge) {
  if (const knowledge::CodeLibrary* const alerts = knowledge.code_library("tls-alerts")) {
    for (const knowledge::Code& row : alerts->codes) {
      if (row.has_value && row.value == code) return std::string(row.symbol);
    }
  }
  return std::to_string(code);
}

json alerts_json(const tls::Handshake& h, const knowledge::Knowledge& knowledge) {
  json list = json::array();
  for (const tls::Alert& alert : h.alerts) {
    const bool readable = !alert.encrypted || alert.decrypted;
    json entry = {{"frame", alert.at.frame},
                  {"from", std::string(to_string(alert.from))},
                  {"level", readable ? json(alert.level == 1 ? "warning" : "fatal") : json(nullptr)},
                  {"code", readable ? json(alert.code) : json(nullptr)},
                  {"name", readable ? json(alert_name(alert.code, knowledge)) : json(nullptr)},
                  {"encrypted", alert.encrypted},
                  {"after", text_or_null(alert.after)}};
    if (alert.inferred) entry["inferred"] = true;
    mark_decrypted(entry, alert.decrypted);
    list.push_back(std::move(entry));
  }
  return list;
}

json cipher_json(const tls::Handshake& h, const knowledge::Knowledge& knowledge) {
  if (!h.server_hello) return nullptr;
  const std::uint16_t id = h.server_hello->cipher_suite;
  return {{"id", hex16(id)}, {"name", text_or_null(knowledge.name_of("tls-ciphersuites", id))}};
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

json chains_json(const tls::Handshake& h) {
  json list = json::array();
  for (const Side side : {Side::server, Side::client}) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const tls::Certificate& c : h.certificates) {
      if (c.from != side) continue;
      ++count;
      bytes += c.size;
    }
    if (count > 0) list.push_back({{"from", std::string(to_string(side))}, {"count", count}, {"bytes", bytes}});
  }
  return list;
}

json direction_json(const tls::DirectionFacts& d) {
  return {{"bytes", d.bytes},
          {"records", d.records},
          {"largest_record", d.largest_record},
          {"largest_message", d.largest_message},
          {"missing_bytes", d.missing_bytes},
          {"retransmissions", d.retransmissions}};
}

json handshake_json(std::size_t id, const wire::Capture& capture, const tls::Handshake& h, const tls::ChainVerification* verification, const knowledge::Knowledge& knowledge) {
  json versions = json::array();
  if (h.client_hello) {
    for (const tls::Version version : versions_offered(*h.client_hello)) versions.push_back(tls::to_string(version));
  }
  const auto negotiated = h.negotiated();
  json entry = {{"id", id},
                {"file", valid_utf8(capture.path)},
                {"seen_in", capture.from_log ? "log" : "capture"},
                {"transport", h.transport},
                {"wireshark_filter", capture.from_log ? json(nullptr) : json(flow_filter(h))},
                {"client", to_string(h.client)},
                {"server", to_string(h.server)},
                {"first_frame", h.first_frame},
                {"last_frame", h.last_frame},
                {"started", to_rfc3339(h.started, 6)},
                {"duration_ms", std::max(0.0, milliseconds_between(h.started, h.ended))},
                {"outcome", std::string(tls::to_string(h.outcome))},
                {"ended_by", std::string(tls::to_string(h.ended_by))},
                {"ended_by_side", h.ended_by_side ? json(std::string(to_string(*h.ended_by_side))) : json(nullptr)},
                {"stage", text_or_null(h.stage)},
                {"sni", h.client_hello && h.client_hello->server_name ? json(valid_utf8(*h.client_hello->server_name)) : json(nullptr)},
                {"alpn_offered", h.client_hello ? text_list(h.client_hello->alpn) : json::array()},
                {"alpn", h.server_hello && h.server_hello->alpn ? json(valid_utf8(*h.server_hello->alpn)) : json(nullptr)},
                {"version", negotiated ? json(tls::to_string(*negotiated)) : json(nullptr)},
                {"versions_offered", std::move(versions)},
                {"ciphers_offered", h.client_hello ? hex_list(h.client_hello->cipher_suites) : json::array()},
                {"groups_offered", h.client_hello ? hex_list(h.client_hello->groups) : json::array()},
                {"sigalgs_offered", h.client_hello ? hex_list(h.client_hello->signature_algorithms) : json::array()},
                {"cipher", cipher_json(h, knowledge)},
                {"ja3", h.client_hello ? json(tls::ja3(*h.client_hello)) : json(nullptr)},
                {"ja3_full", h.client_hello ? json(tls::ja3_full(*h.client_hello)) : json(nullptr)},
                {"ja3s", h.server_hello ? json(tls::ja3s(*h.server_hello)) : json(nullptr)},
                {"starttls", text_or_null(h.starttls)},
                {"resumed", h.resumed},
                {"client_certificate_requested", h.client_certificate_requested},
                {"messages", messages_json(h)},
                {"certificates", certificates_json(h)},
                {"chains", chains_json(h)},
                {"verification", verification_json(verification)},
                {"alerts", alerts_json(h, knowledge)},
                {"decrypted", h.decrypted},
                {"from_client", direction_json(h.from_client)},
                {"from_server", direction_json(h.from_server)},
                {"problems", text_list(h.problems)}};
  if (h.foreign) {
    entry["foreign"] = {{"from", std::string(to_string(h.foreign->from))}, {"protocol", h.foreign->protocol}, {"frame", h.foreign->at.frame}};
  }
  if (h.quic) entry["quic"] = quic_json(*h.quic);
  return entry;
}

}  // namespace

nlohmann::ordered_json handshakes_json(const std::vector<wire::Capture>& captures, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge) {
  json list = json::array();
  std::size_t id = 0;
  for (const wire::Capture& capture : captures) {
    for (const tls::Handshake& handshake : capture.handshakes) {
      const auto verified = diagnosis.verifications.find(id);
      list.push_back(handshake_json(id++, capture, handshake, verified == diagnosis.verifications.end() ? nullptr : verified->second.get(), knowledge));
    }
  }
  return list;
}

}  // namespace tlswhy::report
