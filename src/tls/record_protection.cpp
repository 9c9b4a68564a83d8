// SPDX-License-Identifier: Apache-2.0
#include "tls/record_protection.hpp"

#include <algorithm>
#include <initializer_list>

namespace tlswhy::tls {
namespace {

constexpr std::uint16_t k_tls10 = 0x0301;
constexpr std::uint16_t k_tls11 = 0x0302;
constexpr std::uint16_t k_dtls10 = 0xFEFF;
constexpr std::uint16_t k_dtls10_openssl = 0x0100;  // what OpenSSL before 0.9.8f sent
constexpr std::uint8_t k_application_data = 23;
constexpr std::size_t k_explicit_nonce = 8;  // GCM and CCM in TLS 1.2 (RFC 5288 3, RFC 6655 3)
constexpr std::size_t k_implicit_nonce = 4;
constexpr std::size_t k_truncated_mac = 10;  // RFC 6066 7

Buffer joined(std::initializer_list<Bytes> parts) {
  Buffer all;
  for (const Bytes part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

void append(Buffer& out, std::uint64_t value, unsigned width) {
  for (unsigned i = width; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8U * i)));
}

// seq_num, type, version and length, before the content in the MAC and as additional data (RFC 5246 6.2.3.1, 6.2.3.3).
Buffer covered_head(const RecordHead& head, std::size_t length) {
  Buffer out;
  append(out, head.sequence, 8);
  append(out, head.type, 1);
  append(out, head.version, 2);
  append(out, length, 2);
  return out;
}

// The IV with the sequence number laid over its end (RFC 8446 5.3, RFC 7905 2).
Buffer nonce_of(Bytes iv, std::uint64_t sequence) {
  Buffer nonce(iv.begin(), iv.end());
  for (std::size_t i = 0; i < 8; ++i) nonce[nonce.size() - 1 - i] ^= static_cast<std::uint8_t>(sequence >> (8U * i));
  return nonce;
}

Prf prf_of(const SuiteProtection& suite, Version version) {
  const bool old = version.value == k_tls10 || version.value == k_tls11 || version.value == k_dtls10 || version.value == k_dtls10_openssl;
  if (old) return Prf::tls10;
  return suite.hash == Digest::sha384 ? Prf::sha384 : Prf::sha256;
}

}  // namespace

std::optional<RecordProtection> RecordProtection::from_master(const SuiteProtection& suite, const Options& options, Bytes master,
                                                              Bytes client_random, Bytes server_random, Side side) {
  RecordProtection protection;
  protection.suite_ = suite;
  protection.options_ = options;
  std::size_t mac = 0;
  std::size_t key = 0;
  std::size_t iv = 0;
  switch (suite.kind) {
    case SuiteProtection::Kind::aead:
      key = key_size(suite.aead);
      iv = suite.aead == AeadAlgorithm::chacha20_poly1305 ? k_nonce_size : k_implicit_nonce;
      break;
    case SuiteProtection::Kind::block:
      mac = digest_size(suite.mac);
      key = key_size(suite.block);
      iv = block_size(suite.block);
      break;
    case SuiteProtection::Kind::null: mac = digest_size(suite.mac); break;
  }
  const Buffer seed = joined({server_random, client_random});
  const Buffer block = prf(prf_of(suite, options.version), master, "key expansion", seed, 2 * (mac + key + iv));
  if (block.empty()) return std::nullopt;
  Reader reader(block);
  const auto pick = [&](std::size_t size) {
    const Bytes client = reader.take(size, "client");
    const Bytes server = reader.take(size, "server");
    const Bytes own = side == Side::client ? client : server;
    return Buffer(own.begin(), own.end());
  };
  protection.mac_key_ = pick(mac);
  protection.key_ = pick(key);
  protection.iv_ = pick(iv);
  if (suite.kind == SuiteProtection::Kind::aead) {
    protection.aead_ = Aead::make(suite.aead, protection.key_);
    if (!protection.aead_) return std::nullopt;
  }
  return protection;
}

std::optional<RecordProtection> RecordProtection::from_traffic_secret(const SuiteProtection& suite, Bytes secret) {
  if (suite.kind != SuiteProtection::Kind::aead || secret.size() != digest_size(suite.hash)) return std::nullopt;
  RecordProtection protection;
  protection.suite_ = suite;
  protection.tls13_ = true;
  protection.iv_ = hkdf_expand_label(suite.hash, secret, "iv", {}, k_nonce_size);
  protection.aead_ = Aead::make(suite.aead, hkdf_expand_label(suite.hash, secret, "key", {}, key_size(suite.aead)));
  if (!protection.aead_ || protection.iv_.empty()) return std::nullopt;
  return protection;
}

std::optional<OpenedRecord> RecordProtection::open(const RecordHead& head, Bytes fragment) const {
  if (tls13_) return open13(head, fragment);
  switch (suite_.kind) {
    case SuiteProtection::Kind::aead: return open_aead(head, fragment);
    case SuiteProtection::Kind::block: return open_block(head, fragment);
    case SuiteProtection::Kind::null: {
      if (fragment.size() < mac_size()) return std::nullopt;
      const std::size_t content = fragment.size() - mac_size();
      return check_mac(head, fragment.first(content), fragment.subspan(content));
    }
  }
  return std::nullopt;
}

std::optional<OpenedRecord> RecordProtection::open13(const RecordHead& head, Bytes fragment) const {
  Buffer additional;
  append(additional, k_application_data, 1);
  append(additional, head.version, 2);
  append(additional, fragment.size(), 2);
  auto content = aead_->open(nonce_of(iv_, head.sequence), additional, fragment);
  if (!content) return std::nullopt;
  // The content type is the last byte that is not padding (RFC 8446 5.4).
  while (!content->empty() && content->back() == 0) content->pop_back();
  if (content->empty()) return std::nullopt;
  OpenedRecord record{content->back(), std::move(*content)};
  record.content.pop_back();
  return record;
}

std::optional<OpenedRecord> RecordProtection::open_aead(const RecordHead& head, Bytes fragment) const {
  Buffer nonce;
  if (suite_.aead == AeadAlgorithm::chacha20_poly1305) {
    nonce = nonce_of(iv_, head.sequence);
  } else {
    if (fragment.size() < k_explicit_nonce) return std::nullopt;
    nonce = joined({iv_, fragment.first(k_explicit_nonce)});
    fragment = fragment.subspan(k_explicit_nonce);
  }
  const std::size_t tag = tag_size(suite_.aead);
  if (fragment.size() < tag) return std::nullopt;
  auto content = aead_->open(nonce, covered_head(head, fragment.size() - tag), fragment);
  if (!content) return std::nullopt;
  return OpenedRecord{head.type, std::move(*content)};
}

bool RecordProtection::explicit_iv() const { return options_.version.value != k_tls10; }
std::size_t RecordProtection::mac_size() const { return options_.truncated_hmac ? k_truncated_mac : digest_size(suite_.mac); }

bool RecordProtection::mac_fits(const RecordHead& head, Bytes covered, Bytes mac) const {
  const Buffer expected = hmac(suite_.mac, mac_key_, covered_head(head, covered.size()), covered);
  return expected.size() >= mac.size() && !mac.empty() && same_bytes(Bytes(expected).first(mac.size()), mac);
}

std::optional<OpenedRecord> RecordProtection::check_mac(const RecordHead& head, Bytes content, Bytes mac) const {
  if (!mac_fits(head, content, mac)) return std::nullopt;
  return OpenedRecord{head.type, Buffer(content.begin(), content.end())};
}

std::optional<OpenedRecord> RecordProtection::open_block(const RecordHead& head, Bytes fragment) const {
  const std::size_t block = block_size(suite_.block);
  const std::size_t mac = mac_size();
  if (options_.encrypt_then_mac) {
    if (fragment.size() < mac) return std::nullopt;
    const Bytes covered = fragment.first(fragment.size() - mac);
    if (!mac_fits(head, covered, fragment.subspan(covered.size()))) return std::nullopt;
    fragment = covered;
  }
  Bytes iv = iv_;
  if (explicit_iv()) {
    if (fragment.size() < block) return std::nullopt;
    iv = fragment.first(block);
    fragment = fragment.subspan(block);
  }
  const Buffer plain = cbc_decrypt(suite_.block, key_, iv, fragment);
  if (plain.empty()) return std::nullopt;
  // The last byte says how many of the same value stand before it (RFC 5246 6.2.3.2).
  const std::size_t padding = std::size_t{plain.back()} + 1;
  const std::size_t others = options_.encrypt_then_mac ? 0 : mac;
  if (plain.size() < padding + others) return std::nullopt;
  if (!std::all_of(plain.end() - static_cast<std::ptrdiff_t>(padding), plain.end(),
                   [&](std::uint8_t byte) { return byte == plain.back(); }))
    return std::nullopt;
  const Bytes content = Bytes(plain).first(plain.size() - padding - others);
  if (options_.encrypt_then_mac) return OpenedRecord{head.type, Buffer(content.begin(), content.end())};
  return check_mac(head, content, Bytes(plain).subspan(content.size(), mac));
}

void RecordProtection::passed(Bytes fragment) {
  if (suite_.kind != SuiteProtection::Kind::block || tls13_ || explicit_iv()) return;
  if (options_.encrypt_then_mac && fragment.size() > mac_size()) fragment = fragment.first(fragment.size() - mac_size());
  const std::size_t block = block_size(suite_.block);
  if (fragment.size() < block) return;
  const Bytes last = fragment.last(block);
  iv_.assign(last.begin(), last.end());
}

Buffer master_from_premaster(const SuiteProtection& suite, Version version, Bytes premaster, Bytes client_random, Bytes server_random) {
  constexpr std::size_t k_master_secret = 48;
  return prf(prf_of(suite, version), premaster, "master secret", joined({client_random, server_random}), k_master_secret);
}

}  // namespace tlswhy::tls
