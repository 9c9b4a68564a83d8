// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/reader.hpp"
#include "base/result.hpp"

// What files ask libpcap for; interface.cpp asks it for interfaces, and no other file includes it.
namespace tlswhy::capture {

// The name of a link type as libpcap gives it ("EN10MB"), or its number.
[[nodiscard]] std::string link_type_name(std::uint32_t link_type);

// A packet filter in tcpdump's language, compiled once for each link type it meets.
class Filter {
 public:
  Filter();
  ~Filter();
  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;

  // Takes the expression; fails if it makes sense for no link type.
  [[nodiscard]] Result<void> set(const std::string& expression);
  // Makes the filter ready for a link type; the text says why it cannot be, and is empty if it can.
  [[nodiscard]] const std::string& prepare(std::uint32_t link_type);
  // Whether a packet passes; with an expression that was not understood for its link type none does.
  [[nodiscard]] bool accepts(std::uint32_t link_type, Bytes packet, std::size_t full_size);
  [[nodiscard]] bool active() const { return active_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool active_ = false;
};

}  // namespace tlswhy::capture
