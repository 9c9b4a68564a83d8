// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What became of one input of a batch, as plain values that every format is written from. Text from captures and logs is in here as
// it came, made valid UTF-8: writers escape it.
namespace tlswhy::triage {

enum class Status : std::uint8_t { ok, failed, inconclusive, unreadable };
[[nodiscard]] std::string_view to_string(Status status);
[[nodiscard]] std::optional<Status> status_from(std::string_view word);

constexpr std::string_view k_unreadable_summary = "nothing could be read";

// Stands in Finding::cause where something failed and nothing says why.
constexpr std::string_view k_undetermined = "undetermined";
constexpr std::string_view k_undetermined_title = "Something failed; nothing that was seen says why.";

// What somebody said beforehand about an input.
struct Expectation {
  std::optional<Status> status;      // nothing: any
  std::vector<std::string> causes;   // ids, any of which is right; empty: any
  std::string file;                  // that says so
  bool met = false;
};

// Where the strongest evidence is.
struct Place {
  std::string file;
  std::optional<std::uint64_t> line;   // of a log, from 1
  std::optional<std::uint64_t> frame;  // of a capture, as Wireshark numbers it
};

struct Finding {
  std::string path;                // the input's name: of its capture where it has one
  std::vector<std::string> files;  // all that were read together, `path` first
  Status status = Status::inconclusive;
  std::string summary;             // one sentence
  std::string cause;               // id of the first cause that has evidence, or k_undetermined; empty where nothing failed
  std::string title;
  std::string owner;               // whose job the repair is
  double confidence = 0;           // probability of `cause`
  std::string why;                 // the strongest evidence in words
  Place place;
  std::optional<std::uint64_t> frame;  // of the capture, to be looked at first
  std::string fix;                 // the first thing to do
  std::string server;              // name asked for, else address without port; may be empty
  std::string device;              // profile, else platform and library; may be empty
  std::string fingerprint;         // of cause, server and device: 32 hexadecimal digits
  bool damaged = false;            // something of it could not be read
  bool known = false;              // its fingerprint is on the baseline
  std::optional<Expectation> expected;
  std::vector<std::string> problems;  // sentences that begin with the file

  [[nodiscard]] bool unexpected() const { return expected && !expected->met; }
};

struct Totals {
  std::size_t inputs = 0, failed = 0, ok = 0, inconclusive = 0, unreadable = 0;
  std::size_t damaged = 0;      // read in part
  std::size_t known = 0;        // on the baseline
  std::size_t unexpected = 0;   // not as their expectation says
  std::size_t not_reached = 0;  // left out because of a time limit or an interruption; not among `inputs`
  std::size_t shard = 0, shards = 0;  // which part of how many these are; 0: the whole
  std::map<std::string, std::size_t> by_cause, by_server, by_device;  // of the failed ones

  void add(const Finding& finding);
};

}  // namespace tlswhy::triage
