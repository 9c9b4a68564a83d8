// SPDX-License-Identifier: Apache-2.0
// The certificates of a handshake as facts.
#include <algorithm>

#include "base/text.hpp"
#include "diagnose/fact_sink.hpp"
#include "diagnose/roots.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::diagnose {
namespace {

// SHA-1 and MD5 are refused by today's verifiers (RFC 9155); RSA keys under 2048 bits too (NIST SP 800-131A).
constexpr std::uint32_t k_smallest_rsa_bits = 2048;

class CertificateFacts {
 public:
  CertificateFacts(FactSink& sink, const tls::Handshake& handshake, const knowledge::Knowledge& knowledge, const Context& context)
      : sink_(sink), h_(handshake), knowledge_(knowledge), context_(context) {}

  void all() {
    for (const Side side : {Side::server, Side::client}) {
      std::vector<const tls::Certificate*> chain;
      for (const tls::Certificate& certificate : h_.certificates) {
        if (certificate.from == side) chain.push_back(&certificate);
      }
      if (chain.empty()) continue;
      std::uint32_t bytes = 0;
      for (std::size_t i = 0; i < chain.size(); ++i) {
        bytes += chain[i]->size;
        const bool self = chain[i]->self_issued;
        one_certificate(*chain[i], i == 0 ? "leaf" : self ? "root" : "intermediate");
      }
      const tls::Certificate& leaf = *chain.front();
      const tls::Certificate& last = *chain.back();
      bool in_order = true;
      for (std::size_t i = 0; i + 1 < chain.size(); ++i)
        in_order = in_order && chain[i]->issuer_der_sha256 == chain[i + 1]->subject_der_sha256;
      sink_.state(FactBuilder("chain")
                      .with("count", chain.size())
                      .with("bytes", bytes)
                      .with("leaf_key", leaf.key)
                      .with("leaf_signature", leaf.signature)
                      .with("self_signed", leaf.self_signed ? "yes" : "no")
                      .with("order", in_order ? "good" : "bad")
                      .with("complete", last.self_issued ? "root-sent" : "no-root")
                      .with("largest_record", h_.from(side).largest_record)
                      .with("largest_message", h_.from(side).largest_message)
                      .with("side", to_string(side)),
                  leaf.frame,
                  "the " + std::string(to_string(side)) + " sent " + std::to_string(chain.size()) + " certificate" +
                      (chain.size() == 1 ? "" : "s") + ", " + std::to_string(bytes) + " bytes; leaf \"" + printable(leaf.subject) +
                      "\" issued by \"" + printable(leaf.issuer) + "\"");
      if (leaf.self_signed) {
        sink_.state(FactBuilder("cert-self-signed").with("side", to_string(side)), leaf.frame, "the leaf certificate is self-signed");
      } else if (!last.self_issued && chain.size() == 1) {
        // A leaf alone: verifiable only by who holds its issuer.
        // An issuer that calls itself an intermediate is one; any other may be a root, which need not be sent.
        const bool intermediate = is_intermediate(leaf.issuer, knowledge_);
        FactBuilder fact("chain-incomplete");
        fact.with("issuer", printable(leaf.issuer)).with("intermediate", intermediate ? "yes" : "no").with("side", to_string(side));
        sink_.state(std::move(fact), leaf.frame, "only the leaf was sent; its issuer \"" + printable(leaf.issuer) + "\" was not",
                    !intermediate);
      }
      for (const tls::Certificate* const certificate : chain) {
        const auto found = side == Side::server ? inspected_by(certificate->issuer, knowledge_) : std::nullopt;
        if (!found) continue;
        sink_.state(FactBuilder("interception").with("what", found->what), certificate->frame, found->text);
        break;
      }
      if (!in_order)
        sink_.state(FactBuilder("cert-order").with("what", "bad").with("side", to_string(side)), leaf.frame,
                    "the certificates are out of order or do not belong together");
      if (side == Side::server && leaf.parse_error.empty()) name_against(leaf);
    }
  }

 private:
  [[nodiscard]] bool tls13() const {
    const auto version = h_.negotiated();
    return version && version->value == 0x0304;
  }
  [[nodiscard]] std::string_view dialled() const {
    if (!context_.host.empty()) return context_.host;
    if (h_.client_hello && h_.client_hello->server_name) return *h_.client_hello->server_name;
    return {};
  }

  void certificate_dates(const tls::Certificate& certificate, std::string_view which) {
    // A log without date and time tells nothing of validity.
    if (!context_.at && h_.started.ns == 0) return;
    const Timestamp now = context_.at.value_or(h_.started);
    const std::string subject = printable(certificate.subject);
    std::string_view state_word = "valid";
    std::string text = "certificate \"" + subject + "\" is valid from " + certificate.not_before_text + " to " + certificate.not_after_text;
    if (certificate.not_after && *certificate.not_after < now) {
      state_word = "expired";
      text = "certificate \"" + subject + "\" expired on " + certificate.not_after_text + "; the capture is of " + to_rfc3339(now, 0);
    } else if (certificate.not_before && now < *certificate.not_before) {
      state_word = "not-yet-valid";
      text =
          "certificate \"" + subject + "\" is valid only from " + certificate.not_before_text + "; the capture is of " + to_rfc3339(now, 0);
    }
    sink_.state(FactBuilder("cert-dates").with("state", state_word).with("which", which).with("side", to_string(certificate.from)),
                certificate.frame, text);
  }

