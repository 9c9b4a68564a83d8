// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/reader.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "knowledge/fact.hpp"
#include "knowledge/model.hpp"

// Log text to events. What the lines look like is in data/dialects; this module matches, strips and looks up.
namespace tlswhy::log {

// When a line was written, as far as it says so.
struct LineTime {
  std::optional<Timestamp> wall;    // date and time (of the PC or of the device's clock)
  std::optional<double> day_ms;     // clock time of an unknown day, in milliseconds
  std::optional<double> uptime_ms;  // since boot of the device
};

// One thing a line says.
struct Event {
  std::uint64_t line = 0;  // from 1
  LineTime time;
  std::string kind;     // see data/README.md: code, alert, verify, alloc, heap, connect, step, ...
  std::string library;  // of the code, or of the dialect
  std::string symbol;   // of the code, if there is one
  std::optional<std::int64_t> value;
  std::string meaning;    // of the code, and what it does not tell, as sentences; empty if its row has none
  std::string causes;     // ids the code points to, separated by ","
  bool is_error = false;  // the code is an error
  std::vector<knowledge::Fact> facts;
  std::string dialect;
  std::string pattern;
  std::string text;  // the line without prefixes and colours; untrusted
};

// Bytes of a connection that the log shows in hexadecimal.
struct Dump {
  enum class Direction : std::uint8_t { unknown, sent, received };                   // by the log's writer
  enum class Layer : std::uint8_t { stream, handshake, alert, change_cipher_spec };  // stream: records with their headers
  std::uint64_t line = 0;                                                            // of its header, or the first one
  LineTime time;
  Direction direction = Direction::unknown;
  Layer layer = Layer::stream;
  std::size_t declared = 0;  // bytes that there should be; 0 if not said
  std::vector<std::uint8_t> bytes;
};

struct Log {
  std::string path;
  std::uint64_t lines = 0;
  std::vector<Event> events;          // in order of lines; several may share a line
  std::vector<Dump> dumps;            // of TLS records and messages, in order
  std::vector<std::string> problems;  // sentences that name the line
  std::vector<std::string> notes;     // what a reader should know of the text itself; sentences that name the line
  std::string role;                   // "device", "server", "unknown": who wrote this log
  std::string platform;               // "esp-idf", "nodemcu", ...; empty if unknown
  std::string library;                // "mbedtls", "axtls", ...; empty if unknown
  std::string version;                // of the platform or library where a line gives it away
};

// The events of the lines from `first` to `last`.
[[nodiscard]] std::span<const Event> events_between(const Log& log, std::uint64_t first, std::uint64_t last);

// Limits, adjustable; hitting one is said in Log::problems.
struct Limits {
  std::size_t line_bytes = 16U << 10U;  // of one line looked at; longer lines are read on but their end is not matched
  std::size_t events = 200'000;         // kept per log
};

// Matches lines against all dialects. Making one for the compiled-in knowledge takes microseconds, for another some ten milliseconds; it
// may be used for many logs and by several threads.
class Scanner {
 public:
  explicit Scanner(const knowledge::Knowledge& knowledge, const Limits& limits = {});
  ~Scanner();
  Scanner(Scanner&&) noexcept;
  Scanner& operator=(Scanner&&) noexcept;

  // A whole log in memory.
  [[nodiscard]] Log read(std::string_view text, std::string path) const;
  // One line; `line` is its number for the events. Appends to `events`.
  void scan_line(std::string_view text, std::uint64_t line, std::vector<Event>& events) const;
  // What a statement of the user, "key = value", says: the events of the dialect "context" in it. Appends to `events`.
  void scan_statement(std::string_view key, std::string_view value, std::vector<Event>& events) const;
  // The line without prefixes, colours and line end; `time` receives what the prefixes told. A view into `storage` or `text`.
  [[nodiscard]] std::string_view strip(std::string_view text, LineTime& time, std::string& storage) const;
  // Faults of the dialects themselves: samples their pattern does not match or that another dialect claims too. Sentences.
  [[nodiscard]] std::vector<std::string> check_samples() const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

// True if the bytes look like text (a log) rather than something binary.
[[nodiscard]] bool is_text(Bytes first_bytes);

}  // namespace tlswhy::log
