// SPDX-License-Identifier: Apache-2.0
#include "check/cert.hpp"

#include <algorithm>
#include <set>

#include "base/net.hpp"
#include "base/text.hpp"
#include "check/pem.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::check {
namespace {

// A renewal takes weeks to reach devices in the field.
constexpr std::int64_t k_soon_ns = 30LL * 86'400 * 1'000'000'000;
// NIST SP 800-131A; Mbed TLS's default profile and OpenSSL's level 1 to 2 agree.
constexpr std::uint32_t k_smallest_rsa_bits = 2048;
// RFC 5246 7.4.2: a length of three bytes for the list and one for each certificate, after the header of four.
constexpr std::uint32_t k_list_overhead = 4 + 3;
constexpr std::uint32_t k_each_overhead = 3;

std::string common_name(std::string_view subject) {
  constexpr std::string_view k_mark = "CN=";
  const std::size_t at = subject.find(k_mark);
  if (at == std::string_view::npos) return {};
  subject.remove_prefix(at + k_mark.size());
  return std::string(subject.substr(0, subject.find(", ")));
}

std::string called(const tls::Certificate& certificate) {
  const std::string name = common_name(certificate.subject);
  return "\"" + printable(name.empty() ? certificate.subject : name) + "\"";
}

class Lint {
 public:
  Lint(const std::vector<CertFile>& files, const CertContext& context, const knowledge::Knowledge& knowledge)
      : files_(files), context_(context), knowledge_(knowledge) {}

  CertReport run() {
    for (const CertFile& file : files_) read(file);
    for (const CertFileReport& file : report_.files) {
      for (const tls::Certificate& certificate : file.certificates) one(file, certificate);
      together(file);
    }
    keys();
    std::stable_sort(report_.findings.begin(), report_.findings.end(),
                     [](const CertFinding& a, const CertFinding& b) { return rank(a) < rank(b); });
    for (const CertFinding& finding : report_.findings) {
      report_.errors += finding.fault->severity == "error" ? 1U : 0U;
      report_.warnings += finding.fault->severity == "warning" ? 1U : 0U;
    }
    return std::move(report_);
  }

 private:
  static int rank(const CertFinding& finding) {
    return finding.fault->severity == "error" ? 0 : finding.fault->severity == "warning" ? 1 : 2;
  }

  void find(std::string_view fault, const std::string& file, std::string says, std::optional<std::uint64_t> line = std::nullopt) {
    // A fault that the data does not describe is not shown; the tests look for each id used here.
    const knowledge::FileFault* const known = knowledge_.file_fault(fault);
    if (known == nullptr) return;
    for (const CertFinding& before : report_.findings) {
      if (before.fault == known && before.file == file && before.says == says && before.line == line) return;
    }
    report_.findings.push_back({known, file, line, std::move(says)});
  }

  void read(const CertFile& file) {
    CertFileReport entry;
    entry.path = file.path;
    const PemText pem = read_pem(file.bytes);
    for (const PemOddity& oddity : pem.oddities) find(oddity.fault, file.path, printable(oddity.detail), oddity.line);
    if (!pem.blocks.empty()) {
      entry.form = "PEM";
      for (const PemBlock& block : pem.blocks) pem_block(block, entry);
      if (context_.device && context_.device->first("pem") == "no" && !entry.certificates.empty()) find("pem-where-der", file.path, "");
      if ((!context_.device || context_.device->first("pem") == "nul") && !(entry.certificates.empty() && entry.keys.empty()) &&
          (file.bytes.empty() || file.bytes.back() != 0)) {
        find("nul-needed", file.path,
             "this file has " + std::to_string(file.bytes.size()) + " bytes and no NUL; the buffer needs " +
                 std::to_string(file.bytes.size() + 1));
      }
    } else {
      der_file(file, entry);
    }
    if (entry.certificates.empty() && entry.keys.empty() && pem.oddities.empty()) find("nothing-found", file.path, "");
    tls::check_chain(entry.certificates);
    role(entry);
    report_.files.push_back(std::move(entry));
  }

  void der_file(const CertFile& file, CertFileReport& entry) {
    tls::Certificate certificate = tls::read_certificate(file.bytes);
    const std::string form = tls::private_key_form(file.bytes);
    if (certificate.parse_error.empty()) {
      entry.form = "DER";
      entry.certificates.push_back(std::move(certificate));
      find("der-file", file.path, "");
    } else if (!form.empty()) {
      entry.form = "DER";
      add_key(file.bytes, 0, form == "encrypted PKCS#8", entry);
      find("der-file", file.path, "");
    }
  }

