// SPDX-License-Identifier: Apache-2.0
#include "check/whatif.hpp"

#include <algorithm>

#include "base/net.hpp"
#include "base/text.hpp"
#include "tls/certificate.hpp"
#include "tls/key.hpp"

namespace tlswhy::check {
namespace {

using device::Answer;

constexpr std::uint16_t k_tls12 = 0x0303;
constexpr std::uint16_t k_tls13 = 0x0304;
constexpr std::uint8_t k_handshake_failure = 40;
constexpr std::uint8_t k_insufficient_security = 71;
constexpr std::uint8_t k_protocol_version = 70;
constexpr std::size_t k_names_listed = 4;
// What a protected record has beside its content: explicit IV, MAC and at most 256 bytes of padding (RFC 5246 6.2.3.2).
constexpr std::uint32_t k_record_expansion = 16 + 48 + 256;

struct SeenAt {
  std::string file;
  std::uint64_t frame = 0;
};

// What the captures show of one server under one name.
struct Server {
  Endpoint endpoint;
  std::string name;  // SNI; empty if none was sent
  std::vector<std::pair<const wire::Capture*, const tls::Handshake*>> handshakes;
  const tls::Handshake* shown = nullptr;  // the one with the server's certificates, or the furthest
  std::string shown_file;
};

class OneServer {
 public:
  OneServer(const device::Profile& device, const Server& server, const WhatIfContext& context, const knowledge::Knowledge& knowledge)
      : device_(device), server_(server), context_(context), knowledge_(knowledge), h_(*server.shown) {
    for (const tls::Certificate& certificate : h_.certificates) {
      if (certificate.from == Side::server) chain_.push_back(&certificate);
    }
    for (const tls::Certificate* const certificate : chain_) chain_bytes_ += certificate->size;
  }

  WhatIf run() {
    answer_.server = (server_.name.empty() ? std::string() : printable(server_.name) + " (") + to_string(server_.endpoint) +
                     (server_.name.empty() ? "" : ")");
    version();
    suite();
    certificate_key();
    group();
    signatures();
    record();
    memory();
    sni();
    name();
    dates();
    trust();
    client_certificate();
    unknowable();
    conclude(device_, answer_);
    return std::move(answer_);
  }

 private:
  WhatIfCheck& add(std::string_view id, Verdict verdict, std::string says, const SeenAt& at = {}, std::string_view cause = {}) {
    WhatIfCheck& check = answer_.checks.emplace_back();
    check.id = id;
    check.verdict = verdict;
    check.says = std::move(says);
    check.file = at.file;
    if (at.frame != 0) check.frame = at.frame;
    if (verdict == Verdict::no) check.cause = cause;
    return check;
  }
  [[nodiscard]] SeenAt here(std::uint64_t frame) const { return {server_.shown_file, frame}; }
  [[nodiscard]] std::string dialled() const { return !context_.host.empty() ? context_.host : server_.name; }
  [[nodiscard]] std::string suite_name(std::uint16_t suite) const {
    const std::string_view name = knowledge_.name_of("tls-ciphersuites", suite);
    if (!name.empty()) return std::string(name);
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(suite >> 8U), static_cast<std::uint8_t>(suite & 0xffU)};
    return "0x" + to_hex(Bytes(bytes));
  }
  [[nodiscard]] std::string ask(const std::string& options) const {
    const std::string host = dialled().empty() ? to_string(server_.endpoint.address) : printable(dialled());
    return "Ask it: openssl s_client -connect " + host + ":" + std::to_string(server_.endpoint.port) +
           (is_ip_literal(host) ? "" : " -servername " + host) + " " + options + " </dev/null";
  }

