// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "capture/ip.hpp"
#include "capture/notes.hpp"

namespace tlswhy::capture {

// The payload of an IP packet put together from fragments; `full` is larger than bytes.size() if the snap length cut one.
struct Whole {
  std::vector<std::uint8_t> bytes;
  std::size_t full = 0;
};

// Puts IP fragments together. What was sent first wins where fragments overlap.
class Fragments {
 public:
  Fragments(Notes& notes, const Limits& limits) : notes_(notes), limits_(limits) {}

  // Takes a fragment; gives the packet's payload if it was the last one missing.
  [[nodiscard]] std::optional<Whole> add(const IpPacket& packet, At at);
  // Reports what is still incomplete.
  void finish();

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    [[nodiscard]] friend auto operator<=>(const Key&, const Key&) = default;
  };
  struct Part {
    std::vector<std::uint8_t> bytes;
    std::size_t full = 0;
  };
  struct Entry {
    At first;
    std::map<std::uint32_t, Part> parts;  // by offset, without overlap
    std::optional<std::size_t> total;
    std::size_t covered = 0;
    std::size_t cost = 0;
    std::list<Key>::iterator age;
  };
  using Table = std::map<Key, Entry>;

  void insert(Entry& entry, const IpPacket& packet, At at);
  void give_up(Table::iterator entry);

  Notes& notes_;
  const Limits& limits_;
  Table table_;
  std::list<Key> by_age_;
  std::size_t cost_ = 0;
  bool limit_said_ = false;
};

}  // namespace tlswhy::capture