  void add_key(Bytes der, std::uint64_t line, bool encrypted, CertFileReport& entry) {
    FileKey key;
    key.line = line;
    key.form = tls::private_key_form(der);
    key.encrypted = encrypted || key.form == "encrypted PKCS#8";
    if (key.encrypted) {
      find("encrypted-key", entry.path, "", line == 0 ? std::nullopt : std::optional<std::uint64_t>(line));
    } else {
      key.key = tls::read_private_key(der);
      if (!key.key.error.empty())
        find("unreadable-key", entry.path, key.key.error, line == 0 ? std::nullopt : std::optional<std::uint64_t>(line));
    }
    entry.keys.push_back(std::move(key));
  }

  void pem_block(const PemBlock& block, CertFileReport& entry) {
    if (block.bytes.empty()) {
      if (block.label.ends_with("PRIVATE KEY") && block.encrypted) find("encrypted-key", entry.path, "", block.line);
      return;
    }
    const std::string form = block.encrypted ? std::string() : tls::private_key_form(block.bytes);
    if (block.label == "TRUSTED CERTIFICATE") {
      find("trusted-certificate", entry.path, "", block.line);
      return;
    }
    if (block.label.ends_with("PRIVATE KEY")) {
      const std::string expected = block.label == "RSA PRIVATE KEY"         ? "PKCS#1"
                                   : block.label == "EC PRIVATE KEY"        ? "SEC1"
                                   : block.label == "ENCRYPTED PRIVATE KEY" ? "encrypted PKCS#8"
                                                                            : "PKCS#8";
      if (!block.encrypted && form.empty() && tls::read_certificate(block.bytes).parse_error.empty()) {
        find("wrong-header", entry.path, "the header says " + printable(block.label) + ", the block holds a certificate", block.line);
        return;
      }
      if (!block.encrypted && !form.empty() && form != expected)
        find("wrong-header", entry.path, "the header says " + printable(block.label) + ", the block holds " + form, block.line);
      add_key(block.bytes, block.line, block.encrypted, entry);
      return;
    }
    if (block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE") {
      tls::Certificate certificate = tls::read_certificate(block.bytes);
      if (!certificate.parse_error.empty() && !form.empty()) {
        find("wrong-header", entry.path, "the header says CERTIFICATE, the block holds a private key (" + form + ")", block.line);
        return;
      }
      if (!certificate.parse_error.empty()) find("unreadable-certificate", entry.path, certificate.parse_error, block.line);
      certificate.index = static_cast<std::uint32_t>(entry.certificates.size());
      certificate.frame = block.line;
      entry.certificates.push_back(std::move(certificate));
      return;
    }
    // Public keys, parameters and requests are no certificates; EC PARAMETERS before a key is usual.
    if (block.label == "PUBLIC KEY" || block.label == "CERTIFICATE REQUEST" || block.label == "NEW CERTIFICATE REQUEST") {
      find("wrong-header", entry.path, "this is a " + printable(lower(block.label)) + ", no certificate", block.line);
    }
  }

  static void role(CertFileReport& file) {
    if (file.certificates.empty()) {
      file.role = file.keys.empty() ? "" : "key";
      return;
    }
    const bool any_leaf = std::any_of(file.certificates.begin(), file.certificates.end(),
                                      [](const tls::Certificate& c) { return !c.is_ca && c.parse_error.empty(); });
    const bool any_ca = std::any_of(file.certificates.begin(), file.certificates.end(), [](const tls::Certificate& c) { return c.is_ca; });
    if (file.certificates.size() == 1) {
      file.role = any_ca ? "ca" : "certificate";
    } else {
      // A bundle of roots has no leaf; a chain begins with one, or should.
      file.role = any_leaf ? "chain" : "bundle";
    }
    file.message_bytes = k_list_overhead;
    for (const tls::Certificate& certificate : file.certificates) file.message_bytes += certificate.size + k_each_overhead;
  }

  static std::optional<std::uint64_t> line_of(const tls::Certificate& certificate) {
    return certificate.frame == 0 ? std::nullopt : std::optional<std::uint64_t>(certificate.frame);
  }

