// SPDX-License-Identifier: Apache-2.0
#include "check/whatif.hpp"

#include <algorithm>

#include "base/net.hpp"
#include "base/text.hpp"
#include "check/whatif_questions.hpp"

namespace tlswhy::check {
namespace {

constexpr std::uint16_t k_tls13 = 0x0304;

bool has_chain(const tls::Handshake& handshake) {
  return std::any_of(handshake.certificates.begin(), handshake.certificates.end(),
                     [](const tls::Certificate& certificate) { return certificate.from == Side::server; });
}

void unknowable(const device::Profile& device, const tls::Handshake& handshake, WhatIf& answer) {
  answer.cannot_know.emplace_back(
      "The full list of suites and versions that the server accepts: one handshake shows only the choice from one client's list.");
  if (!has_chain(handshake)) {
    const bool encrypted = handshake.server_hello && handshake.server_hello->version.value == k_tls13;
    answer.cannot_know.emplace_back(
        encrypted ? "The certificates: TLS 1.3 encrypts them. Capture a TLS 1.2 client (openssl s_client -tls1_2), or give a key log."
                  : "The certificates: none are in the capture.");
  }
  if (handshake.outcome != tls::Outcome::completed)
    answer.cannot_know.emplace_back("What comes after the point where this handshake ended.");
  if (!device.first("note").empty()) answer.cannot_know.push_back(device.first("note"));
}

WhatIf answer_of(const device::Profile& device, const SeenServer& server, const WhatIfContext& context,
                 const knowledge::Knowledge& knowledge) {
  WhatIf answer;
  answer.server =
      (server.name.empty() ? std::string() : printable(server.name) + " (") + to_string(server.endpoint) + (server.name.empty() ? "" : ")");
  NegotiationQuestions(device, server, context, knowledge, answer).ask_all();
  DeviceQuestions(device, server, context, knowledge, answer).ask_all();
  unknowable(device, *server.shown, answer);
  conclude(device, answer);
  return answer;
}

// How much of the server a handshake shows.
int shows(const tls::Handshake& handshake) {
  return (has_chain(handshake) ? 4 : 0) + (handshake.server_hello ? 2 : 0) + (handshake.outcome == tls::Outcome::completed ? 1 : 0);
}

}  // namespace

Questions::Questions(const device::Profile& device, const SeenServer& server, const WhatIfContext& context,
                     const knowledge::Knowledge& knowledge, WhatIf& answer)
    : device_(device), server_(server), context_(context), knowledge_(knowledge), h_(*server.shown), answer_(answer) {
  for (const tls::Certificate& certificate : h_.certificates) {
    if (certificate.from == Side::server) chain_.push_back(&certificate);
  }
  for (const tls::Certificate* const certificate : chain_) chain_bytes_ += certificate->size;
}

WhatIfCheck& Questions::add(std::string_view id, Verdict verdict, std::string says, const SeenAt& at, std::string_view cause) {
  WhatIfCheck& check = answer_.checks.emplace_back();
  check.id = id;
  check.verdict = verdict;
  check.says = std::move(says);
  check.file = at.file;
  if (at.frame != 0) check.frame = at.frame;
  if (verdict == Verdict::no) check.cause = cause;
  return check;
}

std::string Questions::ask(const std::string& options) const {
  const std::string host = dialled().empty() ? to_string(server_.endpoint.address) : printable(dialled());
  return "Ask it: openssl s_client -connect " + host + ":" + std::to_string(server_.endpoint.port) +
         (is_ip_literal(host) ? "" : " -servername " + host) + " " + options + " </dev/null";
}

std::vector<WhatIf> what_if(const device::Profile& device, const std::vector<wire::Capture>& captures, const WhatIfContext& context,
                            const knowledge::Knowledge& knowledge) {
  std::vector<SeenServer> servers;
  for (const wire::Capture& capture : captures) {
    for (const tls::Handshake& handshake : capture.handshakes) {
      if (handshake.ended_by == tls::EndedBy::not_tls) continue;
      const std::string name =
          handshake.client_hello && handshake.client_hello->server_name ? *handshake.client_hello->server_name : std::string();
      auto at = std::find_if(servers.begin(), servers.end(),
                             [&](const SeenServer& server) { return server.endpoint == handshake.server && server.name == name; });
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
  for (const SeenServer& server : servers) answers.push_back(answer_of(device, server, context, knowledge));
  return answers;
}

}  // namespace tlswhy::check
