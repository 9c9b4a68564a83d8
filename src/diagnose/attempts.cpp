// SPDX-License-Identifier: Apache-2.0
#include "diagnose/attempts.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "diagnose/facts.hpp"

namespace tlswhy::diagnose {
namespace {

// The same failure printed again within this time belongs to the same attempt (an error passed up through the layers).
constexpr double k_same_attempt_ms = 900.0;
constexpr double k_day_ms = 86'400'000.0;

bool begins_attempt(const log::Event& event) {
  for (const knowledge::Fact& fact : event.facts) {
    if (fact.name == "dial") return true;
    if (fact.name == "step") {
      const std::string_view name = fact.get("name");
      if (name == "start" || name == "resolved" || name == "tcp-connected" || name == "tls-start") return true;
    }
  }
  return false;
}

std::string signature_of(const log::Event& event) {
  return event.dialect + "/" + event.pattern + "/" + event.symbol + (event.value ? "/" + std::to_string(*event.value) : std::string());
}

std::optional<MarkKind> mark_of_step(std::string_view name) {
  if (name == "start" || name == "resolved") return MarkKind::dial;
  if (name == "tcp-connected") return MarkKind::tcp;
  if (name == "tls-start" || name == "hello-sent") return MarkKind::hello;
  if (name == "established") return MarkKind::established;
  return std::nullopt;
}

void mark(LogAttempt& attempt, MarkKind kind, const log::Event& event) {
  for (const Mark& known : attempt.marks) {
    if (known.kind == kind) return;
  }
  attempt.marks.push_back({kind, event.time});
}

void add_event(LogAttempt& attempt, const log::Event& event, const FactSenses& senses) {
  attempt.span.last_line = event.line;
  const bool fails = event_fails(event, senses);
  if (fails && !attempt.failed) attempt.signature = signature_of(event);
  attempt.failed = attempt.failed || fails;
  if (fails) mark(attempt, MarkKind::failed, event);
  for (const knowledge::Fact& fact : event.facts) {
    attempt.succeeded = attempt.succeeded || senses.is_success(fact);
    if (fact.name == "step") {
      if (!fact.get("peer").empty() && attempt.peer.empty()) attempt.peer = std::string(fact.get("peer"));
      if (const auto kind = mark_of_step(fact.get("name"))) mark(attempt, *kind, event);
    }
    if (fact.name == "connect-failed" && fact.get("layer") == "tcp" && attempt.alerts.empty()) attempt.tcp_failed = true;
    if (fact.name == "alert") mark(attempt, MarkKind::alert, event);
    if (fact.name == "dial") mark(attempt, MarkKind::dial, event);
    if (fact.name == "dial") {
      if (!fact.get("host").empty()) attempt.host = std::string(fact.get("host"));
      if (!fact.get("port").empty()) attempt.port = std::string(fact.get("port"));
    }
    if (fact.name == "alert") attempt.alerts.emplace_back(fact.get("name"));
  }
}

}  // namespace

std::optional<double> time_between(const log::LineTime& from, const log::LineTime& to) {
  if (from.uptime_ms && to.uptime_ms) return *to.uptime_ms - *from.uptime_ms;
  if (from.wall && to.wall) return milliseconds_between(*from.wall, *to.wall);
  if (from.day_ms && to.day_ms) return std::fmod(*to.day_ms - *from.day_ms + k_day_ms, k_day_ms);
  return std::nullopt;
}

bool event_fails(const log::Event& event, const FactSenses& senses) {
  if (event.is_error) return true;
  return std::any_of(event.facts.begin(), event.facts.end(), [&](const knowledge::Fact& fact) { return senses.is_failure(fact); });
}

std::vector<LogAttempt> split_log(const log::Log& log, std::size_t log_index, const FactSenses& senses) {
  std::vector<LogAttempt> attempts;
  std::optional<log::LineTime> failed_at;
  for (const log::Event& event : log.events) {
    if (event.kind == "harmless" || event.kind == "version") continue;
    bool fresh = attempts.empty();
    if (!fresh) {
      const LogAttempt& current = attempts.back();
      const bool over = current.failed || current.succeeded;
      fresh = over && begins_attempt(event);
      if (!fresh && current.failed && event_fails(event, senses) && signature_of(event) == current.signature && failed_at) {
        const auto elapsed = time_between(*failed_at, event.time);
        fresh = elapsed && std::abs(*elapsed) > k_same_attempt_ms;
      }
    }
    if (fresh) {
      LogAttempt attempt;
      attempt.span = {log_index, event.line, event.line};
      attempt.started = event.time;
      attempts.push_back(std::move(attempt));
      failed_at.reset();
    }
    add_event(attempts.back(), event, senses);
    if (!failed_at && event_fails(event, senses)) failed_at = event.time;
  }
  return attempts;
}

std::string repetition(const std::vector<LogAttempt>& attempts) {
  std::vector<const LogAttempt*> failed;
  for (const LogAttempt& attempt : attempts) {
    if (attempt.failed) failed.push_back(&attempt);
  }
  constexpr std::size_t k_worth_saying = 3;
  if (failed.size() < k_worth_saying) return {};
  const bool same =
      std::all_of(failed.begin(), failed.end(), [&](const LogAttempt* attempt) { return attempt->signature == failed.front()->signature; });
  std::string text = std::to_string(failed.size()) + " failed attempts";
  const auto total = time_between(failed.front()->started, failed.back()->started);
  if (total && *total > 0) {
    const double every_s = *total / 1000.0 / static_cast<double>(failed.size() - 1);
    const double rounded = every_s >= 10 ? std::round(every_s) : std::round(every_s * 10) / 10;
    std::string number = std::to_string(rounded);
    number.erase(number.find_last_not_of('0') + 1);
    if (!number.empty() && number.back() == '.') number.pop_back();
    text += ", about every " + number + " s";
  }
  return text + (same ? ", all the same" : "");
}

}  // namespace tlswhy::diagnose
