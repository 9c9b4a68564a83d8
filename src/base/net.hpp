// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace tlswhy {

// An IPv4 or IPv6 address in network byte order; IPv4 uses the first four bytes. Or a MAC address (the first six bytes), where
// two ends talk without IP.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  bool mac = false;
  [[nodiscard]] friend bool operator==(const IpAddress&, const IpAddress&) = default;
  // Written out: libc++ 14 (Emscripten) cannot order arrays with <=>.
  [[nodiscard]] friend std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) {
    if (const int order = std::memcmp(a.bytes.data(), b.bytes.data(), a.bytes.size()); order != 0) return order <=> 0;
    if (a.v6 != b.v6) return a.v6 <=> b.v6;
    return a.mac <=> b.mac;
  }
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  [[nodiscard]] friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// Text as people write it: "192.0.2.7", "2001:db8::1" (RFC 5952), "02:00:00:00:00:01".
[[nodiscard]] std::string to_string(const IpAddress& address);
// "192.0.2.7:443", "[2001:db8::1]:443"; a MAC address alone.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);
// Whether the text is an IPv4 or IPv6 address literal (brackets allowed around IPv6).
[[nodiscard]] bool is_ip_literal(std::string_view text);

// One of the two ends of a connection, by who opened it where that is known.
enum class Side : std::uint8_t { client, server };
[[nodiscard]] constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }
[[nodiscard]] constexpr std::string_view to_string(Side side) { return side == Side::client ? "client" : "server"; }

}  // namespace tlswhy
