// SPDX-License-Identifier: Apache-2.0
#include "report/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "report/layout.hpp"

namespace tlswhy::report {
namespace {

// "The device ..." goes on in a sentence; acronyms and the names of products keep their capitals.
std::string lower_first(std::string_view text) {
  std::string out(text);
  const std::size_t end = out.find(' ');
  const std::string_view first = std::string_view(out).substr(0, end);
  const bool capitalised = first.size() > 0 && first[0] >= 'A' && first[0] <= 'Z' && std::all_of(first.begin() + 1, first.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (capitalised && first != "Mosquitto" && first != "Mozilla" && first != "Tasmota") out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

// Commands are made to be pasted: a name from the wire goes into one only if it can mean nothing else to a shell.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() != '-' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  });
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

// The first connection that failed over IP, or the first one.
const tls::Handshake* telling_handshake(const diagnose::Input& input) {
  const tls::Handshake* first = nullptr;
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& h : capture.handshakes) {
      if (h.client.address.mac || h.server.port == 0 || capture.from_log) continue;
      if (h.outcome != tls::Outcome::completed) return &h;
      if (first == nullptr) first = &h;
    }
  }
  return first;
}

bool for_platform(const knowledge::Fix& fix, std::string_view platform) {
  return std::any_of(fix.platforms.begin(), fix.platforms.end(), [&](std::string_view p) { return p == "any" || p == platform; });
}

}  // namespace

std::string_view confidence_word(double confidence) {
  if (confidence >= 0.9) return "Almost certainly";
  if (confidence >= 0.75) return "Very likely";
  if (confidence >= 0.5) return "Likely";
  if (confidence >= 0.25) return "Possibly";
  return "Cannot tell yet; perhaps";
}

double percent(double confidence) { return std::min(99.0, confidence * 100); }

bool has_cause(const diagnose::Diagnosis& d) { return d.outcome != diagnose::Outcome::ok && !d.causes.empty() && !d.causes.front().evidence.empty(); }

std::string verdict_sentence(const diagnose::Diagnosis& d) {
  if (!has_cause(d)) return d.summary + ".";
  const diagnose::RankedCause& first = d.causes.front();
  return fmt::format("{}: {} ({}, {:.0f}%)", confidence_word(first.confidence), lower_first(first.cause->title), first.cause->id, percent(first.confidence));
}

std::vector<const knowledge::Fix*> fitting_fixes(const diagnose::Diagnosis& d) {
  std::vector<const knowledge::Fix*> out;
  if (d.causes.empty()) return out;
  for (const knowledge::Fix* const fix : d.causes.front().fixes) {
    if (for_platform(*fix, d.platform.empty() ? std::string_view("any") : std::string_view(d.platform))) out.push_back(fix);
  }
  return out;
}

std::string platforms_of(const knowledge::Fix& fix) {
  std::string platforms;
  for (const std::string_view platform : fix.platforms) {
    if (platform != "any") platforms += (platforms.empty() ? "" : ", ") + std::string(platform);
  }
  return platforms.empty() ? platforms : "[" + platforms + "] ";
}

std::string tell_apart(const diagnose::RankedCause& first, const diagnose::RankedCause& other) {
  std::string tell;
  for (const knowledge::Confusion& confusion : first.cause->confused_with) {
    if (confusion.cause == other.cause->id) tell = std::string(confusion.tell);
  }
  if (!tell.empty()) return tell;
  for (const knowledge::Confusion& confusion : other.cause->confused_with) {
    if (confusion.cause == first.cause->id && tell.empty()) tell = other.cause->confirm.empty() ? "" : first_sentence(other.cause->confirm.front());
  }
  return tell;
}

std::vector<std::string> next_checks(const diagnose::Input& input, const diagnose::Diagnosis& d) {
  std::vector<std::string> checks = d.check_next;
  const tls::Handshake* const h = telling_handshake(input);
  if (h == nullptr) return checks;
  std::string name = h->client_hello && h->client_hello->server_name ? *h->client_hello->server_name : input.context.host;
  if (!is_plain_name(name)) name = to_string(h->server.address);
  const std::string address = h->server.address.v6 && name.find(':') != std::string::npos ? "[" + name + "]" : name;
  for (std::string& check : checks) {
    replace_all(check, "HOST:PORT", address + ":" + std::to_string(h->server.port));
    replace_all(check, " HOST PORT", " " + name + " " + std::to_string(h->server.port));
    replace_all(check, "-servername HOST", "-servername " + name);
    replace_all(check, "-servername NAME -verify_hostname NAME", "-servername " + name + " -verify_hostname " + name);
  }
  return checks;
}

std::string alert_name(std::uint8_t code, const knowledge::Knowledge& knowledge) {
  if (const knowledge::CodeLibrary* const alerts = knowledge.code_library("tls-alerts")) {
    for (const knowledge::Code& row : alerts->codes) {
      if (row.has_value && row.value == code) return fmt::format("{} ({})", row.symbol, code);
    }
  }
  return std::to_string(code);
}

std::string alert_words(const tls::Alert& alert, const knowledge::Knowledge& knowledge) {
  if (!alert.encrypted || alert.decrypted) return "alert " + alert_name(alert.code, knowledge);
  return alert.inferred ? "encrypted record, an alert by its size and place (inferred)" : "encrypted alert";
}

std::string ending_words(const tls::Handshake& h) {
  const std::string who = h.ended_by_side ? "the " + std::string(to_string(*h.ended_by_side)) : std::string("one side");
  switch (h.ended_by) {
    case tls::EndedBy::finished: return "the handshake is complete";
    case tls::EndedBy::alert: return who + " ends it with an alert";
    case tls::EndedBy::encrypted_alert: return who + " ends it with an encrypted alert";
    case tls::EndedBy::rst: return who + " resets the connection (RST)";
    case tls::EndedBy::fin: return who + " closes the connection (FIN)";
    case tls::EndedBy::timeout: return "nothing more comes";
    case tls::EndedBy::capture_end: return "the capture ends here";
    case tls::EndedBy::not_tls: return "what came is not TLS" + (h.foreign && h.foreign->protocol != "unknown" ? " but " + h.foreign->protocol : std::string());
  }
  return {};
}

std::string message_words(const tls::Message& message, const tls::Handshake& h, const knowledge::Knowledge& knowledge) {
  const auto here = [&](const tls::At& at) { return at.frame == message.at.frame; };
  if (message.type == "client_hello") {
    const auto& hello = h.client_hello && here(h.client_hello->at) ? h.client_hello : h.second_client_hello;
    if (!hello) return {};
    std::string text;
    const std::vector<tls::Version> versions = versions_offered(*hello);
    if (!versions.empty()) text = "up to " + tls::to_string(versions.back());
    if (hello->server_name) text += (text.empty() ? "" : ", ") + ("for " + *hello->server_name);
    return text;
  }
  if (message.type == "server_hello" && h.server_hello && here(h.server_hello->at)) {
    const std::string_view suite = knowledge.name_of("tls-ciphersuites", h.server_hello->cipher_suite);
    return tls::to_string(h.server_hello->version) + (suite.empty() ? fmt::format(", suite 0x{:04x}", h.server_hello->cipher_suite) : ", " + std::string(suite));
  }
  if (message.type == "certificate") {
    std::size_t count = 0;
    const tls::Certificate* leaf = nullptr;
    for (const tls::Certificate& c : h.certificates) {
      if (c.from != message.from) continue;
      ++count;
      if (c.index == 0) leaf = &c;
    }
    if (leaf == nullptr) return {};
    return leaf->subject + (count > 1 ? fmt::format(" and {} more", count - 1) : std::string());
  }
  return {};
}

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace tlswhy::report
