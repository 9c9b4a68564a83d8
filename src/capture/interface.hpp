// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "capture/feed.hpp"

namespace tlswhy::capture {

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

}  // namespace tlswhy::capture
