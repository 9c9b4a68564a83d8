// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/reader.hpp"
#include "tls/crypto.hpp"

// NSS key logs (RFC 9850, "SSLKEYLOGFILE"). What is read here is secret: it goes into record protection and into nothing else.
namespace tlswhy::tls {

enum class Secret : std::uint8_t {
  master,                      // CLIENT_RANDOM: master secret of TLS 1.2 and older
  client_early_traffic,        // CLIENT_EARLY_TRAFFIC_SECRET
  client_handshake_traffic,    // CLIENT_HANDSHAKE_TRAFFIC_SECRET
  server_handshake_traffic,    // SERVER_HANDSHAKE_TRAFFIC_SECRET
  client_application_traffic,  // CLIENT_TRAFFIC_SECRET_0
  server_application_traffic,  // SERVER_TRAFFIC_SECRET_0
};

// The secrets of any number of connections.
class KeyLog {
 public:
  // Adds the secrets of a key log. Gives a sentence for each line that is neither a secret nor a comment, without its content.
  [[nodiscard]] std::vector<std::string> add(std::string_view text);
  // Adds the secrets that stand somewhere in the lines of another text, such as a device's log. Gives how many there were.
  std::size_t add_from_log(std::string_view text);
  // Adds the secrets of another key log.
  void add(const KeyLog& other);

  // The secret of the connection with this client random; null if there is none.
  [[nodiscard]] const Buffer* find(Secret secret, Bytes client_random) const;
  // The master secret of "RSA Session-ID:... Master-Key:..."; null if there is none.
  [[nodiscard]] const Buffer* find_session(Bytes session_id) const;
  // The premaster secret that was sent under RSA as `encrypted`, of "RSA ..."; null if there is none.
  [[nodiscard]] const Buffer* find_premaster(Bytes encrypted) const;
  [[nodiscard]] bool empty() const { return secrets_.empty() && sessions_.empty() && premasters_.empty(); }
  // How many secrets there are.
  [[nodiscard]] std::size_t size() const { return secrets_.size() + sessions_.size() + premasters_.size(); }

 private:
  enum class Line : std::uint8_t { secret, ignored, malformed };
  [[nodiscard]] Line add_line(std::string_view line, std::string& fault);
  [[nodiscard]] bool full() const;

  // By their names' bytes.
  std::map<std::pair<Secret, std::string>, Buffer> secrets_;
  std::map<std::string, Buffer> sessions_;
  std::map<std::string, Buffer> premasters_;  // by the first eight encrypted bytes
};

// Whether a text is a key log: most of its lines begin with one of the labels.
[[nodiscard]] bool looks_like_key_log(std::string_view text);
// Replaces the secrets of key log lines (and of OpenSSL's "Master-Key:") by as many asterisks.
void mask_secrets(std::string& text);

}  // namespace tlswhy::tls
