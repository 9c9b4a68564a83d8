// SPDX-License-Identifier: Apache-2.0
// What records tell that keys opened.
#include <algorithm>
#include <utility>

#include "tls/assembly.hpp"
#include "tls/messages.hpp"

namespace tlswhy::tls {
namespace {

constexpr std::uint8_t k_close_notify = 0;
constexpr std::uint8_t k_user_canceled = 90;
// "HTTP/1.1 401", or the head of an MQTT CONNECT up to the protocol's name. More, such as a password, is never kept.
constexpr std::size_t k_data_kept = 12;

}  // namespace

std::optional<OpenedRecord> Assembly::open(unsigned direction, std::uint8_t type, std::uint16_t version, Bytes fragment, At at) {
  auto record = decryption_->open(direction, type, version, fragment);
  if (const std::string why = decryption_->take_problem(); !why.empty()) problem("frame " + std::to_string(at.frame) + ": " + why);
  if (record) count_opened(direction, at);
  return record;
}

std::optional<OpenedRecord> Assembly::open_datagram(unsigned direction, std::uint8_t type, std::uint16_t version, std::uint64_t place,
                                                    Bytes fragment, At at) {
  if (!decryption_) return std::nullopt;
  auto record = decryption_->open_datagram(direction, type, version, place, fragment);
  if (const std::string why = decryption_->take_problem(); !why.empty()) problem("frame " + std::to_string(at.frame) + ": " + why);
  if (record) count_opened(direction, at);
  return record;
}

void Assembly::count_opened(unsigned direction, At at) {
  handshake_.decrypted = true;
  if (!tls13()) return;
  opened_[direction] = true;
  // The other direction may have no keys; what is inferred of it counts the records of this one.
  ++protected_records_[direction];
  if (!progress_.client_finished13) touch(at);
}

void Assembly::read_decrypted(unsigned direction, std::uint8_t type, Bytes body, At at) {
  const bool server = side_of(direction) == Side::server;
  if (tls13() && server && progress_.client_finished13) ++progress_.server_records_after_finished;
  switch (type) {
    case HandshakeType::finished:
      finished_[direction] = true;
      if (decryption_) decryption_->finished(direction);
      if (tls13() && !server) client_finished13(at);
      break;
    case HandshakeType::key_update:
      if (decryption_) decryption_->key_update(direction);
      break;
    case HandshakeType::encrypted_extensions: {
      if (!handshake_.server_hello || !tls13()) break;
      auto parsed = parse_encrypted_extensions(body, *handshake_.server_hello);
      if (!parsed.ok()) {
        problem("frame " + std::to_string(at.frame) + ": EncryptedExtensions: " + std::string(parsed.error->what) + " " +
                std::string(to_string(parsed.error->fault)));
      }
      const bool complete = handshake_.server_hello->complete;
      handshake_.server_hello = std::move(parsed.value);
      handshake_.server_hello->complete = complete;
      break;
    }
    default: break;
  }
}

void Assembly::decrypted_alert(unsigned direction, Bytes payload, At at) {
  Reader reader(payload);
  Alert alert;
  alert.at = at;
  alert.from = side_of(direction);
  alert.after = handshake_.stage;
  alert.decrypted = true;
  alert.level = reader.u8("level");
  alert.code = reader.u8("description");
  if (!reader.ok()) {
    problem("frame " + std::to_string(at.frame) + ": a decrypted alert is cut short");
    return;
  }
  const bool orderly = alert.code == k_close_notify || alert.code == k_user_canceled;
  if (tls13() && alert.from == Side::server && progress_.client_finished13 && progress_.server_records_after_finished == 0 && !orderly)
    progress_.rejected13 = true;
  if (finished_[0] && finished_[1]) goodbye(direction, at);
  // The close of a connection that was up is nothing of the handshake.
  if (!orderly || !finished_[0] || !finished_[1]) touch(at);
  handshake_.alerts.push_back(alert);
}

void Assembly::decrypted_data(unsigned direction, Bytes content, At at) {
  ++facts_[direction].application_records;
  if (finished_[0] && finished_[1]) count_data_after(direction, content.size());
  const bool server = side_of(direction) == Side::server;
  if (tls13() && server && progress_.client_finished13) ++progress_.server_records_after_finished;
  OpenedData& data = server ? handshake_.server_data : handshake_.client_data;
  if (data.head.empty()) data.at = at;
  const Bytes head = content.first(std::min(content.size(), k_data_kept - data.head.size()));
  data.head.append(head.begin(), head.end());
}

}  // namespace tlswhy::tls
