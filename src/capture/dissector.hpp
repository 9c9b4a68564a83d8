// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "capture/flow_table.hpp"
#include "capture/fragments.hpp"
#include "capture/ip.hpp"
#include "capture/link.hpp"
#include "capture/notes.hpp"
#include "capture/observe.hpp"
#include "capture/record.hpp"

namespace tlswhy::capture {

// Takes packets apart, header by header, down to flows and observations.
class Dissector {
 public:
  Dissector(Handler& handler, Notes& notes, const Limits& limits)
      : notes_(notes), limits_(limits), flows_(handler, notes, limits), fragments_(notes, limits), observer_(handler) {}

  void packet(const Record& record);
  // The capture is over: closes what is open.
  void finish();
  // The end points of the last packet, of the innermost conversation; of the packet it quotes for an ICMP error. For an IP fragment
  // ports are 0. Nothing if it had none.
  [[nodiscard]] const std::optional<Ends>& last_ends() const { return last_ends_; }

 private:
  // Reads headers until there is none left; `depth` of those that wrap a packet were read before.
  void descend(Next next, LinkContext& link, At at, std::uint32_t depth);
  [[nodiscard]] Next ip(const Piece& piece, LinkContext& link, At at, std::uint32_t depth);
  [[nodiscard]] Next transport(const IpPacket& packet, At at);
  void tcp(const IpPacket& packet, At at);
  [[nodiscard]] Next udp(const IpPacket& packet, At at);
  void icmp(const IpPacket& packet, At at);
  void eapol(const Piece& piece, const LinkContext& link, At at);

  Notes& notes_;
  const Limits& limits_;
  FlowTable flows_;
  Fragments fragments_;
  Observer observer_;
  std::optional<Ends> last_ends_;
  MacAddress last_authenticator_{};  // on a wire, EAPOL goes to a group address
  MacAddress last_supplicant_{};
};

}  // namespace tlswhy::capture
