// SPDX-License-Identifier: Apache-2.0
#include "report/redact.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

// What stands before the name of a network, a device or a person in logs.
constexpr std::array<std::string_view, 18> k_identities{"ssid", "client_id", "clientid", "client id", "client-id", "username", "user", "identity", "imei", "imsi", "iccid", "serial", "serial number", "device_id", "deviceid", "thing", "thing name", "bssid"};
constexpr std::size_t k_shortest_word = 3;  // shorter ones are parts of too many others

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "broker" and "server" are words of every report; as names they are replaced only behind a sign that says they are one.
bool is_common(std::string_view word) { return std::all_of(word.begin(), word.end(), is_letter); }

std::optional<IpAddress> parse_address(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (copy.find(':') != std::string::npos && inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  if (copy.size() != 17) return std::nullopt;
  address = {};
  address.mac = true;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto byte = from_hex(std::string_view(copy).substr(i * 3, 2));
    if (!byte || (i < 5 && copy[i * 3 + 2] != ':' && copy[i * 3 + 2] != '-')) return std::nullopt;
    address.bytes[i] = byte->front();
  }
  return address;
}

// Networks whose nature matters to a diagnosis; pseudonyms stay in them.
enum Network : int { k_public, k_ten, k_twelve, k_home, k_link, k_carrier, k_public6, k_link6, k_unique6, k_mac, k_keep };

Network network_of(const IpAddress& address) {
  const auto& b = address.bytes;
  if (address.mac) return std::all_of(b.begin(), b.begin() + 6, [](std::uint8_t x) { return x == 0; }) || std::all_of(b.begin(), b.begin() + 6, [](std::uint8_t x) { return x == 0xFF; }) ? k_keep : k_mac;
  if (address.v6) {
    if (std::all_of(b.begin(), b.begin() + 15, [](std::uint8_t x) { return x == 0; }) || b[0] == 0xFF) return k_keep;
    return b[0] == 0xFE && (b[1] & 0xC0U) == 0x80 ? k_link6 : (b[0] & 0xFEU) == 0xFC ? k_unique6 : k_public6;
  }
  if (b[0] == 0 || b[0] == 127 || b[0] >= 224) return k_keep;
  if (b[0] == 10) return k_ten;
  if (b[0] == 172 && (b[1] & 0xF0U) == 16) return k_twelve;
  if (b[0] == 192 && b[1] == 168) return k_home;
  if (b[0] == 169 && b[1] == 254) return k_link;
  if (b[0] == 100 && (b[1] & 0xC0U) == 64) return k_carrier;
  return k_public;
}

IpAddress pseudonym(Network network, std::size_t number) {
  IpAddress address;
  auto& b = address.bytes;
  const auto high = static_cast<std::uint8_t>(number / 254 % 256);
  const auto low = static_cast<std::uint8_t>(number % 254 + 1);
  const auto v4 = [&](std::uint8_t first, std::uint8_t second) { b[0] = first, b[1] = second, b[2] = high, b[3] = low; };
  switch (network) {
    case k_public: b[0] = 203, b[1] = 0, b[2] = static_cast<std::uint8_t>(113 + high), b[3] = low; break;  // from RFC 5737's network on
    case k_ten: v4(10, 0); break;
    case k_twelve: v4(172, 16); break;
    case k_home: v4(192, 168); break;
    case k_link: v4(169, 254); break;
    case k_carrier: v4(100, 64); break;
    case k_public6: b[0] = 0x20, b[1] = 0x01, b[2] = 0x0D, b[3] = 0xB8, b[14] = high, b[15] = low, address.v6 = true; break;  // RFC 3849
    case k_link6: b[0] = 0xFE, b[1] = 0x80, b[14] = high, b[15] = low, address.v6 = true; break;
    case k_unique6: b[0] = 0xFD, b[14] = high, b[15] = low, address.v6 = true; break;
    case k_mac: b[0] = 0x02, b[4] = high, b[5] = low, address.mac = true; break;
    case k_keep: break;
  }
  return address;
}

