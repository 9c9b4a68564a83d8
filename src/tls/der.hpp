// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/reader.hpp"
#include "tls/handshake.hpp"

// As much DER as is needed to say what a certificate is when the X.509 library refuses it.
namespace tlswhy::tls {

struct DerValue {
  std::uint8_t tag = 0;
  Bytes content;
  Bytes whole;  // with tag and length
};

// The next TLV (X.690 8.1, definite lengths only); nothing at the end or where the bytes make no sense.
[[nodiscard]] std::optional<DerValue> take_der(Reader& reader);

// The name OpenSSL gives to a signature algorithm's OID (content bytes): "sha256WithRSAEncryption"; dotted numbers if unknown.
[[nodiscard]] std::string signature_name(Bytes oid);
// "sha256" for such a name; empty if the name holds no hash.
[[nodiscard]] std::string signature_hash(const std::string& name);

// Fills serial, names, dates, key and signature algorithm of `certificate` from its DER as far as it can be walked (RFC 5280 4.1).
void walk_certificate(Bytes der, Certificate& certificate);

}  // namespace tlswhy::tls
