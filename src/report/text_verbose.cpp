// SPDX-License-Identifier: Apache-2.0
#include "report/text_verbose.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_handshakes_shown = 20;
constexpr std::size_t k_facts_shown = 200;

std::string ladder(const tls::Handshake& h, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  std::string out;
  Timestamp before = h.started;
  for (const tls::Message& message : h.messages) {
    const double gap = milliseconds_between(before, message.at.time);
    before = message.at.time;
    const bool from_client = message.from == Side::client;
    out += fmt::format("  {:>7}  {:>9.1f} ms  {} {} ({} bytes{}{})\n", message.at.frame, gap, from_client ? "client -->" : "       <-- server", message.type,
                       message.length, message.records > 1 ? fmt::format(", {} records", message.records) : "", message.complete ? "" : ", cut short");
  }
  for (const tls::Alert& alert : h.alerts) {
    const std::string name = alert_words(alert, knowledge);
    out += fmt::format("  {:>7}  {:>12}  {} {}\n", alert.at.frame, "", alert.from == Side::client ? "client -->" : "       <-- server", name);
  }
  const std::string who = h.ended_by_side ? fmt::format(" by {}", to_string(*h.ended_by_side)) : std::string();
  out += fmt::format("  {:>7}  {:>12}  {}: {}{}\n", h.ended_at.frame, "", tls::to_string(h.outcome), tls::to_string(h.ended_by), who);
  for (const tls::Certificate& c : h.certificates) {
    out += wrapped(fmt::format("{} certificate {}: {} issued by {}; {} to {}; {}; {}; {} bytes{}", to_string(c.from), c.index, printable(c.subject), printable(c.issuer),
                               c.not_before_text, c.not_after_text, printable(c.key), printable(c.signature), c.size,
                               c.parse_error.empty() ? "" : "; not readable: " + printable(c.parse_error)),
                   "  ", "    ", options);
    if (!c.public_key_pin.empty()) out += wrapped("pin of its public key: sha256/" + c.public_key_pin, "    ", "    ", options);
  }
  for (const Side side : {Side::server, Side::client}) {
    std::size_t count = 0;
    std::size_t bytes = 0;
    for (const tls::Certificate& c : h.certificates) {
      if (c.from != side) continue;
      ++count;
      bytes += c.size;
    }
    if (count > 0) out += wrapped(fmt::format("{} chain: {} certificate{}, {} bytes", to_string(side), count, count == 1 ? "" : "s", bytes), "  ", "    ", options);
  }
  for (const std::string& problem : h.problems) out += wrapped(printable(problem), "  ! ", "    ", options);
  return out;
}

}  // namespace

std::string verbose_text(const diagnose::Input& input, const diagnose::Diagnosis& d, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  std::string out;
  if (!d.attempts.empty()) {
    out += styled("Attempts", Style::heading, options) + "\n";
    for (const diagnose::Attempt& attempt : d.attempts) {
      std::string text = fmt::format("{}: {}", attempt.id, attempt.outcome);
      if (attempt.handshake) text += fmt::format(", handshake {}", *attempt.handshake);
      if (attempt.log) text += fmt::format(", {} lines {} to {}", printable(input.logs[attempt.log->log].path), attempt.log->first_line, attempt.log->last_line);
      if (!attempt.joined_by.empty()) text += fmt::format(", joined by {}", attempt.joined_by);
      if (attempt.clock_offset_ms) text += fmt::format(" (capture time minus log time: {:.0f} ms)", *attempt.clock_offset_ms);
      if (!attempt.causes.empty()) text += fmt::format("; {} ({:.0f}%)", attempt.causes.front().cause->id, attempt.causes.front().confidence * 100);
      out += wrapped(text, "  ", "    ", options);
    }
  }
  std::size_t shown = 0;
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& h : capture.handshakes) {
      if (shown >= k_handshakes_shown) break;
      const auto version = h.negotiated();
      std::string head = fmt::format("Handshake {}  {} -> {}", shown, to_string(h.client), to_string(h.server));
      if (capture.from_log) head = fmt::format("Handshake {}  shown by {}", shown, printable(capture.path));
      if (h.client_hello && h.client_hello->server_name) head += "  " + printable(*h.client_hello->server_name);
      if (version) head += "  " + tls::to_string(*version);
      ++shown;
      out += styled(head, Style::heading, options) + "\n" + ladder(h, knowledge, options);
    }
  }
  out += styled("Facts", Style::heading, options) + "\n";
  std::size_t facts = 0;
  for (const diagnose::LocatedFact& fact : d.facts) {
    if (facts++ >= k_facts_shown) {
      out += fmt::format("  ... and {} more\n", d.facts.size() - k_facts_shown);
      break;
    }
    out += wrapped(fmt::format("{}{}  [{}]  {}", printable(to_string(fact.fact)), fact.inferred ? " (inferred)" : "", place(fact.source), printable(shorten(fact.text, 100))),
                   "  ", "      ", options);
  }
  return out;
}

}  // namespace tlswhy::report
