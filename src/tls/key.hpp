// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/reader.hpp"
#include "tls/handshake.hpp"

// Private keys and what belongs to them, read by mbedTLS. No secret part of a key leaves this module.
namespace tlswhy::tls {

struct PrivateKey {
  std::string key;       // "RSA 2048", "EC secp256r1"; empty if it cannot be read
  std::string key_type;  // "RSA", "EC"
  std::uint32_t key_bits = 0;
  std::string error;          // what mbedTLS says when it cannot read it
  std::string public_sha256;  // of the SubjectPublicKeyInfo, hex, to compare with a certificate's
};

// The form of a private key's DER: "PKCS#1" (RSA), "SEC1" (EC), "PKCS#8", "encrypted PKCS#8", or empty if it is none.
[[nodiscard]] std::string private_key_form(Bytes der);
// Reads a DER private key that is not encrypted; what mbedTLS refuses gives `error`.
[[nodiscard]] PrivateKey read_private_key(Bytes der);
// SHA-256 of the certificate's SubjectPublicKeyInfo, hex; empty if it cannot be read.
[[nodiscard]] std::string public_key_sha256(const Certificate& certificate);
// Whether `issuer` is named as the issuer of `subject` and its key made the signature.
[[nodiscard]] bool signed_by(const Certificate& subject, const Certificate& issuer);
[[nodiscard]] std::string to_base64(Bytes bytes);
// The bytes of base64 text without blanks; nothing if it is damaged.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

}  // namespace tlswhy::tls
