// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/boxed.hpp"
#include "base/net.hpp"
#include "base/reader.hpp"
#include "base/time.hpp"

// TLS and DTLS as seen on the wire: values only. Everything here owns its bytes.
namespace tlswhy::tls {

struct At {
  std::uint64_t frame = 0;
  Timestamp time;
};

// A protocol version as on the wire (RFC 8446 4.2.1): 0x0303 is TLS 1.2, 0xfefd DTLS 1.2.
struct Version {
  std::uint16_t value = 0;
  [[nodiscard]] friend auto operator<=>(const Version&, const Version&) = default;
};
[[nodiscard]] std::string to_string(Version version);  // "TLS 1.2", "DTLS 1.2", "SSL 3.0"; "0x1234" for unknown ones

// Values reserved by RFC 8701 so that nobody relies on unknown numbers being refused.
[[nodiscard]] bool is_grease(std::uint16_t value);

// Whether something was there to be seen. Absence may be reasoned from only with `absent`.
enum class Seen : std::uint8_t { present, absent, not_captured, truncated, encrypted, malformed };

struct Extension {
  std::uint16_t type = 0;
  std::uint32_t size = 0;
};

struct ClientHello {
  At at;
  std::uint16_t legacy_version = 0;
  std::vector<std::uint8_t> random;
  std::uint32_t session_id_size = 0;
  std::uint32_t cookie_size = 0;                    // DTLS
  std::vector<std::uint16_t> cipher_suites;         // as sent, GREASE included
  std::vector<std::uint8_t> compression_methods;
  std::vector<Extension> extensions;                // as sent
  std::optional<std::string> server_name;           // raw bytes of the host_name entry
  std::vector<std::string> alpn;
  std::vector<std::uint16_t> supported_versions;    // as sent; empty if the extension is absent
  std::vector<std::uint16_t> groups;
  std::vector<std::uint8_t> point_formats;
  std::vector<std::uint16_t> signature_algorithms;
  std::vector<std::uint16_t> key_share_groups;
  std::optional<std::uint8_t> max_fragment_length;  // RFC 6066 code 1..4 = 2^9..2^12
  std::optional<std::uint16_t> record_size_limit;   // RFC 8449
  std::optional<std::uint8_t> connection_id_size;   // RFC 9146: of the id that the server is asked to put into its records
  std::uint32_t session_ticket_size = 0;
  bool session_ticket = false;                      // the extension is present
  bool extended_master_secret = false;
  bool renegotiation_info = false;
  bool pre_shared_key = false;                      // TLS 1.3 PSK offered
  bool external_psk = false;                        // and none is a session's: all ages are 0 (RFC 8446 4.2.11)
  bool early_data = false;
  bool encrypted_client_hello = false;
  bool sslv2 = false;                               // sent in the SSLv2 form (RFC 5246 E.2)
  bool complete = true;                             // false: cut short or malformed; what was readable is here
};

struct ServerHello {
  At at;
  std::uint16_t legacy_version = 0;
  Version version;                                  // negotiated, supported_versions applied
  std::uint16_t cipher_suite = 0;
  std::uint8_t compression = 0;
  std::vector<std::uint8_t> random;
  std::vector<std::uint8_t> session_id;
  std::uint32_t session_id_size = 0;
  bool session_id_echoed = false;                   // resumption in TLS 1.2 where the client had offered it
  std::vector<Extension> extensions;
  std::optional<std::string> alpn;
  std::optional<std::uint16_t> selected_group;      // key_share
  std::optional<std::uint8_t> max_fragment_length;
  std::optional<std::uint16_t> record_size_limit;
  std::optional<std::uint8_t> connection_id_size;   // RFC 9146: of the id that the client is asked to put into its records
  bool pre_shared_key = false;
  bool extended_master_secret = false;
  bool renegotiation_info = false;
  bool session_ticket = false;
  bool encrypt_then_mac = false;                    // RFC 7366
  bool truncated_hmac = false;                      // RFC 6066 7
  bool hello_retry_request = false;
  bool server_name_acknowledged = false;
  bool complete = true;
};

struct Certificate {
  Side from = Side::server;
  std::uint32_t index = 0;        // 0 is the leaf
  std::uint64_t frame = 0;
  std::uint32_t size = 0;         // bytes of DER
  std::string parse_error;        // what mbedTLS says when it cannot read it; the fields below are then empty
  std::string serial;             // hex, lower case
  std::string subject;            // RFC 4514 style, as mbedTLS prints it
  std::string issuer;
  std::string subject_der_sha256; // to compare names exactly
  std::string issuer_der_sha256;
  std::optional<Timestamp> not_before;
  std::optional<Timestamp> not_after;
  std::string not_before_text;    // RFC 3339, also for dates out of Timestamp's range
  std::string not_after_text;
  std::string sha256;             // of the DER, hex
  std::string public_key_pin;     // SHA-256 of the SubjectPublicKeyInfo as it was sent, base64 (RFC 7469 2.4); empty if it cannot be found
  std::string key;                // "RSA 2048", "EC secp256r1", "Ed25519"
  std::string key_type;           // "RSA", "EC", "Ed25519", "DSA", ...
  std::uint32_t key_bits = 0;
  std::string signature;          // "sha256WithRSAEncryption"
  std::string signature_hash;     // "sha256"; empty if unknown
  std::vector<std::string> names; // "DNS:...", "IP:..."
  bool is_ca = false;
  bool self_issued = false;       // subject equals issuer
  bool self_signed = false;       // self issued and the own key verifies the signature
  bool signed_by_next = false;    // the next certificate of the chain verifies this one's signature
  std::vector<std::string> key_usage;
  std::vector<std::string> extended_key_usage;
  int version = 3;
  bool decrypted = false;
  std::vector<std::uint8_t> der;
};

struct Message {
  At at;
  Side from = Side::client;
  std::string_view type;          // RFC name in snake case, see CONTRACT: "client_hello", "encrypted_handshake"; static storage
  std::uint8_t code = 0;          // handshake type on the wire; 0 for change_cipher_spec and encrypted ones
  std::uint32_t length = 0;       // bytes of the body as declared
  std::uint32_t records = 1;      // how many records it was spread over
  bool complete = true;
  bool decrypted = false;
};

// A handshake message that came once more, whole, in a datagram of its own or of a flight sent again.
struct Repeat {
  At at;
  Side from = Side::client;
  std::string_view type;          // as of Message
  std::uint32_t length = 0;
};

struct Alert {
  At at;
  Side from = Side::client;
  std::uint8_t level = 0;         // 1 warning, 2 fatal; 0 when encrypted
  std::uint8_t code = 0;
  bool encrypted = false;         // and not to be read; an alert that keys opened is `decrypted` instead
  bool inferred = false;          // TLS 1.3: nothing says that it is an alert but the record's size and place
  std::string_view after;         // type of the last message before it, of either side
  bool decrypted = false;
  bool after_close = false;       // said to a peer that had closed while it was its turn to speak: what a stack makes of an end of file
};

// TLS 1.3 without keys: what the client answered to the question for its certificate, by the size of its first protected record.
enum class ClientAnswer : std::uint8_t { unknown, not_asked, empty, sent };

enum class Outcome : std::uint8_t { completed, failed, incomplete };
enum class EndedBy : std::uint8_t { finished, alert, encrypted_alert, rst, fin, timeout, capture_end, not_tls };
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] std::string_view to_string(EndedBy ended_by);