  void version() {
    if (!device_.says("versions")) {
      add("version", Verdict::unknown, "It is not known which versions the device has.");
      return;
    }
    const auto& ours = device_.values("versions");
    const std::string list = ours.empty() ? "none" : ours.front() + (ours.size() > 1 ? " to " + ours.back() : "");
    std::vector<std::string> lacking;
    const tls::Handshake* seen = nullptr;
    for (const auto& [capture, handshake] : server_.handshakes) {
      if (!handshake->server_hello) continue;
      const std::uint16_t chosen = handshake->server_hello->version.value;
      seen = handshake;
      if (device::offers_version(device_, chosen) == Answer::yes) {
        add("version", Verdict::yes,
            "The server accepts " + tls::to_string(handshake->server_hello->version) + ", which the device offers.",
            {capture->path, handshake->server_hello->at.frame});
        return;
      }
      if (!handshake->client_hello) continue;
      // A server takes the highest version that both have (RFC 8446 4.1.3, RFC 5246 E.1): what the client offered above the choice, it
      // lacks.
      for (const tls::Version offered : tls::versions_offered(*handshake->client_hello)) {
        if (offered.value > chosen && device::offers_version(device_, offered.value) == Answer::yes)
          lacking.push_back(tls::to_string(offered));
      }
    }
    for (const auto& [capture, handshake] : server_.handshakes) {
      const auto refusal = refused(*handshake, {k_protocol_version});
      if (!refusal || !handshake->client_hello) continue;
      bool all = !ours.empty();
      const auto offered = tls::versions_offered(*handshake->client_hello);
      for (const std::string& mine : ours)
        all = all && std::any_of(offered.begin(), offered.end(), [&](tls::Version v) { return tls::to_string(v) == mine; });
      if (!all) continue;
      add("version", Verdict::no, "The device has " + list + "; a client that offered these was refused with protocol_version.",
          {capture->path, *refusal}, "version-mismatch");
      return;
    }
    if (!ours.empty() && std::all_of(ours.begin(), ours.end(), [&](const std::string& mine) {
          return std::find(lacking.begin(), lacking.end(), mine) != lacking.end();
        })) {
      add("version", Verdict::no,
          "The device has " + list + "; the server was offered that and chose " + tls::to_string(seen->server_hello->version) + ".",
          {server_.shown_file, seen->server_hello->at.frame}, "version-mismatch");
      return;
    }
    const bool only13 = seen != nullptr && seen->server_hello->version.value == k_tls13;
    add("version", Verdict::unknown,
        seen == nullptr ? "No ServerHello is in the capture. The device has " + list + "."
                        : "The server chose " + tls::to_string(seen->server_hello->version) + "; the device has " + list +
                              ". Whether the server accepts that too is not in this capture. " +
                              ask(only13 || seen->server_hello->version.value == k_tls12 ? "-tls1_2" : ""),
        seen == nullptr ? SeenAt{} : SeenAt{server_.shown_file, seen->server_hello->at.frame});
  }

  // The frame of the server's alert with one of these codes that answered a ClientHello; nothing if there is none.
  static std::optional<std::uint64_t> refused(const tls::Handshake& handshake, std::initializer_list<std::uint8_t> codes) {
    if (handshake.server_hello) return std::nullopt;
    for (const tls::Alert& alert : handshake.alerts) {
      if (alert.from == Side::server && !alert.encrypted && std::find(codes.begin(), codes.end(), alert.code) != codes.end())
        return alert.at.frame;
    }
    return std::nullopt;
  }

  // The suites the device has, as far as its profile tells.
  [[nodiscard]] std::vector<std::uint16_t> device_suites() const {
    std::vector<std::uint16_t> list;
    const knowledge::Registry* const registry = knowledge_.registry("tls-ciphersuites");
    if (registry == nullptr) return list;
    for (const knowledge::RegistryEntry& entry : registry->entries) {
      const auto suite = static_cast<std::uint16_t>(entry.value);
      if (device::offers_suite(device_, suite, knowledge_) == Answer::yes) list.push_back(suite);
    }
    return list;
  }

