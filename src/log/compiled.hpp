// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "log/index.hpp"
#include "log/log.hpp"
#include "log/pattern.hpp"
#include "log/prefilter.hpp"

// What a Scanner keeps; shared by the sources of this module only.
namespace tlswhy::log {

// One spelling of a [[pattern]] or [[prefix]], ready to be matched.
struct Rule {
  Pattern pattern;
  const knowledge::Dialect* dialect = nullptr;
  const knowledge::Pattern* source = nullptr;
  std::vector<knowledge::Fact> facts;  // with {hole} still in the values
  bool generic = false;                // of a dialect that speaks only where no other does
};

// A line without what was in front of it.
struct Stripped {
  std::string_view message;
  LineTime time;
  const knowledge::Dialect* frame = nullptr;  // the outermost prefix that names a platform
  const Rule* chatter = nullptr;              // the innermost prefix that makes an event of any line
  std::vector<knowledge::Fact> facts;         // what the prefixes state
};

// An event with what the guesses about the whole log need.
struct Found {
  Event event;
  std::optional<Dump> dump;  // the line announces one; its bytes are still to be read
  const knowledge::Dialect* dialect = nullptr;
  const knowledge::Dialect* frame = nullptr;
  std::string version;          // of the platform or product, where the line tells it
  std::string library_version;  // of the dialect's library
  std::size_t versions_until = 0;  // the events up to this place (one past the last) end with one that tells a library's version; 0: none does
};

// The spellings of one kind, each compiled when it is first asked for: a log speaks few of the dialects. May be shared by threads.
class Rules {
 public:
  Rules(const knowledge::Knowledge& knowledge, std::span<const knowledge::RulePlace> places, bool prefixes);
  ~Rules();
  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] const Rule& at(std::size_t index) const;
  [[nodiscard]] const knowledge::Pattern& source(std::size_t index) const;
  [[nodiscard]] std::string_view match(std::size_t index) const { return source(index).match[places_[index].spelling]; }

 private:
  const knowledge::Knowledge& knowledge_;
  std::span<const knowledge::RulePlace> places_;
  bool prefixes_;
  std::unique_ptr<std::atomic<const Rule*>[]> compiled_;
};

struct Scanner::Compiled {
  explicit Compiled(const knowledge::Knowledge& the_knowledge, const Limits& the_limits);

  // False if nothing can be known of the line; `indices` is left with the candidates of the text as it stands.
  [[nodiscard]] bool worth_stripping(std::string_view text, std::vector<std::uint32_t>& indices) const;
  [[nodiscard]] Stripped strip(std::string_view text, std::string& storage) const;
  // Appends what the line says; the facts still lack the fields that are guessed from the whole log.
  void scan(std::string_view text, std::uint64_t line, std::vector<Found>& found) const;

  const knowledge::Knowledge& knowledge;
  Limits limits;
  std::vector<std::string> faults;  // of the dialects
  Index own_index;                  // empty where the knowledge brings its index
  knowledge::LogIndex index;
  Rules rules;
  Rules prefixes;
  Prefilter prefilter;
  std::vector<char> prefix_starts;  // the character (in lower case) that each prefix begins with; 0: several can
};

// For messages about the data: "dialects/esp-tls, handshake-returned".
[[nodiscard]] std::string name_of(const knowledge::Dialect& dialect, const knowledge::Pattern& pattern);
// What the pattern states; texts that are no facts are left out and named in `faults`.
[[nodiscard]] std::vector<knowledge::Fact> parse_facts(const knowledge::Pattern& source, const std::string& where,
                                                       std::vector<std::string>& faults);
// The event a match stands for; nothing if its code is no failure and the pattern states nothing else, or, for a generic
// pattern, if nobody knows the code.
// `before` are the events of earlier lines: one of them may have told the version of the library, and with it what the code means.
// Fills in Found::versions_until from `first` on.
void link_versions(std::vector<Found>& found, std::size_t first);
[[nodiscard]] std::optional<Event> make_event(const knowledge::Knowledge& knowledge, const Rule& rule, const Match& match,
                                              std::string_view line, std::span<const Found> before);
// The event a symbol of a code table stands for, found as a word.
[[nodiscard]] std::optional<Event> make_symbol_event(const knowledge::Knowledge& knowledge, std::string_view symbol);
// `templates` with the holes filled in; a field whose holes are empty is left out.
[[nodiscard]] std::vector<knowledge::Fact> fill(const std::vector<knowledge::Fact>& templates, const Match& match);
// Sets role, platform, library and version of the log by what its lines suggest, completes the facts, and moves the events over.
void conclude(std::vector<Found> found, Log& log);
// Sets the fields that every fact carries, as far as they are known.
void complete_facts(Event& event, std::string_view role, std::string_view library, std::string_view platform);

// The first of the platforms a dialect names; the others are what that one is built on.
[[nodiscard]] std::string_view first_platform(std::string_view platforms);

}  // namespace tlswhy::log
