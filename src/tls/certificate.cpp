// SPDX-License-Identifier: Apache-2.0
#include "tls/certificate.hpp"

#include <mbedtls/base64.h>
#include <mbedtls/error.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.hpp"
#include "tls/der.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_san_dns = 0x82;
constexpr std::uint8_t k_san_ip = 0x87;
constexpr std::size_t k_name_text = 1024;
constexpr std::size_t k_ipv4_bytes = 4;
constexpr std::size_t k_ipv6_bytes = 16;

// An mbedtls_x509_crt that frees itself.
class ParsedCertificate {
 public:
  explicit ParsedCertificate(Bytes der) {
    mbedtls_x509_crt_init(&crt_);
    result_ = mbedtls_x509_crt_parse_der(&crt_, der.data(), der.size());
  }
  ~ParsedCertificate() { mbedtls_x509_crt_free(&crt_); }
  ParsedCertificate(const ParsedCertificate&) = delete;
  ParsedCertificate& operator=(const ParsedCertificate&) = delete;
  [[nodiscard]] int result() const { return result_; }
  [[nodiscard]] const mbedtls_x509_crt& get() const { return crt_; }
  // mbedtls_pk_verify_ext() takes a context that it may change.
  [[nodiscard]] mbedtls_x509_crt& get_mutable() { return crt_; }

 private:
  mbedtls_x509_crt crt_;
  int result_ = 0;
};

std::string error_text(int code) {
  std::array<char, 256> text{};
  mbedtls_strerror(code, text.data(), text.size());
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "-0x%04x", static_cast<unsigned>(-code));
  return std::string(text.data()) + " (" + hex.data() + ")";
}

std::string digest_hex(mbedtls_md_type_t type, Bytes bytes) {
  std::array<std::uint8_t, MBEDTLS_MD_MAX_SIZE> digest{};
  const mbedtls_md_info_t* const info = mbedtls_md_info_from_type(type);
  if (info == nullptr || mbedtls_md(info, bytes.data(), bytes.size(), digest.data()) != 0) return {};
  return to_hex(Bytes(digest).first(mbedtls_md_get_size(info)));
}

std::string name_text(const mbedtls_x509_name& name) {
  std::array<char, k_name_text> text{};
  const int length = mbedtls_x509_dn_gets(text.data(), text.size(), &name);
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

std::optional<Timestamp> timestamp_of(const mbedtls_x509_time& time) {
  return timestamp_from({time.year, time.mon, time.day, time.hour, time.min, time.sec});
}

std::string time_text(const mbedtls_x509_time& time) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", time.year, time.mon, time.day, time.hour, time.min, time.sec);
  return text.data();
}

std::string address_text(Bytes bytes) {
  IpAddress address;
  if (bytes.size() != k_ipv4_bytes && bytes.size() != k_ipv6_bytes) return to_hex(bytes);
  address.v6 = bytes.size() == k_ipv6_bytes;
  std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
  return to_string(address);
}

void read_key(const mbedtls_x509_crt& crt, Certificate& certificate) {
  certificate.key_bits = static_cast<std::uint32_t>(mbedtls_pk_get_bitlen(&crt.pk));
  switch (mbedtls_pk_get_type(&crt.pk)) {
    case MBEDTLS_PK_RSA:
    case MBEDTLS_PK_RSASSA_PSS:
      certificate.key_type = "RSA";
      certificate.key = "RSA " + std::to_string(certificate.key_bits);
      break;
    case MBEDTLS_PK_ECKEY:
    case MBEDTLS_PK_ECKEY_DH:
    case MBEDTLS_PK_ECDSA: {
      certificate.key_type = "EC";
      const mbedtls_ecp_curve_info* const curve = mbedtls_ecp_curve_info_from_grp_id(mbedtls_pk_ec(crt.pk)->grp.id);
      certificate.key = std::string("EC ") + (curve != nullptr ? curve->name : std::to_string(certificate.key_bits).c_str());
      break;
    }
    default: certificate.key = certificate.key_type; break;
  }
}

