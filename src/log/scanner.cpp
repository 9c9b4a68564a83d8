// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "log/compiled.hpp"
#include "log/holes.hpp"
#include "log/log.hpp"
#include "log/secrets.hpp"
#include "log/strip.hpp"
#include "log/symbols.hpp"
#include "log/time_text.hpp"

namespace tlswhy::log {
namespace {

constexpr char k_escape = '\x1b';
constexpr std::size_t k_most_prefixes = 8;  // nested frames of one line
constexpr std::size_t k_most_repeats = 8;   // of one pattern in one line: lines that were joined
constexpr std::size_t k_event_text = 1024;  // of a line kept with its event

// Reads the holes of a prefix that are named after what they tell; see data/README.md.
void take_time(const Match& match, LineTime& time) {
  for (const Hole& hole : match.holes) {
    if (hole.name == "time") {
      const ReadTime read = read_time(hole.text);
      if (!time.wall) time.wall = read.wall;
      if (!time.day_ms) time.day_ms = read.day_ms;
    } else if (hole.name == "uptime") {
      if (const ReadTime read = read_time(hole.text); read.day_ms) time.uptime_ms = read.day_ms;
    } else if (hole.name == "ticks_ms" || hole.name == "ticks_us" || hole.name == "ticks_s") {
      const auto ticks = parse_decimal(hole.text);
      if (!ticks) continue;
      const double unit = hole.name == "ticks_s" ? 1000.0 : hole.name == "ticks_us" ? 0.001 : 1.0;
      double value = *ticks * unit;
      if (const std::string_view fraction = match.get("fraction"); !fraction.empty() && hole.name == "ticks_s") {
        value += parse_decimal("0." + std::string(fraction)).value_or(0) * 1000.0;
      }
      time.uptime_ms = value;
    }
  }
}

// The character in lower case that a text begins with if the `match` fits it; 0 if it may be one of several.
char start_of(std::string_view match) {
  if (match.starts_with('^')) match.remove_prefix(1);
  return match.empty() || match.front() == '{' || is_blank(match.front()) ? '\0' : lower_of(match.front());
}

struct Candidate {
  const Rule* rule = nullptr;
  Match match;
};

// Whether two matches use the same words; commas and blanks at their ends may be shared.
bool overlaps(std::string_view line, const Match& a, const Match& b) {
  const std::size_t begin = std::max(a.begin, b.begin);
  const std::size_t end = std::min(a.end, b.end);
  return begin < end && std::any_of(line.begin() + static_cast<std::ptrdiff_t>(begin), line.begin() + static_cast<std::ptrdiff_t>(end),
                                    [](char c) { return is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80; });
}

// The matches that speak for the line: what a specific dialect says first, then the longer text; no word is used twice.
std::vector<Candidate> choose(std::string_view line, std::vector<Candidate> candidates) {
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.rule->generic != b.rule->generic) return b.rule->generic;
    return a.rule->pattern.literal_bytes() > b.rule->pattern.literal_bytes();
  });
  std::vector<Candidate> chosen;
  for (Candidate& candidate : candidates) {
    const bool taken =
        std::any_of(chosen.begin(), chosen.end(), [&](const Candidate& other) { return overlaps(line, other.match, candidate.match); });
    if (!taken) chosen.push_back(std::move(candidate));
  }
  std::stable_sort(chosen.begin(), chosen.end(), [](const Candidate& a, const Candidate& b) { return a.match.begin < b.match.begin; });
  return chosen;
}

// What a header says of the dump below it; nothing if the pattern is none of a header.
std::optional<Dump> announced_dump(const Match& match, const knowledge::Pattern& source) {
  if (source.kind != "dump") return std::nullopt;
  Dump dump;
  const std::string_view direction = match.get("direction");
  if (direction == "sent") dump.direction = Dump::Direction::sent;
  if (direction == "received") dump.direction = Dump::Direction::received;
  const std::string_view layer = match.get("layer");
  if (layer == "handshake") dump.layer = Dump::Layer::handshake;
  if (layer == "alert") dump.layer = Dump::Layer::alert;
  if (layer == "change_cipher_spec") dump.layer = Dump::Layer::change_cipher_spec;
  if (const Hole* const size = match.find("bytes"); size != nullptr) {
    std::size_t value = 0;
    (void)std::from_chars(size->text.data(), size->text.data() + size->text.size(), value, size->type == HoleType::hex ? 16 : 10);
    dump.declared = value;
  }
  return dump;
}

