// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/reader.hpp"
#include "tls/handshake.hpp"

// X.509 by mbedTLS; no other file of the project names it.
namespace tlswhy::tls {

// Reads one DER certificate. What mbedTLS refuses gives a Certificate with parse_error, size and sha256 set.
[[nodiscard]] Certificate read_certificate(Bytes der);
// Sets self_signed and signed_by_next of a chain by checking the signatures.
void check_chain(std::vector<Certificate>& chain);
// The certificates of a list, read and checked as above. A server sends the same list to everybody: lists met not long ago are
// remembered and cost little. May be called from several threads.
[[nodiscard]] std::vector<Certificate> read_chain(std::span<const Bytes> list);
// The certificates that one side sent, leaf first.
[[nodiscard]] std::vector<Certificate> chain_of(const Handshake& handshake, Side side);
// A chain as PEM (RFC 7468), in the order sent, each certificate under its subject and issuer.
[[nodiscard]] std::string to_pem(std::span<const Certificate> chain);
// Whether the certificate is valid for a DNS name (RFC 6125: SAN, wildcard in the left-most label, CN only without SAN) or an
// IP address literal (SAN iPAddress only).
[[nodiscard]] bool covers(const Certificate& leaf, std::string_view host);
// All certificates in PEM text (or one DER); empty if there is none.
[[nodiscard]] std::vector<Certificate> read_certificates(Bytes file);
// "Mbed TLS 2.28.3", for --version.
[[nodiscard]] std::string x509_library_version();
// MD5 (for JA3) and SHA-256 as lower-case hex.
[[nodiscard]] std::string md5_hex(Bytes bytes);
[[nodiscard]] std::string sha256_hex(Bytes bytes);

}  // namespace tlswhy::tls
