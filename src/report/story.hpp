// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"

// One connection as a sequence of steps: what went over the wire and what the device's log said meanwhile, on one clock. Ladders, tables and
// timelines are drawn from it. Untrusted text is in here as it came: writers escape it.
namespace tlswhy::report {

struct Step {
  enum class Lane : std::uint8_t { to_server, to_client, log, end };
  Lane lane = Lane::log;
  std::optional<double> ms;   // since the connection's first record; nothing if the log's clock cannot be compared
  std::string what;           // "client_hello", "alert unknown_ca (48)", the line of a log
  std::string more;           // what the message tells: "up to TLS 1.2, for broker.example"; may be empty
  std::uint32_t bytes = 0;    // of a message
  std::uint32_t records = 1;  // that a message was spread over
  bool cut = false;           // the message was not seen to its end
  bool bad = false;           // an alert, an error line, the end of a connection that failed
  diagnose::Source source;
};

struct Story {
  std::vector<Step> steps;       // in order of time
  bool log_clock_fitted = false;  // the log has no date: its failing line was laid on the end of the connection
};

// `index` is the handshake's number over all captures, `capture` the path of its file.
[[nodiscard]] Story story_of(const tls::Handshake& handshake, std::size_t index, const std::string& capture, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis,
                             const knowledge::Knowledge& knowledge);

// A value of the free heap that a log tells.
struct HeapPoint {
  diagnose::Source source;
  double bytes = 0;
  std::optional<double> uptime_ms;
};
[[nodiscard]] std::vector<HeapPoint> heap_of(const log::Log& log);

}  // namespace tlswhy::report
