// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

// The `match` strings of data/dialects: literal text with typed holes; see data/README.md.
namespace tlswhy::log {

enum class HoleType : std::uint8_t { integer, hex, code, word, tag, host, time, text, one_of, is, any };

// What a hole held. `name` points into the Pattern, `text` into the line (or, for `is`, into the Pattern).
struct Hole {
  std::string_view name;
  HoleType type = HoleType::any;
  std::string_view text;
};

struct Match {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<Hole> holes;
  // The text of the first hole of this name that is not empty; empty if there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] const Hole* find(std::string_view name) const;
};

// One compiled `match` string. Matching costs a number of steps that is bounded by a multiple of the line's length.
class Pattern {
 public:
  // Fails on unknown holes, unclosed braces and patterns with no text to hold on to.
  [[nodiscard]] static Result<Pattern> compile(std::string_view match);
  // The first match at or after `from`; `match` holds garbage if there is none.
  [[nodiscard]] bool find(std::string_view line, std::size_t from, Match& match) const;
  // A match that begins with the line.
  [[nodiscard]] bool find_at_start(std::string_view line, Match& match) const;
  // Texts of which one must be in a line that matches (lower case, one blank for a run): each element is one such set, any of
  // which may be used to find lines worth trying.
  [[nodiscard]] std::vector<std::vector<std::string>> anchors() const;
  // How many characters of literal text the pattern has: the more, the more specific it is.
  [[nodiscard]] std::size_t literal_bytes() const { return literal_bytes_; }

 private:
  struct Token {
    bool literal = false;
    std::string text;  // of a literal, in lower case; of `is`, the word as given
    HoleType type = HoleType::any;
    std::string name;
    std::vector<std::string> words;  // of `oneof`, as literals
  };
  struct Attempt {
    std::string_view line;
    std::size_t steps_left = 0;
    Match* match = nullptr;
  };

  static void spend(Attempt& attempt, std::size_t characters);
  [[nodiscard]] bool add_hole(std::string_view hole);
  [[nodiscard]] bool match_from(Attempt& attempt, std::size_t token, std::size_t position) const;
  [[nodiscard]] bool match_wild(Attempt& attempt, std::size_t token, std::size_t position) const;
  [[nodiscard]] bool match_run(Attempt& attempt, std::size_t token, std::size_t position) const;
  [[nodiscard]] bool match_one_of(Attempt& attempt, std::size_t token, std::size_t position) const;
  [[nodiscard]] bool go_on(Attempt& attempt, std::size_t token, std::size_t begin, std::size_t end) const;
  [[nodiscard]] bool start(Attempt& attempt, std::size_t position) const;
  [[nodiscard]] bool next_is_literal(std::size_t token) const { return token + 1 < tokens_.size() && tokens_[token + 1].literal; }

  std::vector<Token> tokens_;
  bool at_start_ = false;
  bool at_end_ = false;
  std::size_t literal_bytes_ = 0;
};

}  // namespace tlswhy::log
