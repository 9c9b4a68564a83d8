// SPDX-License-Identifier: Apache-2.0
#include "tls/verify.hpp"

#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tls/certificate.hpp"
#include "tls/key.hpp"

namespace tlswhy::tls {
namespace {

// A list of certificates as mbedTLS links them.
class CertificateList {
 public:
  CertificateList() { mbedtls_x509_crt_init(&head_); }
  ~CertificateList() { mbedtls_x509_crt_free(&head_); }
  CertificateList(const CertificateList&) = delete;
  CertificateList& operator=(const CertificateList&) = delete;
  [[nodiscard]] bool add(const Certificate& certificate) {
    return mbedtls_x509_crt_parse_der(&head_, certificate.der.data(), certificate.der.size()) == 0;
  }
  [[nodiscard]] mbedtls_x509_crt* get() { return &head_; }

 private:
  mbedtls_x509_crt head_;
};

bool valid_at(const Certificate& certificate, Timestamp at) {
  return (!certificate.not_before || *certificate.not_before <= at) && (!certificate.not_after || at <= *certificate.not_after);
}

// Of certificates with one subject, mbedTLS prefers those that are valid by this computer's clock. So that the answer is the same on
// every day, only those are handed over that are valid at `at`, where there are any.
std::vector<const Certificate*> preferred(std::span<const Certificate> list, Timestamp at) {
  std::vector<const Certificate*> kept;
  for (const Certificate& certificate : list) {
    const bool better = std::any_of(list.begin(), list.end(), [&](const Certificate& other) {
      return other.parse_error.empty() && other.subject_der_sha256 == certificate.subject_der_sha256 && valid_at(other, at);
    });
    if (certificate.parse_error.empty() && (!better || valid_at(certificate, at))) kept.push_back(&certificate);
  }
  return kept;
}

struct Walk {
  std::span<const Certificate> chain;
  std::span<const Certificate> given;
  Timestamp at;
  ChainVerification* result = nullptr;
  const Certificate* last = nullptr;  // the certificate at which the chain ended
  bool last_given = false;
};

const Certificate* find_der(std::span<const Certificate> list, const mbedtls_x509_crt& crt) {
  const Bytes der(crt.raw.p, crt.raw.len);
  const auto found = std::find_if(list.begin(), list.end(), [&](const Certificate& certificate) {
    return std::equal(certificate.der.begin(), certificate.der.end(), der.begin(), der.end());
  });
  return found == list.end() ? nullptr : &*found;
}

void add_fault(ChainVerification& result, std::string_view flag, const Certificate& certificate, bool of_anchor) {
  if (result.faults.size() < k_most_chain_faults) result.faults.push_back({flag, certificate.subject, of_anchor});
}

constexpr std::array<std::pair<std::uint32_t, std::string_view>, 7> k_flags{{
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, "not_trusted"},
    {MBEDTLS_X509_BADCERT_BAD_MD, "weak_signature"},
    {MBEDTLS_X509_BADCERT_BAD_KEY, "weak_key"},
    {MBEDTLS_X509_BADCERT_BAD_PK, "weak_key"},
    {MBEDTLS_X509_BADCERT_KEY_USAGE, "usage"},
    {MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "usage"},
    {MBEDTLS_X509_BADCERT_NS_CERT_TYPE, "usage"},
}};

// Called by mbedTLS for each certificate of the path, the one nearest to the root first. Its judgement of dates is that of this
// computer's clock and is replaced.
int judge(void* context, mbedtls_x509_crt* crt, int depth, std::uint32_t* flags) {
  Walk& walk = *static_cast<Walk*>(context);
  const Certificate* certificate = find_der(walk.chain, *crt);
  const bool of_anchor = certificate == nullptr || (depth > 0 && find_der(walk.given, *crt) != nullptr);
  if (certificate == nullptr) certificate = find_der(walk.given, *crt);
  if (certificate == nullptr) return 0;
  if (walk.last == nullptr) {
    walk.last = certificate;
    walk.last_given = find_der(walk.given, *crt) != nullptr;
  }
  for (const auto& [bit, name] : k_flags) {
    if ((*flags & bit) != 0 && !(name == "weak_key" && walk.result->has(name))) add_fault(*walk.result, name, *certificate, of_anchor);
  }
  if (certificate->not_after && *certificate->not_after < walk.at) add_fault(*walk.result, "expired", *certificate, of_anchor);
  if (certificate->not_before && walk.at < *certificate->not_before) add_fault(*walk.result, "not_yet_valid", *certificate, of_anchor);
  return 0;
}

void explain_missing_anchor(const Walk& walk, ChainVerification& result) {
  const Certificate& last = walk.last != nullptr ? *walk.last : walk.chain.front();
  result.wanted_issuer = last.issuer;
  result.reason = "issuer_not_given";
  for (const Certificate& candidate : walk.given) {
    if (candidate.sha256 == walk.chain.front().sha256 && !candidate.self_issued) {
      result.reason = "leaf_given";
      return;
    }
    if (candidate.subject_der_sha256 != last.issuer_der_sha256 || candidate.sha256 == last.sha256) continue;
    result.reason = signed_by(last, candidate) ? "not_a_ca" : "other_key";
    if (result.reason == "not_a_ca") return;
  }
}

// The stretch of time around `at` in which no certificate begins or ends to be valid.
void bound(ChainVerification& result, std::span<const Certificate> list) {
  for (const Certificate& certificate : list) {
    for (const auto& [edge, ends] : {std::pair{certificate.not_before, false}, std::pair{certificate.not_after, true}}) {
      if (!edge) continue;
      // notBefore and notAfter themselves are within the validity (RFC 5280 4.1.2.5).
      const bool later = ends ? result.at <= *edge : result.at < *edge;
      const Timestamp last_before = ends ? *edge : Timestamp{edge->ns - 1};
      const Timestamp first_after = ends ? Timestamp{edge->ns + 1} : *edge;
      if (later && (!result.same_until || last_before < *result.same_until)) result.same_until = last_before;
      if (!later && (!result.same_from || *result.same_from < first_after)) result.same_from = first_after;
    }
  }
}

}  // namespace

