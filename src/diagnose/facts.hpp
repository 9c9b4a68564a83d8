// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "device/profile.hpp"
#include "diagnose/diagnose.hpp"

// What each kind of input states, in the vocabulary of data/facts.tsv. One function a source; none of them judges.
namespace tlswhy::diagnose {

// Shorthand to state a fact with fields.
class FactBuilder {
 public:
  explicit FactBuilder(std::string_view name) { fact_.name = name; }
  FactBuilder& with(std::string_view field, std::string_view value) {
    if (!value.empty()) fact_.set(field, std::string(value));
    return *this;
  }
  FactBuilder& with(std::string_view field, std::uint64_t value) { return with(field, std::to_string(value)); }
  [[nodiscard]] knowledge::Fact take() { return std::move(fact_); }

 private:
  knowledge::Fact fact_;
};

// What is assumed of the device, from its profile and from what the user gave.
struct DeviceLimits {
  std::optional<device::Profile> profile;  // with all that it extends
  bool profile_guessed = false;            // from the platform of the log, not given by the user
  bool in_buffer_of_profile = false;       // the profile's default, not a given number
  std::optional<std::int64_t> in_buffer;   // bytes of record payload it can take
  std::optional<std::int64_t> free_heap;
};

// `index` is the handshake's place among capture.handshakes; `host` what the client is known to have dialled (may be empty).
[[nodiscard]] std::vector<LocatedFact> facts_of_handshake(const wire::Capture& capture, const tls::Handshake& handshake,
                                                          const knowledge::Knowledge& knowledge, const Context& context,
                                                          const DeviceLimits& limits);
// That other connections to the same server came up: what makes the one that failed different is then worth a look.
[[nodiscard]] std::optional<LocatedFact> fact_of_other(const wire::Capture& capture, const tls::Handshake& failed,
                                                       const tls::Handshake& completed);
// SYNs without answer, refusals, ICMP, DNS, NTP: what is not part of a TLS connection.
[[nodiscard]] std::vector<LocatedFact> facts_of_network(const wire::Capture& capture);
// The events of lines first..last of a log.
[[nodiscard]] std::vector<LocatedFact> facts_of_log(const log::Log& log, std::uint64_t first_line, std::uint64_t last_line,
                                                    std::string_view role, const knowledge::Knowledge& knowledge);
// --set, --device, --host and the like.
[[nodiscard]] std::vector<LocatedFact> facts_of_context(const Context& context, const DeviceLimits& limits);

}  // namespace tlswhy::diagnose
