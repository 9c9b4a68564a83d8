// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "tls/handshake.hpp"

// Whether a chain that was sent would satisfy who holds given CA certificates (RFC 5280 6), by mbedTLS.
namespace tlswhy::tls {

// The longest list that is told; a chain has a handful of members, each with a few faults.
inline constexpr std::size_t k_most_chain_faults = 32;

// One reason for which a chain is refused.
struct ChainFault {
  std::string_view flag;     // "not_trusted", "expired", "not_yet_valid", "name", "weak_key", "weak_signature", "usage", "unreadable", "too_long"
  std::string subject;       // of the certificate it is about
  bool of_anchor = false;    // that certificate is one of the given CAs, not one that was sent
};

struct ChainVerification {
  std::vector<ChainFault> faults;  // none: the chain is accepted
  std::string anchor;              // subject of the given CA that the chain ends at; empty if it ends at none
  // Why no CA was found: "issuer_not_given" (none has the issuer's name), "other_key" (one has, but its key did not make the
  // signature), "not_a_ca" (one has, but may not sign), "leaf_given" (the server's own certificate was given); empty if one was found.
  std::string_view reason;
  std::string wanted_issuer;       // the name that was looked for last; set with `reason`
  std::size_t given = 0;           // how many CA certificates there were to choose from
  std::string host;                // the name that was checked; empty: none was known, so none was checked
  Timestamp at;                    // the date by which it was judged
  std::optional<Timestamp> same_from;   // between these dates the answer is the same
  std::optional<Timestamp> same_until;

  [[nodiscard]] bool accepted() const { return faults.empty(); }
  [[nodiscard]] bool has(std::string_view flag) const;
};

// Verifies `chain` (as sent, leaf first) against `given` by the date `at`; `host` is the name or address dialled, empty if unknown. The
// clock of this computer plays no part. Never fails: what mbedTLS cannot read is a fault.
[[nodiscard]] ChainVerification verify_chain(std::span<const Certificate> chain, std::span<const Certificate> given, std::string_view host,
                                             Timestamp at);

}  // namespace tlswhy::tls
