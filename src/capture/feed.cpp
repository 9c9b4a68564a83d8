// SPDX-License-Identifier: Apache-2.0
#include "capture/feed.hpp"

#include "capture/dissector.hpp"

namespace tlswhy::capture {

struct Feed::State {
  State(Handler& handler, const Limits& the_limits) : limits(the_limits), dissector(handler, notes, limits) {}
  Limits limits;
  Notes notes;
  Dissector dissector;
};

Feed::Feed(Handler& handler, const Limits& limits) : state_(std::make_unique<State>(handler, limits)) {}
Feed::~Feed() = default;
void Feed::packet(const Record& record) { state_->dissector.packet(record); }
void Feed::finish() { state_->dissector.finish(); }

}  // namespace tlswhy::capture
