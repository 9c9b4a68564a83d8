// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "diagnose/rules.hpp"

// Cuts logs into connection attempts and finds which handshake of a capture each one is.
namespace tlswhy::diagnose {

// A moment of a connection that a line of a log and a frame of a capture may both tell.
enum class MarkKind : std::uint8_t { dial, tcp, hello, established, alert, failed };
struct Mark {
  MarkKind kind = MarkKind::dial;
  log::LineTime time;
};

// One attempt as one log tells it.
struct LogAttempt {
  LogSpan span;
  bool failed = false;
  bool succeeded = false;
  std::string host;  // dialled, if the log says
  std::string port;
  std::string peer;                 // "192.0.2.7:51234", of a server that names its clients
  bool tcp_failed = false;          // it never had a connection
  std::vector<std::string> alerts;  // names
  std::vector<Mark> marks;          // the first of each kind
  log::LineTime started;
  std::string signature;  // what failed, to find repetitions: pattern and symbol of the first failure
};

// Milliseconds from one line to the other, by the device's ticks if both have them, else by date, else by clock time; none where the lines
// have no time of the same kind.
[[nodiscard]] std::optional<double> time_between(const log::LineTime& from, const log::LineTime& to);

// Whether the line says that something went wrong.
[[nodiscard]] bool event_fails(const log::Event& event, const FactSenses& senses);
[[nodiscard]] std::vector<LogAttempt> split_log(const log::Log& log, std::size_t log_index, const FactSenses& senses);

// The wire handshakes and the logs' attempts as one list of attempts, in order. Handshakes are numbered over all captures.
struct Joined {
  std::vector<Attempt> attempts;
  std::vector<LogClock> clocks;
};
[[nodiscard]] Joined join(const Input& input, const std::vector<const tls::Handshake*>& handshakes,
                          const std::vector<std::vector<LogAttempt>>& logs);

// "47 attempts, every 10 s, all the same" for attempts of one log that fail alike; empty if there are not at least three.
[[nodiscard]] std::string repetition(const std::vector<LogAttempt>& attempts);

}  // namespace tlswhy::diagnose
