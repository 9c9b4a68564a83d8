// SPDX-License-Identifier: Apache-2.0
#include "tls/key.hpp"

#include <mbedtls/base64.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <array>
#include <cstdio>

#include "base/text.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::tls {
namespace {

// A SubjectPublicKeyInfo: an RSA key of 16384 bits is the largest that is met, and it takes 2 KB.
constexpr std::size_t k_largest_public_key = 4096;
constexpr std::uint8_t k_integer = 0x02;
constexpr std::uint8_t k_octet_string = 0x04;
constexpr std::uint8_t k_sequence = 0x30;

// An mbedtls_pk_context that frees itself.
class Key {
 public:
  Key() { mbedtls_pk_init(&context_); }
  ~Key() { mbedtls_pk_free(&context_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  [[nodiscard]] mbedtls_pk_context* get() { return &context_; }

 private:
  mbedtls_pk_context context_;
};

class Crt {
 public:
  explicit Crt(Bytes der) {
    mbedtls_x509_crt_init(&crt_);
    ok_ = mbedtls_x509_crt_parse_der(&crt_, der.data(), der.size()) == 0;
  }
  ~Crt() { mbedtls_x509_crt_free(&crt_); }
  Crt(const Crt&) = delete;
  Crt& operator=(const Crt&) = delete;
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] mbedtls_x509_crt& get() { return crt_; }

 private:
  mbedtls_x509_crt crt_;
  bool ok_ = false;
};

std::string public_sha256(mbedtls_pk_context* key) {
  std::array<std::uint8_t, k_largest_public_key> buffer{};
  // Written at the end of the buffer.
  const int size = mbedtls_pk_write_pubkey_der(key, buffer.data(), buffer.size());
  if (size <= 0) return {};
  return sha256_hex(Bytes(buffer).last(static_cast<std::size_t>(size)));
}

std::string error_text(int code) {
  std::array<char, 256> text{};
  mbedtls_strerror(code, text.data(), text.size());
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "-0x%04x", static_cast<unsigned>(-code));
  return std::string(text.data()) + " (" + hex.data() + ")";
}

// The length of a DER element (X.690 8.1.3) whose tag has been read.
std::size_t der_length(Reader& reader) {
  constexpr std::uint8_t k_long = 0x80;
  const std::uint8_t first = reader.u8("DER length");
  if (first < k_long) return first;
  std::size_t length = 0;
  const std::uint8_t count = first & 0x7fU;
  if (count == 0 || count > 4) {
    reader.fail(ParseFault::bad_length, "DER length");
    return 0;
  }
  for (std::uint8_t i = 0; i < count; ++i) length = length * 256 + reader.u8("DER length");
  return length;
}

}  // namespace

std::string private_key_form(Bytes der) {
  // RFC 8017 A.1.2 begins SEQUENCE { INTEGER, INTEGER; RFC 5915 3 SEQUENCE { INTEGER, OCTET STRING; RFC 5958 2 SEQUENCE { INTEGER,
  // SEQUENCE. RFC 5958 3 (encrypted) SEQUENCE { SEQUENCE { OBJECT IDENTIFIER ..., OCTET STRING and nothing more.
  Reader reader(der);
  if (reader.u8("tag") != k_sequence) return {};
  const std::size_t length = der_length(reader);
  Reader body(reader.take(length, "key"));
  const std::uint8_t first = body.u8("tag");
  const std::size_t size = der_length(body);
  body.skip(size, "first element");
  const std::uint8_t second = body.u8("tag");
  if (!reader.ok() || !body.ok()) return {};
  if (first == k_integer && size == 1) {
    if (second == k_integer) return "PKCS#1";
    if (second == k_octet_string) return "SEC1";
    if (second == k_sequence) return "PKCS#8";
  }
  if (first == k_sequence && second == k_octet_string) {
    body.skip(der_length(body), "encrypted data");
    if (body.ok() && !body.more()) return "encrypted PKCS#8";
  }
  return {};
}

PrivateKey read_private_key(Bytes der) {
  PrivateKey result;
  Key key;
  const int status = mbedtls_pk_parse_key(key.get(), der.data(), der.size(), nullptr, 0);
  if (status != 0) {
    result.error = error_text(status);
    return result;
  }
  result.key_bits = static_cast<std::uint32_t>(mbedtls_pk_get_bitlen(key.get()));
  if (mbedtls_pk_can_do(key.get(), MBEDTLS_PK_RSA) != 0) {
    result.key_type = "RSA";
    result.key = "RSA " + std::to_string(result.key_bits);
  } else if (mbedtls_pk_can_do(key.get(), MBEDTLS_PK_ECKEY) != 0) {
    result.key_type = "EC";
    const mbedtls_ecp_curve_info* const curve = mbedtls_ecp_curve_info_from_grp_id(mbedtls_pk_ec(*key.get())->grp.id);
    result.key = std::string("EC ") + (curve != nullptr ? curve->name : std::to_string(result.key_bits).c_str());
  }
  result.public_sha256 = public_sha256(key.get());
  return result;
}

std::string public_key_sha256(const Certificate& certificate) {
  Crt crt(certificate.der);
  return crt.ok() ? public_sha256(&crt.get().pk) : std::string();
}

bool signed_by(const Certificate& subject, const Certificate& issuer) {
  std::vector<Certificate> pair{subject, issuer};
  check_chain(pair);
  return pair.front().signed_by_next;
}

std::string to_base64(Bytes bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  std::size_t written = 0;
  // mbedTLS adds a NUL, for which there is room.
  if (mbedtls_base64_encode(reinterpret_cast<std::uint8_t*>(text.data()), text.size(), &written, bytes.data(), bytes.size()) != 0) return {};  // NOLINT: characters as bytes
  text.resize(written);
  return text;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  const std::vector<std::uint8_t> encoded(text.begin(), text.end());
  std::vector<std::uint8_t> bytes(encoded.size() + 1);
  std::size_t written = 0;
  if (mbedtls_base64_decode(bytes.data(), bytes.size(), &written, encoded.data(), encoded.size()) != 0) return std::nullopt;
  bytes.resize(written);
  return bytes;
}

}  // namespace tlswhy::tls
