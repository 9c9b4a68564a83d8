// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tlswhy::knowledge {

// Owns the strings and lists that a loaded library's views point into. Addresses stay valid as the arena grows.
class Arena {
 public:
  [[nodiscard]] std::string_view keep(std::string text) { return strings_.emplace_back(std::move(text)); }
  [[nodiscard]] std::string_view keep(std::string_view text) { return keep(std::string(text)); }

  template <typename T>
  [[nodiscard]] std::span<const T> keep(std::vector<T> list) {
    auto holder = std::make_shared<std::vector<T>>(std::move(list));
    lists_.push_back(holder);
    return std::span<const T>(holder->data(), holder->size());
  }

 private:
  std::deque<std::string> strings_;
  std::vector<std::shared_ptr<void>> lists_;
};

}  // namespace tlswhy::knowledge
