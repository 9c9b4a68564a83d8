// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/model.hpp"
#include "tls/handshake.hpp"

// What one device stack can do: profiles of data/devices with what they extend, and build configurations read into the same shape.
namespace tlswhy::device {

enum class Answer : std::uint8_t { no, yes, unknown };

struct Profile {
  std::string id;
  std::string title;
  std::string platform;
  std::string library;
  std::map<std::string, std::vector<std::string>, std::less<>> properties;
  std::vector<knowledge::Reference> references;
  std::string source;                     // path of the configuration file it was read from; empty for one of data/
  std::vector<std::string> from_options;  // options of that file that were understood, as "CONFIG_X = y"

  // The values of a property; empty if it says nothing or "unknown".
  [[nodiscard]] const std::vector<std::string>& values(std::string_view key) const;
  // The first value; empty likewise.
  [[nodiscard]] std::string first(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key, std::string_view value) const;
  // A property that is there, even as an empty list: "groups = []" says that there is none, silence says nothing.
  [[nodiscard]] bool says(std::string_view key) const;
};

// A profile of data/devices (or of data/servers) with everything it extends.
[[nodiscard]] Profile resolve(const knowledge::Device& device, std::span<const knowledge::Device> all);
// By id or by a name that people use for it; nothing if there is none.
[[nodiscard]] std::optional<Profile> find(std::span<const knowledge::Device> all, std::string_view name);
// The profile that fits a platform, a library and a version of the platform best; each may be empty. Nothing if none fits.
[[nodiscard]] std::optional<Profile> guess(const knowledge::Knowledge& knowledge, std::string_view platform, std::string_view library,
                                           std::string_view version);
// The profiles whose list of suites is exactly the one a ClientHello offers, in its order.
[[nodiscard]] std::vector<Profile> guess(const knowledge::Knowledge& knowledge, const tls::ClientHello& hello);

// Whether a version lies in ranges such as "2.16.0..2.28.99,3.5.." (both ends count). An unreadable version lies in none.
[[nodiscard]] bool in_ranges(std::string_view version, std::string_view ranges);

// The highest of its versions as on the wire (0x0303); 0 if it does not say.
[[nodiscard]] std::uint16_t highest_version(const Profile& profile);
[[nodiscard]] Answer offers_version(const Profile& profile, std::uint16_t version);
// Whether it has a cipher suite, by its list of suites or by its key exchanges, ciphers and hashes.
[[nodiscard]] Answer offers_suite(const Profile& profile, std::uint16_t suite, const knowledge::Knowledge& knowledge);
[[nodiscard]] Answer offers_group(const Profile& profile, std::uint16_t group, const knowledge::Knowledge& knowledge);
// Whether a certificate key of this type ("RSA", "EC", "Ed25519") can be used by it.
[[nodiscard]] Answer takes_key(const Profile& profile, std::string_view key_type);
// The part of "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" before and after "_WITH_": "ECDHE_RSA" and "AES_128_GCM_SHA256". A TLS 1.3 suite has
// no key exchange.
struct SuiteParts {
  std::string_view key_exchange;
  std::string_view cipher;
};
[[nodiscard]] SuiteParts parts_of(std::string_view suite_name);

}  // namespace tlswhy::device
