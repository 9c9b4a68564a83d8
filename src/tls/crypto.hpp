// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/reader.hpp"

// The cryptography of mbedTLS as values. Nothing here knows of records or packets. Functions that give a Buffer give an empty one
// where mbedTLS refuses (a digest that is not built in, a size out of range).
namespace tlswhy::tls {

using Buffer = std::vector<std::uint8_t>;

enum class Digest : std::uint8_t { md5, sha1, sha256, sha384 };
[[nodiscard]] std::size_t digest_size(Digest digest);
[[nodiscard]] Buffer digest_of(Digest digest, Bytes bytes);
// HMAC (RFC 2104) over `head` followed by `body`.
[[nodiscard]] Buffer hmac(Digest digest, Bytes key, Bytes head, Bytes body);
// Whether two byte strings are the same, in constant time.
[[nodiscard]] bool same_bytes(Bytes a, Bytes b);

[[nodiscard]] Buffer hkdf_extract(Digest digest, Bytes salt, Bytes input);  // RFC 5869 2.2
// HKDF-Expand-Label (RFC 8446 7.1); "tls13 " is put before the label.
[[nodiscard]] Buffer hkdf_expand_label(Digest digest, Bytes secret, std::string_view label, Bytes context, std::size_t size);

// The PRF of TLS 1.0 and 1.1 (RFC 4346 5) or that of TLS 1.2 with SHA-256 or SHA-384 (RFC 5246 5).
enum class Prf : std::uint8_t { tls10, sha256, sha384 };
[[nodiscard]] Buffer prf(Prf function, Bytes secret, std::string_view label, Bytes seed, std::size_t size);

enum class AeadAlgorithm : std::uint8_t {
  aes_128_gcm,
  aes_256_gcm,
  aes_128_ccm,
  aes_256_ccm,
  aes_128_ccm_8,
  aes_256_ccm_8,
  chacha20_poly1305,
  camellia_128_gcm,
  camellia_256_gcm
};
[[nodiscard]] std::size_t key_size(AeadAlgorithm algorithm);
[[nodiscard]] std::size_t tag_size(AeadAlgorithm algorithm);
// The nonce of every AEAD here (RFC 5116 3.2).
constexpr std::size_t k_nonce_size = 12;

// Authenticated encryption with one key.
class Aead {
 public:
  // Nothing if the key has the wrong size or mbedTLS is built without the algorithm.
  [[nodiscard]] static std::optional<Aead> make(AeadAlgorithm algorithm, Bytes key);
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  // The plain bytes; nothing if the tag at the end of `sealed` does not fit.
  [[nodiscard]] std::optional<Buffer> open(Bytes nonce, Bytes additional, Bytes sealed) const;
  // The opposite, tag appended.
  [[nodiscard]] Buffer seal(Bytes nonce, Bytes additional, Bytes plain) const;

 private:
  struct State;
  explicit Aead(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

enum class BlockAlgorithm : std::uint8_t { aes_128, aes_256, camellia_128, camellia_256, triple_des };
[[nodiscard]] std::size_t key_size(BlockAlgorithm algorithm);
[[nodiscard]] std::size_t block_size(BlockAlgorithm algorithm);
// CBC without padding, whole blocks; empty if `bytes`, `key` or `iv` have the wrong size.
[[nodiscard]] Buffer cbc_decrypt(BlockAlgorithm algorithm, Bytes key, Bytes iv, Bytes bytes);

constexpr std::size_t k_aes_block = 16;
// One AES block in ECB mode, and the ChaCha20 key stream's start: header protection of QUIC and DTLS 1.3 (RFC 9001 5.4, RFC 9147 4.2.3).
// All zero if key or sample have the wrong size.
[[nodiscard]] std::array<std::uint8_t, k_aes_block> aes_block(Bytes key, Bytes block);
[[nodiscard]] std::array<std::uint8_t, k_aes_block> chacha20_mask(Bytes key, Bytes sample);

}  // namespace tlswhy::tls
