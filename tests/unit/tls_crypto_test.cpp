// SPDX-License-Identifier: Apache-2.0
// Vectors of the standards: RFC 4231, RFC 8446's trace in RFC 8448, RFC 9001 A, NIST SP 800-38A and 800-38C, the GCM specification.
#include <gtest/gtest.h>

#include <string>

#include "base/text.hpp"
#include "tls/crypto.hpp"

namespace tlswhy::tls {
namespace {

Buffer hex(std::string_view text) {
  const auto bytes = from_hex(text);
  EXPECT_TRUE(bytes.has_value()) << text;
  return bytes.value_or(Buffer());
}
Buffer words(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Crypto, hmac_is_that_of_rfc_4231) {
  EXPECT_EQ(to_hex(hmac(Digest::sha256, words("Jefe"), words("what do ya want "), words("for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Crypto, the_key_schedule_begins_as_in_rfc_8448) {
  const Buffer early = hkdf_extract(Digest::sha256, {}, Buffer(32));
  EXPECT_EQ(to_hex(early), "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a");
  EXPECT_EQ(to_hex(hkdf_expand_label(Digest::sha256, early, "derived", digest_of(Digest::sha256, {}), 32)),
            "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba");
}

TEST(Crypto, the_initial_keys_of_quic_are_those_of_rfc_9001) {
  const Buffer initial = hkdf_extract(Digest::sha256, hex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), hex("8394c8f03e515708"));
  const Buffer client = hkdf_expand_label(Digest::sha256, initial, "client in", {}, 32);
  EXPECT_EQ(to_hex(client), "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
  EXPECT_EQ(to_hex(hkdf_expand_label(Digest::sha256, client, "quic key", {}, 16)), "1f369613dd76d5467730efcbe3b1a22d");
  EXPECT_EQ(to_hex(aes_block(hex("9f50449e04a0e810283a1e9933adedd2"), hex("d1b1c98dd7689fb8ec11d242b123dc9b"))).substr(0, 10),
            "437b9aec36");
  EXPECT_EQ(to_hex(chacha20_mask(hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"),
                                 hex("5e5cd55c41f69080575d7999c25a5bfb")))
                .substr(0, 10),
            "aefefe7d03");
}

TEST(Crypto, the_prf_of_tls12_gives_the_published_vector) {
  EXPECT_EQ(to_hex(prf(Prf::sha256, hex("9bbe436ba940f017b17652849a71db35"), "test label", hex("a0ba9f936cda311827a6f796ffd5198c"), 100)),
            "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564b"
            "ab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a"
            "5110fff70187347b66");
}

TEST(Crypto, an_aead_opens_the_published_vectors_and_seals_them_back) {
  struct Vector {
    AeadAlgorithm algorithm;
    std::string_view key, nonce, additional, plain, sealed;
  };
  const Vector vectors[] = {
      {AeadAlgorithm::aes_128_gcm, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
       "feedfacedeadbeeffeedfacedeadbeefabaddad2",
       "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
       "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc322"
       "1a5db94fae95ae7121a47"},
      {AeadAlgorithm::aes_128_ccm_8, "404142434445464748494a4b4c4d4e4f", "101112131415161718191a1b",
       "000102030405060708090a0b0c0d0e0f10111213", "202122232425262728292a2b2c2d2e2f3031323334353637",
       "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951"},
      {AeadAlgorithm::chacha20_poly1305, "c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8", "e0459b3474bdd0e46d417eb0",
       "4200bff4", "01", "655e5cd55c41f69080575d7999c25a5bfb"},
  };
  for (const Vector& v : vectors) {
    const auto aead = Aead::make(v.algorithm, hex(v.key));
    ASSERT_TRUE(aead);
    Buffer sealed = hex(v.sealed);
    EXPECT_EQ(sealed.size(), v.plain.size() / 2 + tag_size(v.algorithm));
    const auto plain = aead->open(hex(v.nonce), hex(v.additional), sealed);
    ASSERT_TRUE(plain) << v.key;
    EXPECT_EQ(to_hex(*plain), v.plain);
    EXPECT_EQ(to_hex(aead->seal(hex(v.nonce), hex(v.additional), hex(v.plain))), v.sealed);
    sealed.back() ^= 1U;
    EXPECT_FALSE(aead->open(hex(v.nonce), hex(v.additional), sealed));
    EXPECT_FALSE(aead->open(hex(v.nonce), hex(v.additional), Bytes(sealed).first(tag_size(v.algorithm) - 1)));
  }
}

TEST(Crypto, an_aead_is_made_of_a_key_of_the_right_size_only) {
  for (const AeadAlgorithm algorithm :
       {AeadAlgorithm::aes_128_gcm, AeadAlgorithm::aes_256_gcm, AeadAlgorithm::aes_128_ccm, AeadAlgorithm::aes_256_ccm,
        AeadAlgorithm::aes_128_ccm_8, AeadAlgorithm::aes_256_ccm_8, AeadAlgorithm::chacha20_poly1305, AeadAlgorithm::camellia_128_gcm,
        AeadAlgorithm::camellia_256_gcm}) {
    EXPECT_FALSE(Aead::make(algorithm, Buffer(key_size(algorithm) - 1)));
    const auto aead = Aead::make(algorithm, Buffer(key_size(algorithm), 7));
    ASSERT_TRUE(aead);
    const auto empty = aead->open(Buffer(k_nonce_size), {}, aead->seal(Buffer(k_nonce_size), {}, {}));
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->empty());
  }
}

TEST(Crypto, cbc_gives_the_vector_of_sp_800_38a_and_nothing_for_half_a_block) {
  const Buffer key = hex("2b7e151628aed2a6abf7158809cf4f3c");
  const Buffer iv = hex("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(to_hex(cbc_decrypt(BlockAlgorithm::aes_128, key, iv, hex("7649abac8119b246cee98e9b12e9197d"))),
            "6bc1bee22e409f96e93d7e117393172a");
  EXPECT_TRUE(cbc_decrypt(BlockAlgorithm::aes_128, key, iv, hex("7649abac8119b246")).empty());
}

}  // namespace
}  // namespace tlswhy::tls
