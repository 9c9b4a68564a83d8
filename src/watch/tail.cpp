// SPDX-License-Identifier: Apache-2.0
#include "watch/tail.hpp"

#include <algorithm>

#include "diagnose/attempts.hpp"

namespace tlswhy::watch {
namespace {

// An attempt with all debug output of a library takes some hundred lines; before it stand boot, network and clock.
constexpr std::size_t k_lines_kept = 1500;
constexpr std::size_t k_bytes_kept = 512U << 10U;
constexpr std::size_t k_line_bytes = 16U << 10U;  // of one line; the rest of a longer one is passed over

}  // namespace

Tail::Tail(std::string name, const log::Scanner& scanner, const diagnose::FactSenses& senses) : name_(std::move(name)), scanner_(scanner), senses_(senses) {}

void Tail::add(std::string_view bytes, Timestamp now) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    partial_ += piece.substr(0, k_line_bytes - std::min(k_line_bytes, partial_.size()));
    if (end == std::string_view::npos) return;
    line(now);
    bytes.remove_prefix(end + 1);
  }
}

void Tail::line(Timestamp now) {
  const std::uint64_t number = first_number_ + lines_.size();
  std::vector<log::Event> events;
  scanner_.scan_line(partial_, number, events);
  if (std::any_of(events.begin(), events.end(), [&](const log::Event& event) { return is_sign(event); })) {
    last_sign_ = number;
    if (!sign_since_) sign_since_ = now;
  }
  last_line_at_ = now;
  bytes_ += partial_.size();
  lines_.push_back({std::move(partial_), now});
  partial_.clear();
  while (lines_.size() > k_lines_kept || bytes_ > k_bytes_kept) {
    bytes_ -= lines_.front().text.size();
    lines_.pop_front();
    ++first_number_;
  }
}

bool Tail::is_sign(const log::Event& event) const {
  return diagnose::event_fails(event, senses_) || std::any_of(event.facts.begin(), event.facts.end(), [&](const knowledge::Fact& fact) { return senses_.is_success(fact); });
}

log::Log Tail::read() const {
  std::string text;
  text.reserve(bytes_ + lines_.size());
  for (const Line& line : lines_) text += line.text + "\n";
  log::Log log = scanner_.read(text, name_);
  for (log::Event& event : log.events) {
    if (!event.time.wall && event.line >= 1 && event.line <= lines_.size()) event.time.wall = lines_[event.line - 1].at;
    event.line += first_number_ - 1;
  }
  // What was told is over; what it stood in (boot, network, clock, heap) still holds.
  std::erase_if(log.events, [&](const log::Event& event) { return event.line <= told_until_ && is_sign(event); });
  std::erase_if(log.dumps, [&](const log::Dump& dump) { return dump.line + first_number_ - 1 <= told_until_; });
  for (log::Dump& dump : log.dumps) dump.line += first_number_ - 1;
  log.lines += first_number_ - 1;
  return log;
}

void Tail::told() {
  told_until_ = last_sign_;
  sign_since_.reset();
}

}  // namespace tlswhy::watch
