// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

namespace tlswhy {

// An optional value on the heap, copied with its owner. For large members that are rarely there: the owner stays small and cheap to move.
template <typename T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(T value) : box_(std::make_unique<T>(std::move(value))) {}  // NOLINT(google-explicit-constructor): as std::optional
  Boxed(const Boxed& other) : box_(other.box_ ? std::make_unique<T>(*other.box_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) {
    if (this != &other) box_ = other.box_ ? std::make_unique<T>(*other.box_) : nullptr;
    return *this;
  }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  [[nodiscard]] explicit operator bool() const { return box_ != nullptr; }
  [[nodiscard]] bool has_value() const { return box_ != nullptr; }
  [[nodiscard]] T& operator*() { return *box_; }
  [[nodiscard]] const T& operator*() const { return *box_; }
  [[nodiscard]] T* operator->() { return box_.get(); }
  [[nodiscard]] const T* operator->() const { return box_.get(); }
  void reset() { box_.reset(); }
  T& emplace() { return *(box_ = std::make_unique<T>()); }

 private:
  std::unique_ptr<T> box_;
};

}  // namespace tlswhy
