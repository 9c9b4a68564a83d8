// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "knowledge/model.hpp"

namespace tlswhy::log {

// Four characters in a row, case folded, as one number. Never 0.
using Gram = std::uint32_t;

constexpr unsigned k_bitmap_bits = 16;  // 8 KB, which stay in the first cache

// The gram of the first four bytes at `bytes`.
[[nodiscard]] inline Gram gram_at(const char* bytes) {
  Gram gram = 0;
  std::memcpy(&gram, bytes, sizeof gram);
  return gram | 0x20202020U;  // folds case; what else it folds together costs a look, not a match
}
[[nodiscard]] inline std::uint32_t gram_hash(Gram gram, unsigned bits) { return (gram * 0x9E3779B1U) >> (32U - bits); }

// Tells which patterns may match a text: each pattern has a set of grams of which one must be in the text. Going over a text
// that holds none costs one look into a bitmap for each of its bytes. A view of an index.
class Prefilter {
 public:
  explicit Prefilter(const knowledge::LogIndex& index);

  // The position of the first gram at or after `from` that has a user whose text may stand there, or npos.
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t from) const {
    if (text.size() < sizeof(Gram)) return std::string_view::npos;
    const std::size_t end = text.size() - sizeof(Gram) + 1;
    for (std::size_t i = from; i < end; ++i) {
      const Gram gram = gram_at(text.data() + i);
      if (may_hold(gram) && is_used(text, i, gram)) return i;
    }
    return std::string_view::npos;
  }
  // Appends the candidates of the text to `found`, each once, in rising order.
  void candidates(std::string_view text, std::vector<std::uint32_t>& found) const;

 private:
  [[nodiscard]] bool may_hold(Gram gram) const {
    const std::uint32_t bit = gram_hash(gram, k_bitmap_bits);
    return ((bitmap_[bit >> 5U] >> (bit & 31U)) & 1U) != 0;
  }
  [[nodiscard]] bool is_used(std::string_view text, std::size_t at, Gram gram) const {
    const knowledge::GramPlace* const place = place_of(gram);
    if (place == nullptr) return false;
    for (const knowledge::GramUser& user : users_.subspan(place->first, place->count)) {
      if (may_stand(text, at, user)) return true;
    }
    return false;
  }
  // Whether the user's text stands around the gram at `at`. True as well where it cannot be told from the text as it is: cleaning a line
  // takes away or replaces what is not plain.
  [[nodiscard]] bool may_stand(std::string_view text, std::size_t at, const knowledge::GramUser& user) const;
  // Null if no pattern has this gram.
  [[nodiscard]] const knowledge::GramPlace* place_of(Gram gram) const {
    if (grams_.empty()) return nullptr;
    for (std::size_t at = gram_hash(gram, table_bits_);; at = (at + 1) & (grams_.size() - 1)) {
      if (grams_[at].gram == gram) return &grams_[at];
      if (grams_[at].gram == 0) return nullptr;
    }
  }

  std::span<const std::uint32_t> bitmap_;
  std::span<const knowledge::GramPlace> grams_;
  std::string_view texts_;
  std::span<const knowledge::GramUser> users_;
  unsigned table_bits_ = 0;
};

}  // namespace tlswhy::log
