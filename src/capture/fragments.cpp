// SPDX-License-Identifier: Apache-2.0
#include "capture/fragments.hpp"

#include <algorithm>
#include <string>

namespace tlswhy::capture {

namespace {

constexpr std::int64_t k_lifetime_ns = 60'000'000'000;  // RFC 8200, 4.5: "within 60 seconds of the reception of the first-arriving fragment"
constexpr std::size_t k_largest_packet = 65535;
constexpr std::size_t k_part_cost = 128;                // what the tables need for each, so that many tiny fragments count too

}  // namespace

std::optional<Whole> Fragments::add(const IpPacket& packet, At at) {
  while (!by_age_.empty()) {
    const auto oldest = table_.find(by_age_.front());
    const bool expired = at.time.ns - oldest->second.first.time.ns > k_lifetime_ns;
    const bool full = cost_ > limits_.ip_fragment_bytes;
    if (!expired && !full) break;
    if (full && !limit_said_) {
      limit_said_ = true;
      notes_.problem(Trouble::limit, [&] { return "at packet " + std::to_string(at.frame) + " more than " + std::to_string(limits_.ip_fragment_bytes) + " bytes of IP fragments are waiting; the oldest are dropped"; });
    }
    give_up(oldest);
  }
  if (packet.fragment_offset + packet.payload.full > k_largest_packet || (packet.more_fragments && packet.payload.full % 8 != 0)) {
    notes_.count(Kind::malformed_ip);
    return std::nullopt;
  }
  const auto [place, added] = table_.try_emplace(Key{packet.source, packet.destination, packet.id, packet.protocol});
  Entry& entry = place->second;
  if (added) {
    entry.first = at;
    entry.age = by_age_.insert(by_age_.end(), place->first);
  }
  insert(entry, packet, at);
  if (!entry.total || entry.covered < *entry.total || entry.parts.empty() || entry.parts.begin()->first != 0) return std::nullopt;

  Whole whole;
  whole.full = *entry.total;
  std::size_t position = 0;
  for (const auto& [offset, part] : entry.parts) {
    if (offset != position || position >= whole.full) break;
    whole.bytes.insert(whole.bytes.end(), part.bytes.begin(), part.bytes.end());
    if (part.bytes.size() < part.full) break;  // cut by the snap length: nothing after it can be placed
    position += part.full;
  }
  whole.bytes.resize(std::min(whole.bytes.size(), whole.full));
  cost_ -= entry.cost;
  by_age_.erase(entry.age);
  table_.erase(place);
  return whole;
}

void Fragments::insert(Entry& entry, const IpPacket& packet, At at) {
  const std::size_t start = packet.fragment_offset;
  const std::size_t end = start + packet.payload.full;
  if (!packet.more_fragments && !entry.total) entry.total = end;
  bool overlap = false;
  bool repeated = false;
  for (std::size_t position = start; position < end;) {
    auto next = entry.parts.upper_bound(static_cast<std::uint32_t>(position));
    if (next != entry.parts.begin()) {
      const auto before = std::prev(next);
      if (const std::size_t before_end = before->first + before->second.full; before_end > position) {
        repeated = repeated || (before->first == start && before_end == end);
        overlap = true;
        position = before_end;
        continue;
      }
    }
    const std::size_t until = next == entry.parts.end() ? end : std::min<std::size_t>(end, next->first);
    const Piece piece = packet.payload.after(position - start).first(until - position);
    Part part{{piece.bytes.begin(), piece.bytes.end()}, piece.full};
    const std::size_t cost = part.bytes.size() + k_part_cost;
    entry.covered += part.full;
    entry.cost += cost;
    cost_ += cost;
    entry.parts.emplace(static_cast<std::uint32_t>(position), std::move(part));
    position = until;
  }
  if (overlap && !repeated) {
    notes_.problem(Trouble::fragment, [&] { return "packet " + std::to_string(at.frame) + " is an IP fragment that overlaps one before it (" + to_string(packet.source) + " to " + to_string(packet.destination) + ")"; });
  }
}

void Fragments::give_up(Table::iterator place) {
  const Key& key = place->first;
  const Entry& entry = place->second;
  notes_.problem(Trouble::fragment, [&] {
    return "packet " + std::to_string(entry.first.frame) + " is an IP fragment whose other fragments are not in the capture (" + to_string(key.source) + " to " + to_string(key.destination) + ")";
  });
  cost_ -= entry.cost;
  by_age_.erase(entry.age);
  table_.erase(place);
}

void Fragments::finish() {
  while (!by_age_.empty()) give_up(table_.find(by_age_.front()));
}

}  // namespace tlswhy::capture
