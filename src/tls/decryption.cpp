// SPDX-License-Identifier: Apache-2.0
#include "tls/decryption.hpp"

#include <algorithm>
#include <utility>

namespace tlswhy::tls {
namespace {

constexpr std::uint16_t k_ssl30 = 0x0300;
constexpr std::uint16_t k_tls13 = 0x0304;
constexpr std::uint16_t k_dtls13 = 0xFEFC;
constexpr std::uint8_t k_application_data = 23;
// What a diagnosis needs lies at the beginning and, for alerts, at the end of short connections; long transfers are left alone.
constexpr std::uint64_t k_most_opened_bytes = 64U << 20U;
// After a gap nobody knows how many records were in it. This many places are tried: a lost burst of a few segments holds fewer.
constexpr std::uint64_t k_most_lost_records = 64;
// Records after a gap that may fail before the direction is given up: the first may be a piece, and in TLS 1.0 lacks its IV.
constexpr unsigned k_most_failures_after_loss = 3;

}  // namespace

void Decryption::client_hello(const ClientHello& hello) {
  client_random_ = hello.random;
  early_data_ = hello.early_data;
}

void Decryption::server_hello(unsigned direction, const ServerHello& hello) {
  server_direction_ = direction;
  server_random_ = hello.random;
  session_id_ = hello.session_id;
  suite_ = suite_protection(hello.cipher_suite);
  options_ = {hello.version, hello.encrypt_then_mac, hello.truncated_hmac};
  compressed_ = hello.compression != 0;
  extended_master_secret_ = hello.extended_master_secret;
  premaster_.clear();
  tls13_ = hello.version.value == k_tls13;
  if (datagrams_) directions_ = {};  // a new association between the same ends
  if (!tls13_ || datagrams_) return;
  directions_ = {};
  use_traffic_secret(direction, Secret::server_handshake_traffic);
  use_traffic_secret(1 - direction, Secret::client_handshake_traffic);
  for (Direction& d : directions_) d.handshake_keys = true;
}

void Decryption::client_key_exchange(Bytes body) {
  Reader reader(body);
  Reader encrypted = options_.version.value == k_ssl30 ? reader : reader.vec(2, "encrypted_pre_master_secret");
  const Buffer* const premaster = keys_.find_premaster(encrypted.rest());
  if (premaster != nullptr) premaster_ = *premaster;
}

Buffer Decryption::master(const SuiteProtection& suite) const {
  if (const Buffer* const secret = keys_.find(Secret::master, client_random_)) return *secret;
  if (!session_id_.empty()) {
    if (const Buffer* const secret = keys_.find_session(session_id_)) return *secret;
  }
  if (premaster_.empty() || extended_master_secret_) return {};
  return master_from_premaster(suite, options_.version, premaster_, client_random_, server_random_);
}

void Decryption::make_keys(unsigned direction) {
  Direction& d = directions_[direction];
  d = Direction{};
  if (client_random_.empty() || server_random_.empty() || tls13_ || options_.version.value == k_dtls13) return;
  const Buffer secret = master(suite_.value_or(SuiteProtection{}));
  if (secret.empty()) return;
  if (!suite_ || compressed_ || options_.version.value <= k_ssl30) {
    problem_ = std::string("the keys are there, but ") +
               (compressed_ ? "compressed records"
                : !suite_   ? "records of this cipher suite"
                            : "records of SSL 3.0") +
               " are not decrypted";
    return;
  }
  d.keys = RecordProtection::from_master(*suite_, options_, secret, client_random_, server_random_, side_of(direction));
}

void Decryption::change_cipher_spec(unsigned direction) {
  if (tls13_) return;
  make_keys(direction);
}

void Decryption::use_traffic_secret(unsigned direction, Secret which) {
  Direction& d = directions_[direction];
  d.keys.reset();
  const Buffer* const secret = keys_.find(which, client_random_);
  if (secret != nullptr && suite_) set_traffic_secret(d, *secret);
}

void Decryption::set_traffic_secret(Direction& direction, Buffer secret) {
  direction.keys = RecordProtection::from_traffic_secret(*suite_, secret);
  direction.secret = std::move(secret);
  direction.sequence = 0;
}

void Decryption::finished(unsigned direction) {
  if (!tls13_ || !directions_[direction].handshake_keys) return;
  directions_[direction].handshake_keys = false;
  use_traffic_secret(direction,
                     side_of(direction) == Side::server ? Secret::server_application_traffic : Secret::client_application_traffic);
}

void Decryption::key_update(unsigned direction) {
  Direction& d = directions_[direction];
  if (!tls13_ || !d.keys || d.handshake_keys) return;
  set_traffic_secret(d, hkdf_expand_label(suite_->hash, d.secret, "traffic upd", {}, d.secret.size()));
}

void Decryption::lost(unsigned direction) { directions_[direction].lost = true; }

bool Decryption::active(unsigned direction, std::uint8_t type) const {
  return directions_[direction].keys.has_value() && (!tls13_ || type == k_application_data);
}

void Decryption::give_up(unsigned direction) {
  Direction& d = directions_[direction];
  d.keys.reset();
  d.refused = true;
  const std::string whose = "the " + std::string(to_string(side_of(direction))) + "'s records";
  problem_ = d.opened ? "from here on the keys do not fit " + whose + "; they are treated as encrypted"
                      : "the secrets given for this connection do not decrypt " + whose +
                            " (wrong keys, or damaged records); they are treated as encrypted";
}

bool Decryption::count_bytes(std::size_t size) {
  opened_bytes_ += size;
  if (opened_bytes_ <= k_most_opened_bytes) return true;
  for (Direction& d : directions_) d.keys.reset();
  problem_ = "more than " + std::to_string(k_most_opened_bytes) + " bytes were decrypted; the rest is treated as encrypted";
  return false;
}

std::optional<OpenedRecord> Decryption::open(unsigned direction, std::uint8_t type, std::uint16_t version, Bytes fragment) {
  Direction& d = directions_[direction];
  if (!d.keys || !count_bytes(fragment.size())) return std::nullopt;
  const std::uint64_t tries = d.lost ? k_most_lost_records : 1;
  std::optional<OpenedRecord> record;
  for (std::uint64_t i = 0; i < tries && !record; ++i) {
    record = d.keys->open({type, version, d.sequence + i}, fragment);
    if (record) d.sequence += i;
  }
  // Early data is under keys of its own and comes before the client's flight; it is passed over (RFC 8446 4.2.10).
  const bool may_be_early = early_data_ && d.handshake_keys && direction != server_direction_ && !d.opened;
  if (!record && may_be_early) return std::nullopt;
  d.keys->passed(fragment);
  ++d.sequence;
  if (record) {
    d.lost = false;
    d.failures = 0;
    d.opened = true;
    return record;
  }
  if (!d.lost || ++d.failures >= k_most_failures_after_loss) give_up(direction);
  return std::nullopt;
}

std::optional<OpenedRecord> Decryption::open_datagram(unsigned direction, std::uint8_t type, std::uint16_t version, std::uint64_t place,
                                                      Bytes fragment) {
  Direction& d = directions_[direction];
  if (d.refused) return std::nullopt;
  if (!d.keys) make_keys(direction);
  if (!d.keys) d.refused = !client_random_.empty() && !server_random_.empty();
  if (!d.keys || !count_bytes(fragment.size())) return std::nullopt;
  auto record = d.keys->open({type, version, place}, fragment);
  if (record) {
    d.opened = true;
    return record;
  }
  // A datagram may be a forgery, or of another association; one that fails later says nothing.
  if (!d.opened && ++d.failures >= k_most_failures_after_loss) give_up(direction);
  return std::nullopt;
}

}  // namespace tlswhy::tls
