// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "device/profile.hpp"
#include "knowledge/fact.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"
#include "tls/handshake.hpp"
#include "tls/verify.hpp"
#include "wire/wire.hpp"

// Handshakes and log events to ranked causes. Takes values, gives values: no file, no clock, no locale.
namespace tlswhy::diagnose {

enum class SourceKind : std::uint8_t { capture, log, context };
[[nodiscard]] std::string_view to_string(SourceKind kind);

// Where a fact was seen, so that a person can go and look.
struct Source {
  SourceKind kind = SourceKind::context;
  std::string file;                    // of a context fact: where it comes from, if not from an option of the user
  std::optional<std::uint64_t> line;   // logs, from 1
  std::optional<std::uint64_t> frame;  // captures, as Wireshark numbers them
};

struct LocatedFact {
  knowledge::Fact fact;
  Source source;
  std::string text;       // the words: the log line, or a sentence about the frame; untrusted
  bool inferred = false;  // concluded rather than seen
};

// One piece of evidence for or against a cause.
struct EvidenceItem {
  Source source;
  std::string says;
  std::string id;  // of the rule in the cause's data file
  knowledge::Grade grade = knowledge::Grade::hint;
  double weight = 0;  // what it added to the log-odds
  bool inferred = false;
};

struct RankedCause {
  const knowledge::Cause* cause = nullptr;
  double confidence = 0;               // probability
  double score = 0;                    // log-odds before the causes were weighed against each other
  std::vector<EvidenceItem> evidence;  // strongest first
  std::vector<EvidenceItem> against;
  std::vector<const knowledge::Fix*> fixes;  // for this platform first, weakening ones last
};

struct RuledOut {
  const knowledge::Cause* cause = nullptr;
  EvidenceItem why;
};

enum class Outcome : std::uint8_t { ok, failed, inconclusive };
[[nodiscard]] std::string_view to_string(Outcome outcome);

// A stretch of one log that belongs to one connection attempt.
struct LogSpan {
  std::size_t log = 0;  // index into Input::logs
  std::uint64_t first_line = 0;
  std::uint64_t last_line = 0;
};

struct Attempt {
  std::uint32_t id = 0;                   // from 1
  std::string outcome;                    // "completed", "failed", "incomplete"
  std::optional<std::size_t> handshake;   // index over all captures' handshakes, in order
  std::optional<LogSpan> log;             // the device's where there is one
  std::vector<LogSpan> other_logs;        // of the same attempt: the server's
  std::string joined_by;                  // "time", "order", "peer", or empty
  std::vector<std::string> join_reasons;  // why the log's lines are taken to be of this handshake: sentences, the strongest first
  std::optional<double> clock_offset_ms;  // capture time minus log time, where estimated; of ticks: when the device started
  std::vector<RankedCause> causes;
};

// The clock of one log, or of one boot in it, against the capture's.
struct LogClock {
  std::size_t log = 0;  // index into Input::logs
  std::uint64_t first_line = 0;
  std::uint64_t last_line = 0;
  std::string kind;         // "date", "time-of-day", "ticks"
  double offset_ms = 0;     // capture time minus log time; of ticks: the start of the device, in milliseconds since 1970
  double within_ms = 0;     // how far the events are from agreeing
  std::size_t attempts = 0; // whose events agree
  bool by_order = false;    // the attempts were matched first by other signs, the offset follows from them
};

struct Context {
  std::string device;  // profile id
  std::optional<std::int64_t> in_buffer;
  std::optional<std::int64_t> free_heap;
  std::string host;
  std::optional<Timestamp> at;
  std::vector<std::pair<std::string, std::string>> set;  // --set KEY=VALUE, in order
  std::vector<log::Event> told;                          // what the dialect "context" reads out of `set`; lines count from 1 as `set` does
};

struct Input {
  std::vector<wire::Capture> captures;
  std::vector<log::Log> logs;
  std::vector<tls::Certificate> trusted;  // --ca
  std::optional<device::Profile> config;  // a build configuration among the inputs: what the device's library was built with
  Context context;
};

struct Diagnosis {
  Outcome outcome = Outcome::inconclusive;
  std::string summary;              // one sentence
  std::vector<RankedCause> causes;  // most likely first
  std::vector<RuledOut> ruled_out;
  std::vector<Attempt> attempts;
  std::vector<LogClock> clocks;
  std::vector<LocatedFact> facts;       // all that was stated, for -v
  std::vector<std::string> problems;    // limits that were hit, as sentences
  std::vector<std::string> check_next;  // the observations that would settle it, best first
  std::string repeated;                 // "47 attempts, every 10 s, all the same"; empty if not
  std::string platform;                 // what the evidence suggests; may be empty
  std::string library;
  // The server's chain of each handshake (by its index) against the given CAs, where there are both.
  std::map<std::size_t, std::shared_ptr<const tls::ChainVerification>> verifications;
};

// Never fails; what cannot be told gives Outcome::inconclusive and the questions that would settle it.
[[nodiscard]] Diagnosis diagnose(const Input& input, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::diagnose
