// SPDX-License-Identifier: Apache-2.0
// Cipher suites, groups and keys a profile has.
#include <algorithm>

#include "base/text.hpp"
#include "device/profile.hpp"

namespace tlswhy::device {
namespace {

std::optional<std::uint16_t> suite_number(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  const auto bytes = from_hex(text.substr(2));
  if (!bytes || bytes->size() != 2) return std::nullopt;
  return static_cast<std::uint16_t>((*bytes)[0] * 256 + (*bytes)[1]);
}

// "AES_128_GCM_SHA256" has the cipher AES_128_GCM; "AES_128_CCM_8" has not the cipher AES_128_CCM.
bool is_cipher(std::string_view cipher, std::string_view name) {
  if (!cipher.starts_with(name)) return false;
  const std::string_view rest = cipher.substr(name.size());
  return rest.empty() || rest.starts_with("_SHA");
}

}  // namespace

SuiteParts parts_of(std::string_view suite_name) {
  constexpr std::string_view k_tls = "TLS_";
  constexpr std::string_view k_with = "_WITH_";
  if (suite_name.starts_with(k_tls)) suite_name.remove_prefix(k_tls.size());
  const std::size_t at = suite_name.find(k_with);
  if (at == std::string_view::npos) return {{}, suite_name};
  return {suite_name.substr(0, at), suite_name.substr(at + k_with.size())};
}

Answer offers_suite(const Profile& profile, std::uint16_t suite, const knowledge::Knowledge& knowledge) {
  if (!profile.values("cipher_suites").empty()) {
    for (const std::string& value : profile.values("cipher_suites")) {
      if (suite_number(value) == suite) return Answer::yes;
    }
    return Answer::no;
  }
  const std::string_view name = knowledge.name_of("tls-ciphersuites", suite);
  const auto& ciphers = profile.values("ciphers");
  if (name.empty() || ciphers.empty()) return Answer::unknown;
  const SuiteParts parts = parts_of(name);
  const bool has_cipher =
      std::any_of(ciphers.begin(), ciphers.end(), [&](const std::string& cipher) { return is_cipher(parts.cipher, cipher); });
  if (!has_cipher) return Answer::no;
  if (parts.key_exchange.empty()) return offers_version(profile, 0x0304);
  if (profile.values("key_exchanges").empty()) return Answer::unknown;
  if (!profile.has("key_exchanges", parts.key_exchange)) return Answer::no;
  if (parts.cipher.ends_with("_SHA384") && !profile.values("hashes").empty() && !profile.has("hashes", "sha384")) return Answer::no;
  return Answer::yes;
}

Answer offers_group(const Profile& profile, std::uint16_t group, const knowledge::Knowledge& knowledge) {
  if (!profile.says("groups")) return Answer::unknown;
  const std::string_view name = knowledge.name_of("tls-groups", group);
  if (name.empty()) return Answer::unknown;
  return profile.has("groups", name) ? Answer::yes : Answer::no;
}

Answer takes_key(const Profile& profile, std::string_view key_type) {
  if (profile.values("certificate_keys").empty()) return Answer::unknown;
  return profile.has("certificate_keys", key_type) ? Answer::yes : Answer::no;
}

}  // namespace tlswhy::device
