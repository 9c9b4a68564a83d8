// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "tls/crypto.hpp"

namespace tlswhy::tls {

// How records are protected under a cipher suite (RFC 5246 6.2.3, RFC 8446 5.2).
struct SuiteProtection {
  enum class Kind : std::uint8_t { aead, block, null } kind = Kind::aead;
  AeadAlgorithm aead = AeadAlgorithm::aes_128_gcm;
  BlockAlgorithm block = BlockAlgorithm::aes_128;
  Digest mac = Digest::sha1;     // of block and null
  Digest hash = Digest::sha256;  // of HKDF in TLS 1.3 and of the PRF in TLS 1.2
};

// By the suite's IANA name; nothing for suites that mbedTLS has no cipher for (RC4, IDEA, SEED, ARIA, export suites) or nobody knows.
[[nodiscard]] std::optional<SuiteProtection> suite_protection(std::uint16_t suite);

}  // namespace tlswhy::tls