void read_usages(const mbedtls_x509_crt& crt, Certificate& certificate) {
  constexpr std::array<std::pair<unsigned, const char*>, 7> k_usages{{{MBEDTLS_X509_KU_DIGITAL_SIGNATURE, "digitalSignature"},
                                                                      {MBEDTLS_X509_KU_NON_REPUDIATION, "nonRepudiation"},
                                                                      {MBEDTLS_X509_KU_KEY_ENCIPHERMENT, "keyEncipherment"},
                                                                      {MBEDTLS_X509_KU_DATA_ENCIPHERMENT, "dataEncipherment"},
                                                                      {MBEDTLS_X509_KU_KEY_AGREEMENT, "keyAgreement"},
                                                                      {MBEDTLS_X509_KU_KEY_CERT_SIGN, "keyCertSign"},
                                                                      {MBEDTLS_X509_KU_CRL_SIGN, "cRLSign"}}};
  if ((crt.ext_types & MBEDTLS_X509_EXT_KEY_USAGE) != 0) {
    for (const auto& [bit, name] : k_usages) {
      if ((crt.key_usage & bit) != 0) certificate.key_usage.emplace_back(name);
    }
  }
  if ((crt.ext_types & MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE) == 0) return;
  constexpr std::array<std::pair<const char*, const char*>, 3> k_purposes{
      {{MBEDTLS_OID_SERVER_AUTH, "serverAuth"}, {MBEDTLS_OID_CLIENT_AUTH, "clientAuth"}, {MBEDTLS_OID_ANY_EXTENDED_KEY_USAGE, "anyExtendedKeyUsage"}}};
  for (const mbedtls_x509_sequence* item = &crt.ext_key_usage; item != nullptr; item = item->next) {
    const std::string_view oid(reinterpret_cast<const char*>(item->buf.p), item->buf.len);  // NOLINT: bytes to characters
    std::string name = "other";
    for (const auto& [known, text] : k_purposes) {
      if (oid == known) name = text;
    }
    if (item->buf.p != nullptr) certificate.extended_key_usage.push_back(name);
  }
}

void read_names(const mbedtls_x509_crt& crt, Certificate& certificate) {
  if ((crt.ext_types & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) == 0) return;
  for (const mbedtls_x509_sequence* item = &crt.subject_alt_names; item != nullptr; item = item->next) {
    if (item->buf.p == nullptr) continue;
    const Bytes bytes(item->buf.p, item->buf.len);
    if (item->buf.tag == k_san_dns) certificate.names.push_back("DNS:" + std::string(bytes.begin(), bytes.end()));
    if (item->buf.tag == k_san_ip) certificate.names.push_back("IP:" + address_text(bytes));
  }
}

// Whether `issuer`'s key made the signature of `subject`.
bool signed_by(const mbedtls_x509_crt& subject, mbedtls_x509_crt& issuer) {
  const mbedtls_md_info_t* const info = mbedtls_md_info_from_type(subject.sig_md);
  if (info == nullptr || mbedtls_pk_can_do(&issuer.pk, subject.sig_pk) == 0) return false;
  std::array<std::uint8_t, MBEDTLS_MD_MAX_SIZE> digest{};
  if (mbedtls_md(info, subject.tbs.p, subject.tbs.len, digest.data()) != 0) return false;
  return mbedtls_pk_verify_ext(subject.sig_pk, subject.sig_opts, &issuer.pk, subject.sig_md, digest.data(), mbedtls_md_get_size(info), subject.sig.p,
                               subject.sig.len) == 0;
}

