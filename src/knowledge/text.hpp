// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace tlswhy::knowledge {

// Where the texts of the compiled-in rows lie one after the other; set by built_in() before any of those rows can be reached.
extern const char* built_in_texts;

// A piece of text that does not own its bytes: a string_view to whoever reads it. The ten thousand rows of the compiled-in code tables
// hold offsets, because each pointer in them would be relocated at every start of the program, and that took longer than the answer.
class Text {
 public:
  constexpr Text() = default;
  constexpr Text(std::string_view text)
      : pointer_(text.data()), size_(static_cast<std::uint32_t>(text.size())) {}  // NOLINT(google-explicit-constructor)
  Text(const std::string& text) : Text(std::string_view(text)) {}                 // NOLINT(google-explicit-constructor)
  constexpr Text(const char* text) : Text(std::string_view(text)) {}              // NOLINT(google-explicit-constructor)
  constexpr Text(std::uint32_t offset, std::uint32_t size) : offset_(offset), size_(size) {}

  [[nodiscard]] std::string_view view() const { return {pointer_ != nullptr || size_ == 0 ? pointer_ : built_in_texts + offset_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr std::size_t size() const { return size_; }
  [[nodiscard]] char operator[](std::size_t at) const { return view()[at]; }
  [[nodiscard]] std::size_t find(std::string_view what, std::size_t from = 0) const { return view().find(what, from); }
  [[nodiscard]] std::size_t find(char what, std::size_t from = 0) const { return view().find(what, from); }
  [[nodiscard]] std::string_view substr(std::size_t at, std::size_t count = std::string_view::npos) const {
    return view().substr(at, count);
  }
  [[nodiscard]] bool starts_with(std::string_view what) const { return view().starts_with(what); }
  [[nodiscard]] bool ends_with(std::string_view what) const { return view().ends_with(what); }

  template <std::convertible_to<std::string_view> T>
  friend bool operator==(const Text& a, const T& b) {
    return a.view() == static_cast<std::string_view>(b);
  }
  friend std::ostream& operator<<(std::ostream& out, const Text& text) { return out << text.view(); }

 private:
  const char* pointer_ = nullptr;  // null: among built_in_texts
  std::uint32_t offset_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace tlswhy::knowledge
