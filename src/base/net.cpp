// SPDX-License-Identifier: Apache-2.0
#include "base/net.hpp"

#include <arpa/inet.h>

#include <netinet/in.h>

#include "base/reader.hpp"
#include "base/text.hpp"

namespace tlswhy {

std::string to_string(const IpAddress& address) {
  if (address.mac) {
    std::string mac;
    for (const std::uint8_t byte : Bytes(address.bytes).first(6)) mac += (mac.empty() ? "" : ":") + to_hex(Bytes(&byte, 1));
    return mac;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), static_cast<socklen_t>(text.size())) == nullptr) return "?";
  return text.data();
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  if (endpoint.address.mac) return address;
  return (endpoint.address.v6 ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port);
}

bool is_ip_literal(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  if (text.size() >= INET6_ADDRSTRLEN) return false;
  const std::string terminated(text);
  std::array<std::uint8_t, 16> ignored{};
  return inet_pton(AF_INET, terminated.c_str(), ignored.data()) == 1 || inet_pton(AF_INET6, terminated.c_str(), ignored.data()) == 1;
}

}  // namespace tlswhy