bool says_the_same(const Event& a, const Event& b) {
  if (a.value && b.value && a.value == b.value && a.library == b.library) return true;
  if (!a.symbol.empty() && a.symbol == b.symbol) return true;
  return !b.facts.empty() && std::all_of(b.facts.begin(), b.facts.end(), [&](const knowledge::Fact& fact) {
    return std::any_of(a.facts.begin(), a.facts.end(), [&](const knowledge::Fact& other) { return other.name == fact.name; });
  });
}

}  // namespace

Scanner::Compiled::Compiled(const knowledge::Knowledge& the_knowledge, const Limits& the_limits)
    : knowledge(the_knowledge),
      limits(the_limits),
      own_index(knowledge.log_index == nullptr ? make_index(knowledge, faults) : Index()),
      index(knowledge.log_index == nullptr ? own_index.view() : *knowledge.log_index),
      rules(knowledge, index.rules, false),
      prefixes(knowledge, index.prefixes, true),
      prefilter(index) {
  prefix_starts.reserve(prefixes.size());
  for (std::size_t i = 0; i < prefixes.size(); ++i) prefix_starts.push_back(start_of(prefixes.match(i)));
}

Stripped Scanner::Compiled::strip(std::string_view text, std::string& storage) const {
  Stripped stripped;
  stripped.message = clean_line(text.substr(0, limits.line_bytes), storage);
  for (std::size_t round = 0; round < k_most_prefixes; ++round) {
    const Rule* best = nullptr;
    Match best_match;
    const char start = stripped.message.empty() ? '\0' : lower_of(stripped.message.front());
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
      if (prefix_starts[i] != '\0' && prefix_starts[i] != start) continue;
      const Rule& prefix = prefixes.at(i);
      Match match;
      if (!prefix.pattern.find_at_start(stripped.message, match)) continue;
      if (best != nullptr && match.end <= best_match.end) continue;
      best = &prefix;
      best_match = std::move(match);
    }
    if (best == nullptr || best_match.end == 0) break;
    take_time(best_match, stripped.time);
    if (stripped.frame == nullptr && !best->dialect->platform.empty()) stripped.frame = best->dialect;
    if (!best->source->kind.empty()) stripped.chatter = best;
    for (auto& fact : fill(best->facts, best_match)) stripped.facts.push_back(std::move(fact));
    stripped.message.remove_prefix(best_match.end);
    while (!stripped.message.empty() && is_blank(stripped.message.front())) stripped.message.remove_prefix(1);
  }
  return stripped;
}

// Stripping adds nothing to plain ASCII, so what is not in the line is not in its message.
bool Scanner::Compiled::worth_stripping(std::string_view text, std::vector<std::uint32_t>& indices) const {
  text = text.substr(0, limits.line_bytes);
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) { return c == k_escape || static_cast<unsigned char>(c) >= 0x80; });
  if (!plain) return true;
  prefilter.candidates(text, indices);
  return std::any_of(indices.begin(), indices.end(), [&](std::uint32_t number) {
    if (number != rules.size()) return true;
    bool symbol_found = false;
    each_symbol(text, index.symbols, [&](std::string_view) { symbol_found = true; });
    return symbol_found;
  });
}

