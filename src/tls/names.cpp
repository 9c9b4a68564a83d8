// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>

#include "tls/handshake.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 9> k_versions{{{0x0002, "SSL 2.0"},
                                                                                {0x0300, "SSL 3.0"},
                                                                                {0x0301, "TLS 1.0"},
                                                                                {0x0302, "TLS 1.1"},
                                                                                {0x0303, "TLS 1.2"},
                                                                                {0x0304, "TLS 1.3"},
                                                                                {0xFEFF, "DTLS 1.0"},
                                                                                {0xFEFD, "DTLS 1.2"},
                                                                                {0xFEFC, "DTLS 1.3"}}};

bool is_dtls(std::uint16_t version) { return version >= 0xFE00; }

// Drafts of TLS 1.3 were 0x7f00 plus the number of the draft.
bool is_draft(std::uint16_t version) { return (version & 0xFF00U) == 0x7F00U; }

// Order of age: DTLS numbers run backwards (RFC 6347 4.1).
int age(Version version) {
  if (is_draft(version.value)) return 0x0304;
  return is_dtls(version.value) ? 0xFFFF - version.value : version.value;
}

}  // namespace

std::string to_string(Version version) {
  for (const auto& [value, name] : k_versions) {
    if (value == version.value) return std::string(name);
  }
  if (version.value == 0x0100) return "DTLS 1.0";  // OpenSSL's DTLS1_BAD_VER, before RFC 4347 was final
  if (is_draft(version.value)) return "TLS 1.3";
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%04x", static_cast<unsigned>(version.value));
  return text.data();
}

bool is_grease(std::uint16_t value) { return (value & 0x0F0FU) == 0x0A0AU && (value >> 8U) == (value & 0xFFU); }

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::completed: return "completed";
    case Outcome::failed: return "failed";
    case Outcome::incomplete: return "incomplete";
  }
  return {};
}

std::string_view to_string(EndedBy ended_by) {
  switch (ended_by) {
    case EndedBy::finished: return "finished";
    case EndedBy::alert: return "alert";
    case EndedBy::encrypted_alert: return "encrypted-alert";
    case EndedBy::rst: return "rst";
    case EndedBy::fin: return "fin";
    case EndedBy::timeout: return "timeout";
    case EndedBy::capture_end: return "capture-end";
    case EndedBy::not_tls: return "not-tls";
  }
  return {};
}

std::vector<Version> versions_offered(const ClientHello& hello) {
  std::vector<Version> versions;
  if (!hello.supported_versions.empty()) {
    for (const std::uint16_t value : hello.supported_versions) {
      if (!is_grease(value)) versions.push_back({value});
    }
  } else {
    // Without the extension a client offers its highest version; what lies below is up to the server, so only it is certain.
    versions.push_back({hello.legacy_version});
  }
  std::stable_sort(versions.begin(), versions.end(), [](Version a, Version b) { return age(a) < age(b); });
  return versions;
}

}  // namespace tlswhy::tls