// RFC 6125 6.4.3: a wildcard stands for the whole left-most label, and only there.
bool name_matches(std::string_view pattern, std::string_view host) {
  if (iequals(pattern, host)) return true;
  if (!pattern.starts_with("*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot > 0 && iequals(pattern.substr(1), host.substr(dot));
}

std::string_view common_name(std::string_view subject) {
  constexpr std::string_view k_mark = "CN=";
  const std::size_t at = subject.find(k_mark);
  if (at == std::string_view::npos) return {};
  subject.remove_prefix(at + k_mark.size());
  return subject.substr(0, subject.find(", "));
}

}  // namespace

Certificate read_certificate(Bytes der) {
  Certificate certificate;
  certificate.size = static_cast<std::uint32_t>(der.size());
  certificate.sha256 = sha256_hex(der);
  certificate.der.assign(der.begin(), der.end());
  walk_certificate(der, certificate);
  const ParsedCertificate parsed(der);
  if (parsed.result() != 0) {
    certificate.parse_error = error_text(parsed.result());
    return certificate;
  }
  const mbedtls_x509_crt& crt = parsed.get();
  certificate.subject = name_text(crt.subject);
  certificate.issuer = name_text(crt.issuer);
  certificate.not_before = timestamp_of(crt.valid_from);
  certificate.not_after = timestamp_of(crt.valid_to);
  certificate.not_before_text = time_text(crt.valid_from);
  certificate.not_after_text = time_text(crt.valid_to);
  certificate.is_ca = crt.ca_istrue != 0;
  read_key(crt, certificate);
  read_names(crt, certificate);
  read_usages(crt, certificate);
  return certificate;
}

void check_chain(std::vector<Certificate>& chain) {
  std::vector<std::unique_ptr<ParsedCertificate>> parsed;
  for (const Certificate& certificate : chain) parsed.push_back(std::make_unique<ParsedCertificate>(certificate.der));
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (parsed[i]->result() != 0) {
      // What the library cannot read cannot be checked; issued in its own name is the best that can be said.
      chain[i].self_signed = chain[i].self_issued;
      continue;
    }
    chain[i].self_signed = chain[i].self_issued && signed_by(parsed[i]->get(), parsed[i]->get_mutable());
    if (i + 1 < chain.size() && parsed[i + 1]->result() == 0) {
      chain[i].signed_by_next = chain[i].issuer_der_sha256 == chain[i + 1].subject_der_sha256 && signed_by(parsed[i]->get(), parsed[i + 1]->get_mutable());
    }
  }
}

bool covers(const Certificate& leaf, std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const bool literal = is_ip_literal(host);
  bool has_dns = false;
  for (const std::string& name : leaf.names) {
    const std::string_view text(name);
    if (text.starts_with("IP:") && literal && iequals(text.substr(3), host)) return true;
    if (!text.starts_with("DNS:")) continue;
    has_dns = true;
    if (!literal && name_matches(text.substr(4), host)) return true;
  }
  return !literal && !has_dns && name_matches(common_name(leaf.subject), host);
}

std::vector<Certificate> read_certificates(Bytes file) {
  constexpr std::string_view k_begin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view k_end = "-----END CERTIFICATE-----";
  constexpr std::uint8_t k_sequence = 0x30;
  std::vector<Certificate> certificates;
  const std::string text(file.begin(), file.end());
  std::size_t at = 0;
  while ((at = text.find(k_begin, at)) != std::string::npos) {
    at += k_begin.size();
    const std::size_t end = text.find(k_end, at);
    if (end == std::string::npos) break;
    std::string base64;
    for (const char c : text.substr(at, end - at)) {
      if (c != '\r' && c != '\n' && c != ' ' && c != '\t') base64 += c;
    }
    const std::vector<std::uint8_t> encoded(base64.begin(), base64.end());
    std::vector<std::uint8_t> der(encoded.size());
    std::size_t written = 0;
    if (mbedtls_base64_decode(der.data(), der.size(), &written, encoded.data(), encoded.size()) == 0) {
      certificates.push_back(read_certificate(Bytes(der).first(written)));
    }
    at = end;
  }
  if (certificates.empty() && !file.empty() && file.front() == k_sequence) {
    Certificate one = read_certificate(file);
    if (one.parse_error.empty()) certificates.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < certificates.size(); ++i) certificates[i].index = static_cast<std::uint32_t>(i);
  return certificates;
}

std::string x509_library_version() {
  std::array<char, 24> text{};
  mbedtls_version_get_string_full(text.data());
  return text.data();
}

std::string md5_hex(Bytes bytes) { return digest_hex(MBEDTLS_MD_MD5, bytes); }
std::string sha256_hex(Bytes bytes) { return digest_hex(MBEDTLS_MD_SHA256, bytes); }

}  // namespace tlswhy::tls
