// SPDX-License-Identifier: Apache-2.0
#include "tls/quic_keys.hpp"

#include <algorithm>
#include <cstdio>

namespace tlswhy::tls {
namespace {

constexpr std::uint32_t k_version_1 = 0x00000001;
constexpr std::uint32_t k_version_2 = 0x6B3343CF;
constexpr std::uint32_t k_google_t050 = 0x54303530;
constexpr std::uint32_t k_google_t051 = 0x54303531;
constexpr std::uint32_t k_draft = 0xFF000000;
constexpr std::uint32_t k_first_draft = 22;  // earlier ones write the connection IDs' lengths in another way
constexpr std::uint32_t k_last_draft = 34;

using Salt = std::array<std::uint8_t, 20>;
constexpr Salt k_salt_draft_22{0x7F, 0xBC, 0xDB, 0x0E, 0x7C, 0x66, 0xBB, 0xE9, 0x19, 0x3A, 0x96, 0xCD, 0x21, 0x51, 0x9E, 0xBD, 0x7A, 0x02, 0x64, 0x4A};
constexpr Salt k_salt_draft_23{0xC3, 0xEE, 0xF7, 0x12, 0xC7, 0x2E, 0xBB, 0x5A, 0x11, 0xA7, 0xD2, 0x43, 0x2B, 0xB4, 0x63, 0x65, 0xBE, 0xF9, 0xF5, 0x02};
constexpr Salt k_salt_draft_29{0xAF, 0xBF, 0xEC, 0x28, 0x99, 0x93, 0xD2, 0x4C, 0x9E, 0x97, 0x86, 0xF1, 0x9C, 0x61, 0x11, 0xE0, 0x43, 0x90, 0xA8, 0x99};
constexpr Salt k_salt_1{0x38, 0x76, 0x2C, 0xF7, 0xF5, 0x59, 0x34, 0xB3, 0x4D, 0x17, 0x9A, 0xE6, 0xA4, 0xC8, 0x0C, 0xAD, 0xCC, 0xBB, 0x7F, 0x0A};  // RFC 9001 5.2
constexpr Salt k_salt_2{0x0D, 0xED, 0xE3, 0xDE, 0xF7, 0x00, 0xA6, 0xDB, 0x81, 0x93, 0x81, 0xBE, 0x6E, 0x26, 0x9D, 0xCB, 0xF9, 0xBD, 0x2E, 0xD9};  // RFC 9369 3.3.1
// Google's, from Chromium's quic/core/crypto/crypto_utils.cc.
constexpr Salt k_salt_t050{0x7F, 0xF5, 0x79, 0xE5, 0xAC, 0xD0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4C, 0x43, 0xA2, 0x36, 0x7C, 0x60, 0x48, 0x83, 0x10};
constexpr Salt k_salt_t051{0x7A, 0x4E, 0xDE, 0xF4, 0xE7, 0xCC, 0xEE, 0x5F, 0xA4, 0x50, 0x6C, 0x19, 0x12, 0x4F, 0xC8, 0xCC, 0xDA, 0x6E, 0x03, 0x3D};

struct Named {
  std::uint32_t version;
  const Salt& salt;
  std::string_view name;
};
// Facebook's mvfst numbers its own versions after the draft it follows (mvfst, quic/QuicConstants.h).
constexpr std::array<Named, 7> k_named{{{k_version_1, k_salt_1, "QUIC v1"},
                                        {k_version_2, k_salt_2, "QUIC v2"},
                                        {0xFACEB001, k_salt_draft_22, "mvfst draft-22"},
                                        {0xFACEB002, k_salt_draft_23, "mvfst draft-27"},
                                        {0xFACEB00E, k_salt_draft_23, "mvfst experimental"},
                                        {k_google_t050, k_salt_t050, "Google QUIC T050"},
                                        {k_google_t051, k_salt_t051, "Google QUIC T051"}}};

std::uint32_t draft_of(std::uint32_t version) {
  const std::uint32_t number = version - k_draft;
  return version > k_draft && number >= k_first_draft && number <= k_last_draft ? number : 0;
}

const Salt* salt_of(std::uint32_t version) {
  for (const Named& named : k_named) {
    if (named.version == version) return &named.salt;
  }
  const std::uint32_t draft = draft_of(version);
  if (draft == 0) return nullptr;
  if (draft <= 22) return &k_salt_draft_22;
  if (draft <= 28) return &k_salt_draft_23;
  return draft <= 32 ? &k_salt_draft_29 : &k_salt_1;
}

struct RetryKey {
  std::array<std::uint8_t, 16> key;
  std::array<std::uint8_t, k_nonce_size> nonce;
};
constexpr RetryKey k_retry_1{{0xBE, 0x0C, 0x69, 0x0B, 0x9F, 0x66, 0x57, 0x5A, 0x1D, 0x76, 0x6B, 0x54, 0xE3, 0x68, 0xC8, 0x4E},
                             {0x46, 0x15, 0x99, 0xD3, 0x5D, 0x63, 0x2B, 0xF2, 0x23, 0x98, 0x25, 0xBB}};
constexpr RetryKey k_retry_2{{0x8F, 0xB4, 0xB0, 0x1B, 0x56, 0xAC, 0x48, 0xE2, 0x60, 0xFB, 0xCB, 0xCE, 0xAD, 0x7C, 0xCC, 0x92},
                             {0xD8, 0x69, 0x69, 0xBC, 0x2D, 0x7C, 0x6D, 0x99, 0x90, 0xEF, 0xB0, 0x4A}};

// The full packet number from its last bytes (RFC 9000 A.3).
std::uint64_t full_number(std::uint64_t expected, std::uint64_t truncated, unsigned bytes) {
  constexpr std::uint64_t k_largest = (1ULL << 62U) - 1;
  const std::uint64_t window = 1ULL << (8U * bytes);
  const std::uint64_t half = window / 2;
  const std::uint64_t candidate = (expected & ~(window - 1)) | truncated;
  if (candidate + half <= expected && candidate < k_largest - window) return candidate + window;
  if (candidate > expected + half && candidate >= window) return candidate - window;
  return candidate;
}

}  // namespace

std::string quic_version_name(std::uint32_t version) {
  for (const Named& named : k_named) {
    if (named.version == version) return std::string(named.name);
  }
  if (const std::uint32_t draft = draft_of(version); draft != 0) return "QUIC draft-" + std::to_string(draft);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "QUIC version 0x%08x", static_cast<unsigned>(version));
  return text.data();
}

