// SPDX-License-Identifier: Apache-2.0
#include "diagnose/trust.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/fact_sink.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::diagnose {
namespace {

std::string why(const tls::ChainVerification& v) {
  const std::string issuer = "\"" + printable(v.wanted_issuer) + "\"";
  if (v.reason == "other_key") return "a given CA is named " + issuer + ", but its key did not make the signature: it is another CA of that name";
  if (v.reason == "not_a_ca") return "the given certificate " + issuer + " made the signature, but is not marked as a CA";
  if (v.reason == "leaf_given") return "what was given is the server's own certificate, and verifiers want the CA that issued it";
  return "the issuer " + issuer + " is not among the " + std::to_string(v.given) + " given CA" + (v.given == 1 ? "" : "s");
}

}  // namespace

std::shared_ptr<const tls::ChainVerification> Trust::of(const tls::Handshake& handshake) {
  if (given_.empty()) return nullptr;
  const std::vector<tls::Certificate> chain = tls::chain_of(handshake, Side::server);
  if (chain.empty()) return nullptr;
  std::string host = context_.host;
  if (host.empty() && handshake.client_hello && handshake.client_hello->server_name) host = *handshake.client_hello->server_name;
  std::string key = host;
  for (const tls::Certificate& certificate : chain) key += '\n' + certificate.sha256;
  // The bytes of a log bear no date; what is judged then is all but the dates.
  const bool dated = context_.at || handshake.started.ns != 0;
  const Timestamp at = context_.at.value_or(handshake.started);
  auto& before = known_[key];
  for (const auto& verification : before) {
    if ((!verification->same_from || *verification->same_from <= at) && (!verification->same_until || at <= *verification->same_until)) {
      return verification;
    }
  }
  tls::ChainVerification result = tls::verify_chain(chain, given_, host, at);
  if (!dated) std::erase_if(result.faults, [](const tls::ChainFault& fault) { return fault.flag == "expired" || fault.flag == "not_yet_valid"; });
  before.push_back(std::make_shared<const tls::ChainVerification>(std::move(result)));
  return before.back();
}

std::vector<LocatedFact> Trust::facts(const wire::Capture& capture, const tls::Handshake& handshake, const tls::ChainVerification& v) {
  FactSink sink(capture, handshake.first_frame);
  std::uint64_t frame = 0;
  for (const tls::Certificate& certificate : handshake.certificates) {
    if (certificate.from == Side::server && frame == 0) frame = certificate.frame;
  }
  const std::string_view held = v.given == 1 ? "one" : v.given <= k_device_store ? "some" : "bundle";
  if (!v.anchor.empty()) {
    sink.state(FactBuilder("ca-check").with("result", "trusted").with("held", held).with("anchor", printable(v.anchor)), frame,
               "the server's chain leads to the given CA \"" + printable(v.anchor) + "\"");
  }
  for (const tls::ChainFault& fault : v.faults) {
    std::string result(fault.flag);
    std::replace(result.begin(), result.end(), '_', '-');
    std::string reason;
    if (fault.flag == "not_trusted") {
      reason = v.reason;
      std::replace(reason.begin(), reason.end(), '_', '-');
    }
    FactBuilder fact("ca-check");
    fact.with("result", result).with("held", held).with("why", reason).with("which", fault.of_anchor ? "given" : "sent");
    sink.state(std::move(fact), frame, to_sentence(v, fault));
  }
  return sink.take();
}

std::string to_sentence(const tls::ChainVerification& v, const tls::ChainFault& fault) {
  const std::string whose = (fault.of_anchor ? "the given CA \"" : "\"") + printable(fault.subject) + "\"";
  const std::string date = to_rfc3339(v.at, 0);
  if (fault.flag == "not_trusted") return "not trusted: " + why(v);
  if (fault.flag == "expired") return "expired: " + whose + " is past its end on " + date;
  if (fault.flag == "not_yet_valid") return "not yet valid: " + whose + " begins to be valid only after " + date;
  if (fault.flag == "name") return "name: " + whose + " is not for \"" + printable(v.host) + "\"";
  if (fault.flag == "weak_key") return "weak: the key of " + whose + " is of a kind or size that Mbed TLS refuses by default";
  if (fault.flag == "weak_signature") return "weak: " + whose + " is signed with a hash that Mbed TLS refuses by default";
  if (fault.flag == "usage") return "usage: " + whose + " may not be used for this";
  if (fault.flag == "unreadable") return "not readable: Mbed TLS cannot parse the server's certificate, so it was not verified";
  return "too long: the chain has more members than Mbed TLS follows";
}

}  // namespace tlswhy::diagnose
