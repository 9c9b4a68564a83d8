// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

// Where lines and files come from while they come.
namespace tlswhy::watch {

constexpr int k_usual_baud = 115'200;

// A log that is being written: a file, which is followed when it is cut or replaced, a serial port, a pipe, or standard input ("-").
class LogSource {
 public:
  // `baud` is that of a serial port, which is set to 8N1 without touching its control lines. `from_start` tells whether what a file
  // holds already is new.
  [[nodiscard]] static Result<LogSource> open(const std::string& path, int baud, bool from_start);
  ~LogSource();
  LogSource(LogSource&& other) noexcept;
  LogSource& operator=(LogSource&&) = delete;
  LogSource(const LogSource&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  // For poll(); files are always readable and are asked from time to time instead: -1.
  [[nodiscard]] int descriptor() const { return is_file_ ? -1 : descriptor_; }
  [[nodiscard]] bool is_serial() const { return is_serial_; }
  // Lines of before that are no news, for context; to be read first.
  [[nodiscard]] std::string history() const { return history_; }
  // Appends what is new. Says in one sentence what befell the source, if anything did.
  [[nodiscard]] std::string read(std::string& bytes);
  // It has come to its end for good: a pipe was closed, a device unplugged.
  [[nodiscard]] bool over() const { return over_; }

 private:
  LogSource() = default;
  void follow(std::string& news);

  std::string path_;
  std::string history_;
  int descriptor_ = -1;
  bool is_file_ = false;
  bool is_serial_ = false;
  bool over_ = false;
  std::uint64_t position_ = 0;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

// Sets a serial port to `baud`, 8 data bits, no parity, one stop bit, raw, no flow control; hanging up leaves its lines as they are.
[[nodiscard]] Result<void> set_serial(int descriptor, int baud);

// A folder into which a capturing program writes one file after the other (tcpdump -C, -G; dumpcap -b).
class CaptureFolder {
 public:
  explicit CaptureFolder(std::string path) : path_(std::move(path)) {}
  // Captures that were finished since this was last asked: a newer one has been begun, or nothing was added for two seconds. Those that
  // are there at the first time are no news and are passed over unless `from_start`. Oldest first.
  [[nodiscard]] std::vector<std::string> finished(Timestamp now, bool from_start);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  struct Seen {
    std::uint64_t size = 0;
    Timestamp changed;
  };
  std::string path_;
  bool first_ = true;
  std::map<std::string, Seen> growing_;
  std::set<std::string> done_;
};

}  // namespace tlswhy::watch