// "CN=name, O=Some Body" in its parts, each with what stands between it and the next.
template <typename Each>
void each_part(std::string_view subject, Each each) {
  while (!subject.empty()) {
    std::size_t end = subject.find(", ");
    // A comma inside of a value is followed by no "KEY=".
    while (end != std::string_view::npos && subject.substr(end + 2).find('=') > subject.substr(end + 2).find_first_of(", ")) end = subject.find(", ", end + 2);
    const std::string_view part = subject.substr(0, end);
    const std::size_t equals = part.find('=');
    each(part.substr(0, equals), equals == std::string_view::npos ? std::string_view{} : part.substr(equals + 1));
    subject = end == std::string_view::npos ? std::string_view{} : subject.substr(end + 2);
  }
}

bool looks_like_host(std::string_view text) {
  return text.find('.') != std::string_view::npos && std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '.' || c == '-' || c == '*'; }) && !parse_address(text);
}

}  // namespace

Redactor::Redactor(const std::vector<InputFile>& files, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis) {
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& h : capture.handshakes) {
      (void)address(h.client.address);
      (void)address(h.server.address);
      if (h.client_hello && h.client_hello->server_name) learn_name(*h.client_hello->server_name);
      for (const std::string& issuer : h.certificate_request_issuers) learn_subject(issuer);
      for (const tls::Certificate& c : h.certificates) {
        for (const std::string& entry : c.names) learn_name(std::string_view(entry).substr(entry.find(':') + 1));
        learn_subject(c.subject);
        learn_subject(c.issuer);
        learn_word(c.serial, "serial");
        learn_word(c.sha256, "fingerprint");
        learn_word(c.public_key_pin, "pin");
      }
    }
    for (const capture::Observation& seen : capture.observations) {
      if (seen.kind == capture::Observation::Kind::dns_query || seen.kind == capture::Observation::Kind::dns_answer) learn_name(seen.text);
    }
  }
  for (const tls::Certificate& c : input.trusted) learn_subject(c.subject);
  learn_name(input.context.host);
  for (const log::Log& log : input.logs) {
    for (const log::Event& event : log.events) {
      learn_line(event.text);
      for (const knowledge::Fact& fact : event.facts) learn_name(fact.get("host"));
    }
  }
  for (const diagnose::LocatedFact& fact : diagnosis.facts) learn_name(fact.fact.get("host"));
  ordered_.assign(words_.begin(), words_.end());
  std::stable_sort(ordered_.begin(), ordered_.end(), [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  std::set<std::string> taken;
  for (const InputFile& one : files) {
    if (one.path == "-" || files_.count(one.path) != 0) continue;
    std::string base = with_words(file_name(one.path));
    for (std::size_t i = 2; !taken.insert(base).second; ++i) base = std::to_string(i) + "-" + with_words(file_name(one.path));
    files_[one.path] = base;
  }
}

void Redactor::learn_word(std::string_view word, std::string_view kind) {
  if (word.size() < k_shortest_word) return;
  const auto [at, fresh] = words_.try_emplace(lower(word));
  if (fresh) at->second = std::string(kind) + "-" + std::to_string(++counts_[std::string(kind)]);
}

std::string Redactor::name(std::string_view text) {
  std::string out;
  const std::vector<std::string_view> labels = split(text, '.');
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string label = lower(labels[i]);
    const bool top = labels.size() > 1 && i + 1 == labels.size();
    if (i > 0) out += '.';
    if (label == "*" || label.empty() || top) {
      out += label;
      continue;
    }
    const auto [at, fresh] = labels_.try_emplace(label);
    if (fresh) at->second = "n" + std::to_string(labels_.size());
    out += at->second;
  }
  return out;
}