  void suite() {
    bool unsure = false;
    const tls::Handshake* other = nullptr;
    const wire::Capture* other_file = nullptr;
    for (const auto& [capture, handshake] : server_.handshakes) {
      if (!handshake->server_hello || handshake->server_hello->hello_retry_request) continue;
      const std::uint16_t chosen = handshake->server_hello->cipher_suite;
      const Answer answer = device::offers_suite(device_, chosen, knowledge_);
      if (answer == Answer::yes) {
        add("suite", Verdict::yes, "The server accepts " + suite_name(chosen) + ", which the device offers.",
            {capture->path, handshake->server_hello->at.frame});
        return;
      }
      unsure = unsure || answer == Answer::unknown;
      other = handshake;
      other_file = capture;
    }
    const std::vector<std::uint16_t> ours = device_suites();
    for (const auto& [capture, handshake] : server_.handshakes) {
      const auto refusal = refused(*handshake, {k_handshake_failure, k_insufficient_security});
      if (!refusal || !handshake->client_hello || ours.empty()) continue;
      const auto& offered = handshake->client_hello->cipher_suites;
      const bool all = std::all_of(ours.begin(), ours.end(),
                                   [&](std::uint16_t mine) { return std::find(offered.begin(), offered.end(), mine) != offered.end(); });
      if (!all) continue;
      add("suite", Verdict::no,
          "A client that offered every suite this device has (" + names(ours) + ") was refused with " +
              std::string(knowledge_alert(*handshake)) + ".",
          {capture->path, *refusal}, "no-shared-cipher");
      return;
    }
    if (other == nullptr) {
      add("suite", Verdict::unknown,
          ours.empty() ? "No ServerHello is in the capture." : "No ServerHello is in the capture. The device has " + names(ours) + ".");
      return;
    }
    const SeenAt at{other_file->path, other->server_hello->at.frame};
    if (unsure || ours.empty()) {
      add("suite", Verdict::unknown,
          "The server chose " + suite_name(other->server_hello->cipher_suite) + "; which suites the device has is a choice of its build" +
              (device_.source.empty() ? ": give its configuration file as well." : "."),
          at);
      return;
    }
    std::string ciphers;
    std::size_t asked = 0;
    for (const std::uint16_t mine : ours) {
      if (suite_name(mine).find("_WITH_") == std::string::npos || asked >= k_names_listed) continue;
      ciphers += (ciphers.empty() ? "" : ":") + openssl_name(suite_name(mine));
      ++asked;
    }
    add("suite", Verdict::unknown,
        "The server chose " + suite_name(other->server_hello->cipher_suite) + ", which the device does not have. It has " + names(ours) +
            ". Whether the server accepts one of these is not in this capture. " + ask("-tls1_2 -cipher " + ciphers),
        at);
  }

  [[nodiscard]] std::string_view knowledge_alert(const tls::Handshake& handshake) const {
    for (const tls::Alert& alert : handshake.alerts) {
      if (alert.from == Side::server && alert.code == k_insufficient_security) return "insufficient_security";
    }
    return "handshake_failure";
  }

  [[nodiscard]] std::string names(const std::vector<std::uint16_t>& suites) const {
    std::string text;
    for (std::size_t i = 0; i < suites.size() && i < k_names_listed; ++i) text += (i == 0 ? "" : ", ") + suite_name(suites[i]);
    if (suites.size() > k_names_listed) text += " and " + std::to_string(suites.size() - k_names_listed) + " more";
    return text;
  }

  void certificate_key() {
    if (chain_.empty() || chain_.front()->key_type.empty()) return;
    const tls::Certificate& leaf = *chain_.front();
    switch (device::takes_key(device_, leaf.key_type)) {
      case Answer::yes:
        add("certificate-key", Verdict::yes, "The certificate's key is " + leaf.key + ", which the device can use.", here(leaf.frame));
        break;
      case Answer::unknown: break;
      case Answer::no:
        // A server may hold a certificate of each kind; only it knows.
        add("certificate-key", Verdict::unknown,
            "The certificate's key is " + leaf.key +
                ", which the device cannot use. Only if the server also has an RSA certificate for such clients could this work; nothing "
                "in the capture says that it has.",
            here(leaf.frame), "algorithm-not-built");
        break;
    }
  }

  void group() {
    std::optional<std::uint16_t> group = h_.key_exchange_group;
    if (!group && h_.server_hello) group = h_.server_hello->selected_group;
    if (!group || !h_.server_hello || !device_.says("groups")) return;
    // Without a key exchange over groups, the device needs none.
    if (device::offers_suite(device_, h_.server_hello->cipher_suite, knowledge_) == Answer::no) return;
    const std::string name(knowledge_.name_of("tls-groups", *group));
    const Answer answer = device::offers_group(device_, *group, knowledge_);
    if (answer == Answer::yes) {
      add("group", Verdict::yes, "The server uses the group " + name + ", which the device has.", here(h_.server_hello->at.frame));
    } else if (answer == Answer::no) {
      std::string ours;
      for (const std::string& mine : device_.values("groups")) ours += (ours.empty() ? "" : ", ") + mine;
      add("group", Verdict::unknown,
          "The server chose the group " + name + ", which the device does not have (" +
              (ours.empty() ? "it has none" : "it has " + shorten(ours, 80)) + "). It may accept another. " + ask("-groups P-256"),
          here(h_.server_hello->at.frame));
    }
  }

