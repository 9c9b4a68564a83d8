// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/text.hpp"
#include "check/whatif_questions.hpp"

namespace tlswhy::check {
namespace {

using device::Answer;

constexpr std::uint16_t k_tls12 = 0x0303;
constexpr std::uint16_t k_tls13 = 0x0304;
constexpr std::uint8_t k_handshake_failure = 40;
constexpr std::uint8_t k_insufficient_security = 71;
constexpr std::uint8_t k_protocol_version = 70;
constexpr std::size_t k_names_listed = 4;

// The frame of the server's alert with one of these codes that answered a ClientHello; nothing if there is none.
std::optional<std::uint64_t> refused(const tls::Handshake& handshake, std::initializer_list<std::uint8_t> codes) {
  if (handshake.server_hello) return std::nullopt;
  for (const tls::Alert& alert : handshake.alerts) {
    if (alert.from == Side::server && !alert.encrypted && std::find(codes.begin(), codes.end(), alert.code) != codes.end())
      return alert.at.frame;
  }
  return std::nullopt;
}

std::string_view refusal_name(const tls::Handshake& handshake) {
  for (const tls::Alert& alert : handshake.alerts) {
    if (alert.from == Side::server && alert.code == k_insufficient_security) return "insufficient_security";
  }
  return "handshake_failure";
}

}  // namespace

void NegotiationQuestions::ask_all() {
  version();
  suite();
  certificate_key();
  group();
  signatures();
}

std::string NegotiationQuestions::suite_name(std::uint16_t suite) const {
  const std::string_view name = knowledge_.name_of("tls-ciphersuites", suite);
  if (!name.empty()) return std::string(name);
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(suite >> 8U), static_cast<std::uint8_t>(suite & 0xffU)};
  return "0x" + to_hex(Bytes(bytes));
}

void NegotiationQuestions::version() {
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
      add("version", Verdict::yes, "The server accepts " + tls::to_string(handshake->server_hello->version) + ", which the device offers.",
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

// The suites the device has, as far as its profile tells.
std::vector<std::uint16_t> NegotiationQuestions::device_suites() const {
  std::vector<std::uint16_t> list;
  const knowledge::Registry* const registry = knowledge_.registry("tls-ciphersuites");
  if (registry == nullptr) return list;
  for (const knowledge::RegistryEntry& entry : registry->entries) {
    const auto suite = static_cast<std::uint16_t>(entry.value);
    if (device::offers_suite(device_, suite, knowledge_) == Answer::yes) list.push_back(suite);
  }
  return list;
}

std::string NegotiationQuestions::names(const std::vector<std::uint16_t>& suites) const {
  std::string text;
  for (std::size_t i = 0; i < suites.size() && i < k_names_listed; ++i) text += (i == 0 ? "" : ", ") + suite_name(suites[i]);
  if (suites.size() > k_names_listed) text += " and " + std::to_string(suites.size() - k_names_listed) + " more";
  return text;
}

void NegotiationQuestions::suite() {
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
            std::string(refusal_name(*handshake)) + ".",
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

void NegotiationQuestions::certificate_key() {
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

void NegotiationQuestions::group() {
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

void NegotiationQuestions::signatures() {
  if (chain_.empty()) return;
  std::string fine;
  for (const tls::Certificate* const certificate : chain_) {
    if (!certificate->parse_error.empty()) continue;
    const std::string who = "certificate " + std::to_string(certificate->index) + " (" + printable(shorten(certificate->subject, 60)) + ")";
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
    add("signature", Verdict::yes, "The chain's signatures (" + fine + ") are among those the device checks.", here(chain_.front()->frame));
}

}  // namespace tlswhy::check