void Scanner::Compiled::scan(std::string_view text, std::uint64_t line, std::vector<Found>& found) const {
  std::vector<std::uint32_t> indices;
  if (!worth_stripping(text, indices)) return;
  std::string storage;
  const Stripped stripped = strip(text, storage);
  const std::string_view message = stripped.message;
  indices.clear();
  prefilter.candidates(message, indices);
  if (indices.empty() && stripped.chatter == nullptr) return;

  std::vector<Candidate> candidates;
  bool look_for_symbols = false;
  for (const std::uint32_t number : indices) {
    if (number == rules.size()) {
      look_for_symbols = true;
      continue;
    }
    if (number > rules.size()) continue;
    std::size_t from = 0;
    for (std::size_t i = 0; i < k_most_repeats; ++i) {
      Candidate candidate{&rules.at(number), {}};
      if (!candidate.rule->pattern.find(message, from, candidate.match)) break;
      from = std::max(candidate.match.end, candidate.match.begin + 1);
      candidates.push_back(std::move(candidate));
    }
  }
  // A header of a dump is one even where another pattern says more about the line.
  std::optional<Dump> dump;
  for (const Candidate& candidate : candidates) {
    if (!dump) dump = announced_dump(candidate.match, *candidate.rule->source);
  }
  const std::vector<Candidate> chosen = choose(message, std::move(candidates));
  const std::size_t first = found.size();
  const auto said_already = [&](const Event& event) {
    return std::any_of(found.begin() + static_cast<std::ptrdiff_t>(first), found.end(),
                       [&](const Found& other) { return says_the_same(other.event, event); });
  };
  // Specific dialects first, so that generic patterns can be left out where they only repeat.
  for (const bool generic : {false, true}) {
    for (const Candidate& candidate : chosen) {
      if (candidate.rule->generic != generic) continue;
      auto event = make_event(knowledge, *candidate.rule, candidate.match, message, found);
      if (!event || (generic && said_already(*event))) continue;
      Found item{std::move(*event), {}, candidate.rule->dialect, stripped.frame, {}, std::string(candidate.match.get("library_version"))};
      if (candidate.rule->source->kind == "version") item.version = std::string(candidate.match.get("version"));
      found.push_back(std::move(item));
      link_versions(found, found.size() - 1);
    }
  }
  if (look_for_symbols) {
    each_symbol(message, index.symbols, [&](std::string_view symbol) {
      const auto begin = static_cast<std::size_t>(symbol.data() - message.data());
      const Match place{begin, begin + symbol.size(), {}};
      if (std::any_of(chosen.begin(), chosen.end(), [&](const Candidate& other) { return overlaps(message, other.match, place); })) return;
      auto event = make_symbol_event(knowledge, symbol);
      if (event && !said_already(*event)) found.push_back(Found{std::move(*event), {}, nullptr, stripped.frame, {}, {}});
    });
  }
  if (first == found.size()) {
    if (stripped.chatter == nullptr || !chosen.empty()) return;
    if (auto event = make_event(knowledge, *stripped.chatter, {}, message, found)) {
      event->facts.clear();  // they are added below, with those of the other prefixes
      found.push_back(Found{std::move(*event), {}, stripped.chatter->dialect, stripped.frame, {}, {}});
    }
  }
  if (first == found.size()) return;
  link_versions(found, first);
  found[first].dump = std::move(dump);
  for (std::size_t i = first; i < found.size(); ++i) {
    found[i].event.line = line;
    found[i].event.time = stripped.time;
    found[i].event.text = shorten(conceal_secrets(message), k_event_text);
  }
  auto& facts = found[first].event.facts;
  facts.insert(facts.end(), stripped.facts.begin(), stripped.facts.end());
}

void Scanner::scan_statement(std::string_view key, std::string_view value, std::vector<Event>& events) const {
  constexpr std::string_view k_dialect = "context";
  std::string line = "context " + std::string(key);
  std::replace(line.begin(), line.end(), '_', ' ');
  line += " = " + std::string(value);
  std::vector<Event> all;
  scan_line(line, 0, all);
  for (Event& event : all) {
    if (event.dialect == k_dialect) events.push_back(std::move(event));
  }
}

Scanner::Scanner(const knowledge::Knowledge& knowledge, const Limits& limits) : compiled_(std::make_unique<Compiled>(knowledge, limits)) {}
Scanner::~Scanner() = default;
Scanner::Scanner(Scanner&&) noexcept = default;
Scanner& Scanner::operator=(Scanner&&) noexcept = default;

std::string_view Scanner::strip(std::string_view text, LineTime& time, std::string& storage) const {
  const Stripped stripped = compiled_->strip(text, storage);
  time = stripped.time;
  return stripped.message;
}

void Scanner::scan_line(std::string_view text, std::uint64_t line, std::vector<Event>& events) const {
  std::vector<Found> found;
  compiled_->scan(text, line, found);
  for (Found& item : found) {
    if (item.event.kind == "context") continue;  // says something about lines to come only
    if (item.dialect == nullptr) {
      complete_facts(item.event, {}, {}, {});
    } else {
      const std::string_view role = item.dialect->role == "either" ? std::string_view() : item.dialect->role;
      complete_facts(item.event, role, item.dialect->library, first_platform(item.dialect->platform));
    }
    events.push_back(std::move(item.event));
  }
}

}  // namespace tlswhy::log
