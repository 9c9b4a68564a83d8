// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/capture.hpp"
#include "tls/connection.hpp"
#include "wire/radius.hpp"

// TLS inside EAP (RFC 3748): EAP-TLS (RFC 5216, 9190), EAP-TTLS (RFC 5281), PEAP, EAP-FAST (RFC 4851) and TEAP (RFC 7170), which all
// cut their TLS messages up alike.
namespace tlswhy::wire {

// The EAP packets between one supplicant and one authenticator as TLS handshakes. The client is who sends EAP responses.
class EapConversation {
 public:
  EapConversation(Endpoint client, Endpoint server, std::uint32_t flow_id) : client_(client), server_(server), flow_id_(flow_id) {}

  // One packet from its code on; packets of other methods are passed over.
  void packet(Bytes eap, tls::At at);
  // The authentication was granted or refused, by EAP or by what carries it.
  void settled(bool success, tls::At at);
  // The handshakes that were seen; `end` is the end of the capture.
  void take(tls::At end, std::vector<tls::Handshake>& out);
  // Those of conversations that were granted or refused, without ending one that goes on.
  void take_settled(std::vector<tls::Handshake>& out);
  [[nodiscard]] bool idle() const { return !connection_; }

 private:
  struct Piece {
    std::uint8_t identifier = 0;
    std::vector<std::uint8_t> bytes;
  };
  struct Direction {
    std::vector<Piece> pieces;         // of the TLS message that is not whole yet
    std::size_t received = 0;
    std::size_t total = 0;             // as declared; 0 if it was not
    tls::At last_at;
    std::vector<std::uint8_t> last;    // the last packet, to know one sent again
  };

  void tls_data(Side from, std::uint8_t identifier, Reader body, bool outer_tlvs, tls::At at);
  void flush(Side from, tls::At at);
  void close(tls::At end);

  Endpoint client_;
  Endpoint server_;
  std::uint32_t flow_id_;
  std::optional<tls::Connection> connection_;
  std::array<Direction, 2> directions_;
  std::vector<tls::Handshake> done_;
};

// All EAP conversations of a capture: on links between two MAC addresses, and in RADIUS, where those of many supplicants share ports.
class EapSessions {
 public:
  void link(const capture::Flow& flow, Bytes eap, tls::At at);
  // Takes a datagram if it is RADIUS with EAP in it.
  [[nodiscard]] bool radius(const capture::Flow& flow, capture::Direction direction, Bytes datagram, tls::At at);
  [[nodiscard]] std::vector<tls::Handshake> take(tls::At end);
  // Live: the handshakes that were granted or refused by now; conversations that are over are forgotten when there are many.
  [[nodiscard]] std::vector<tls::Handshake> take_settled();
  // More conversations than are kept were met; some are not told.
  [[nodiscard]] bool limit_hit() const { return limit_hit_; }

 private:
  using Sessions = std::list<EapConversation>;
  using Asked = std::pair<std::uint32_t, std::uint8_t>;  // flow and RADIUS identifier

  Sessions::iterator radius_session(const RadiusPacket& packet, const Asked& asked, const Endpoint& client, const Endpoint& server);

  std::map<std::uint32_t, EapConversation> links_;
  Sessions sessions_;
  std::map<Asked, Sessions::iterator> asked_;
  std::map<std::pair<IpAddress, std::string>, Sessions::iterator> states_;  // server and the State attribute it gave out
  bool limit_hit_ = false;
};

}  // namespace tlswhy::wire