void Redactor::learn_name(std::string_view text) {
  if (text.size() < k_shortest_word || parse_address(text) || text == "localhost" || text == "absent" || text == "present") return;
  words_.try_emplace(lower(text), name(text));
  // The domains above it, but for the last label.
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.', dot + 1)) {
    const std::string_view above = text.substr(dot + 1);
    if (above.find('.') != std::string_view::npos && above.size() >= k_shortest_word) words_.try_emplace(lower(above), name(above));
  }
}

void Redactor::learn_subject(std::string_view subject) {
  each_part(subject, [&](std::string_view key, std::string_view value) {
    if (key == "C" || value.empty()) return;
    looks_like_host(value) ? learn_name(value) : learn_word(value, "name");
  });
}

void Redactor::learn_line(std::string_view line) {
  for (std::size_t at = line.find_first_of("=:"); at != std::string_view::npos; at = line.find_first_of("=:", at + 1)) {
    std::string_view before = trim(line.substr(0, at));
    while (!before.empty() && (before.back() == '"' || before.back() == '\'')) before.remove_suffix(1);
    const bool identity = std::any_of(k_identities.begin(), k_identities.end(), [&](std::string_view key) {
      return before.size() >= key.size() && iequals(before.substr(before.size() - key.size()), key) && (before.size() == key.size() || !is_letter(before[before.size() - key.size() - 1]));
    });
    if (!identity) continue;
    std::string_view value = trim(line.substr(at + 1));
    const bool quoted = !value.empty() && (value.front() == '"' || value.front() == '\'' || value.front() == '[');
    if (quoted) {
      const char close = value.front() == '[' ? ']' : value.front();
      value = value.substr(1);
      value = value.substr(0, value.find(close));
    } else {
      value = value.substr(0, value.find_first_of(" ,;)\t"));
    }
    learn_word(value, "id");
  }
}

IpAddress Redactor::address(const IpAddress& real) {
  const Network network = network_of(real);
  if (network == k_keep) return real;
  const auto [at, fresh] = addresses_.try_emplace(real);
  if (fresh) at->second = pseudonym(network, address_counts_[network]++);
  return at->second;
}

std::string Redactor::address_text(std::string_view text) {
  const auto parsed = parse_address(text);
  return parsed ? to_string(address(*parsed)) : std::string(text);
}

std::string Redactor::with_words(std::string_view text) const {
  const std::string low = lower(text);
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool begins = at == 0 || !is_word(text[at - 1]) || !is_word(text[at]);
    const std::pair<std::string, std::string>* found = nullptr;
    for (auto it = ordered_.begin(); begins && found == nullptr && it != ordered_.end(); ++it) {
      const std::string& word = it->first;
      if (low[at] != word[0] || low.compare(at, word.size(), word) != 0) continue;
      const std::size_t end = at + word.size();
      if (end < text.size() && is_word(text[end]) && is_word(text[end - 1])) continue;
      if (is_common(word) && (at == 0 ? end != text.size() : std::string_view("\"'=/@").find(text[at - 1]) == std::string_view::npos)) continue;
      found = &*it;
    }
    if (found == nullptr) {
      out += text[at++];
      continue;
    }
    out += found->second;
    at += found->first.size();
  }
  return out;
}

// Addresses and addresses of electronic mail, wherever they stand.
std::string Redactor::with_addresses(std::string_view text) {
  const auto of_address = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == '.' || c == ':' || c == '-'; };
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool begins = at == 0 || !is_word(text[at - 1]);
    std::size_t end = at;
    while (begins && end < text.size() && of_address(text[end])) ++end;
    bool replaced = false;
    // "192.0.2.7:443" and "10.0.0.1." hold an address and more.
    for (std::size_t to = end; to > at + 2 && !replaced; --to) {
      if (to < text.size() && is_word(text[to]) && is_word(text[to - 1])) continue;
      const std::string_view word = text.substr(at, to - at);
      if (word.find_first_of(".:-") == std::string_view::npos || word.back() == '.' || !parse_address(word)) continue;
      out += address_text(word);
      at = to;
      replaced = true;
    }
    if (!replaced) out += text[at++];
  }
  return out;
}