QuicPacketType quic_packet_type(std::uint32_t version, std::uint8_t first_byte) {
  constexpr std::array<QuicPacketType, 4> k_types{QuicPacketType::initial, QuicPacketType::zero_rtt, QuicPacketType::handshake, QuicPacketType::retry};
  const unsigned bits = (first_byte >> 4U) & 3U;
  return k_types[version == k_version_2 ? (bits + 3) % k_types.size() : bits];
}

bool is_readable_quic(std::uint32_t version) { return !quic_key_versions(version).empty(); }

bool has_google_frames(std::uint32_t version) { return version == k_google_t050 || version == k_google_t051; }

std::vector<std::uint32_t> quic_key_versions(std::uint32_t version) {
  if (salt_of(version) != nullptr) return {version};
  if (is_quic_grease(version)) return {k_version_1, k_draft + 29, k_draft + 27};
  return {};
}

std::optional<QuicInitialKeys> QuicInitialKeys::derive(std::uint32_t version, Bytes client_destination) {
  constexpr std::size_t k_secret_size = 32;
  const Salt* const salt = salt_of(version);
  if (salt == nullptr) return std::nullopt;
  const std::string prefix = version == k_version_2 ? "quicv2 " : "quic ";
  const Buffer initial = hkdf_extract(Digest::sha256, *salt, client_destination);
  const auto direction = [&](std::string_view label) -> std::optional<Direction> {
    const Buffer secret = hkdf_expand_label(Digest::sha256, initial, label, {}, k_secret_size);
    auto aead = Aead::make(AeadAlgorithm::aes_128_gcm, hkdf_expand_label(Digest::sha256, secret, prefix + "key", {}, key_size(AeadAlgorithm::aes_128_gcm)));
    if (!aead) return std::nullopt;
    return Direction{std::move(*aead), hkdf_expand_label(Digest::sha256, secret, prefix + "iv", {}, k_nonce_size),
                     hkdf_expand_label(Digest::sha256, secret, prefix + "hp", {}, key_size(BlockAlgorithm::aes_128))};
  };
  auto client = direction("client in");
  auto server = direction("server in");
  if (!client || !server) return std::nullopt;
  return QuicInitialKeys(std::move(*client), std::move(*server));
}

std::optional<QuicPlain> QuicInitialKeys::open(Side from, const QuicPacket& packet, std::uint64_t expected) const {
  constexpr std::size_t k_largest_number = 4;
  constexpr std::uint8_t k_protected_bits = 0x0F;  // of a long header's first byte
  const Direction& keys = directions_[from == Side::client ? 0 : 1];
  if (packet.cut || packet.whole.size() < packet.number_offset + k_largest_number + k_aes_block) return std::nullopt;
  const auto mask = aes_block(keys.header_key, packet.whole.subspan(packet.number_offset + k_largest_number, k_aes_block));
  Buffer header(packet.whole.begin(), packet.whole.begin() + static_cast<std::ptrdiff_t>(packet.number_offset + k_largest_number));
  header[0] = static_cast<std::uint8_t>(header[0] ^ (mask[0] & k_protected_bits));
  const unsigned number_bytes = (header[0] & 3U) + 1;
  header.resize(packet.number_offset + number_bytes);
  std::uint64_t truncated = 0;
  for (unsigned i = 0; i < number_bytes; ++i) {
    header[packet.number_offset + i] ^= mask[i + 1];
    truncated = truncated << 8U | header[packet.number_offset + i];
  }
  const std::uint64_t number = full_number(expected, truncated, number_bytes);
  Buffer nonce = keys.iv;
  for (unsigned i = 0; i < sizeof number; ++i) nonce[nonce.size() - 1 - i] ^= static_cast<std::uint8_t>(number >> (8U * i));
  auto payload = keys.aead.open(nonce, header, packet.whole.subspan(header.size()));
  if (!payload) return std::nullopt;
  return QuicPlain{number, std::move(*payload)};
}

std::optional<bool> is_retry_intact(const QuicPacket& retry, Bytes client_destination) {
  const RetryKey* const key = retry.version == k_version_1 ? &k_retry_1 : retry.version == k_version_2 ? &k_retry_2 : nullptr;
  if (key == nullptr) return std::nullopt;
  const std::size_t tag = tag_size(AeadAlgorithm::aes_128_gcm);
  const auto aead = Aead::make(AeadAlgorithm::aes_128_gcm, key->key);
  if (!aead || retry.whole.size() < tag || client_destination.size() > k_largest_connection_id) return std::nullopt;
  Buffer pseudo{static_cast<std::uint8_t>(client_destination.size())};
  pseudo.insert(pseudo.end(), client_destination.begin(), client_destination.end());
  pseudo.insert(pseudo.end(), retry.whole.begin(), retry.whole.end() - static_cast<std::ptrdiff_t>(tag));
  return aead->open(key->nonce, pseudo, retry.whole.last(tag)).has_value();
}

}  // namespace tlswhy::tls