  void one_certificate(const tls::Certificate& certificate, std::string_view which) {
    const std::string_view side = to_string(certificate.from);
    const std::string subject = printable(certificate.subject);
    if (!certificate.parse_error.empty()) {
      sink_.state(FactBuilder("cert-unreadable").with("why", certificate.parse_error).with("side", side), certificate.frame,
                  "certificate " + std::to_string(certificate.index) + " of the " + std::string(side) +
                      "'s chain cannot be parsed: " + certificate.parse_error);
    }
    if (certificate.not_after) certificate_dates(certificate, which);
    const bool rsa_small = certificate.key_type == "RSA" && certificate.key_bits != 0 && certificate.key_bits < k_smallest_rsa_bits;
    const bool hash_weak = certificate.signature_hash == "sha1" || certificate.signature_hash == "md5";
    // The signature of a root is not checked by anybody, so its hash does not matter.
    if (rsa_small || (hash_weak && !certificate.self_signed)) {
      const std::string what = rsa_small ? certificate.key : certificate.signature;
      sink_.state(FactBuilder("cert-weak").with("what", what).with("side", side), certificate.frame,
                  "certificate \"" + subject + "\" has a weak " + (rsa_small ? "key" : "signature") + ": " + what);
    }
    if (which == "leaf" && certificate.is_ca && !certificate.self_signed) {
      sink_.state(FactBuilder("cert-usage").with("what", "leaf-is-ca").with("side", side), certificate.frame,
                  "the leaf certificate is marked as a CA");
    }
    if (which == "leaf" && !certificate.extended_key_usage.empty()) {
      const std::string_view wanted = certificate.from == Side::server ? "serverAuth" : "clientAuth";
      const auto& usages = certificate.extended_key_usage;
      const bool allowed =
          std::any_of(usages.begin(), usages.end(), [&](const std::string& u) { return u == wanted || u == "anyExtendedKeyUsage"; });
      if (!allowed) {
        sink_.state(FactBuilder("cert-usage").with("what", "extended-key-usage").with("side", side), certificate.frame,
                    "the leaf's extended key usage does not include " + std::string(wanted));
      }
    }
    if (which == "leaf" && certificate.from == Side::server && !certificate.key_usage.empty() && h_.server_hello && !tls13()) {
      const auto has = [&](std::string_view usage) {
        return std::find(certificate.key_usage.begin(), certificate.key_usage.end(), usage) != certificate.key_usage.end();
      };
      const std::string_view kx = key_exchange();
      const bool wrong = (kx == "rsa" && !has("keyEncipherment")) || ((kx == "ecdhe" || kx == "dhe") && !has("digitalSignature"));
      if (wrong) {
        sink_.state(FactBuilder("cert-usage").with("what", "key-usage").with("side", side), certificate.frame,
                    "the leaf's key usage does not allow the key exchange that was chosen");
      }
    }
    const std::string_view hash = certificate.signature_hash;
    if (hash == "sha384" || hash == "sha512" || certificate.key_type == "Ed25519" || certificate.key_bits >= 4096 ||
        certificate.signature.find("PSS") != std::string::npos || certificate.signature.find("Pss") != std::string::npos) {
      sink_.state(FactBuilder("cert-algorithm").with("what", certificate.key + "/" + certificate.signature).with("side", side),
                  certificate.frame, "certificate \"" + subject + "\" uses " + certificate.key + " signed with " + certificate.signature);
    }
  }

  [[nodiscard]] std::string_view key_exchange() const {
    const knowledge::Registry* const registry = knowledge_.registry("tls-ciphersuites");
    if (registry == nullptr || !h_.server_hello) return {};
    for (const auto& entry : registry->entries) {
      if (entry.value == h_.server_hello->cipher_suite) return entry.key_exchange;
    }
    return {};
  }

  void name_against(const tls::Certificate& leaf) {
    const std::string_view host = dialled();
    std::string names;
    for (std::size_t i = 0; i < leaf.names.size() && i < 4; ++i) names += (i == 0 ? "" : ", ") + leaf.names[i];
    if (leaf.names.empty()) names = leaf.subject;
    if (host.empty()) {
      sink_.state(FactBuilder("cert-name").with("match", "unknown").with("side", "server"), leaf.frame,
                  "the certificate is for " + printable(names) + "; no name was asked for");
      return;
    }
    const bool match = tls::covers(leaf, host);
    sink_.state(FactBuilder("cert-name").with("match", match ? "yes" : "no").with("host", printable(host)).with("side", "server"),
                leaf.frame,
                match ? "the certificate covers \"" + printable(host) + "\""
                      : "the certificate is for " + printable(names) + ", the client asked for \"" + printable(host) + "\"");
  }

  FactSink& sink_;
  const tls::Handshake& h_;
  const knowledge::Knowledge& knowledge_;
  const Context& context_;
};

}  // namespace

void state_certificates(FactSink& sink, const tls::Handshake& handshake, const knowledge::Knowledge& knowledge, const Context& context) {
  CertificateFacts(sink, handshake, knowledge, context).all();
}

}  // namespace tlswhy::diagnose
