// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "base/reader.hpp"

namespace tlswhy::tls {

// Kept of a stream or datagram that is no TLS: enough to name the protocol and to show a person.
inline constexpr std::size_t k_first_bytes_kept = 64;

// What protocol the first bytes of a stream are: "HTTP", "MQTT", "SSH", "SMTP or FTP", ...; "unknown" if none is recognised.
[[nodiscard]] std::string_view protocol_of(Bytes first_bytes);

// Whether bytes begin with a record header of TLS that makes sense (RFC 8446 5.1): type 20 to 23, version 3.0 to 3.4, and a length
// that such a record can have. At least five bytes are needed.
[[nodiscard]] bool looks_like_record(Bytes bytes);
// Whether bytes begin with a record that begins with a ClientHello or ServerHello; strict enough to search streams with (11 bytes).
[[nodiscard]] bool looks_like_hello(Bytes bytes);
// Whether bytes begin with an SSLv2 CLIENT-HELLO that offers SSL 3.0 or later or SSLv2 itself.
[[nodiscard]] bool looks_like_sslv2_hello(Bytes bytes);
// Whether a datagram is a DTLS handshake or alert (RFC 6347 4.1) in the clear.
[[nodiscard]] bool looks_like_dtls(Bytes datagram);
// What of a datagram is DTLS: all of it, or what stands behind the header of CAPWAP (RFC 5415 4.1) or of a TURN channel (RFC 8656 12.4).
[[nodiscard]] Bytes without_envelope(Bytes datagram);

}  // namespace tlswhy::tls
