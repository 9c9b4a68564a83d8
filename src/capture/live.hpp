// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "capture/capture.hpp"
#include "capture/record.hpp"

// Packets that come one at a time: from an interface, or from files that follow each other.
namespace tlswhy::capture {

// Takes packets apart for a handler, as read_capture() does with those of a file.
class Feed {
 public:
  Feed(Handler& handler, const Limits& limits);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void packet(const Record& record);
  // Closes what is open.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using TakeRecord = std::function<void(const Record& record)>;

// An interface that is being listened on, by libpcap.
class Interface {
 public:
  // Needs the right to capture (root or CAP_NET_RAW); the error says so, names the interfaces there are, or what is wrong with the filter.
  [[nodiscard]] static Result<Interface> open(const std::string& name, const std::string& filter);
  ~Interface();
  Interface(Interface&&) noexcept;
  Interface& operator=(Interface&&) noexcept;

  // Readable when packets wait; for poll().
  [[nodiscard]] int descriptor() const;
  // Gives what waits, frames numbered from 1; an error if the interface is gone.
  [[nodiscard]] Result<void> read(const TakeRecord& take);
  // Packets that the kernel had no room for since the beginning.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct State;
  explicit Interface(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// All packets of a capture file; the filter is applied.
[[nodiscard]] Result<Summary> read_records(const std::string& path, const Options& options, const TakeRecord& take);

}  // namespace tlswhy::capture
