// SPDX-License-Identifier: Apache-2.0
#include "log/prefilter.hpp"

#include <algorithm>
#include <bit>

namespace tlswhy::log {

Prefilter::Prefilter(const knowledge::LogIndex& index)
    : bitmap_(index.bitmap),
      grams_(index.grams),
      users_(index.users),
      table_bits_(grams_.empty() ? 0 : static_cast<unsigned>(std::countr_zero(grams_.size()))) {}

void Prefilter::candidates(std::string_view text, std::vector<std::uint32_t>& found) const {
  const std::size_t before = found.size();
  for (std::size_t at = find(text, 0); at != std::string_view::npos; at = find(text, at + 1)) {
    const knowledge::GramPlace* const place = place_of(gram_at(text.data() + at));
    const auto users = users_.subspan(place->first, place->count);
    found.insert(found.end(), users.begin(), users.end());
  }
  const auto begin = found.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(begin, found.end());
  found.erase(std::unique(begin, found.end()), found.end());
}

}  // namespace tlswhy::log
