// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tls/crypto.hpp"
#include "tls/handshake.hpp"
#include "tls/suites.hpp"

namespace tlswhy::tls {

// The head of a record, as its MAC or additional data covers it.
struct RecordHead {
  std::uint8_t type = 0;
  std::uint16_t version = 0;   // of the record layer, as sent
  std::uint64_t sequence = 0;  // counted by the reader; in DTLS the epoch's 16 bits and the 48 that are sent
};

struct OpenedRecord {
  std::uint8_t type = 0;  // in TLS 1.3 the inner content type
  Buffer content;
};

// One direction of a connection under one set of keys.
class RecordProtection {
 public:
  struct Options {
    Version version;
    bool encrypt_then_mac = false;  // RFC 7366
    bool truncated_hmac = false;    // RFC 6066 7
  };
  // The keys of both directions from the master secret (RFC 5246 6.3); nothing if the suite cannot be opened.
  [[nodiscard]] static std::optional<RecordProtection> from_master(const SuiteProtection& suite, const Options& options, Bytes master,
                                                                   Bytes client_random, Bytes server_random, Side side);
  // Those of TLS 1.3 from a traffic secret (RFC 8446 7.3).
  [[nodiscard]] static std::optional<RecordProtection> from_traffic_secret(const SuiteProtection& suite, Bytes secret);

  // The content of a record; nothing if its tag or MAC does not fit.
  [[nodiscard]] std::optional<OpenedRecord> open(const RecordHead& head, Bytes fragment) const;
  // To be called for each record in turn, whether it was opened or not: in TLS 1.0 the end of one is the IV of the next.
  void passed(Bytes fragment);

 private:
  [[nodiscard]] std::optional<OpenedRecord> open13(const RecordHead& head, Bytes fragment) const;
  [[nodiscard]] std::optional<OpenedRecord> open_aead(const RecordHead& head, Bytes fragment) const;
  [[nodiscard]] std::optional<OpenedRecord> open_block(const RecordHead& head, Bytes fragment) const;
  [[nodiscard]] std::optional<OpenedRecord> check_mac(const RecordHead& head, Bytes content, Bytes mac) const;
  [[nodiscard]] bool mac_fits(const RecordHead& head, Bytes covered, Bytes mac) const;
  [[nodiscard]] bool explicit_iv() const;
  [[nodiscard]] std::size_t mac_size() const;

  SuiteProtection suite_;
  Options options_;
  bool tls13_ = false;
  std::optional<Aead> aead_;
  Buffer key_;
  Buffer mac_key_;
  Buffer iv_;
};

// The master secret from a premaster secret (RFC 5246 8.1), without the extended master secret.
[[nodiscard]] Buffer master_from_premaster(const SuiteProtection& suite, Version version, Bytes premaster, Bytes client_random,
                                           Bytes server_random);

}  // namespace tlswhy::tls
