// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "knowledge/model.hpp"

namespace tlswhy::log {

// A LogIndex with the storage of its lists.
struct Index {
  std::vector<knowledge::RulePlace> rules;
  std::vector<knowledge::RulePlace> prefixes;
  std::vector<std::uint32_t> bitmap;
  std::vector<knowledge::GramPlace> grams;
  std::string texts;
  std::vector<knowledge::GramUser> users;
  std::vector<std::uint64_t> symbols;

  [[nodiscard]] knowledge::LogIndex view() const { return {rules, prefixes, bitmap, grams, texts, users, symbols}; }
};

// The index of the knowledge's dialects and symbols; patterns that cannot be compiled or found are left out and named in `faults`.
[[nodiscard]] Index make_index(const knowledge::Knowledge& knowledge, std::vector<std::string>& faults);

}  // namespace tlswhy::log
