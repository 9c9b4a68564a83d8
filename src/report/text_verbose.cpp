// SPDX-License-Identifier: Apache-2.0
#include "report/text_verbose.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/story.hpp"
#include "report/verdict.hpp"
#include "report/wireshark.hpp"

namespace tlswhy::report {
namespace {

constexpr std::size_t k_handshakes_shown = 20;
constexpr std::size_t k_facts_shown = 200;

// From here on silence is worth a line of its own.
constexpr double k_pause_ms = 1000;

constexpr std::size_t k_widest_place = 18;

std::string place_of(const Step& step) {
  if (step.source.line) return place(step.source);
  return step.source.frame && *step.source.frame != 0 ? fmt::format("frame {}", *step.source.frame) : std::string();
}

std::string details_of(const Step& step) {
  std::string out;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  };
  if (step.lane == Step::Lane::log || step.lane == Step::Lane::end) return out;
  if (step.bytes > 0) add(fmt::format("{} bytes", step.bytes));
  if (step.records > 1) add(fmt::format("{} records", step.records));
  if (step.cut) add("cut short");
  add(printable(step.more));
  return out.empty() ? out : "  (" + out + ")";
}

// A line for each message, alert and log line: where it is, when, which way it went, what it is.
std::string ladder(const Story& story, const TextOptions& options) {
  std::size_t widest = 5;
  for (const Step& step : story.steps) widest = std::max(widest, std::min(k_widest_place, place_of(step).size()));
  std::string out = fmt::format("  {:>{}} {:>9}\n", "where", widest, "ms");
  std::optional<double> before;
  for (const Step& step : story.steps) {
    if (step.ms && before && *step.ms - *before >= k_pause_ms) out += fmt::format("  {:>{}}  ... {:.1f} s of silence ...\n", "", widest + 10, (*step.ms - *before) / 1000);
    if (step.ms) before = step.ms;
    const bool log = step.lane == Step::Lane::log;
    const std::string_view arrow = step.lane == Step::Lane::to_server ? "client --> " : step.lane == Step::Lane::to_client ? "       <-- server  " : log ? "| " : "";
    const std::string head = fmt::format("  {:>{}} {:>9}  {}", shorten(place_of(step), k_widest_place), widest, step.ms ? fmt::format("{:.1f}", *step.ms) : "", arrow);
    const std::string text = (step.bad ? "! " : "") + printable(step.what) + details_of(step);
    out += wrapped(step.bad ? styled(text, Style::warning, options) : text, head, std::string(widest + 16, ' '), options);
  }
  if (story.log_clock_fitted) out += wrapped("the log has no date: its failing line was laid on the end of the connection", "  . ", "    ", options);
  return out;
}

std::string certificates(const tls::Handshake& h, const TextOptions& options) {
  std::string out;
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

// What the clock of a log is to the capture's, and how that is known.
std::string clock_says(const diagnose::LogClock& clock, const diagnose::Input& input) {
  const std::string& path = input.logs[clock.log].path;
  std::string text = fmt::format("clock of {} lines {} to {}: ", printable(path), clock.first_line, clock.last_line);
  if (clock.kind == "ticks") {
    text += fmt::format("counts from {} of the capture", to_rfc3339(Timestamp{std::llround(clock.offset_ms * 1e6)}, 3));
  } else {
    text += fmt::format("capture time is log time {} {:.0f} ms", clock.offset_ms < 0 ? "minus" : "plus", std::abs(clock.offset_ms));
  }
  return text + fmt::format(" (give or take {:.0f} ms; {} attempt{}{})", clock.within_ms, clock.attempts, clock.attempts == 1 ? "" : "s",
                            clock.by_order ? ", matched by other signs first" : " agree, on no other offset so many");
}

}  // namespace

std::string verbose_text(const diagnose::Input& input, const diagnose::Diagnosis& d, const knowledge::Knowledge& knowledge, const TextOptions& options) {
  std::string out;
  if (!d.attempts.empty()) {
    out += "\n" + styled("Attempts", Style::heading, options) + "\n";
    for (const diagnose::Attempt& attempt : d.attempts) {
      std::string text = fmt::format("{}: {}", attempt.id, attempt.outcome);
      if (attempt.handshake) text += fmt::format(", handshake {}", *attempt.handshake);
      if (attempt.log) text += fmt::format(", {} lines {} to {}", printable(input.logs[attempt.log->log].path), attempt.log->first_line, attempt.log->last_line);
      if (!attempt.joined_by.empty()) text += fmt::format(", joined by {}", attempt.joined_by);
      for (std::size_t i = 0; i < attempt.join_reasons.size(); ++i) text += (i == 0 ? ": " : ", ") + printable(attempt.join_reasons[i]);
      if (!attempt.causes.empty()) text += fmt::format("; {} ({:.0f}%)", attempt.causes.front().cause->id, attempt.causes.front().confidence * 100);
      out += wrapped(text, "  ", "    ", options);
    }
    for (const diagnose::LogClock& clock : d.clocks) out += wrapped(clock_says(clock, input), "  ~ ", "    ", options);
    for (const std::string& problem : d.problems) out += wrapped(problem, "  ! ", "    ", options);
  }
  std::size_t shown = 0;
  std::size_t handshakes = 0;
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& h : capture.handshakes) {
      const std::size_t index = handshakes++;
      if (shown >= k_handshakes_shown) break;
      const auto version = h.negotiated();
      std::string head = fmt::format("Handshake {}  {} -> {}", shown, to_string(h.client), to_string(h.server));
      if (capture.from_log) head = fmt::format("Handshake {}  shown by {}", shown, printable(capture.path));
      if (h.client_hello && h.client_hello->server_name) head += "  " + printable(*h.client_hello->server_name);
      if (version) head += "  " + tls::to_string(*version);
      ++shown;
      out += "\n" + styled(head, Style::heading, options) + "\n";
      if (!capture.from_log) out += "  in Wireshark: " + flow_filter(h) + "\n";  // not wrapped: it is there to be pasted
      out += ladder(story_of(h, index, capture.path, input, d, knowledge), options) + certificates(h, options);
    }
  }
  out += "\n" + styled("Facts", Style::heading, options) + "\n";
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