  void one(const CertFileReport& file, const tls::Certificate& certificate) {
    if (!certificate.parse_error.empty()) return;
    const auto line = line_of(certificate);
    const std::string name = called(certificate);
    if (certificate.not_after && *certificate.not_after < context_.at) {
      find("expired", file.path, name + " ended on " + certificate.not_after_text.substr(0, 10), line);
    } else if (certificate.not_before && context_.at < *certificate.not_before) {
      find("not-yet-valid", file.path, name + " begins on " + certificate.not_before_text.substr(0, 10), line);
    } else if (certificate.not_after && certificate.not_after->ns - context_.at.ns < k_soon_ns) {
      find("expires-soon", file.path, name + " ends on " + certificate.not_after_text.substr(0, 10), line);
    }
    if (!certificate.self_signed && (certificate.signature_hash == "sha1" || certificate.signature_hash == "md5"))
      find("weak-signature", file.path, name + ": " + certificate.signature, line);
    if (certificate.key_type == "RSA" && certificate.key_bits < k_smallest_rsa_bits)
      find("short-key", file.path, name + ": " + certificate.key, line);
    for (const knowledge::RootNote& root : knowledge_.roots) {
      const bool named =
          common_name(certificate.subject) == root.name || (!certificate.self_issued && common_name(certificate.issuer) == root.name);
      if (named && !root.until.empty())
        find("root-changed", file.path, std::string(root.name) + " (until " + std::string(root.until) + "): " + std::string(root.note),
             line);
    }
    if (context_.device) for_device(file, certificate);
    const bool leaf = !certificate.is_ca;
    if (leaf && file.role != "bundle") names(file, certificate);
    if (certificate.is_ca && !certificate.key_usage.empty() &&
        std::find(certificate.key_usage.begin(), certificate.key_usage.end(), "keyCertSign") == certificate.key_usage.end()) {
      find("no-cert-sign", file.path, name, line);
    }
    if (leaf && !certificate.extended_key_usage.empty() && !context_.host.empty()) {
      const auto& usages = certificate.extended_key_usage;
      const bool allowed = std::any_of(usages.begin(), usages.end(),
                                       [](const std::string& usage) { return usage == "serverAuth" || usage == "anyExtendedKeyUsage"; });
      if (!allowed) find("no-server-auth", file.path, name, line);
    }
  }

  void for_device(const CertFileReport& file, const tls::Certificate& certificate) {
    const device::Profile& profile = *context_.device;
    const auto line = line_of(certificate);
    const std::string name = called(certificate) + " (" + certificate.key + ")";
    if (device::takes_key(profile, certificate.key_type) == device::Answer::no) find("key-type-unsupported", file.path, name, line);
    const auto most = profile.number("max_rsa_bits");
    if (most && certificate.key_type == "RSA" && certificate.key_bits > *most)
      find("key-too-long", file.path, name + "; at most " + std::to_string(*most) + " bits", line);
    const auto least = profile.number("min_rsa_bits");
    if (least && certificate.key_type == "RSA" && certificate.key_bits < *least)
      find("short-key", file.path, name + "; this library wants " + std::to_string(*least) + " bits", line);
    if (!certificate.self_signed && !profile.values("hashes").empty() && !certificate.signature_hash.empty() &&
        !profile.has("hashes", certificate.signature_hash)) {
      find("hash-unsupported", file.path, called(certificate) + ": " + certificate.signature, line);
    }
  }

  void names(const CertFileReport& file, const tls::Certificate& leaf) {
    const auto line = line_of(leaf);
    const std::string common = common_name(leaf.subject);
    bool address_as_dns = false;
    bool has_address = false;
    for (const std::string& entry : leaf.names) {
      address_as_dns = address_as_dns || (entry.starts_with("DNS:") && is_ip_literal(std::string_view(entry).substr(4)));
      has_address = has_address || entry.starts_with("IP:");
    }
    if (address_as_dns || (is_ip_literal(common) && !has_address)) find("address-in-name-only", file.path, called(leaf), line);
    const bool server = leaf.extended_key_usage.empty() || std::any_of(leaf.extended_key_usage.begin(), leaf.extended_key_usage.end(),
                                                                       [](const std::string& u) { return u != "clientAuth"; });
    if (leaf.names.empty() && server) find("no-names", file.path, called(leaf), line);
    // Only the first leaf of a file is the one a server shows.
    if (context_.host.empty() || leaf.index != 0) return;
    if (!tls::covers(leaf, context_.host)) {
      std::string list;
      for (const std::string& entry : leaf.names) list += (list.empty() ? "" : ", ") + printable(entry);
      find("name-mismatch", file.path,
           "\"" + printable(context_.host) + "\" is dialled, the certificate is for " + (list.empty() ? called(leaf) : shorten(list, 200)),
           line);
    } else if (is_ip_literal(context_.host) && context_.device && context_.device->first("ip_san") == "no" &&
               context_.device->first("checks_names") != "no") {
      find("address-entry-unknown", file.path, printable(context_.host), line);
    }
  }

  // The certificate, in any of the files, that issued this one.
  [[nodiscard]] const tls::Certificate* issuer_of(const tls::Certificate& certificate) const {
    for (const CertFileReport& file : report_.files) {
      for (const tls::Certificate& other : file.certificates) {
        if (other.parse_error.empty() && other.sha256 != certificate.sha256 && other.subject_der_sha256 == certificate.issuer_der_sha256)
          return &other;
      }
    }
    return nullptr;
  }

