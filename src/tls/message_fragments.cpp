// SPDX-License-Identifier: Apache-2.0
#include "tls/message_fragments.hpp"

#include <algorithm>
#include <iterator>

namespace tlswhy::tls {

bool MessageFragments::add(std::uint32_t offset, Bytes fragment) {
  const std::uint32_t end = offset + static_cast<std::uint32_t>(fragment.size());
  bool news = length_ == 0 && pieces_ == 0;
  for (std::uint32_t position = offset; position < end;) {
    const auto next = parts_.upper_bound(position);
    if (next != parts_.begin()) {
      const auto before = std::prev(next);
      const std::uint32_t before_end = before->first + static_cast<std::uint32_t>(before->second.size());
      if (before_end > position) {
        position = before_end;
        continue;
      }
    }
    const std::uint32_t until = next == parts_.end() ? end : std::min(end, next->first);
    const Bytes part = fragment.subspan(position - offset, until - position);
    parts_.emplace(position, std::vector<std::uint8_t>(part.begin(), part.end()));
    have_ += until - position;
    news = true;
    position = until;
  }
  if (news) ++pieces_;
  return news;
}

std::vector<std::uint8_t> MessageFragments::head() const {
  std::vector<std::uint8_t> bytes;
  for (const auto& [offset, part] : parts_) {
    if (offset != bytes.size()) break;
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace tlswhy::tls
