// SPDX-License-Identifier: Apache-2.0
#include "diagnose/attempts.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "diagnose/facts.hpp"

namespace tlswhy::diagnose {
namespace {

// The same failure printed again within this time belongs to the same attempt (an error passed up through the layers).
constexpr double k_same_attempt_ms = 900.0;
// Clocks of one machine, or of two kept by NTP, agree at least this well.
constexpr double k_clocks_agree_ms = 3000.0;
constexpr double k_day_ms = 86'400'000.0;

// Alignment scores: how well an attempt of a log fits a handshake of a capture.
constexpr double k_host_fits = 2.0;
constexpr double k_host_differs = -1.5;
constexpr double k_port_fits = 0.5;
constexpr double k_port_differs = -1.0;
constexpr double k_outcome_fits = 1.0;
constexpr double k_outcome_differs = -0.6;
constexpr double k_alert_fits = 2.0;
constexpr double k_time_fits = 2.0;
constexpr double k_left_alone = -0.1;  // each one that finds no partner

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

void add_event(LogAttempt& attempt, const log::Event& event, const FactSenses& senses) {
  attempt.span.last_line = event.line;
  const bool fails = event_fails(event, senses);
  if (fails && !attempt.failed) attempt.signature = signature_of(event);
  attempt.failed = attempt.failed || fails;
  for (const knowledge::Fact& fact : event.facts) {
    attempt.succeeded = attempt.succeeded || senses.is_success(fact);
    if (fact.name == "dial") {
      if (!fact.get("host").empty()) attempt.host = std::string(fact.get("host"));
      if (!fact.get("port").empty()) attempt.port = std::string(fact.get("port"));
    }
    if (fact.name == "alert") attempt.alerts.emplace_back(fact.get("name"));
  }
}

// Milliseconds of the day of a point in time, UTC.
double day_ms_of(Timestamp time) { return std::fmod(static_cast<double>(time.ns) / 1e6, k_day_ms); }

std::optional<double> wall_distance_ms(const LogAttempt& attempt, const tls::Handshake& handshake) {
  if (attempt.started.wall) return std::abs(milliseconds_between(handshake.started, *attempt.started.wall));
  if (attempt.started.day_ms) {
    const double distance = std::abs(day_ms_of(handshake.started) - *attempt.started.day_ms);
    return std::min(distance, k_day_ms - distance);
  }
  return std::nullopt;
}

bool host_fits(const LogAttempt& attempt, const tls::Handshake& handshake) {
  if (handshake.client_hello && handshake.client_hello->server_name && iequals(*handshake.client_hello->server_name, attempt.host))
    return true;
  return to_string(handshake.server.address) == attempt.host;
}

double fit(const LogAttempt& attempt, const tls::Handshake& handshake) {
  double score = 0;
  if (!attempt.host.empty() && handshake.client_hello && handshake.client_hello->server_name) {
    score += host_fits(attempt, handshake) ? k_host_fits : k_host_differs;
  } else if (!attempt.host.empty() && host_fits(attempt, handshake)) {
    score += k_host_fits;
  }
  if (!attempt.port.empty()) score += std::to_string(handshake.server.port) == attempt.port ? k_port_fits : k_port_differs;
  const bool wire_ok = handshake.outcome == tls::Outcome::completed;
  // A handshake may complete and the application still fail; a failed handshake with a cheerful log fits badly.
  if (attempt.failed || attempt.succeeded) {
    const bool log_ok = attempt.succeeded && !attempt.failed;
    score += log_ok == wire_ok ? k_outcome_fits : k_outcome_differs;
  }
  for (const tls::Alert& alert : handshake.alerts) {
    (void)alert;
    if (!attempt.alerts.empty()) {
      score += k_alert_fits / 2;
      break;
    }
  }
  const auto distance = wall_distance_ms(attempt, handshake);
  if (distance && *distance <= k_clocks_agree_ms) score += k_time_fits;
  return score;
}

// Order-preserving matching of two sequences with the best total score (dynamic programming, as for aligning texts).
std::vector<std::optional<std::size_t>> align(const std::vector<LogAttempt>& attempts,
                                              const std::vector<const tls::Handshake*>& handshakes) {
  const std::size_t rows = attempts.size();
  const std::size_t columns = handshakes.size();
  std::vector<std::vector<double>> best(rows + 1, std::vector<double>(columns + 1, 0));
  for (std::size_t i = 1; i <= rows; ++i) best[i][0] = best[i - 1][0] + k_left_alone;
  for (std::size_t j = 1; j <= columns; ++j) best[0][j] = best[0][j - 1] + k_left_alone;
  for (std::size_t i = 1; i <= rows; ++i) {
    for (std::size_t j = 1; j <= columns; ++j) {
      best[i][j] = std::max(
          {best[i - 1][j - 1] + fit(attempts[i - 1], *handshakes[j - 1]), best[i - 1][j] + k_left_alone, best[i][j - 1] + k_left_alone});
    }
  }
  std::vector<std::optional<std::size_t>> partner(rows);
  std::size_t i = rows;
  std::size_t j = columns;
  while (i > 0 && j > 0) {
    if (best[i][j] == best[i - 1][j - 1] + fit(attempts[i - 1], *handshakes[j - 1])) {
      partner[i - 1] = j - 1;
      --i;
      --j;
    } else if (best[i][j] == best[i - 1][j] + k_left_alone) {
      --i;
    } else {
      --j;
    }
  }
  return partner;
}

// Aligning is quadratic; beyond this size the first ones are aligned and the rest matched by place.
constexpr std::size_t k_align_limit = 2000;

std::string joined_by(const LogAttempt& attempt, const tls::Handshake& handshake) {
  const auto distance = wall_distance_ms(attempt, handshake);
  if (distance && *distance <= k_clocks_agree_ms) return "time";
  if (!attempt.host.empty() && host_fits(attempt, handshake)) return "peer";
  return "order";
}

std::string outcome_of(const tls::Handshake* handshake, const LogAttempt* attempt) {
  if (handshake != nullptr && handshake->outcome == tls::Outcome::failed) return "failed";
  if (attempt != nullptr && attempt->failed) return "failed";
  if (handshake != nullptr) return std::string(tls::to_string(handshake->outcome));
  return attempt != nullptr && attempt->succeeded ? "completed" : "incomplete";
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

std::vector<Attempt> join(const Input& input, const std::vector<const tls::Handshake*>& handshakes,
                          const std::vector<std::vector<LogAttempt>>& logs) {
  std::vector<Attempt> attempts(handshakes.size());
  for (std::size_t i = 0; i < handshakes.size(); ++i) attempts[i].handshake = i;
  std::vector<const LogAttempt*> told(handshakes.size(), nullptr);
  std::vector<Attempt> alone;
  // The device's log first: its span is the attempt's own, the server's comes beside it.
  std::vector<std::size_t> order(logs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return (input.logs[a].role != "server") > (input.logs[b].role != "server"); });
  for (const std::size_t index : order) {
    const std::vector<LogAttempt>& list = logs[index];
    std::vector<LogAttempt> meaningful;
    std::vector<LogAttempt> rest;
    for (const LogAttempt& attempt : list) (attempt.failed || attempt.succeeded ? meaningful : rest).push_back(attempt);
    const std::vector<const tls::Handshake*> head(
        handshakes.begin(), handshakes.begin() + static_cast<std::ptrdiff_t>(std::min(handshakes.size(), k_align_limit)));
    const std::vector<LogAttempt> head_attempts(
        meaningful.begin(), meaningful.begin() + static_cast<std::ptrdiff_t>(std::min(meaningful.size(), k_align_limit)));
    auto partners = align(head_attempts, head);
    partners.resize(meaningful.size());
    for (std::size_t i = 0; i < meaningful.size(); ++i) {
      const LogAttempt& attempt = meaningful[i];
      if (!partners[i]) {
        Attempt single;
        single.log = attempt.span;
        single.outcome = outcome_of(nullptr, &attempt);
        alone.push_back(std::move(single));
        continue;
      }
      Attempt& joined = attempts[*partners[i]];
      const tls::Handshake& handshake = *handshakes[*partners[i]];
      if (joined.log) {
        joined.other_logs.push_back(attempt.span);
      } else {
        joined.log = attempt.span;
        joined.joined_by = joined_by(attempt, handshake);
        if (attempt.started.wall) joined.clock_offset_ms = milliseconds_between(*attempt.started.wall, handshake.started);
        told[*partners[i]] = &list[static_cast<std::size_t>(
            std::find_if(list.begin(), list.end(), [&](const LogAttempt& a) { return a.span.first_line == attempt.span.first_line; }) -
            list.begin())];
      }
      if (attempt.failed && joined.outcome.empty()) joined.outcome = "failed";
    }
  }
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    if (attempts[i].outcome.empty()) attempts[i].outcome = outcome_of(handshakes[i], told[i]);
  }
  for (Attempt& single : alone) attempts.push_back(std::move(single));
  for (std::size_t i = 0; i < attempts.size(); ++i) attempts[i].id = static_cast<std::uint32_t>(i + 1);
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