// What was found instead of TLS on one side.
struct ForeignBytes {
  Side from = Side::server;
  std::string protocol;           // "HTTP", "MQTT", "SSH", "SMTP", "unknown"
  std::string first_bytes;        // up to 64 raw bytes
  At at;
};

// Sizes and times of one direction.
struct DirectionFacts {
  std::uint64_t bytes = 0;                  // stream bytes seen
  std::uint32_t records = 0;
  std::uint32_t largest_record = 0;         // payload length of the largest record header seen, before encryption ended or not
  std::uint64_t largest_record_frame = 0;
  std::uint32_t largest_message = 0;        // declared body length of the largest clear handshake message
  std::string_view largest_message_type;
  std::uint64_t missing_bytes = 0;          // lost or not recorded, within the handshake
  std::uint32_t missing_messages = 0;       // DTLS: messages that never came (whole) although later ones did
  std::uint32_t application_records = 0;    // application_data records after the handshake could be complete
  std::uint32_t retransmissions = 0;
  std::uint32_t largest_retransmission = 0;
  bool fin = false;
  bool rst = false;
  At fin_at;
  At rst_at;
  bool seen = false;                        // at least one byte
  bool stopped_inside = false;              // streams: the last bytes are the beginning of a record or message whose rest never came
};

// "QUIC v1", "QUIC draft-29"; the number in hex for versions without a name.
[[nodiscard]] std::string quic_version_name(std::uint32_t version);