  void together(const CertFileReport& file) {
    std::set<std::string> seen;
    for (const tls::Certificate& certificate : file.certificates) {
      if (!seen.insert(certificate.sha256).second) find("duplicate", file.path, called(certificate), line_of(certificate));
    }
    if (file.role == "chain") order(file);
    for (const tls::Certificate& certificate : file.certificates) {
      if (!certificate.parse_error.empty() || certificate.self_issued) continue;
      const tls::Certificate* const issuer = issuer_of(certificate);
      // Roots and intermediates of a bundle stand for themselves; of a chain only the last may lack its issuer.
      if (issuer == nullptr && (file.role == "certificate" || file.role == "chain")) {
        find("missing-issuer", file.path,
             called(certificate) + " was issued by \"" +
                 printable(common_name(certificate.issuer).empty() ? certificate.issuer : common_name(certificate.issuer)) + "\"",
             line_of(certificate));
      }
      if (issuer == nullptr) continue;
      if (!issuer->is_ca) find("not-a-ca", file.path, called(*issuer) + " issued " + called(certificate), line_of(certificate));
      if (!tls::signed_by(certificate, *issuer))
        find("bad-signature", file.path, called(certificate) + " against " + called(*issuer), line_of(certificate));
    }
    if (file.role == "certificate" && file.certificates.front().self_signed) {
      find("leaf-as-ca", file.path, called(file.certificates.front()) + " is self-signed and no CA");
    }
    if (context_.device && (file.role == "chain" || file.role == "certificate")) sizes(file);
  }

  void order(const CertFileReport& file) {
    for (std::size_t i = 0; i + 1 < file.certificates.size(); ++i) {
      const tls::Certificate& here = file.certificates[i];
      const tls::Certificate& next = file.certificates[i + 1];
      if (here.issuer_der_sha256 == next.subject_der_sha256 || here.sha256 == next.sha256) continue;
      find("wrong-order", file.path, called(here) + " is followed by " + called(next) + ", which did not issue it", line_of(next));
      return;
    }
  }

  void sizes(const CertFileReport& file) {
    const device::Profile& profile = *context_.device;
    const auto buffer = profile.number("in_buffer");
    if (buffer && file.message_bytes > *buffer) {
      find("larger-than-buffer", file.path,
           "the Certificate message takes " + std::to_string(file.message_bytes) + " bytes, the buffer " + std::to_string(*buffer));
    }
    const auto deepest = profile.number("max_chain");
    std::size_t intermediates = 0;
    for (const tls::Certificate& certificate : file.certificates) intermediates += certificate.is_ca && !certificate.self_issued ? 1U : 0U;
    if (deepest && intermediates > static_cast<std::size_t>(std::max<std::int64_t>(0, *deepest))) {
      find("chain-too-long", file.path, std::to_string(intermediates) + " intermediates, at most " + std::to_string(*deepest));
    }
  }

  void keys() {
    std::vector<std::pair<const CertFileReport*, const tls::Certificate*>> leaves;
    for (const CertFileReport& file : report_.files) {
      for (const tls::Certificate& certificate : file.certificates) {
        if (certificate.parse_error.empty() && (!certificate.is_ca || file.role != "bundle")) leaves.emplace_back(&file, &certificate);
      }
    }
    for (const CertFileReport& file : report_.files) {
      for (const FileKey& key : file.keys) {
        if (key.key.public_sha256.empty()) continue;
        const auto match = std::find_if(leaves.begin(), leaves.end(),
                                        [&](const auto& entry) { return tls::public_key_sha256(*entry.second) == key.key.public_sha256; });
        if (match != leaves.end()) {
          report_.notes.push_back("The key in " + file.path + " (" + key.key.key + ") belongs to " + called(*match->second) + " in " +
                                  match->first->path + ".");
        } else if (leaves.empty()) {
          find("key-without-certificate", file.path, key.key.key);
        } else {
          const auto leaf = std::find_if(leaves.begin(), leaves.end(), [](const auto& entry) { return !entry.second->is_ca; });
          const auto& shown = leaf == leaves.end() ? leaves.front() : *leaf;
          find("key-mismatch", file.path, "key: " + key.key.key + "; certificate " + called(*shown.second) + ": " + shown.second->key,
               key.line == 0 ? std::nullopt : std::optional<std::uint64_t>(key.line));
        }
      }
    }
  }

  const std::vector<CertFile>& files_;
  const CertContext& context_;
  const knowledge::Knowledge& knowledge_;
  CertReport report_;
};

}  // namespace

CertReport lint(const std::vector<CertFile>& files, const CertContext& context, const knowledge::Knowledge& knowledge) {
  return Lint(files, context, knowledge).run();
}

}  // namespace tlswhy::check
