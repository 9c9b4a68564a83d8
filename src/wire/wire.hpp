// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "capture/capture.hpp"
#include "tls/handshake.hpp"
#include "tls/keylog.hpp"

// A capture file as TLS handshakes and the network's behaviour around them: joins `capture` and `tls`, which do not know each other.
namespace tlswhy::wire {

// A connection attempt on the network that never carried TLS, and why: SYN unanswered, refused, unreachable. Also plain connections
// are kept here when they ended badly.
struct FailedFlow {
  capture::Flow flow;
  enum class Why : std::uint8_t { syn_unanswered, refused, unreachable, prohibited, closed_at_once } why = Why::syn_unanswered;
  std::uint32_t syn_count = 0;
  capture::At last;
};

// A flow that carried bytes but no TLS, by what its first bytes look like.
struct PlainFlow {
  capture::Flow flow;
  std::string protocol;       // "HTTP", "MQTT", "SSH", "unknown", ...
  std::uint64_t bytes = 0;
};

struct Capture {
  std::string path;
  bool from_log = false;                           // read out of the hex dumps of a log: frames are its lines
  capture::Summary summary;
  std::vector<tls::Handshake> handshakes;          // in order of first frame
  std::uint64_t handshakes_seen = 0;               // more than are here if Options::keep_alike says so
  std::uint64_t handshakes_completed = 0;          // of those seen
  std::vector<FailedFlow> failed_flows;
  std::vector<PlainFlow> plain_flows;              // capped
  std::vector<capture::Observation> observations;  // capped
  std::vector<std::pair<std::uint32_t, capture::Event>> icmp;  // flow id and event
  Timestamp first_packet;
  Timestamp last_packet;
};

struct Options {
  capture::Options capture;
  // Secrets to decrypt with; those of the file itself (pcapng decryption secrets blocks) are added, wherever they stand in it.
  std::shared_ptr<const tls::KeyLog> keys;
  // How many handshakes with the same server that went the same way are kept; the rest is only counted. 0 keeps all. A verdict on one
  // capture needs no more than some of each kind, and memory then does not grow with the file.
  std::uint32_t keep_alike = 0;
  // Cores that one file may use: with more than one, packets are taken apart on one and TLS is read on another, if the file is large.
  unsigned threads = 1;
};

// Reads a capture file; "-" is standard input.
[[nodiscard]] Result<Capture> read(const std::string& path, const Options& options = {});
[[nodiscard]] Result<Capture> read(Bytes file, const std::string& name, const Options& options = {});

}  // namespace tlswhy::wire
