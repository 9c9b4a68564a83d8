// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "diagnose/attempts.hpp"

// What the clock of a log is to the clock of a capture, told by events that both saw: a connection begun, an alert, an end.
namespace tlswhy::diagnose {

enum class ClockKind : std::uint8_t { none, date, time_of_day, ticks };

// The clock that a log's attempts carry, the best one that all timed ones have; none if no line has a time.
[[nodiscard]] ClockKind clock_of(const std::vector<LogAttempt>& attempts);
// Milliseconds on that clock; nothing if the line does not carry it.
[[nodiscard]] std::optional<double> reading(const log::LineTime& time, ClockKind kind);
// The attempts cut where ticks run backward: each stretch is one boot of the device, with its own offset. Indices of the first of each.
[[nodiscard]] std::vector<std::size_t> boots(const std::vector<LogAttempt>& attempts, ClockKind kind);

// An estimate: capture time is log time plus `offset_ms`, give or take `within_ms`.
struct ClockEstimate {
  double offset_ms = 0;
  double within_ms = 0;
  std::size_t attempts = 0;  // that agree
  bool distinct = false;     // no other offset explains as many attempts
};

// The step of the clock in milliseconds: 1000 where all readings are whole seconds, else 1.
[[nodiscard]] double step_of(const std::vector<LogAttempt>& attempts, ClockKind kind);
// How far an attempt and a handshake are apart, as capture time minus log time, by the event both tell most exactly; nothing if they have
// none in common.
[[nodiscard]] std::optional<double> apart(const LogAttempt& attempt, const tls::Handshake& handshake, ClockKind kind);
// The same by the first line of the attempt and the first frame of the handshake, whatever they tell.
[[nodiscard]] std::optional<double> apart_at_start(const LogAttempt& attempt, const tls::Handshake& handshake, ClockKind kind);
// The offset that explains the most attempts, each by a handshake of its own; nothing if there is nothing to compare. Which handshake an
// attempt is need not be known.
[[nodiscard]] std::optional<ClockEstimate> vote(const std::vector<LogAttempt>& attempts,
                                                const std::vector<const tls::Handshake*>& handshakes, ClockKind kind, double step);
// The offset from pairs that are known: what each is apart, on a clock of this step.
[[nodiscard]] std::optional<ClockEstimate> settle(std::vector<double> distances, ClockKind kind, double step);
// How far off two clocks may be for the offset still to hold.
[[nodiscard]] double tolerance(double step);

}  // namespace tlswhy::diagnose