  void signatures() {
    if (chain_.empty()) return;
    std::string fine;
    for (const tls::Certificate* const certificate : chain_) {
      if (!certificate->parse_error.empty()) continue;
      const std::string who =
          "certificate " + std::to_string(certificate->index) + " (" + printable(shorten(certificate->subject, 60)) + ")";
      const auto most = device_.number("max_rsa_bits");
      const auto least = device_.number("min_rsa_bits");
      if (certificate->key_type == "RSA" && most && certificate->key_bits > *most) {
        add("signature", Verdict::no, who + " has " + certificate->key + "; the device handles up to " + std::to_string(*most) + " bits.",
            here(certificate->frame), "algorithm-not-built");
        return;
      }
      if (certificate->key_type == "RSA" && least && certificate->key_bits < *least && device_.first("verifies") != "no") {
        add("signature", Verdict::no,
            who + " has " + certificate->key + "; the device's library refuses less than " + std::to_string(*least) + " bits.",
            here(certificate->frame), "weak-crypto-rejected");
        return;
      }
      if (certificate->self_signed || certificate->signature_hash.empty() || device_.first("verifies") == "no" ||
          device_.values("hashes").empty())
        continue;
      if (!device_.has("hashes", certificate->signature_hash)) {
        const bool weak = certificate->signature_hash == "sha1" || certificate->signature_hash == "md5";
        add("signature", Verdict::no, who + " is signed with " + certificate->signature + ", which the device's library does not take.",
            here(certificate->frame), weak ? "weak-crypto-rejected" : "algorithm-not-built");
        return;
      }
      fine += (fine.empty() ? "" : ", ") + certificate->signature;
    }
    if (!fine.empty())
      add("signature", Verdict::yes, "The chain's signatures (" + fine + ") are among those the device checks.",
          here(chain_.front()->frame));
  }

  void record() {
    const auto buffer = context_.in_buffer ? context_.in_buffer : device_.number("in_buffer");
    const tls::DirectionFacts& from = h_.from_server;
    if (device_.first("reassembles") == "no") {
      for (const tls::Message& message : h_.messages) {
        if (message.from != Side::server || message.records < 2 || message.code == 0) continue;
        add("record", Verdict::no,
            "The server's " + std::string(message.type) + " message of " + std::to_string(message.length) + " bytes lies in " +
                std::to_string(message.records) + " records; the device's library joins none.",
            here(message.at.frame), "buffer-too-small");
        return;
      }
    }
    if (!buffer) {
      add("record", Verdict::unknown,
          "The largest record of the server has " + std::to_string(from.largest_record) +
              " bytes; the size of the device's input buffer is not known, give --in-buffer.",
          here(from.largest_record_frame));
      return;
    }
    if (from.largest_record == 0) return;
    const std::string sizes = "The largest record of the server has " + std::to_string(from.largest_record) +
                              " bytes, the device's input buffer takes " + std::to_string(*buffer) + ".";
    const bool secured = from.application_records > 0 || (h_.server_hello && h_.server_hello->version.value == k_tls13);
    const std::int64_t room = *buffer + (secured ? k_record_expansion : 0);
    if (from.largest_record <= room) {
      add("record", Verdict::yes, sizes, here(from.largest_record_frame));
      return;
    }
    const bool accepted = h_.server_hello && (h_.server_hello->max_fragment_length || h_.server_hello->record_size_limit);
    const bool asks = device_.first("mfl") == "offers" || device_.first("mfl") == "can";
    if (asks && accepted) {
      add("record", Verdict::unknown, sizes + " The server keeps to max_fragment_length where it is asked for; the device can ask.",
          here(from.largest_record_frame));
    } else {
      add("record", Verdict::no,
          sizes + (asks ? " The device can ask for smaller records (max_fragment_length); nothing shows that this server heeds it." : ""),
          here(from.largest_record_frame), "buffer-too-small");
    }
  }

  void memory() {
    std::string how;
    const auto needed = heap_estimate(device_, context_.in_buffer, chain_bytes_, how);
    if (!needed) return;
    if (*needed == 0) {
      add("memory", Verdict::yes, "No heap of the application is needed: " + device_.first("heap_says") + ".");
      return;
    }
    const auto heap = context_.free_heap ? context_.free_heap : device_.number("heap_size");
    const std::string figure = "About " + std::to_string(*needed) + " bytes of heap are needed (" + how + ")";
    if (heap) {
      add("memory", *heap >= *needed ? Verdict::yes : Verdict::no, figure + ", " + std::to_string(*heap) + " are there.", {}, "low-memory");
    } else {
      add("memory", Verdict::unknown, figure + "; give --free-heap to compare.").condition = true;
    }
  }

