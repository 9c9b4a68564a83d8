// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "capture/feed.hpp"
#include "wire/wire.hpp"

namespace tlswhy::wire {

// The same as read(), packet by packet: connections are told when they have come to their end, not at the end of a file. Memory is
// bounded by the limits of `capture` and does not grow with time.
class Live {
 public:
  // `name` is what evidence calls the source: the interface.
  Live(std::string name, std::shared_ptr<const tls::KeyLog> keys);
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

  void packet(const capture::Record& record);
  // What came to its end by `now` (on the packets' clock) since this was last asked, with what the network did around it. Connections that are stalled are
  // told too, after ten seconds of silence.
  [[nodiscard]] Capture due(Timestamp now);
  // The same, and all that is still open.
  [[nodiscard]] Capture rest(Timestamp now);
  [[nodiscard]] Timestamp last_packet() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tlswhy::wire
