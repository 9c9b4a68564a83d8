// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/reader.hpp"
#include "tls/handshake.hpp"

// One handshake message each: bytes of its body to a value. What was readable before an error is in the value.
namespace tlswhy::tls {

// ContentType (RFC 8446 5.1).
struct ContentType {
  static constexpr std::uint8_t change_cipher_spec = 20;
  static constexpr std::uint8_t alert = 21;
  static constexpr std::uint8_t handshake = 22;
  static constexpr std::uint8_t application_data = 23;
};

// HandshakeType (RFC 8446 4, RFC 5246 7.4, RFC 6347 4.3.2).
struct HandshakeType {
  static constexpr std::uint8_t hello_request = 0;
  static constexpr std::uint8_t client_hello = 1;
  static constexpr std::uint8_t server_hello = 2;
  static constexpr std::uint8_t hello_verify_request = 3;
  static constexpr std::uint8_t new_session_ticket = 4;
  static constexpr std::uint8_t end_of_early_data = 5;
  static constexpr std::uint8_t hello_retry_request = 6;  // drafts of TLS 1.3
  static constexpr std::uint8_t encrypted_extensions = 8;
  static constexpr std::uint8_t certificate = 11;
  static constexpr std::uint8_t server_key_exchange = 12;
  static constexpr std::uint8_t certificate_request = 13;
  static constexpr std::uint8_t server_hello_done = 14;
  static constexpr std::uint8_t certificate_verify = 15;
  static constexpr std::uint8_t client_key_exchange = 16;
  static constexpr std::uint8_t finished = 20;
  static constexpr std::uint8_t certificate_url = 21;
  static constexpr std::uint8_t certificate_status = 22;
  static constexpr std::uint8_t supplemental_data = 23;
  static constexpr std::uint8_t key_update = 24;
  static constexpr std::uint8_t compressed_certificate = 25;
};

// Name in snake case; empty for types that no RFC defines.
[[nodiscard]] std::string_view handshake_type_name(std::uint8_t type);

[[nodiscard]] Parsed<ClientHello> parse_client_hello(Bytes body, bool datagrams);
// An SSLv2 CLIENT-HELLO (RFC 5246 E.2), without its two-byte record header.
[[nodiscard]] Parsed<ClientHello> parse_sslv2_client_hello(Bytes body);
[[nodiscard]] Parsed<ServerHello> parse_server_hello(Bytes body);
// The DER of each certificate of a TLS 1.2 (and older) Certificate message. `declared` is the number of bytes of each.
[[nodiscard]] Parsed<std::vector<Bytes>> parse_certificate_list(Bytes body);
// The distinguished names of a TLS 1.2 CertificateRequest, as DER.
[[nodiscard]] Parsed<std::vector<Bytes>> parse_certificate_request(Bytes body, bool with_signature_algorithms);
// Those of TLS 1.3 (RFC 8446 4.4.2, 4.3.2).
[[nodiscard]] Parsed<std::vector<Bytes>> parse_certificate_list13(Bytes body);
[[nodiscard]] Parsed<std::vector<Bytes>> parse_certificate_request13(Bytes body);
// The extensions of EncryptedExtensions (RFC 8446 4.3.1), laid over those of the ServerHello they complete.
[[nodiscard]] Parsed<ServerHello> parse_encrypted_extensions(Bytes body, ServerHello hello);
// The named curve of a TLS 1.2 ServerKeyExchange, 0 if it is none (DHE, PSK hints).
[[nodiscard]] std::uint16_t parse_named_curve(Bytes body);

}  // namespace tlswhy::tls