  void sni() {
    const bool sent = h_.client_hello && h_.client_hello->server_name;
    const std::string how = device_.first("sni");
    if (!sent || how.empty()) return;
    if (how == "no") {
      add("sni", Verdict::unknown,
          "The client named the server (SNI); the device sends no name and may be shown another certificate, or be refused. " +
              ask("-noservername"),
          here(h_.client_hello->at.frame), "sni-missing");
    } else if (how == "optional") {
      add("sni", Verdict::unknown,
          "The client named the server (SNI); the device sends a name only where its program sets one. Set it to " + printable(dialled()) +
              ".",
          here(h_.client_hello->at.frame))
          .condition = true;
    } else if (is_ip_literal(dialled())) {
      add("sni", Verdict::unknown, "An address is dialled: the device then sends no name (SNI), the client of the capture did.",
          here(h_.client_hello->at.frame), "sni-missing");
    }
  }

  void name() {
    if (chain_.empty() || !chain_.front()->parse_error.empty() || dialled().empty()) return;
    const tls::Certificate& leaf = *chain_.front();
    const std::string host = printable(dialled());
    if (device_.first("checks_names") == "no") {
      add("name", Verdict::yes, "The device does not compare names.", here(leaf.frame));
      return;
    }
    const bool covered = tls::covers(leaf, dialled());
    const bool unaware = is_ip_literal(dialled()) && device_.first("ip_san") == "no";
    if (covered && unaware) {
      add("name", Verdict::no,
          "The certificate has an IP entry for " + host +
              ", but the device's library compares no IP entries (Mbed TLS does from 3.5.0 on). Dial a name.",
          here(leaf.frame), "hostname-mismatch");
    } else if (covered) {
      add("name", Verdict::yes, "The certificate covers " + host + ".", here(leaf.frame));
    } else {
      std::string list;
      for (const std::string& entry : leaf.names) list += (list.empty() ? "" : ", ") + printable(entry);
      add("name", Verdict::no,
          "The certificate is for " + shorten(list.empty() ? printable(leaf.subject) : list, 120) + ", not for " + host + ".",
          here(leaf.frame), "hostname-mismatch");
    }
  }

  void dates() {
    if (chain_.empty()) return;
    const Timestamp now = context_.at.value_or(h_.started);
    const std::string checks = device_.first("checks_dates");
    for (const tls::Certificate* const certificate : chain_) {
      const bool expired = certificate->not_after && *certificate->not_after < now;
      const bool early = certificate->not_before && now < *certificate->not_before;
      if (!expired && !early) continue;
      const std::string what =
          "Certificate \"" + printable(shorten(certificate->subject, 60)) + "\" " +
          (expired ? "ended on " + certificate->not_after_text.substr(0, 10) : "begins on " + certificate->not_before_text.substr(0, 10));
      if (checks == "no") {
        add("dates", Verdict::yes, what + "; the device does not look at dates.", here(certificate->frame));
      } else if (checks == "yes") {
        add("dates", Verdict::no, what + "; it is judged on " + to_rfc3339(now, 0).substr(0, 10) + ".", here(certificate->frame),
            "cert-expired");
      } else {
        add("dates", Verdict::unknown, what + "; whether the device looks at dates is not known.", here(certificate->frame),
            "cert-expired");
      }
      return;
    }
    if (checks == "no") {
      add("dates", Verdict::yes, "The device does not look at dates.", here(chain_.front()->frame));
    } else if (checks == "yes") {
      add("dates", Verdict::yes,
          "All certificates are in their dates on " + to_rfc3339(now, 0).substr(0, 10) + "; the device needs its clock set.",
          here(chain_.front()->frame));
    }
  }

