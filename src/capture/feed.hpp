// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "capture/capture.hpp"
#include "capture/record.hpp"

// Packets one at a time, for those that take them from several places: an interface, or files that follow each other.
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

// All packets of a capture file; the filter is applied.
[[nodiscard]] Result<Summary> read_records(const std::string& path, const Options& options, const TakeRecord& take);

}  // namespace tlswhy::capture
