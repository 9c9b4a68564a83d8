// SPDX-License-Identifier: Apache-2.0
#include "log/prefilter.hpp"

#include <algorithm>
#include <bit>

#include "log/holes.hpp"

namespace tlswhy::log {

Prefilter::Prefilter(const knowledge::LogIndex& index)
    : bitmap_(index.bitmap),
      grams_(index.grams),
      texts_(index.texts),
      users_(index.users),
      table_bits_(grams_.empty() ? 0 : static_cast<unsigned>(std::countr_zero(grams_.size()))) {}

bool Prefilter::may_stand(std::string_view text, std::size_t at, const knowledge::GramUser& user) const {
  // No text goes over the end of a line.
  const auto is_plain = [](char c) { return (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f) || c == '\n'; };
  const std::string_view words = texts_.substr(user.text_at, user.text_size);
  std::size_t place = at;
  for (std::size_t i = user.gram_at; i > 0; --i) {
    if (words[i - 1] == ' ') {
      const std::size_t end = place;
      while (place > 0 && is_blank(text[place - 1])) --place;
      if (place == end) return place > 0 && !is_plain(text[place - 1]);
    } else {
      if (place == 0) return false;
      if (lower_of(text[place - 1]) != words[i - 1]) return !is_plain(text[place - 1]);
      --place;
    }
  }
  place = at;
  for (std::size_t i = user.gram_at; i < words.size(); ++i) {
    if (words[i] == ' ') {
      const std::size_t begin = place;
      while (place < text.size() && is_blank(text[place])) ++place;
      if (place == begin) return place < text.size() && !is_plain(text[place]);
    } else {
      if (place == text.size()) return false;
      if (lower_of(text[place]) != words[i]) return !is_plain(text[place]);
      ++place;
    }
  }
  return true;
}

void Prefilter::candidates(std::string_view text, std::vector<std::uint32_t>& found) const {
  const std::size_t before = found.size();
  for (std::size_t at = find(text, 0); at != std::string_view::npos; at = find(text, at + 1)) {
    const knowledge::GramPlace* const place = place_of(gram_at(text.data() + at));
    for (const knowledge::GramUser& user : users_.subspan(place->first, place->count)) {
      if (may_stand(text, at, user)) found.push_back(user.rule);
    }
  }
  const auto begin = found.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(begin, found.end());
  found.erase(std::unique(begin, found.end()), found.end());
}

}  // namespace tlswhy::log