std::string Redactor::text(std::string_view text) { return with_addresses(with_words(text)); }

std::string Redactor::file(const std::string& path) const {
  const auto at = files_.find(path);
  return at == files_.end() ? path : at->second;
}

void Redactor::apply(diagnose::Source& source) const {
  source.file = file(source.file);
}

void Redactor::apply(diagnose::EvidenceItem& item) {
  apply(item.source);
  item.says = text(item.says);
}

void Redactor::apply(std::vector<diagnose::RankedCause>& causes) {
  for (diagnose::RankedCause& cause : causes) {
    for (diagnose::EvidenceItem& item : cause.evidence) apply(item);
    for (diagnose::EvidenceItem& item : cause.against) apply(item);
  }
}

void Redactor::apply(knowledge::Fact& fact) {
  for (auto& [field, value] : fact.fields) value = text(value);
}

void Redactor::apply(tls::Certificate& c) {
  c.subject = text(c.subject);
  c.issuer = text(c.issuer);
  c.serial = text(c.serial);
  c.sha256 = text(c.sha256);
  c.public_key_pin = text(c.public_key_pin);
  c.parse_error = text(c.parse_error);
  for (std::string& entry : c.names) entry = text(entry);
}

void Redactor::apply(tls::Handshake& h) {
  h.client.address = address(h.client.address);
  h.server.address = address(h.server.address);
  for (Boxed<tls::ClientHello>* hello : {&h.client_hello, &h.second_client_hello}) {
    if (*hello && (*hello)->server_name) (*hello)->server_name = text(*(*hello)->server_name);
  }
  for (tls::Certificate& c : h.certificates) apply(c);
  for (std::string& issuer : h.certificate_request_issuers) issuer = text(issuer);
  for (std::string& problem : h.problems) problem = text(problem);
  if (h.quic && h.quic->close) h.quic->close->reason = text(h.quic->close->reason);
  if (h.foreign) h.foreign->first_bytes.clear();
}

void Redactor::apply(std::vector<InputFile>& files, diagnose::Input& input, diagnose::Diagnosis& d) {
  const auto sentence = [&](std::string& words) {
    for (const auto& [path, shown] : files_) {
      for (std::size_t at = words.find(path); at != std::string::npos; at = words.find(path, at + shown.size())) words.replace(at, path.size(), shown);
    }
    words = text(words);
  };
  for (InputFile& one : files) {
    for (std::string& problem : one.problems) sentence(problem);
    for (std::string& note : one.notes) sentence(note);
    one.path = file(one.path);
  }
  for (wire::Capture& capture : input.captures) {
    capture.path = file(capture.path);
    for (tls::Handshake& h : capture.handshakes) apply(h);
    for (capture::Tally& tally : capture.summary.tallies) tally.what = text(tally.what);
  }
  for (log::Log& log : input.logs) {
    log.path = file(log.path);
    for (log::Event& event : log.events) {
      event.text = text(event.text);
      for (knowledge::Fact& fact : event.facts) apply(fact);
    }
  }
  input.context.host = text(input.context.host);
  sentence(d.summary);
  apply(d.causes);
  for (diagnose::RuledOut& out : d.ruled_out) apply(out.why);
  for (diagnose::Attempt& attempt : d.attempts) {
    apply(attempt.causes);
    for (std::string& reason : attempt.join_reasons) sentence(reason);
  }
  for (diagnose::LocatedFact& fact : d.facts) {
    apply(fact.fact);
    apply(fact.source);
    fact.text = text(fact.text);
  }
  for (std::string& check : d.check_next) check = text(check);
  for (auto& [index, shared] : d.verifications) {
    tls::ChainVerification v = *shared;
    v.anchor = text(v.anchor);
    v.wanted_issuer = text(v.wanted_issuer);
    v.host = text(v.host);
    for (tls::ChainFault& fault : v.faults) fault.subject = text(fault.subject);
    shared = std::make_shared<const tls::ChainVerification>(std::move(v));
  }
}

}  // namespace tlswhy::report
