// SPDX-License-Identifier: Apache-2.0
#include "tls/foreign.hpp"

#include <algorithm>
#include <array>

#include "tls/messages.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_change_cipher_spec = 20;
constexpr std::uint8_t k_alert = 21;
constexpr std::uint8_t k_handshake = 22;
constexpr std::uint8_t k_application_data = 23;
constexpr std::size_t k_header = 5;
// 2^14 bytes of plaintext and 2048 of expansion (RFC 5246 6.2.3).
constexpr std::size_t k_largest_record = (1U << 14U) + 2048;
// The smallest protected record: an explicit nonce or a tag of 8 bytes and at least a byte of content.
constexpr std::size_t k_smallest_protected = 9;
constexpr std::size_t k_hello_prefix = 11;
constexpr std::size_t k_largest_hello = 1U << 17U;

struct Opening {
  std::string_view bytes;
  std::string_view protocol;
};
constexpr std::array<Opening, 30> k_openings{{{"HTTP/", "HTTP"},     {"GET ", "HTTP"},       {"POST ", "HTTP"},       {"PUT ", "HTTP"},
                                              {"HEAD ", "HTTP"},     {"DELETE ", "HTTP"},    {"OPTIONS ", "HTTP"},    {"PATCH ", "HTTP"},
                                              {"CONNECT ", "HTTP"},  {"PRI * HTTP/2", "HTTP"}, {"<!DOCTYPE", "HTTP"}, {"<html", "HTTP"},
                                              {"SSH-", "SSH"},       {"220 ", "SMTP or FTP"}, {"220-", "SMTP or FTP"}, {"421 ", "SMTP or FTP"},
                                              {"EHLO ", "SMTP"},     {"HELO ", "SMTP"},      {"* OK", "IMAP"},        {"+OK", "POP3"},
                                              {"RTSP/", "RTSP"},     {"<?xml", "XMPP"},      {"<stream", "XMPP"},     {"AMQP", "AMQP"},
                                              {"RFB ", "VNC"},       {"-ERR", "Redis"},      {"$-1", "Redis"},        {"USER ", "FTP"},
                                              {"\x03\x00\x00", "RDP"}, {"INFO {", "NATS"}}};

bool begins_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin(), [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// MQTT 3.1 to 5 (OASIS MQTT 5.0, 2.1 and 3.1): CONNECT with the protocol's name, or a CONNACK.
bool is_mqtt(Bytes bytes) {
  constexpr std::uint8_t k_connect = 0x10;
  constexpr std::uint8_t k_connack = 0x20;
  if (bytes.size() < 4) return false;
  if (bytes[0] == k_connack && bytes[1] >= 2 && bytes[1] < 0x80 && bytes[2] <= 1) return true;
  if (bytes[0] != k_connect) return false;
  const std::size_t length_bytes = (bytes[1] & 0x80U) != 0 ? 2 : 1;
  const Bytes name = bytes.subspan(std::min(bytes.size(), 1 + length_bytes));
  constexpr std::string_view k_mqtt{"\0\4MQTT", 6};
  constexpr std::string_view k_mqisdp{"\0\6MQIsdp", 8};
  return begins_with(name, k_mqtt) || begins_with(name, k_mqisdp);
}

}  // namespace

std::string_view protocol_of(Bytes bytes) {
  for (const Opening& opening : k_openings) {
    if (begins_with(bytes, opening.bytes)) return opening.protocol;
  }
  return is_mqtt(bytes) ? "MQTT" : "unknown";
}

bool looks_like_record(Bytes bytes) {
  if (bytes.size() < k_header || bytes[1] != 3 || bytes[2] > 4) return false;
  const std::size_t length = static_cast<std::size_t>(bytes[3]) << 8U | bytes[4];
  if (length == 0 || length > k_largest_record) return false;
  switch (bytes[0]) {
    case k_change_cipher_spec: return length == 1 && (bytes.size() == k_header || bytes[5] == 1);
    case k_alert:
      if (length != 2) return length >= k_smallest_protected;
      return bytes.size() == k_header || bytes[5] == 1 || bytes[5] == 2;
    case k_handshake: return length >= 4;
    case k_application_data: return true;
    default: return false;
  }
}

