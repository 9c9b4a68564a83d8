// SPDX-License-Identifier: Apache-2.0
#include "log/pattern.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "log/holes.hpp"

namespace tlswhy::log {
namespace {

constexpr std::size_t k_any_limit = 80;           // characters that {*} may pass over
constexpr std::size_t k_characters_per_step = 8;  // a search for a literal passes many characters in the time of one step
constexpr std::size_t k_steps_per_character = 8;  // what backtracking may cost at most
constexpr std::size_t k_least_literal = 4;        // shorter ones would be found everywhere

struct TypeName {
  std::string_view name;
  HoleType type;
};
constexpr std::array<TypeName, 8> k_types{{{"int", HoleType::integer},
                                           {"hex", HoleType::hex},
                                           {"code", HoleType::code},
                                           {"word", HoleType::word},
                                           {"tag", HoleType::tag},
                                           {"host", HoleType::host},
                                           {"time", HoleType::time},
                                           {"text", HoleType::text}}};

bool is_wild(HoleType type) { return type == HoleType::any || type == HoleType::text; }
bool is_number(HoleType type) { return type == HoleType::integer || type == HoleType::hex || type == HoleType::code; }
char at(std::string_view line, std::size_t position) { return position < line.size() ? line[position] : '\0'; }

// The content of "type(content)"; nothing if `text` is not of this form.
std::optional<std::string_view> in_brackets(std::string_view text, std::string_view type) {
  if (!text.starts_with(type) || text.size() < type.size() + 2 || text[type.size()] != '(' || text.back() != ')') return std::nullopt;
  return text.substr(type.size() + 1, text.size() - type.size() - 2);
}

}  // namespace

const Hole* Match::find(std::string_view name) const {
  const auto hole = std::find_if(holes.begin(), holes.end(), [&](const Hole& candidate) { return candidate.name == name; });
  return hole == holes.end() ? nullptr : &*hole;
}

std::string_view Match::get(std::string_view name) const {
  const Hole* hole = find(name);
  return hole == nullptr ? std::string_view{} : hole->text;
}

bool Pattern::add_hole(std::string_view hole) {
  Token token;
  if (hole == "*") {
    tokens_.push_back(token);
    return true;
  }
  const std::size_t colon = hole.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  token.name = std::string(hole.substr(0, colon));
  const std::string_view type = hole.substr(colon + 1);
  if (const auto word = in_brackets(type, "is")) {
    token.type = HoleType::is;
    token.text = std::string(*word);
  } else if (const auto words = in_brackets(type, "oneof")) {
    token.type = HoleType::one_of;
    for (const std::string_view one : split(*words, ',')) token.words.push_back(fold(one));
    // The longest word first, so that "mqtts" is not read as "mqtt".
    std::stable_sort(token.words.begin(), token.words.end(), [](const auto& a, const auto& b) { return a.size() > b.size(); });
    if (token.words.empty() || token.words.back().empty()) return false;
  } else {
    const auto known = std::find_if(k_types.begin(), k_types.end(), [&](const TypeName& entry) { return entry.name == type; });
    if (known == k_types.end()) return false;
    token.type = known->type;
  }
  tokens_.push_back(std::move(token));
  return true;
}

Result<Pattern> Pattern::compile(std::string_view match) {
  Pattern pattern;
  const std::string whole(match);
  if (match.starts_with('^')) {
    pattern.at_start_ = true;
    match.remove_prefix(1);
  }
  if (match.ends_with('$')) {
    pattern.at_end_ = true;
    match.remove_suffix(1);
  }
  std::string literal;
  const auto flush = [&] {
    if (literal.empty()) return;
    Token token;
    token.literal = true;
    token.text = fold(literal);
    pattern.literal_bytes_ += token.text.size();
    pattern.tokens_.push_back(std::move(token));
    literal.clear();
  };
  for (std::size_t i = 0; i < match.size(); ++i) {
    const char c = match[i];
    if ((c == '{' || c == '}') && at(match, i + 1) == c) {
      literal += c;
      ++i;
    } else if (c == '{') {
      const std::size_t close = match.find('}', i);
      if (close == std::string_view::npos) return fail("a brace is not closed", whole);
      flush();
      if (!pattern.add_hole(match.substr(i + 1, close - i - 1))) {
        return fail("{" + std::string(match.substr(i + 1, close - i - 1)) + "} is no hole", whole);
      }
      i = close;
    } else if (c == '}') {
      return fail("a closing brace has no opening one", whole);
    } else {
      literal += c;
    }
  }
  flush();
  if (pattern.tokens_.empty()) return fail("the pattern is empty", whole);
  return pattern;
}

// Looking at characters costs too: a literal that is not there is searched for to the end of the line each time.
void Pattern::spend(Attempt& attempt, std::size_t characters) {
  attempt.steps_left -= std::min(attempt.steps_left, characters / k_characters_per_step);
}

bool Pattern::go_on(Attempt& attempt, std::size_t token, std::size_t begin, std::size_t end) const {
  const Token& hole = tokens_[token];
  if (hole.name.empty()) return match_from(attempt, token + 1, end);
  attempt.match->holes.push_back(Hole{hole.name, hole.type, attempt.line.substr(begin, end - begin)});
  if (match_from(attempt, token + 1, end)) return true;
  attempt.match->holes.pop_back();
  return false;
}

bool Pattern::match_wild(Attempt& attempt, std::size_t token, std::size_t position) const {
  const std::string_view line = attempt.line;
  const bool kept = tokens_[token].type == HoleType::text;
  if (token + 1 == tokens_.size()) return go_on(attempt, token, position, kept || at_end_ ? line.size() : position);
  const std::size_t limit = kept ? line.size() : std::min(line.size(), position + k_any_limit);
  const bool literal_next = next_is_literal(token);
  for (std::size_t end = position; end <= limit; ++end) {
    if (literal_next) {
      const std::size_t from = end;
      end = find_literal(line, end, tokens_[token + 1].text);
      spend(attempt, std::min(end, line.size()) - from);
      if (end > limit) return false;  // npos too
    } else if (end > position && is_alphanumeric(at(line, end - 1)) && is_alphanumeric(at(line, end))) {
      continue;  // a hole after a wild one begins a word
    }
    if (go_on(attempt, token, position, end)) return true;
    if (attempt.steps_left == 0) return false;
  }
  return false;
}

bool Pattern::match_run(Attempt& attempt, std::size_t token, std::size_t position) const {
  const std::string_view line = attempt.line;
  const HoleType type = tokens_[token].type;
  std::size_t length = run_length(type, line, position);
  if (length == 0) return false;
  spend(attempt, length);
  if (is_number(type) || type == HoleType::time) {
    // "12kB" and "5.2" are not what a pattern that ends in a number means.
    const char after = at(line, position + length);
    const char beyond = at(line, position + length + 1);
    if (type != HoleType::time && !next_is_literal(token) && (is_alphanumeric(after) || (after == '.' && beyond >= '0' && beyond <= '9'))) {
      return false;
    }
    return go_on(attempt, token, position, position + length);
  }
  if (!next_is_literal(token)) {
    // The full stop or colon after a name at the end of a sentence is not the name's.
    while (length > 1 && std::string_view(".,:!?").find(line[position + length - 1]) != std::string_view::npos) --length;
    return go_on(attempt, token, position, position + length);
  }
  for (; length > 0; --length) {
    if (literal_end(line, position + length, tokens_[token + 1].text) == std::string_view::npos) continue;
    spend(attempt, k_characters_per_step * 8);
    if (go_on(attempt, token, position, position + length)) return true;
    if (attempt.steps_left == 0) return false;
  }
  return false;
}

bool Pattern::match_one_of(Attempt& attempt, std::size_t token, std::size_t position) const {
  for (const std::string& word : tokens_[token].words) {
    const std::size_t end = literal_end(attempt.line, position, word);
    if (end == std::string_view::npos) continue;
    const bool inside_word = is_alphanumeric(word.back()) && is_alphanumeric(at(attempt.line, end));
    if (inside_word && !next_is_literal(token)) continue;
    if (go_on(attempt, token, position, end)) return true;
  }
  return false;
}

bool Pattern::match_from(Attempt& attempt, std::size_t token, std::size_t position) const {
  if (attempt.steps_left == 0) return false;
  --attempt.steps_left;
  if (token == tokens_.size()) {
    if (at_end_ && position != attempt.line.size()) return false;
    attempt.match->end = position;
    return true;
  }
  const Token& current = tokens_[token];
  if (current.literal) {
    const std::size_t end = literal_end(attempt.line, position, current.text);
    return end != std::string_view::npos && match_from(attempt, token + 1, end);
  }
  if (current.type == HoleType::is) {
    attempt.match->holes.push_back(Hole{current.name, current.type, current.text});
    if (match_from(attempt, token + 1, position)) return true;
    attempt.match->holes.pop_back();
    return false;
  }
  if (is_wild(current.type)) return match_wild(attempt, token, position);
  if (current.type == HoleType::one_of) return match_one_of(attempt, token, position);
  return match_run(attempt, token, position);
}

bool Pattern::start(Attempt& attempt, std::size_t position) const {
  attempt.match->holes.clear();
  attempt.match->begin = position;
  return match_from(attempt, 0, position);
}

bool Pattern::find_at_start(std::string_view line, Match& match) const {
  Attempt attempt{line, 256 + line.size() * k_steps_per_character, &match};
  return start(attempt, 0);
}

bool Pattern::find(std::string_view line, std::size_t from, Match& match) const {
  if (from > line.size()) return false;
  if (at_start_) return from == 0 && find_at_start(line, match);
  Attempt attempt{line, 256 + line.size() * k_steps_per_character, &match};
  const Token& first = tokens_.front();
  if (first.literal) {
    for (std::size_t position = from; attempt.steps_left > 0; ++position) {
      position = find_literal(line, position, first.text);
      if (position == std::string_view::npos) return false;
      if (start(attempt, position)) return true;
    }
    return false;
  }
  if (is_wild(first.type)) return start(attempt, from);
  if (first.type != HoleType::one_of && first.type != HoleType::time && next_is_literal(0)) {
    // Look for the literal and from there back to where the hole begins.
    for (std::size_t after = from; attempt.steps_left > 0; ++after) {
      after = find_literal(line, after, tokens_[1].text);
      if (after == std::string_view::npos) return false;
      std::size_t begin = after;
      while (begin > from && may_hold(first.type, line[begin - 1])) --begin;
      if (begin < after && start(attempt, begin)) return true;
    }
    return false;
  }
  for (std::size_t position = from; position < line.size() && attempt.steps_left > 0; ++position) {
    const bool inside_word = position > 0 && is_alphanumeric(line[position - 1]) && is_alphanumeric(line[position]);
    if (!inside_word && start(attempt, position)) return true;
  }
  return false;
}

std::vector<std::vector<std::string>> Pattern::anchors() const {
  std::vector<std::vector<std::string>> sets;
  const auto add = [&](std::vector<std::string> set) {
    const bool usable = std::all_of(set.begin(), set.end(), [](const std::string& text) { return text.size() >= k_least_literal; });
    if (usable && !set.empty()) sets.push_back(std::move(set));
  };
  const auto literal_at = [&](std::size_t i) { return i < tokens_.size() && tokens_[i].literal ? tokens_[i].text : std::string(); };
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token.literal) {
      add({token.text});
      // "-0x" before a number is short, but with each digit that may follow it is long enough.
      if (token.text.size() == k_least_literal - 1 && i + 1 < tokens_.size() && is_number(tokens_[i + 1].type)) {
        std::vector<std::string> set;
        const std::string_view digits = tokens_[i + 1].type == HoleType::integer ? "0123456789-" : "0123456789abcdef-";
        for (const char digit : digits) set.push_back(token.text + digit);
        add(std::move(set));
      }
    } else if (token.type == HoleType::one_of) {
      std::vector<std::string> set;
      const std::string before = i > 0 ? literal_at(i - 1) : std::string();
      for (const std::string& word : token.words) set.push_back(fold(before + word + literal_at(i + 1)));
      add(std::move(set));
    }
  }
  return sets;
}

}  // namespace tlswhy::log
