// SPDX-License-Identifier: Apache-2.0
// JA3 and JA3S as published by Salesforce (BSD): decimal values as sent, GREASE left out.
#include <string>

#include "tls/certificate.hpp"
#include "tls/handshake.hpp"

namespace tlswhy::tls {
namespace {


template <typename List>
std::string joined(const List& list) {
  std::string text;
  for (const auto value : list) {
    if (is_grease(static_cast<std::uint16_t>(value))) continue;
    if (!text.empty()) text += '-';
    text += std::to_string(value);
  }
  return text;
}

std::vector<std::uint16_t> types_of(const std::vector<Extension>& extensions) {
  std::vector<std::uint16_t> types;
  for (const Extension& extension : extensions) types.push_back(extension.type);
  return types;
}

std::string md5_of(const std::string& text) {
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return md5_hex(bytes);
}

}  // namespace

std::string ja3_full(const ClientHello& hello) {
  return std::to_string(hello.legacy_version) + "," + joined(hello.cipher_suites) + "," + joined(types_of(hello.extensions)) + "," +
         joined(hello.groups) + "," + joined(hello.point_formats);
}

std::string ja3(const ClientHello& hello) { return md5_of(ja3_full(hello)); }

std::string ja3s(const ServerHello& hello) {
  return md5_of(std::to_string(hello.legacy_version) + "," + std::to_string(hello.cipher_suite) + "," + joined(types_of(hello.extensions)));
}

}  // namespace tlswhy::tls
