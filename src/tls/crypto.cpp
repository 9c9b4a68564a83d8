// SPDX-License-Identifier: Apache-2.0
#include "tls/crypto.hpp"

#include <mbedtls/aes.h>
#include <mbedtls/chacha20.h>
#include <mbedtls/cipher.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/md.h>
#include <mbedtls/ssl.h>

#include <string>

namespace tlswhy::tls {
namespace {

const mbedtls_md_info_t* info_of(Digest digest) {
  switch (digest) {
    case Digest::md5: return mbedtls_md_info_from_type(MBEDTLS_MD_MD5);
    case Digest::sha1: return mbedtls_md_info_from_type(MBEDTLS_MD_SHA1);
    case Digest::sha256: return mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    case Digest::sha384: return mbedtls_md_info_from_type(MBEDTLS_MD_SHA384);
  }
  return nullptr;
}

mbedtls_cipher_type_t type_of(AeadAlgorithm algorithm) {
  switch (algorithm) {
    case AeadAlgorithm::aes_128_gcm: return MBEDTLS_CIPHER_AES_128_GCM;
    case AeadAlgorithm::aes_256_gcm: return MBEDTLS_CIPHER_AES_256_GCM;
    case AeadAlgorithm::aes_128_ccm:
    case AeadAlgorithm::aes_128_ccm_8: return MBEDTLS_CIPHER_AES_128_CCM;
    case AeadAlgorithm::aes_256_ccm:
    case AeadAlgorithm::aes_256_ccm_8: return MBEDTLS_CIPHER_AES_256_CCM;
    case AeadAlgorithm::chacha20_poly1305: return MBEDTLS_CIPHER_CHACHA20_POLY1305;
    case AeadAlgorithm::camellia_128_gcm: return MBEDTLS_CIPHER_CAMELLIA_128_GCM;
    case AeadAlgorithm::camellia_256_gcm: return MBEDTLS_CIPHER_CAMELLIA_256_GCM;
  }
  return MBEDTLS_CIPHER_NONE;
}

mbedtls_cipher_type_t type_of(BlockAlgorithm algorithm) {
  switch (algorithm) {
    case BlockAlgorithm::aes_128: return MBEDTLS_CIPHER_AES_128_CBC;
    case BlockAlgorithm::aes_256: return MBEDTLS_CIPHER_AES_256_CBC;
    case BlockAlgorithm::camellia_128: return MBEDTLS_CIPHER_CAMELLIA_128_CBC;
    case BlockAlgorithm::camellia_256: return MBEDTLS_CIPHER_CAMELLIA_256_CBC;
    case BlockAlgorithm::triple_des: return MBEDTLS_CIPHER_DES_EDE3_CBC;
  }
  return MBEDTLS_CIPHER_NONE;
}

// A cipher context that frees itself (mbedTLS wipes the key then).
class Context {
 public:
  Context(mbedtls_cipher_type_t type, Bytes key, mbedtls_operation_t operation) {
    mbedtls_cipher_init(&context_);
    const mbedtls_cipher_info_t* const info = mbedtls_cipher_info_from_type(type);
    ready_ = info != nullptr && mbedtls_cipher_setup(&context_, info) == 0 &&
             static_cast<std::size_t>(mbedtls_cipher_get_key_bitlen(&context_)) == key.size() * 8 &&
             mbedtls_cipher_setkey(&context_, key.data(), static_cast<int>(key.size() * 8), operation) == 0;
  }
  ~Context() { mbedtls_cipher_free(&context_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] mbedtls_cipher_context_t* get() { return &context_; }

 private:
  mbedtls_cipher_context_t context_;
  bool ready_ = false;
};

}  // namespace

std::size_t digest_size(Digest digest) {
  const mbedtls_md_info_t* const info = info_of(digest);
  return info == nullptr ? 0 : mbedtls_md_get_size(info);
}

Buffer digest_of(Digest digest, Bytes bytes) {
  Buffer result(digest_size(digest));
  if (result.empty() || mbedtls_md(info_of(digest), bytes.data(), bytes.size(), result.data()) != 0) return {};
  return result;
}

Buffer hmac(Digest digest, Bytes key, Bytes head, Bytes body) {
  Buffer result(digest_size(digest));
  mbedtls_md_context_t context;
  mbedtls_md_init(&context);
  constexpr int k_with_hmac = 1;
  const bool done = !result.empty() && mbedtls_md_setup(&context, info_of(digest), k_with_hmac) == 0 &&
                    mbedtls_md_hmac_starts(&context, key.data(), key.size()) == 0 &&
                    mbedtls_md_hmac_update(&context, head.data(), head.size()) == 0 &&
                    mbedtls_md_hmac_update(&context, body.data(), body.size()) == 0 && mbedtls_md_hmac_finish(&context, result.data()) == 0;
  mbedtls_md_free(&context);
  return done ? result : Buffer();
}

bool same_bytes(Bytes a, Bytes b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

Buffer hkdf_extract(Digest digest, Bytes salt, Bytes input) {
  Buffer result(digest_size(digest));
  if (result.empty() || mbedtls_hkdf_extract(info_of(digest), salt.data(), salt.size(), input.data(), input.size(), result.data()) != 0)
    return {};
  return result;
}

Buffer hkdf_expand_label(Digest digest, Bytes secret, std::string_view label, Bytes context, std::size_t size) {
  constexpr std::string_view k_prefix = "tls13 ";
  constexpr std::size_t k_largest_vector = 255;
  if (k_prefix.size() + label.size() > k_largest_vector || context.size() > k_largest_vector || size > UINT16_MAX) return {};
  Buffer info{static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size),
              static_cast<std::uint8_t>(k_prefix.size() + label.size())};
  info.insert(info.end(), k_prefix.begin(), k_prefix.end());
  info.insert(info.end(), label.begin(), label.end());
  info.push_back(static_cast<std::uint8_t>(context.size()));
  info.insert(info.end(), context.begin(), context.end());
  Buffer result(size);
  if (mbedtls_hkdf_expand(info_of(digest), secret.data(), secret.size(), info.data(), info.size(), result.data(), size) != 0) return {};
  return result;
}

Buffer prf(Prf function, Bytes secret, std::string_view label, Bytes seed, std::size_t size) {
  const mbedtls_tls_prf_types type = function == Prf::tls10    ? MBEDTLS_SSL_TLS_PRF_TLS1
                                     : function == Prf::sha256 ? MBEDTLS_SSL_TLS_PRF_SHA256
                                                               : MBEDTLS_SSL_TLS_PRF_SHA384;
  Buffer result(size);
  if (mbedtls_ssl_tls_prf(type, secret.data(), secret.size(), std::string(label).c_str(), seed.data(), seed.size(), result.data(), size) !=
      0)
    return {};
  return result;
}

std::size_t key_size(AeadAlgorithm algorithm) {
  constexpr std::size_t k_128_bits = 16;
  constexpr std::size_t k_256_bits = 32;
  switch (algorithm) {
    case AeadAlgorithm::aes_128_gcm:
    case AeadAlgorithm::aes_128_ccm:
    case AeadAlgorithm::aes_128_ccm_8:
    case AeadAlgorithm::camellia_128_gcm: return k_128_bits;
    default: return k_256_bits;
  }
}

std::size_t tag_size(AeadAlgorithm algorithm) {
  return algorithm == AeadAlgorithm::aes_128_ccm_8 || algorithm == AeadAlgorithm::aes_256_ccm_8 ? 8 : 16;  // RFC 6655 3, 4
}

struct Aead::State {
  // The modes of AEAD need one key schedule for both ways.
  State(AeadAlgorithm which, Bytes key) : algorithm(which), context(type_of(which), key, MBEDTLS_ENCRYPT) {}
  AeadAlgorithm algorithm;
  Context context;
};

Aead::Aead(std::unique_ptr<State> state) : state_(std::move(state)) {}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

std::optional<Aead> Aead::make(AeadAlgorithm algorithm, Bytes key) {
  auto state = std::make_unique<State>(algorithm, key);
  if (!state->context.ready()) return std::nullopt;
  return Aead(std::move(state));
}

std::optional<Buffer> Aead::open(Bytes nonce, Bytes additional, Bytes sealed) const {
  const std::size_t tag = tag_size(state_->algorithm);
  if (sealed.size() < tag || nonce.size() != k_nonce_size) return std::nullopt;
  // mbedTLS wants room that is not empty even for an empty text.
  Buffer plain(sealed.size() - tag + 1);
  std::size_t written = 0;
  if (mbedtls_cipher_auth_decrypt_ext(state_->context.get(), nonce.data(), nonce.size(), additional.data(), additional.size(),
                                      sealed.data(), sealed.size(), plain.data(), plain.size(), &written, tag) != 0) {
    return std::nullopt;
  }
  plain.resize(written);
  return plain;
}

Buffer Aead::seal(Bytes nonce, Bytes additional, Bytes plain) const {
  const std::size_t tag = tag_size(state_->algorithm);
  if (nonce.size() != k_nonce_size) return {};
  Buffer sealed(plain.size() + tag);
  std::size_t written = 0;
  if (mbedtls_cipher_auth_encrypt_ext(state_->context.get(), nonce.data(), nonce.size(), additional.data(), additional.size(), plain.data(),
                                      plain.size(), sealed.data(), sealed.size(), &written, tag) != 0) {
    return {};
  }
  sealed.resize(written);
  return sealed;
}

std::size_t key_size(BlockAlgorithm algorithm) {
  switch (algorithm) {
    case BlockAlgorithm::aes_128:
    case BlockAlgorithm::camellia_128: return 16;
    case BlockAlgorithm::triple_des: return 24;
    default: return 32;
  }
}

std::size_t block_size(BlockAlgorithm algorithm) { return algorithm == BlockAlgorithm::triple_des ? 8 : 16; }

Buffer cbc_decrypt(BlockAlgorithm algorithm, Bytes key, Bytes iv, Bytes bytes) {
  const std::size_t block = block_size(algorithm);
  if (bytes.empty() || bytes.size() % block != 0 || iv.size() != block) return {};
  Context context(type_of(algorithm), key, MBEDTLS_DECRYPT);
  if (!context.ready() || mbedtls_cipher_set_padding_mode(context.get(), MBEDTLS_PADDING_NONE) != 0) return {};
  Buffer plain(bytes.size() + block);
  std::size_t written = 0;
  if (mbedtls_cipher_crypt(context.get(), iv.data(), iv.size(), bytes.data(), bytes.size(), plain.data(), &written) != 0) return {};
  plain.resize(written);
  return plain;
}

std::array<std::uint8_t, k_aes_block> aes_block(Bytes key, Bytes block) {
  std::array<std::uint8_t, k_aes_block> result{};
  if (block.size() != k_aes_block) return result;
  mbedtls_aes_context context;
  mbedtls_aes_init(&context);
  if (mbedtls_aes_setkey_enc(&context, key.data(), static_cast<unsigned>(key.size() * 8)) == 0) {
    (void)mbedtls_aes_crypt_ecb(&context, MBEDTLS_AES_ENCRYPT, block.data(), result.data());
  }
  mbedtls_aes_free(&context);
  return result;
}

std::array<std::uint8_t, k_aes_block> chacha20_mask(Bytes key, Bytes sample) {
  std::array<std::uint8_t, k_aes_block> result{};
  constexpr std::size_t k_key = 32;
  if (key.size() != k_key || sample.size() != k_aes_block) return result;
  // The sample's first four bytes are the counter, little-endian; the rest is the nonce (RFC 9001 5.4.4).
  Reader reader(sample);
  const std::uint32_t counter = reader.u32le("counter");
  const std::array<std::uint8_t, k_aes_block> zeros{};
  (void)mbedtls_chacha20_crypt(key.data(), reader.rest().data(), counter, zeros.size(), zeros.data(), result.data());
  return result;
}

}  // namespace tlswhy::tls
