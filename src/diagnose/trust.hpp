// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "tls/verify.hpp"

namespace tlswhy::diagnose {

// CA certificates up to this many are the store of one device; more are a bundle, of which a device may well hold less.
inline constexpr std::size_t k_device_store = 10;

// A fault in words: "not trusted: the issuer ... is not among the 2 given CAs".
[[nodiscard]] std::string to_sentence(const tls::ChainVerification& verification, const tls::ChainFault& fault);

// Holds the chains of handshakes against the CA certificates that the user gave. A chain met before is not verified again.
class Trust {
 public:
  Trust(const std::vector<tls::Certificate>& given, const Context& context) : given_(given), context_(context) {}

  // How the server's chain fares; null if no CA was given or no chain was seen.
  [[nodiscard]] std::shared_ptr<const tls::ChainVerification> of(const tls::Handshake& handshake);
  // The same as facts: one for the path, one for each further fault.
  [[nodiscard]] static std::vector<LocatedFact> facts(const wire::Capture& capture, const tls::Handshake& handshake,
                                                      const tls::ChainVerification& verification);

 private:
  const std::vector<tls::Certificate>& given_;
  const Context& context_;
  std::unordered_map<std::string, std::vector<std::shared_ptr<const tls::ChainVerification>>> known_;  // by chain and host
};

}  // namespace tlswhy::diagnose
