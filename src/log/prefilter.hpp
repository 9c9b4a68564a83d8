// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tlswhy::log {

// Four characters in a row, case folded, as one number.
using Gram = std::uint32_t;

// Tells which patterns may match a text: each pattern has a set of grams of which one must be in the text. Going over a text
// that holds none costs one look into a bitmap of 8 KB for each of its bytes.
class Prefilter {
 public:
  Prefilter();

  // What is common, so that gram choice avoids it: lines that real logs hold.
  void learn(std::string_view line);
  // Makes `index` a candidate of the texts that hold one string of one of the `sets` (the cheapest set is taken); false if no
  // set has a gram for each of its strings.
  [[nodiscard]] bool add(std::uint32_t index, const std::vector<std::vector<std::string>>& sets);
  // The same for one gram, as it is.
  void add_gram(std::uint32_t index, Gram gram);

  // The position of the first gram at or after `from`, or npos.
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t from) const {
    if (text.size() < sizeof(Gram)) return std::string_view::npos;
    const std::size_t end = text.size() - sizeof(Gram) + 1;
    for (std::size_t i = from; i < end; ++i) {
      const Gram gram = gram_at(text.data() + i);
      if (may_hold(gram) && by_gram_.contains(gram)) return i;
    }
    return std::string_view::npos;
  }
  // Appends the candidates of the text to `found`, each once, in rising order.
  void candidates(std::string_view text, std::vector<std::uint32_t>& found) const;
  // The gram of the first four bytes at `bytes`.
  [[nodiscard]] static Gram gram_at(const char* bytes) {
    Gram gram = 0;
    std::memcpy(&gram, bytes, sizeof gram);
    return gram | 0x20202020U;  // folds case; what else it folds together costs a look, not a match
  }

 private:
  [[nodiscard]] static std::uint32_t slot(Gram gram) { return (gram * 0x9E3779B1U) >> 16U; }
  [[nodiscard]] bool may_hold(Gram gram) const {
    const std::uint32_t bit = slot(gram);
    return ((bitmap_[bit >> 5U] >> (bit & 31U)) & 1U) != 0;
  }
  [[nodiscard]] double cost(std::string_view gram) const;
  [[nodiscard]] std::string_view rarest(std::string_view text, double& cost_of_it) const;

  std::vector<std::uint32_t> bitmap_;
  std::unordered_map<Gram, std::vector<std::uint32_t>> by_gram_;
  std::unordered_map<Gram, std::uint32_t> seen_;
};

}  // namespace tlswhy::log
