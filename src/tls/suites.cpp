// SPDX-License-Identifier: Apache-2.0
#include "tls/suites.hpp"

#include <algorithm>
#include <string_view>

namespace tlswhy::tls {
namespace {

struct Suite {
  std::uint16_t value;
  std::string_view name;
};
constexpr Suite k_suites[] = {
#include "suites.inc"
};

std::string_view name_of(std::uint16_t suite) {
  const auto* const found =
      std::find_if(std::begin(k_suites), std::end(k_suites), [&](const Suite& entry) { return entry.value == suite; });
  return found == std::end(k_suites) ? std::string_view() : found->name;
}

struct AeadName {
  std::string_view name;
  AeadAlgorithm algorithm;
};
// Longer names first: "AES_128_CCM" begins "AES_128_CCM_8" too.
constexpr AeadName k_aeads[] = {
    {"AES_128_GCM", AeadAlgorithm::aes_128_gcm},
    {"AES_256_GCM", AeadAlgorithm::aes_256_gcm},
    {"AES_128_CCM_8", AeadAlgorithm::aes_128_ccm_8},
    {"AES_256_CCM_8", AeadAlgorithm::aes_256_ccm_8},
    {"AES_128_CCM", AeadAlgorithm::aes_128_ccm},
    {"AES_256_CCM", AeadAlgorithm::aes_256_ccm},
    {"CHACHA20_POLY1305", AeadAlgorithm::chacha20_poly1305},
    {"CAMELLIA_128_GCM", AeadAlgorithm::camellia_128_gcm},
    {"CAMELLIA_256_GCM", AeadAlgorithm::camellia_256_gcm},
};

struct BlockName {
  std::string_view name;
  BlockAlgorithm algorithm;
};
constexpr BlockName k_blocks[] = {
    {"AES_128_CBC_", BlockAlgorithm::aes_128},           {"AES_256_CBC_", BlockAlgorithm::aes_256},
    {"CAMELLIA_128_CBC_", BlockAlgorithm::camellia_128}, {"CAMELLIA_256_CBC_", BlockAlgorithm::camellia_256},
    {"3DES_EDE_CBC_", BlockAlgorithm::triple_des},
};

std::optional<Digest> digest_named(std::string_view name) {
  if (name == "MD5") return Digest::md5;
  if (name == "SHA") return Digest::sha1;
  if (name == "SHA256") return Digest::sha256;
  if (name == "SHA384") return Digest::sha384;
  return std::nullopt;
}

}  // namespace

std::optional<SuiteProtection> suite_protection(std::uint16_t suite) {
  std::string_view name = name_of(suite);
  if (name.empty() || name.find("_EXPORT_") != std::string_view::npos) return std::nullopt;
  constexpr std::string_view k_with = "_WITH_";
  constexpr std::string_view k_tls = "TLS_";
  const std::size_t with = name.find(k_with);
  name.remove_prefix(with == std::string_view::npos ? k_tls.size() : with + k_with.size());
  SuiteProtection protection;
  // A name that ends with SHA384 says so of the PRF or of HKDF too; with any other, both use SHA-256 (RFC 5246 5, RFC 5289 3).
  protection.hash = name.ends_with("SHA384") ? Digest::sha384 : Digest::sha256;
  for (const AeadName& aead : k_aeads) {
    if (!name.starts_with(aead.name)) continue;
    protection.aead = aead.algorithm;
    return protection;
  }
  const auto with_mac = [&](SuiteProtection::Kind kind, std::string_view digest) -> std::optional<SuiteProtection> {
    const auto mac = digest_named(digest);
    if (!mac) return std::nullopt;
    protection.kind = kind;
    protection.mac = *mac;
    return protection;
  };
  for (const BlockName& block : k_blocks) {
    if (!name.starts_with(block.name)) continue;
    protection.block = block.algorithm;
    return with_mac(SuiteProtection::Kind::block, name.substr(block.name.size()));
  }
  constexpr std::string_view k_null = "NULL_";
  if (name.starts_with(k_null)) return with_mac(SuiteProtection::Kind::null, name.substr(k_null.size()));
  return std::nullopt;
}

}  // namespace tlswhy::tls
