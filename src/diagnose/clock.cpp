// SPDX-License-Identifier: Apache-2.0
#include "diagnose/clock.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace tlswhy::diagnose {
namespace {

constexpr double k_day_ms = 86'400'000.0;
constexpr double k_second_ms = 1000.0;
// Between a packet and the line about it lie a task switch and a serial port; seldom more.
constexpr double k_line_delay_ms = 300.0;
// Clocks of one machine, or of two kept by NTP, agree at least this well; zones are whole quarters of an hour.
constexpr double k_kept_clock_ms = 3000.0;
constexpr double k_quarter_ms = 900'000.0;
constexpr double k_widest_zone_ms = 14 * 3'600'000.0;
// What a plausible offset of a dated log is worth, in attempts.
constexpr double k_same_clock_bonus = 1.5;
constexpr double k_zone_bonus = 0.75;
// All pairs are compared; beyond so many on either side the first ones tell enough.
constexpr std::size_t k_most_voters = 300;

double day_ms_of(double wall_ms) { return std::fmod(wall_ms, k_day_ms); }

// The moment of a handshake that a mark in a log stands for, in milliseconds since 1970; nothing if the capture does not show it.
std::optional<double> moment(const tls::Handshake& handshake, MarkKind kind) {
  const auto ms = [](Timestamp time) -> std::optional<double> {
    if (time.ns == 0) return std::nullopt;
    return static_cast<double>(time.ns) / 1e6;
  };
  switch (kind) {
    case MarkKind::dial:
    case MarkKind::tcp: return ms(handshake.started);
    case MarkKind::hello: return handshake.client_hello ? ms(handshake.client_hello->at.time) : std::nullopt;
    case MarkKind::alert: return handshake.alerts.empty() ? std::nullopt : ms(handshake.alerts.front().at.time);
    case MarkKind::established: {
      if (handshake.outcome != tls::Outcome::completed || handshake.messages.empty()) return std::nullopt;
      return ms(handshake.messages.back().at.time);
    }
    case MarkKind::failed:
      // A side that waits in vain prints long after the last packet.
      if (handshake.ended_by == tls::EndedBy::timeout || handshake.ended_by == tls::EndedBy::capture_end) return std::nullopt;
      if (handshake.ended_by == tls::EndedBy::finished) return std::nullopt;
      if (!handshake.alerts.empty()) return ms(handshake.alerts.front().at.time);
      return ms(handshake.ended_at.time);
  }
  return std::nullopt;
}

double shortest_way(double distance, ClockKind kind) {
  if (kind != ClockKind::time_of_day) return distance;
  distance = std::fmod(distance, k_day_ms);
  if (distance > k_day_ms / 2) return distance - k_day_ms;
  return distance < -k_day_ms / 2 ? distance + k_day_ms : distance;
}

double plausibility(double offset, ClockKind kind) {
  if (kind == ClockKind::ticks) return 0;
  if (std::abs(offset) <= k_kept_clock_ms) return k_same_clock_bonus;
  const double quarter = std::round(offset / k_quarter_ms) * k_quarter_ms;
  return std::abs(offset) <= k_widest_zone_ms && std::abs(offset - quarter) <= k_kept_clock_ms ? k_zone_bonus : 0;
}

bool outcomes_agree(const LogAttempt& attempt, const tls::Handshake& handshake) {
  const bool failed = handshake.outcome == tls::Outcome::failed;
  // TLS may be up and the application still fail.
  return attempt.failed == failed || (attempt.failed && handshake.outcome == tls::Outcome::completed);
}

struct Vote {
  double offset = 0;
  std::size_t attempt = 0;
  std::size_t handshake = 0;
};

// A window over votes in order of offset, with how many attempts and handshakes it joins.
class Window {
 public:
  void enter(const Vote& vote) {
    ++attempts_[vote.attempt];
    ++handshakes_[vote.handshake];
  }
  void leave(const Vote& vote) {
    drop(attempts_, vote.attempt);
    drop(handshakes_, vote.handshake);
  }
  [[nodiscard]] std::size_t joined() const { return std::min(attempts_.size(), handshakes_.size()); }

 private:
  static void drop(std::map<std::size_t, std::size_t>& counts, std::size_t key) {
    const auto at = counts.find(key);
    if (--at->second == 0) counts.erase(at);
  }
  std::map<std::size_t, std::size_t> attempts_;
  std::map<std::size_t, std::size_t> handshakes_;
};

}  // namespace

ClockKind clock_of(const std::vector<LogAttempt>& attempts) {
  for (const ClockKind kind : {ClockKind::date, ClockKind::ticks, ClockKind::time_of_day}) {
    bool any = false;
    bool all = true;
    for (const LogAttempt& attempt : attempts) {
      for (const Mark& mark : attempt.marks) {
        const bool has = reading(mark.time, kind).has_value();
        any = any || has;
        all = all && (has || (!mark.time.wall && !mark.time.uptime_ms && !mark.time.day_ms));
      }
    }
    if (any && all) return kind;
  }
  return ClockKind::none;
}

std::optional<double> reading(const log::LineTime& time, ClockKind kind) {
  switch (kind) {
    case ClockKind::date:
      if (time.wall) return static_cast<double>(time.wall->ns) / 1e6;
      break;
    case ClockKind::time_of_day: return time.day_ms;
    case ClockKind::ticks: return time.uptime_ms;
    case ClockKind::none: break;
  }
  return std::nullopt;
}