// What QUIC adds to a handshake that it carries (RFC 9000, RFC 9001).
struct Quic {
  struct Close {
    At at;
    Side from = Side::client;
    std::uint64_t error_code = 0;         // 0x0100 to 0x01ff: a TLS alert (RFC 9001 4.8)
    bool application = false;             // the code is that of the protocol above
    std::string reason;                   // raw bytes of the reason phrase
  };
  std::uint32_t version = 0;              // of the last Initial packet of the client
  std::string version_name;               // "QUIC v1", "QUIC draft-29"; the number in hex for others
  std::optional<At> retry;                // the server asked for the ClientHello again with a token
  std::optional<At> negotiation;          // the server does not speak the client's version,
  std::vector<std::uint32_t> server_versions;  // but these
  std::optional<Close> close;             // the first CONNECTION_CLOSE in the clear
  std::uint32_t handshake_packets[2] = {0, 0};  // encrypted; of the client and the server
  std::uint32_t one_rtt_packets[2] = {0, 0};
};

// The first bytes of the application data of one side: enough for a status line or the head of an MQTT packet.
struct OpenedData {
  std::string head;
  At at;  // of the first of them
};

// What followed a handshake that was completed, as far as it was looked at: some records of each side ([0] client, [1] server).
struct AfterHandshake {
  std::uint32_t data_records[2] = {0, 0};
  std::uint64_t data_bytes[2] = {0, 0};           // content where the cipher suite adds a fixed size, else the records' payload
  std::uint32_t handshake_records[2] = {0, 0};    // encrypted: another handshake
  std::optional<Side> ended_by;                   // who was the first to end it, by an alert, FIN or RST
  At ended_at;
  bool by_alert = false;                          // an alert, its content unknown or close_notify
  bool unused = false;                            // and no application data had passed
};

// One connection on which TLS was spoken, or was expected and something else came.
struct Handshake {
  std::string transport = "tcp";            // "tcp", "udp", "eap", "quic"
  Endpoint client;
  Endpoint server;
  bool roles_inferred = false;              // neither SYN nor hello told who is who
  std::uint64_t first_frame = 0;
  std::uint64_t last_frame = 0;             // last frame that matters to the handshake (message, alert, FIN or RST)
  Timestamp started;
  Timestamp ended;
  Outcome outcome = Outcome::incomplete;
  EndedBy ended_by = EndedBy::capture_end;
  std::optional<Side> ended_by_side;        // who sent the alert, FIN or RST
  At ended_at;
  std::string_view stage;                   // type of the last handshake message seen; empty if none
  Boxed<ClientHello> client_hello;  // the first; the one after a HelloRetryRequest is in second_client_hello
  Boxed<ClientHello> second_client_hello;
  Boxed<ServerHello> server_hello;
  Boxed<ServerHello> hello_retry_request;
  std::vector<Message> messages;
  std::vector<Repeat> repeats;              // of them; in the order they came
  std::vector<Certificate> certificates;
  Seen server_certificate = Seen::not_captured;
  Seen client_certificate = Seen::not_captured;
  bool client_certificate_requested = false;
  bool client_certificate_empty = false;    // answered the request with an empty list
  std::vector<std::string> certificate_request_issuers;
  ClientAnswer client_answer = ClientAnswer::unknown;  // inferred; the fields above tell what was seen
  std::uint64_t client_answer_frame = 0;
  std::optional<std::uint16_t> key_exchange_group;  // TLS 1.2 ServerKeyExchange named_curve
  std::vector<Alert> alerts;
  Boxed<Quic> quic;                 // transport is "quic"
  Boxed<ForeignBytes> foreign;      // ended_by is not_tls
  std::string starttls;                     // protocol that upgraded: "SMTP", "IMAP", ... empty if none
  bool resumed = false;
  bool midstream = false;                   // the capture began after the connection
  bool one_sided = false;
  bool decrypted = false;                   // keys opened at least one record
  OpenedData client_data;                   // what keys opened of the application's first bytes
  OpenedData server_data;
  DirectionFacts from_client;
  DirectionFacts from_server;
  AfterHandshake after;
  std::vector<std::string> problems;        // parse failures with frame, as sentences
  std::uint32_t flow_id = 0;                // capture::Flow::id

  [[nodiscard]] const DirectionFacts& from(Side side) const { return side == Side::client ? from_client : from_server; }
  [[nodiscard]] std::optional<Version> negotiated() const {
    return server_hello ? std::optional<Version>(server_hello->version) : std::nullopt;
  }
};

// Versions a hello offers, lowest first, GREASE left out: supported_versions where sent, else all up to legacy_version's one.
[[nodiscard]] std::vector<Version> versions_offered(const ClientHello& hello);
// JA3 (https://github.com/salesforce/ja3): the string and its MD5.
[[nodiscard]] std::string ja3_full(const ClientHello& hello);
[[nodiscard]] std::string ja3(const ClientHello& hello);
[[nodiscard]] std::string ja3s(const ServerHello& hello);

}  // namespace tlswhy::tls