bool ChainVerification::has(std::string_view flag) const {
  return std::any_of(faults.begin(), faults.end(), [&](const ChainFault& fault) { return fault.flag == flag; });
}

ChainVerification verify_chain(std::span<const Certificate> chain, std::span<const Certificate> given, std::string_view host,
                               Timestamp at) {
  ChainVerification result;
  result.at = at;
  result.host = host;
  result.given = given.size();
  if (chain.empty()) return result;
  bound(result, chain);
  bound(result, given);
  if (!host.empty() && chain.front().parse_error.empty() && !covers(chain.front(), host)) add_fault(result, "name", chain.front(), false);
  if (!chain.front().parse_error.empty()) {
    add_fault(result, "unreadable", chain.front(), false);
    return result;
  }
  CertificateList sent;
  CertificateList trusted;
  if (!sent.add(chain.front())) return result;
  for (const Certificate* const certificate : preferred(chain.subspan(1), at)) (void)sent.add(*certificate);
  for (const Certificate* const certificate : preferred(given, at)) (void)trusted.add(*certificate);
  Walk walk{chain, given, at, &result, nullptr, false};
  std::uint32_t flags = 0;
  const int status = mbedtls_x509_crt_verify_with_profile(sent.get(), trusted.get(), nullptr, &mbedtls_x509_crt_profile_default, nullptr,
                                                          &flags, judge, &walk);
  if (status == MBEDTLS_ERR_X509_FATAL_ERROR) add_fault(result, "too_long", chain.front(), false);
  if (result.has("not_trusted")) {
    explain_missing_anchor(walk, result);
  } else if (walk.last != nullptr && walk.last_given) {
    result.anchor = walk.last->subject;
  }
  return result;
}

}  // namespace tlswhy::tls
