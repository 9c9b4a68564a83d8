// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "capture/flow_table.hpp"
#include "capture/record.hpp"

namespace tlswhy::capture {

// Picks what happened beside the connections out of ARP, DNS, NTP and DHCP packets, and hands a bounded number of it on.
class Observer {
 public:
  explicit Observer(Handler& handler) : handler_(handler) {}

  void arp(const Piece& piece, At at);
  // Looks at a UDP payload of a well-known port; others are ignored.
  void datagram(const Ends& ends, const Piece& payload, At at);
  void wifi_encrypted(const LinkContext& link, At at);
  // An ICMP error about a flow that is not in the capture, or one that is no flow's event.
  void icmp(const Endpoint& source, const Endpoint& destination, std::string text, std::string detail, At at);

 private:
  void dns(const Ends& ends, Bytes message, At at);
  void ntp(const Ends& ends, Bytes message, At at);
  void dhcp(const Ends& ends, Bytes message, At at);
  void tell(Observation observation);

  Handler& handler_;
  std::array<std::uint32_t, 9> told_{};  // of each kind
};

}  // namespace tlswhy::capture