  void trust() {
    if (chain_.empty()) return;
    if (device_.first("verifies") == "no") {
      add("trust", Verdict::yes, "The device does not verify certificates at all.", here(chain_.front()->frame));
      return;
    }
    const tls::Certificate& last = *chain_.back();
    std::string anchor = last.self_issued ? last.subject : last.issuer;
    if (const std::size_t at = anchor.find("CN="); at != std::string::npos)
      anchor = anchor.substr(at + 3, anchor.find(", ", at) == std::string::npos ? std::string::npos : anchor.find(", ", at) - at - 3);
    std::string note;
    for (const knowledge::RootNote& root : knowledge_.roots) {
      if (root.name == anchor && !root.until.empty()) note = " " + std::string(root.note);
    }
    for (const tls::Certificate& held : context_.trusted) {
      for (const tls::Certificate* const sent : chain_) {
        if (held.sha256 == sent->sha256 || (held.subject_der_sha256 == sent->issuer_der_sha256 && tls::signed_by(*sent, held))) {
          add("trust", Verdict::yes, "The CA given (" + printable(shorten(held.subject, 60)) + ") is the issuer of the chain.",
              here(last.frame));
          return;
        }
      }
    }
    if (!context_.trusted.empty()) {
      add("trust", Verdict::no, "None of the CAs given issued this chain; it ends at \"" + printable(anchor) + "\"." + note,
          here(last.frame), "unknown-ca");
    } else {
      add("trust", Verdict::unknown,
          "The device must hold \"" + printable(anchor) + "\"" + (device_.first("bundle") == "yes" ? ", or use its root bundle" : "") +
              "; give --ca to compare." + note,
          here(last.frame))
          .condition = true;
    }
  }

  void client_certificate() {
    if (!h_.client_certificate_requested) return;
    if (h_.client_certificate_empty && h_.outcome == tls::Outcome::completed) {
      add("client-certificate", Verdict::yes, "The server asks for a client certificate and does without one.", here(h_.first_frame));
    } else if (device_.first("client_certificates") == "no") {
      add("client-certificate", Verdict::no, "The server asks for a client certificate; the device cannot have one.", here(h_.first_frame),
          "client-cert-missing");
    } else {
      add("client-certificate", Verdict::unknown,
          "The server asks for a client certificate: the device needs one that it accepts, with its key.", here(h_.first_frame))
          .condition = true;
    }
  }

  void unknowable() {
    answer_.cannot_know.emplace_back(
        "The full list of suites and versions that the server accepts: one handshake shows only the choice from one client's list.");
    if (chain_.empty()) {
      const bool encrypted = h_.server_hello && h_.server_hello->version.value == k_tls13;
      answer_.cannot_know.emplace_back(
          encrypted ? "The certificates: TLS 1.3 encrypts them. Capture a TLS 1.2 client (openssl s_client -tls1_2), or give a key log."
                    : "The certificates: none are in the capture.");
    }
    if (h_.outcome != tls::Outcome::completed) answer_.cannot_know.emplace_back("What comes after the point where this handshake ended.");
    if (!device_.first("note").empty()) answer_.cannot_know.push_back(device_.first("note"));
  }

  const device::Profile& device_;
  const Server& server_;
  const WhatIfContext& context_;
  const knowledge::Knowledge& knowledge_;
  const tls::Handshake& h_;
  std::vector<const tls::Certificate*> chain_;
  std::uint32_t chain_bytes_ = 0;
  WhatIf answer_;
};

// How much of the server a handshake shows.
int shows(const tls::Handshake& handshake) {
  const bool certificates = std::any_of(handshake.certificates.begin(), handshake.certificates.end(),
                                        [](const tls::Certificate& c) { return c.from == Side::server; });
  return (certificates ? 4 : 0) + (handshake.server_hello ? 2 : 0) + (handshake.outcome == tls::Outcome::completed ? 1 : 0);
}

}  // namespace

std::vector<WhatIf> what_if(const device::Profile& device, const std::vector<wire::Capture>& captures, const WhatIfContext& context,
                            const knowledge::Knowledge& knowledge) {
  std::vector<Server> servers;
  for (const wire::Capture& capture : captures) {
    for (const tls::Handshake& handshake : capture.handshakes) {
      if (handshake.ended_by == tls::EndedBy::not_tls) continue;
      const std::string name =
          handshake.client_hello && handshake.client_hello->server_name ? *handshake.client_hello->server_name : std::string();
      auto at = std::find_if(servers.begin(), servers.end(),
                             [&](const Server& server) { return server.endpoint == handshake.server && server.name == name; });
      if (at == servers.end()) {
        servers.push_back({handshake.server, name, {}, nullptr, {}});
        at = servers.end() - 1;
      }
      at->handshakes.emplace_back(&capture, &handshake);
      if (at->shown == nullptr || shows(handshake) > shows(*at->shown)) {
        at->shown = &handshake;
        at->shown_file = capture.path;
      }
    }
  }
  std::vector<WhatIf> answers;
  for (const Server& server : servers) answers.push_back(OneServer(device, server, context, knowledge).run());
  return answers;
}

}  // namespace tlswhy::check