bool looks_like_hello(Bytes bytes) {
  if (bytes.size() < k_hello_prefix || bytes[0] != k_handshake || bytes[1] != 3 || bytes[2] > 4) return false;
  const std::size_t record = static_cast<std::size_t>(bytes[3]) << 8U | bytes[4];
  const std::uint8_t type = bytes[5];
  if (type != HandshakeType::client_hello && type != HandshakeType::server_hello) return false;
  const std::size_t message = static_cast<std::size_t>(bytes[6]) << 16U | static_cast<std::size_t>(bytes[7]) << 8U | bytes[8];
  constexpr std::size_t k_smallest_hello = 38;  // version, random, session id length, one suite, one compression method
  if (record < 4 || record > k_largest_record || message < k_smallest_hello || message > k_largest_hello) return false;
  const bool old_version = bytes[9] == 3 && bytes[10] <= 4;
  const bool draft = bytes[9] == 0x7F;
  return old_version || draft;
}

bool looks_like_sslv2_hello(Bytes bytes) {
  constexpr std::size_t k_fixed = 11;
  if (bytes.size() < k_fixed || (bytes[0] & 0x80U) == 0 || bytes[2] != 1) return false;
  const std::size_t record = static_cast<std::size_t>(bytes[0] & 0x7FU) << 8U | bytes[1];
  const bool version = (bytes[3] == 3 && bytes[4] <= 3) || (bytes[3] == 0 && bytes[4] == 2);
  const std::size_t specs = static_cast<std::size_t>(bytes[5]) << 8U | bytes[6];
  const std::size_t session_id = static_cast<std::size_t>(bytes[7]) << 8U | bytes[8];
  const std::size_t challenge = static_cast<std::size_t>(bytes[9]) << 8U | bytes[10];
  return version && specs > 0 && specs % 3 == 0 && challenge >= 16 && challenge <= 32 && (session_id == 0 || session_id == 16) &&
         record == 9 + specs + session_id + challenge;
}

bool looks_like_dtls(Bytes bytes) {
  constexpr std::size_t k_dtls_header = 13;
  if (bytes.size() < k_dtls_header + 2) return false;
  const bool version = (bytes[1] == 0xFE && (bytes[2] == 0xFF || bytes[2] == 0xFD || bytes[2] == 0xFC)) || (bytes[1] == 1 && bytes[2] == 0);
  const bool first_epoch = bytes[3] == 0 && bytes[4] == 0;
  const std::size_t length = static_cast<std::size_t>(bytes[11]) << 8U | bytes[12];
  if (!version || !first_epoch || length > bytes.size() - k_dtls_header) return false;
  if (bytes[0] == k_alert) return length == 2 && (bytes[13] == 1 || bytes[13] == 2);
  constexpr std::size_t k_fragment_header = 12;
  if (bytes[0] != k_handshake || length < k_fragment_header || bytes.size() < k_dtls_header + k_fragment_header) return false;
  const auto u24 = [&](std::size_t at) { return static_cast<std::size_t>(bytes[at]) << 16U | static_cast<std::size_t>(bytes[at + 1]) << 8U | bytes[at + 2]; };
  const std::size_t message = u24(14);
  const std::size_t offset = u24(19);
  const std::size_t fragment = u24(22);
  return !handshake_type_name(bytes[13]).empty() && message <= k_largest_hello && offset + fragment <= message && fragment + k_fragment_header <= length;
}

Bytes without_envelope(Bytes datagram) {
  constexpr std::size_t k_envelope = 4;
  constexpr std::uint32_t k_capwap_dtls = 0x01000000;
  Reader r(datagram);
  const std::uint32_t head = r.u32("envelope");
  const bool channel = (head >> 28U) == 4 && (head & 0xFFFFU) <= r.remaining();
  if (!r.ok() || (head != k_capwap_dtls && !channel)) return datagram;
  return channel ? datagram.subspan(k_envelope, head & 0xFFFFU) : datagram.subspan(k_envelope);
}

}  // namespace tlswhy::tls
