// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "diagnose/rules.hpp"
#include "log/log.hpp"

namespace tlswhy::watch {

// The last lines of a log that is being written, numbered from the first line that was seen. Older ones are forgotten, so that its
// memory does not grow.
class Tail {
 public:
  Tail(std::string name, const log::Scanner& scanner, const diagnose::FactSenses& senses);

  // More of it, as it came; lines may be cut anywhere.
  void add(std::string_view bytes, Timestamp now);
  // The lines that are kept, read as a log without the failures and successes that were told. Lines without a date have that of their coming, so that they can be laid beside packets.
  [[nodiscard]] log::Log read() const;

  [[nodiscard]] const std::string& name() const { return name_; }
  // Since when a failure or a success has been waiting to be told, and when the last line came.
  [[nodiscard]] std::optional<Timestamp> sign_since() const { return sign_since_; }
  [[nodiscard]] Timestamp last_line_at() const { return last_line_at_; }
  // All signs up to here are told.
  void told();
  // A failure or a success.
  [[nodiscard]] bool is_sign(const log::Event& event) const;
  [[nodiscard]] std::uint64_t lines_seen() const { return first_number_ + lines_.size() - 1; }

 private:
  struct Line {
    std::string text;
    Timestamp at;
  };
  void line(Timestamp now);

  std::string name_;
  const log::Scanner& scanner_;
  const diagnose::FactSenses& senses_;
  std::string partial_;
  std::deque<Line> lines_;
  std::size_t bytes_ = 0;
  std::uint64_t first_number_ = 1;  // of lines_.front()
  std::optional<Timestamp> sign_since_;
  Timestamp last_line_at_;
  std::uint64_t last_sign_ = 0;
  std::uint64_t told_until_ = 0;
};

}  // namespace tlswhy::watch