std::vector<std::size_t> boots(const std::vector<LogAttempt>& attempts, ClockKind kind) {
  std::vector<std::size_t> starts{0};
  if (kind != ClockKind::ticks) return starts;
  std::optional<double> last;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    std::optional<double> first;
    for (const Mark& mark : attempts[i].marks) {
      const auto now = reading(mark.time, kind);
      if (now && !first) first = now;
    }
    if (first && last && *first < *last && i > 0) starts.push_back(i);
    if (first) last = first;
  }
  return starts;
}

double step_of(const std::vector<LogAttempt>& attempts, ClockKind kind) {
  for (const LogAttempt& attempt : attempts) {
    for (const Mark& mark : attempt.marks) {
      const auto now = reading(mark.time, kind);
      if (now && std::fmod(*now, k_second_ms) != 0) return 1;
    }
  }
  return k_second_ms;
}

std::optional<double> apart(const LogAttempt& attempt, const tls::Handshake& handshake, ClockKind kind) {
  // Most exact first: an alert is printed when it comes, a name may be looked up for seconds after the line about dialling.
  for (const MarkKind exact : {MarkKind::alert, MarkKind::failed, MarkKind::tcp, MarkKind::established, MarkKind::hello, MarkKind::dial}) {
    const auto seen = moment(handshake, exact);
    if (!seen) continue;
    for (const Mark& mark : attempt.marks) {
      if (mark.kind != exact) continue;
      const auto told = reading(mark.time, kind);
      if (!told) continue;
      return shortest_way((kind == ClockKind::time_of_day ? day_ms_of(*seen) : *seen) - *told, kind);
    }
  }
  return std::nullopt;
}

std::optional<double> apart_at_start(const LogAttempt& attempt, const tls::Handshake& handshake, ClockKind kind) {
  const auto told = reading(attempt.started, kind);
  if (!told || handshake.started.ns == 0) return std::nullopt;
  const double seen = static_cast<double>(handshake.started.ns) / 1e6;
  return shortest_way((kind == ClockKind::time_of_day ? day_ms_of(seen) : seen) - *told, kind);
}

double tolerance(double step) { return k_line_delay_ms + (step > 1 ? step : 0); }

std::optional<ClockEstimate> vote(const std::vector<LogAttempt>& attempts, const std::vector<const tls::Handshake*>& handshakes,
                                  ClockKind kind, double step) {
  if (kind == ClockKind::none) return std::nullopt;
  std::vector<Vote> votes;
  for (std::size_t i = 0; i < std::min(attempts.size(), k_most_voters); ++i) {
    for (std::size_t j = 0; j < std::min(handshakes.size(), k_most_voters); ++j) {
      if (!outcomes_agree(attempts[i], *handshakes[j])) continue;
      if (const auto offset = apart(attempts[i], *handshakes[j], kind)) votes.push_back({*offset, i, j});
    }
  }
  if (votes.empty()) return std::nullopt;
  std::sort(votes.begin(), votes.end(), [](const Vote& a, const Vote& b) { return a.offset < b.offset; });
  const double width = tolerance(step);
  Window window;
  struct Best {
    double score = 0;
    std::size_t joined = 0;
    std::size_t first = 0;
    std::size_t end = 0;
  } best;
  double rival = 0;
  std::size_t end = 0;
  std::vector<std::pair<double, double>> scores;  // offset, score
  for (std::size_t first = 0; first < votes.size(); ++first) {
    while (end < votes.size() && votes[end].offset - votes[first].offset <= width) window.enter(votes[end++]);
    const double score = static_cast<double>(window.joined()) + plausibility(votes[first].offset, kind);
    scores.emplace_back(votes[first].offset, score);
    if (score > best.score) best = {score, window.joined(), first, end};
    window.leave(votes[first]);
  }
  for (const auto& [offset, score] : scores) {
    if (std::abs(offset - votes[best.first].offset) > width) rival = std::max(rival, score);
  }
  std::vector<double> distances;
  for (std::size_t i = best.first; i < best.end; ++i) distances.push_back(votes[i].offset);
  auto estimate = settle(std::move(distances), kind, step);
  if (!estimate) return std::nullopt;
  estimate->attempts = best.joined;
  estimate->distinct = best.score > rival;
  return estimate;
}

std::optional<ClockEstimate> settle(std::vector<double> distances, ClockKind kind, double step) {
  if (distances.empty()) return std::nullopt;
  std::sort(distances.begin(), distances.end());
  ClockEstimate estimate;
  estimate.attempts = distances.size();
  const double middle = distances[distances.size() / 2];
  if (step <= 1) {
    estimate.offset_ms = middle;
    estimate.within_ms = std::max(std::abs(distances.back() - middle), std::abs(distances.front() - middle));
    return estimate;
  }
  // A clock that drops the fraction reads up to one step too little: the true offset lies in [distance - step, distance] of each pair.
  double low = distances.back() - step;
  double high = distances.front();
  if (low > high) {
    low = middle - step;
    high = middle;
  }
  estimate.offset_ms = (low + high) / 2;
  estimate.within_ms = (high - low) / 2;
  if (kind == ClockKind::ticks) return estimate;
  // Of what the readings allow, no offset at all, or a whole time zone, is what there is.
  const double quarter = std::round(estimate.offset_ms / k_quarter_ms) * k_quarter_ms;
  if (quarter >= low && quarter <= high && std::abs(quarter) <= k_widest_zone_ms)
    estimate.offset_ms = quarter == 0 ? 0 : quarter;  // no minus zero
  return estimate;
}

}  // namespace tlswhy::diagnose
