// SPDX-License-Identifier: Apache-2.0
// Which handshake of a capture each attempt of a log is.
#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "diagnose/attempts.hpp"
#include "diagnose/clock.hpp"

namespace tlswhy::diagnose {
namespace {

// Clocks of one machine, or of two kept by NTP, agree at least this well.
constexpr double k_clocks_agree_ms = 3000.0;

// Alignment scores: how well an attempt of a log fits a handshake of a capture.
constexpr double k_peer_fits = 6.0;  // an address with its port is of one connection only
constexpr double k_peer_differs = -6.0;
constexpr double k_host_fits = 2.0;
constexpr double k_host_differs = -1.5;
constexpr double k_port_fits = 0.5;
constexpr double k_port_differs = -1.0;
constexpr double k_outcome_fits = 1.0;
constexpr double k_outcome_differs = -0.6;
constexpr double k_alert_fits = 1.0;
constexpr double k_time_fits = 2.0;
constexpr double k_time_differs = -2.0;     // for each attempt beyond the first that agrees on the offset
constexpr double k_most_agreeing = 3;       // of those: enough to outweigh all else but the peer
constexpr double k_never_connected = -5.0;  // an attempt without a TCP connection had no handshake
constexpr double k_left_alone = -0.1;       // each one that finds no partner

// Aligning is quadratic; beyond this size the first ones are aligned and the rest stand alone.
constexpr std::size_t k_align_limit = 2000;

// An offset speaks for a match of its own only where so many attempts agree on it.
constexpr std::size_t k_fewest_agreeing = 2;

// One log against the handshakes: its attempts that came to something, with the clock of each.
struct OneLog {
  const std::vector<LogAttempt>& attempts;
  ClockKind kind = ClockKind::none;
  double step = 1;
  std::vector<std::optional<double>> offsets;  // of each attempt's boot, where voted distinctly
  std::vector<double> agreeing;                // how many attempts of that boot agree on it, beyond the first
};

// How far the clocks are from agreeing on this pair; nothing if no offset is known or nothing is common to both.
std::optional<double> residual(const OneLog& side, std::size_t i, const tls::Handshake& handshake) {
  if (side.kind == ClockKind::none) return std::nullopt;
  const auto distance = apart(side.attempts[i], handshake, side.kind);
  if (!distance) return std::nullopt;
  if (side.offsets[i]) return std::abs(*distance - *side.offsets[i]);
  return std::nullopt;
}

// With no offset known, a dated log whose line is close to the frame is of a clock that agrees. How far they are from each other then.
std::optional<double> distance_by_date(const OneLog& side, std::size_t i, const tls::Handshake& handshake) {
  if ((side.kind != ClockKind::date && side.kind != ClockKind::time_of_day) || side.offsets[i]) return std::nullopt;
  auto distance = apart(side.attempts[i], handshake, side.kind);
  if (!distance) distance = apart_at_start(side.attempts[i], handshake, side.kind);
  if (!distance || std::abs(*distance) > k_clocks_agree_ms) return std::nullopt;
  return std::abs(*distance);
}

bool host_fits(const LogAttempt& attempt, const tls::Handshake& handshake) {
  if (handshake.client_hello && handshake.client_hello->server_name && iequals(*handshake.client_hello->server_name, attempt.host))
    return true;
  return to_string(handshake.server.address) == attempt.host;
}

// "192.0.2.7:51234" tells the connection, an address alone the device.
double peer_score(const LogAttempt& attempt, const tls::Handshake& handshake) {
  if (attempt.peer.empty()) return 0;
  if (attempt.peer == to_string(handshake.client)) return k_peer_fits;
  if (attempt.peer == to_string(handshake.client.address)) return k_host_fits;
  return k_peer_differs;
}

double fit(const OneLog& side, std::size_t i, const tls::Handshake& handshake) {
  const LogAttempt& attempt = side.attempts[i];
  double score = peer_score(attempt, handshake);
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
  if (attempt.tcp_failed && !handshake.messages.empty()) score += k_never_connected;
  if (!attempt.alerts.empty() && !handshake.alerts.empty()) score += k_alert_fits;
  if (const auto off = residual(side, i, handshake)) {
    score += *off <= tolerance(side.step) ? k_time_fits : k_time_differs * std::min(side.agreeing[i], k_most_agreeing);
  } else if (distance_by_date(side, i, handshake)) {
    score += k_time_fits;
  }
  return score;
}

// Order-preserving matching of two sequences with the best total score (dynamic programming, as for aligning texts).
std::vector<std::optional<std::size_t>> align(const OneLog& side, const std::vector<const tls::Handshake*>& handshakes) {
  const std::size_t rows = std::min(side.attempts.size(), k_align_limit);
  const std::size_t columns = std::min(handshakes.size(), k_align_limit);
  std::vector<std::vector<double>> best(rows + 1, std::vector<double>(columns + 1, 0));
  for (std::size_t i = 1; i <= rows; ++i) best[i][0] = best[i - 1][0] + k_left_alone;
  for (std::size_t j = 1; j <= columns; ++j) best[0][j] = best[0][j - 1] + k_left_alone;
  for (std::size_t i = 1; i <= rows; ++i) {
    for (std::size_t j = 1; j <= columns; ++j) {
      best[i][j] = std::max(
          {best[i - 1][j - 1] + fit(side, i - 1, *handshakes[j - 1]), best[i - 1][j] + k_left_alone, best[i][j - 1] + k_left_alone});
    }
  }
  std::vector<std::optional<std::size_t>> partner(side.attempts.size());
  std::size_t i = rows;
  std::size_t j = columns;
  while (i > 0 && j > 0) {
    if (best[i][j] == best[i - 1][j - 1] + fit(side, i - 1, *handshakes[j - 1])) {
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

std::string outcome_of(const tls::Handshake* handshake, const LogAttempt* attempt) {
  if (handshake != nullptr && handshake->outcome == tls::Outcome::failed) return "failed";
  if (attempt != nullptr && attempt->failed) return "failed";
  if (handshake != nullptr) return std::string(tls::to_string(handshake->outcome));
  return attempt != nullptr && attempt->succeeded ? "completed" : "incomplete";
}

std::string whole_ms(double ms) { return std::to_string(static_cast<long long>(std::llround(ms))) + " ms"; }

// Why a pair is one: the word of the contract and the sentences, strongest first.
void explain(const OneLog& side, std::size_t i, const tls::Handshake& handshake, std::size_t pairs, Attempt& joined) {
  const LogAttempt& attempt = side.attempts[i];
  if (attempt.peer == to_string(handshake.client)) {
    joined.joined_by = "peer";
    joined.join_reasons.push_back("the log names the client " + attempt.peer);
  }
  const auto off = residual(side, i, handshake);
  if (off && *off <= tolerance(side.step)) {
    if (joined.joined_by.empty()) joined.joined_by = "time";
    joined.join_reasons.push_back("its line and the frame are " + (side.step > 1 ? "of the same second" : whole_ms(*off) + " apart") +
                                  " once the clocks are set to each other");
  } else if (const auto distance = distance_by_date(side, i, handshake)) {
    if (joined.joined_by.empty()) joined.joined_by = "time";
    joined.join_reasons.push_back("its line and the frame are " + whole_ms(*distance) + " apart by their dates");
  }
  if (!attempt.host.empty() && host_fits(attempt, handshake)) {
    if (joined.joined_by.empty()) joined.joined_by = "peer";
    joined.join_reasons.push_back("the log dials " + printable(attempt.host) + ", which the handshake is with");
  }
  if (!attempt.alerts.empty() && !handshake.alerts.empty()) joined.join_reasons.emplace_back("both tell of an alert");
  if (attempt.failed && handshake.outcome == tls::Outcome::failed) joined.join_reasons.emplace_back("both failed");
  if (attempt.succeeded && !attempt.failed && handshake.outcome == tls::Outcome::completed)
    joined.join_reasons.emplace_back("both succeeded");
  if (joined.joined_by.empty()) joined.joined_by = "order";
  if (joined.joined_by == "order")
    joined.join_reasons.push_back(pairs == 1 ? "there is no other that fits" : "it has the same place in the order of attempts");
}

std::string_view name_of(ClockKind kind) {
  switch (kind) {
    case ClockKind::date: return "date";
    case ClockKind::time_of_day: return "time-of-day";
    case ClockKind::ticks: return "ticks";
    case ClockKind::none: break;
  }
  return {};
}

class Joiner {
 public:
  Joiner(const Input& input, const std::vector<const tls::Handshake*>& handshakes) : input_(input), handshakes_(handshakes) {
    joined_.attempts.resize(handshakes.size());
    told_.resize(handshakes.size());
    for (std::size_t i = 0; i < handshakes.size(); ++i) joined_.attempts[i].handshake = i;
  }

  void add(const std::vector<LogAttempt>& list) {
    std::vector<LogAttempt> meaningful;
    for (const LogAttempt& attempt : list) {
      if (attempt.failed || attempt.succeeded) meaningful.push_back(attempt);
    }
    OneLog side{meaningful, clock_of(meaningful), 1, std::vector<std::optional<double>>(meaningful.size()),
                std::vector<double>(meaningful.size())};
    side.step = step_of(meaningful, side.kind);
    std::vector<std::size_t> starts = boots(meaningful, side.kind);
    starts.push_back(meaningful.size());
    for (std::size_t b = 0; b + 1 < starts.size(); ++b) set_offsets(side, starts[b], starts[b + 1]);
    const auto partners = align(side, handshakes_);
    std::vector<std::optional<LogClock>> clocks(meaningful.size());
    for (std::size_t b = 0; b + 1 < starts.size(); ++b) {
      const auto clock = settle_boot(side, partners, starts[b], starts[b + 1]);
      if (!clock) continue;
      for (std::size_t i = starts[b]; i < starts[b + 1]; ++i) clocks[i] = clock;
      joined_.clocks.push_back(*clock);
    }
    const auto pairs =
        static_cast<std::size_t>(std::count_if(partners.begin(), partners.end(), [](const auto& partner) { return partner.has_value(); }));
    for (std::size_t i = 0; i < meaningful.size(); ++i) place(side, i, partners[i], pairs, clocks[i]);
  }

  Joined finish() {
    for (std::size_t i = 0; i < joined_.attempts.size(); ++i) {
      if (joined_.attempts[i].outcome.empty()) joined_.attempts[i].outcome = outcome_of(handshakes_[i], told_[i] ? &*told_[i] : nullptr);
    }
    for (Attempt& single : alone_) joined_.attempts.push_back(std::move(single));
    for (std::size_t i = 0; i < joined_.attempts.size(); ++i) joined_.attempts[i].id = static_cast<std::uint32_t>(i + 1);
    return std::move(joined_);
  }

 private:
  void set_offsets(OneLog& side, std::size_t from, std::size_t to) const {
    if (from == to) return;
    const std::vector<LogAttempt> boot(side.attempts.begin() + static_cast<std::ptrdiff_t>(from),
                                       side.attempts.begin() + static_cast<std::ptrdiff_t>(to));
    const auto voted = vote(boot, handshakes_, side.kind, side.step);
    if (!voted || !voted->distinct || voted->attempts < k_fewest_agreeing) return;
    for (std::size_t i = from; i < to; ++i) {
      side.offsets[i] = voted->offset_ms;
      side.agreeing[i] = static_cast<double>(voted->attempts - 1);
    }
  }

  // The clock of one boot from the pairs that were found in it.
  [[nodiscard]] std::optional<LogClock> settle_boot(const OneLog& side, const std::vector<std::optional<std::size_t>>& partners,
                                                    std::size_t from, std::size_t to) const {
    std::vector<double> distances;
    bool voted = false;
    for (std::size_t i = from; i < to; ++i) {
      voted = voted || side.offsets[i].has_value();
      if (!partners[i] || side.kind == ClockKind::none) continue;
      const auto distance = apart(side.attempts[i], *handshakes_[*partners[i]], side.kind);
      // Those that the offset does not explain were matched by other signs; they say nothing of the clock.
      if (!distance || (side.offsets[i] && std::abs(*distance - *side.offsets[i]) > tolerance(side.step))) continue;
      distances.push_back(*distance);
    }
    const auto settled = settle(std::move(distances), side.kind, side.step);
    if (!settled) return std::nullopt;
    LogClock clock;
    clock.log = side.attempts[from].span.log;
    clock.first_line = side.attempts[from].span.first_line;
    clock.last_line = side.attempts[to - 1].span.last_line;
    clock.kind = name_of(side.kind);
    clock.offset_ms = settled->offset_ms;
    clock.within_ms = settled->within_ms;
    clock.attempts = settled->attempts;
    clock.by_order = !voted;
    return clock;
  }

  void place(const OneLog& side, std::size_t i, std::optional<std::size_t> partner, std::size_t pairs,
             const std::optional<LogClock>& clock) {
    const LogAttempt& attempt = side.attempts[i];
    if (!partner) {
      Attempt single;
      single.log = attempt.span;
      single.outcome = outcome_of(nullptr, &attempt);
      alone_.push_back(std::move(single));
      return;
    }
    Attempt& joined = joined_.attempts[*partner];
    if (joined.log) {
      joined.other_logs.push_back(attempt.span);
      Attempt other;
      explain(side, i, *handshakes_[*partner], pairs, other);
      for (const std::string& reason : other.join_reasons)
        joined.join_reasons.push_back("line " + std::to_string(attempt.span.first_line) + " of " + input_.logs[attempt.span.log].path +
                                      ": " + reason);
    } else {
      joined.log = attempt.span;
      explain(side, i, *handshakes_[*partner], pairs, joined);
      if (clock) joined.clock_offset_ms = clock->offset_ms;
      told_[*partner] = attempt;
    }
    if (attempt.failed && joined.outcome.empty()) joined.outcome = "failed";
  }

  const Input& input_;
  const std::vector<const tls::Handshake*>& handshakes_;
  Joined joined_;
  std::vector<std::optional<LogAttempt>> told_;
  std::vector<Attempt> alone_;
};

}  // namespace

Joined join(const Input& input, const std::vector<const tls::Handshake*>& handshakes, const std::vector<std::vector<LogAttempt>>& logs) {
  Joiner joiner(input, handshakes);
  // The device's log first: its span is the attempt's own, the server's comes beside it.
  std::vector<std::size_t> order(logs.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return (input.logs[a].role != "server") > (input.logs[b].role != "server"); });
  for (const std::size_t index : order) joiner.add(logs[index]);
  return joiner.finish();
}

}  // namespace tlswhy::diagnose
