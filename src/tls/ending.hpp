// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>

#include "tls/handshake.hpp"

namespace tlswhy::tls {

// What was counted while the bytes passed, as far as the ending needs it. Per side: [0] client, [1] server.
struct Progress {
  bool change_cipher_spec[2] = {false, false};
  bool finished[2] = {false, false};           // TLS 1.2 and older: a protected handshake record after ChangeCipherSpec
  std::uint32_t protected_records[2] = {0, 0}; // TLS 1.3: application_data records
  std::uint32_t first_protected_size[2] = {0, 0};
  At first_protected[2];
  bool opened[2] = {false, false};             // TLS 1.3: keys opened records of this side
  bool rejected13 = false;                     // a fatal alert was the server's answer to the client's Finished
  bool client_finished13 = false;              // the client sent a protected record that can hold its Finished
  At client_finished13_at;
  std::uint32_t server_records_after_finished = 0;
  std::uint32_t server_first_after_finished = 0;  // size of the first of them
  At server_first_after_finished_at;
  std::uint32_t server_last_size = 0;             // of the last of them that was looked at,
  std::uint32_t server_before_last_size = 0;      // and of the one before it
  At server_last_at;
  std::uint32_t client_records_after_finished = 0;
  std::uint32_t client_first_after_finished = 0;  // size of the first of them
  At client_first_after_finished_at;
  std::optional<std::pair<Side, At>> goodbye;     // the first alert after both sides had finished
  std::uint32_t repeats_without_news[2] = {0, 0};  // datagrams that only repeated, since the last that did not
  std::optional<At> unreachable;               // an ICMP error about it
  std::optional<At> granted;                   // EAP-Success
  std::optional<At> refused;                   // EAP-Failure
  At last;                                     // last packet with payload, FIN or RST
};

// Decides outcome, ended_by, who and when. `end` is the last packet of the capture.
void conclude(Handshake& handshake, const Progress& progress, At end);

}  // namespace tlswhy::tls
