// SPDX-License-Identifier: Apache-2.0
// A whole log: lines are only looked at where the prefilter saw something.
#include <algorithm>
#include <cstring>
#include <utility>

#include "log/compiled.hpp"
#include "log/dumps.hpp"
#include "log/log.hpp"
#include "log/pem.hpp"
#include "log/strip.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_most_problems = 20;
constexpr std::size_t k_most_dumps = 2000;  // of records and messages; a handshake has about ten

std::size_t line_end(std::string_view text, std::size_t from) {
  const void* at = std::memchr(text.data() + from, '\n', text.size() - from);
  return at == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

std::uint64_t count_line_ends(std::string_view text) { return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n')); }

// The text in a form in which '\n' ends lines and characters are bytes; `storage` holds it if that is not the text itself.
std::string_view normalize(std::string_view text, std::string& storage) {
  if (auto converted = from_utf16(text)) {
    storage = std::move(*converted);
    text = storage;
  }
  const bool old_mac = text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos;
  if (old_mac) {
    if (storage.empty()) storage = std::string(text);
    std::replace(storage.begin(), storage.end(), '\r', '\n');
    text = storage;
  }
  return text;
}

// A BEGIN line of PEM: told only where what follows is no certificate or key as it should be. Returns false if there is nothing to tell.
bool tell_pem(std::string_view text, std::size_t line_begin, Event& event, std::vector<std::string>& notes) {
  constexpr std::string_view k_begin = "-----BEGIN ";
  const std::size_t begin = text.find(k_begin, line_begin);
  if (begin == std::string_view::npos) return false;
  const std::size_t close = text.find("-----", begin + k_begin.size());
  if (close == std::string_view::npos) return false;
  const std::string label(text.substr(begin + k_begin.size(), std::min<std::size_t>(close - begin - k_begin.size(), 40)));
  const PemBody body = judge_pem(text.substr(close + 5));
  if (body != PemBody::none && body != PemBody::no_line_ends) return false;
  const std::string where = "line " + std::to_string(event.line) + ": the " + label + " pasted here ";
  if (notes.size() < k_most_problems) {
    notes.push_back(where + (body == PemBody::none ? "has an empty PEM body; if it is so in the program too, it cannot be parsed (tlswhy cert FILE looks into the real one)"
                                                   : "has no line end after its BEGIN line: PEM readers need \\n there, and at the end of each line of the string"));
  }
  for (knowledge::Fact& fact : event.facts) fact.set("body", body == PemBody::none ? "none" : "no-line-ends");
  return true;
}

}  // namespace

std::span<const Event> events_between(const Log& log, std::uint64_t first, std::uint64_t last) {
  const auto begin = std::lower_bound(log.events.begin(), log.events.end(), first, [](const Event& event, std::uint64_t line) { return event.line < line; });
  const auto end = std::upper_bound(begin, log.events.end(), last, [](std::uint64_t line, const Event& event) { return line < event.line; });
  return std::span<const Event>(log.events).subspan(static_cast<std::size_t>(begin - log.events.begin()), static_cast<std::size_t>(end - begin));
}

Log Scanner::read(std::string_view text, std::string path) const {
  const Compiled& compiled = *compiled_;
  Log log;
  log.path = std::move(path);
  std::string storage;
  text = normalize(text, storage);
  log.lines = count_line_ends(text) + (text.empty() || text.back() == '\n' ? 0 : 1);
  // A colour in the middle of a word hides it from the prefilter, so coloured logs are cleaned line by line.
  const bool coloured = text.find('\x1b') != std::string_view::npos;

  std::vector<Found> found;
  std::uint64_t number = 1;  // of the line that begins at `position`
  std::size_t position = 0;
  bool full = false;
  while (position < text.size()) {
    std::size_t begin = position;
    if (!coloured) {
      const std::size_t hit = compiled.prefilter.find(text, position);
      if (hit == std::string_view::npos) break;
      const std::size_t before = text.substr(0, hit).find_last_of('\n');
      begin = before == std::string_view::npos || before < position ? position : before + 1;
      number += count_line_ends(text.substr(position, begin - position));
    }
    const std::size_t end = line_end(text, begin);
    const std::string_view line = text.substr(begin, end - begin);
    if (line.size() > compiled.limits.line_bytes && log.problems.size() < k_most_problems) {
      log.problems.push_back("line " + std::to_string(number) + " has " + std::to_string(line.size()) + " bytes; only the first " +
                             std::to_string(compiled.limits.line_bytes) + " were looked at");
    }
    const std::size_t known = found.size();
    compiled.scan(line, number, found);
    const auto right_pem = std::remove_if(found.begin() + static_cast<std::ptrdiff_t>(known), found.end(),
                                          [&](Found& one) { return one.event.kind == "pem" && !tell_pem(text, begin, one.event, log.notes); });
    if (right_pem != found.end()) {
      found.erase(right_pem, found.end());
      link_versions(found, known);
    }
    for (std::size_t i = known; i < found.size(); ++i) {
      if (!found[i].dump || log.dumps.size() >= k_most_dumps) continue;
      found[i].dump->line = number;
      found[i].dump->time = found[i].event.time;
      read_dump(text.substr(std::min(end + 1, text.size())), *this, *found[i].dump);
      log.dumps.push_back(std::move(*found[i].dump));
    }
    if (found.size() > compiled.limits.events) {
      found.resize(compiled.limits.events);
      full = true;
    }
    if (full) {
      log.problems.push_back("after line " + std::to_string(number) + " nothing was looked at: " + std::to_string(compiled.limits.events) +
                             " events are enough");
      break;
    }
    position = end + 1;
    ++number;
  }
  if (log.dumps.empty()) log.dumps = bare_dumps(text);
  conclude(std::move(found), log);
  return log;
}

}  // namespace tlswhy::log
