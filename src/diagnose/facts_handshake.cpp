// SPDX-License-Identifier: Apache-2.0
// A wire handshake as facts.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "diagnose/fact_sink.hpp"

namespace tlswhy::diagnose {
namespace {

using tls::Handshake;

// A wait this long between two messages is no network delay: somebody computes, or somebody has gone.
constexpr double k_notable_pause_ms = 1000.0;
// TCP segments above this size are those that a path with a small MTU loses (the classic 1280 minus headers and options).
constexpr std::uint32_t k_large_segment_bytes = 1000;
// Suites of a hello that are named in a sentence; small stacks offer no more.
constexpr std::size_t k_suites_named = 4;
// TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746) and TLS_FALLBACK_SCSV (RFC 7507) are signals, not cipher suites.
// Where the status stands in "HTTP/1.1 200", and how much of an MQTT CONNACK reaches to its code.
constexpr std::size_t k_http_status_begin = 9;
constexpr std::size_t k_http_status_end = 12;
constexpr std::size_t k_connack_head = 4;
constexpr std::uint64_t k_connack_size = 4;  // MQTT 3.1.1, 3.2: two bytes of fixed header, flags and code
constexpr std::uint16_t k_renegotiation_scsv = 0x00FF;
constexpr std::array<std::uint16_t, 2> k_signalling_suites{k_renegotiation_scsv, 0x5600};

// Up to TLS 1.2 the random begins with the sender's clock in seconds (RFC 5246 7.4.1.2: gmt_unix_time). Many stacks put noise there, so
// the value counts only where noise would hardly hit: within a day of the capture, or within sixty days after the dates at which
// devices without a clock start (1970 and 2000).
constexpr std::int64_t k_day_s = 86'400;
constexpr std::int64_t k_fresh_clock_s = 60 * k_day_s;
constexpr std::array<std::int64_t, 2> k_clock_starts_s{0, 946'684'800};

bool is_real_suite(std::uint16_t suite) {
  return !tls::is_grease(suite) && std::find(k_signalling_suites.begin(), k_signalling_suites.end(), suite) == k_signalling_suites.end();
}

bool has_suite(const tls::ClientHello& hello, std::uint16_t wanted) {
  return std::find(hello.cipher_suites.begin(), hello.cipher_suites.end(), wanted) != hello.cipher_suites.end();
}

// The groups of which practically every server has one: P-256, P-384, X25519 (IANA TLS Supported Groups 23, 24, 29).
constexpr std::array<std::uint16_t, 3> k_usual_groups{23, 24, 29};

bool has_usual_group(const tls::ClientHello& hello) {
  return std::find_first_of(hello.groups.begin(), hello.groups.end(), k_usual_groups.begin(), k_usual_groups.end()) != hello.groups.end();
}

// A session id alone says nothing in TLS 1.3, where it is sent for the sake of old middleboxes (RFC 8446 D.4).
bool offers_session(const tls::ClientHello& hello) {
  const auto versions = tls::versions_offered(hello);
  const bool tls13 = !versions.empty() && versions.back().value >= 0x0304;
  return hello.session_ticket_size > 0 || (hello.pre_shared_key && !hello.external_psk) || (hello.session_id_size > 0 && !tls13);
}

class HandshakeFacts {
 public:
  HandshakeFacts(const wire::Capture& capture, const Handshake& handshake, const knowledge::Knowledge& knowledge, const Context& context,
                 const DeviceLimits& limits)
      : h_(handshake), knowledge_(knowledge), context_(context), limits_(limits), sink_(capture, handshake.first_frame) {}

  std::vector<LocatedFact> take() {
    hello();
    server_hello();
    stages();
    state_certificates(sink_, h_, knowledge_, context_);
    state_client_authentication(sink_, h_);
    alerts();
    foreign();
    opened_data();
    state_sizes(sink_, h_, limits_);
    pauses();
    losses();
    ending();
    return sink_.take();
  }

 private:
  void state(FactBuilder builder, std::uint64_t frame, std::string text, bool inferred = false) {
    sink_.state(std::move(builder), frame, std::move(text), inferred);
  }

  [[nodiscard]] bool datagrams() const { return h_.transport == "udp"; }
  [[nodiscard]] bool in_datagrams() const { return datagrams() || h_.transport == "quic"; }
  [[nodiscard]] bool tls13() const {
    const auto version = h_.negotiated();
    return version && (version->value == 0x0304 || (version->value & 0xFF00U) == 0x7F00U || version->value == 0xFEFC);
  }
  [[nodiscard]] bool reached(std::string_view type) const {
    return std::any_of(h_.messages.begin(), h_.messages.end(), [&](const tls::Message& m) { return m.type == type; });
  }
  void hello() {
    if (!h_.client_hello) return;
    const tls::ClientHello& hello = *h_.client_hello;
    std::size_t suites = 0;
    std::size_t static_rsa = 0;
    std::string names;
    const knowledge::Registry* const registry = knowledge_.registry("tls-ciphersuites");
    for (const std::uint16_t suite : hello.cipher_suites) {
      if (!is_real_suite(suite)) continue;
      ++suites;
      if (registry != nullptr) {
        const auto at = std::find_if(registry->entries.begin(), registry->entries.end(), [&](const auto& e) { return e.value == suite; });
        if (at != registry->entries.end() && at->key_exchange == "rsa") ++static_rsa;
        if (suites <= k_suites_named && at != registry->entries.end()) names += (names.empty() ? "" : ", ") + std::string(at->name);
      }
    }
    const auto versions = tls::versions_offered(hello);
    const bool complete = hello.complete;
    FactBuilder fact("offered");
    fact.with("ciphers", suites)
        .with("only_static_rsa", suites > 0 && static_rsa == suites ? "yes" : "no")
        .with("suites", suites > k_suites_named ? names + " and " + std::to_string(suites - k_suites_named) + " more" : names)
        .with("alpn", hello.alpn.empty() ? "absent" : "present");
    // Absence may only be reasoned from where the hello was complete.
    if (complete || hello.server_name) fact.with("sni", hello.server_name ? "present" : "absent");
    if (complete) {
      fact.with("groups", hello.groups.empty() ? "absent" : "present")
          .with("usual_group", has_usual_group(hello) ? "yes" : "no")
          .with("sigalgs", hello.signature_algorithms.empty() ? "absent" : "present")
          .with("mfl", hello.max_fragment_length || hello.record_size_limit ? "present" : "absent")
          .with("ems", hello.extended_master_secret ? "present" : "absent")
          .with("reneg", hello.renegotiation_info || has_suite(hello, k_renegotiation_scsv) ? "present" : "absent");
    }
    fact.with("psk", hello.pre_shared_key || only_psk_suites(hello) ? "present" : "absent")
        .with("session", offers_session(hello) ? "present" : "absent");
    if (!versions.empty()) fact.with("max_version", tls::to_string(versions.back())).with("min_version", tls::to_string(versions.front()));
    std::string text = "the client offers " + std::to_string(suites) + " cipher suites";
    if (suites > 0 && suites <= k_suites_named) text += " (" + names + ")";
    if (!versions.empty())
      text += " and " + (versions.size() > 1 ? tls::to_string(versions.front()) + " to " : std::string()) + tls::to_string(versions.back());
    if (hello.server_name) {
      text += ", for the name \"" + *hello.server_name + "\"";
    } else if (complete) {
      text += ", without a server name (SNI)";
    }
    state(std::move(fact), hello.at.frame, text);
    if (hello.random.size() >= 4 && hello.supported_versions.empty()) clock_of(hello);
    if (complete && !hello.server_name && !datagrams())
      state(FactBuilder("sni-absent"), hello.at.frame, "the ClientHello carries no server name (SNI)");
  }

  void clock_of(const tls::ClientHello& hello) {
    std::int64_t seconds = 0;
    for (std::size_t i = 0; i < 4; ++i) seconds = seconds * 256 + hello.random[i];
    const std::int64_t captured = hello.at.time.ns / 1'000'000'000;
    std::string_view state_word;
    if (seconds > captured - k_day_s && seconds < captured + k_day_s) state_word = "set";
    for (const std::int64_t start : k_clock_starts_s) {
      if (seconds >= start && seconds < start + k_fresh_clock_s) state_word = "unset";
    }
    if (state_word.empty()) return;
    const std::string time = to_rfc3339(Timestamp{seconds * 1'000'000'000}, 0);
    state(FactBuilder("clock").with("time", time).with("state", state_word), hello.at.frame,
          "the client's clock, as its hello tells it, is " + time, true);
  }

  [[nodiscard]] bool only_psk_suites(const tls::ClientHello& hello) const {
    const knowledge::Registry* const registry = knowledge_.registry("tls-ciphersuites");
    if (registry == nullptr) return false;
    std::size_t real = 0;
    for (const std::uint16_t suite : hello.cipher_suites) {
      if (!is_real_suite(suite)) continue;
      ++real;
      const std::string_view name = knowledge_.name_of("tls-ciphersuites", suite);
      if (name.find("_PSK_") == std::string_view::npos) return false;
    }
    return real > 0;
  }

  void server_hello() {
    if (h_.hello_retry_request) {
      state(FactBuilder("server-hello").with("hrr", "yes"), h_.hello_retry_request->at.frame,
            "the server asks for another key share (HelloRetryRequest)");
    }
    if (!h_.server_hello) return;
    const tls::ServerHello& hello = *h_.server_hello;
    std::string cipher(knowledge_.name_of("tls-ciphersuites", hello.cipher_suite));
    if (cipher.empty())
      cipher = "0x" + to_hex(std::array<std::uint8_t, 2>{static_cast<std::uint8_t>(hello.cipher_suite >> 8U),
                                                         static_cast<std::uint8_t>(hello.cipher_suite & 0xFFU)});
    const std::string version = tls::to_string(hello.version);
    FactBuilder fact("server-hello");
    fact.with("version", version)
        .with("cipher", cipher)
        .with("mfl", hello.max_fragment_length || hello.record_size_limit ? "present" : "absent")
        .with("session", h_.resumed ? "resumed" : "new");
    if (!tls13() && hello.complete) {
      fact.with("ems", hello.extended_master_secret ? "present" : "absent").with("reneg", hello.renegotiation_info ? "present" : "absent");
    }
    state(std::move(fact), hello.at.frame, "the server chose " + version + " and " + cipher);
    state(FactBuilder("server-chose").with("version", version).with("cipher", cipher), hello.at.frame,
          "the server chose " + version + " and " + cipher);
    if (cipher.find("_PSK_") != std::string::npos || hello.pre_shared_key) {
      state(FactBuilder("psk-used"), hello.at.frame, "a pre-shared key is used");
    }
    if (h_.resumed) state(FactBuilder("session-resumption").with("what", "resumed"), hello.at.frame, "an earlier session is resumed");
  }

  void stages() {
    std::set<std::string_view> stated;
    for (const tls::Message& message : h_.messages) {
      std::string_view stage = message.type;
      if (stage == "certificate" && message.from == Side::client) stage = "client_certificate";
      if (stage == "client_certificate" || !stated.insert(stage).second) continue;
      state(FactBuilder("stage").with("reached", stage), message.at.frame,
            std::string(to_string(message.from)) + " sent " + std::string(message.type));
    }
    // A message that is not there says something only if its bytes would have been there to see.
    const bool whole = h_.from_server.missing_messages == 0 && !h_.midstream && h_.from_server.missing_bytes == 0 &&
                       h_.from_client.missing_bytes == 0 && !h_.one_sided;
    if (!whole || !h_.client_hello) return;
    constexpr std::array<std::string_view, 2> k_expected{"server_hello", "certificate"};
    for (const std::string_view stage : k_expected) {
      if (stated.count(stage) != 0) continue;
      // From TLS 1.3 on the certificate is encrypted; with PSK or a resumed session there is none.
      if (stage == "certificate" && h_.server_hello && (tls13() || h_.resumed)) continue;
      state(FactBuilder("not-reached").with("stage", stage), h_.last_frame, "no " + std::string(stage) + " was sent before the end");
    }
  }

  void alerts() {
    for (const tls::Alert& alert : h_.alerts) {
      const std::string who(to_string(alert.from));
      if (alert.after_close) {
        const std::string name(knowledge_.name_of("tls-alerts", alert.code));
        state(FactBuilder("alert-after-close").with("name", name).with("by", who), alert.at.frame,
              "the " + who + " answers the close with alert " + name + ", which only says that the connection had ended");
        continue;
      }
      if (alert.encrypted && !alert.decrypted) {
        state(FactBuilder("encrypted-alert").with("by", who).with("after", alert.after), alert.at.frame,
              alert.inferred ? "the " + who + " sends an encrypted record of an alert's size and then nothing more"
                             : "the " + who + " sends an alert that is encrypted",
              true);
        continue;
      }
      std::string name(knowledge_.name_of("tls-alerts", alert.code));
      if (name.empty()) name = alert_name(alert.code);
      if (name == "close_notify") {
        state(FactBuilder("close-notify").with("by", who), alert.at.frame, "the " + who + " closes the connection (close_notify)");
        continue;
      }
      const bool warning = alert.level == 1;
      state(FactBuilder("alert")
                .with("name", name)
                .with("code", std::uint64_t{alert.code})
                .with("level", warning ? "warning" : "fatal")
                .with("by", who)
                .with("seen", "seen")
                .with("after", alert.after),
            alert.at.frame,
            "the " + who + " sends alert " + name + " (" + std::to_string(alert.code) + ")" +
                (alert.after.empty() ? "" : " after " + std::string(alert.after)));
    }
  }
  // The registries and the alert table share their source; the table of codes is the one with symbols.
  [[nodiscard]] std::string alert_name(std::uint8_t code) const {
    if (const auto* library = knowledge_.code_library("tls-alerts")) {
      for (const auto& row : library->codes) {
        if (row.has_value && row.value == code) return std::string(row.symbol);
      }
    }
    return std::to_string(code);
  }

  // What keys opened of the conversation above TLS.
  void opened_data() {
    const std::string_view client = h_.client_data.head;
    const std::string_view server = h_.server_data.head;
    const std::uint64_t frame = h_.server_data.at.frame;
    if (server.starts_with("HTTP/1.") && server.size() >= k_http_status_end && server[k_http_status_begin - 1] == ' ') {
      const std::string code(server.substr(k_http_status_begin, k_http_status_end - k_http_status_begin));
      state(FactBuilder("http-status").with("code", code), frame,
            "the server answers with HTTP status " + printable(code) + " (decrypted)");
    }
    // MQTT 3.1.1 and 5.0, 3.1 and 3.2: CONNECT names the protocol; CONNACK has its code behind a byte of flags.
    const bool connect =
        client.starts_with('\x10') && (client.find("MQTT") != std::string_view::npos || client.find("MQIsdp") != std::string_view::npos);
    if (!connect || server.size() < k_connack_head || server[0] != '\x20' || (server[1] & 0x80) != 0) return;
    const auto code = std::to_string(static_cast<unsigned char>(server[k_connack_head - 1]));
    if (code == "0") {
      state(FactBuilder("mqtt-connected"), frame, "the broker accepts the MQTT CONNECT (decrypted)");
    } else {
      state(FactBuilder("mqtt-connack").with("code", code), frame,
            "the broker refuses the MQTT CONNECT with code " + code + " (decrypted)");
    }
  }

  void foreign() {
    if (!h_.foreign) return;
    const std::string who(to_string(h_.foreign->from));
    state(FactBuilder("plaintext")
              .with("protocol", h_.foreign->protocol)
              .with("by", who)
              .with("port", std::uint64_t{h_.server.port})
              .with("bytes", printable(shorten(h_.foreign->first_bytes, 24))),
          h_.foreign->at.frame,
          "the " + who + " speaks " + (h_.foreign->protocol == "unknown" ? "no TLS" : h_.foreign->protocol + ", not TLS") + ", on port " +
              std::to_string(h_.server.port) + ": \"" + printable(shorten(h_.foreign->first_bytes, 24)) + "\"");
  }

  void pauses() {
    for (std::size_t i = 1; i < h_.messages.size(); ++i) {
      const tls::Message& before = h_.messages[i - 1];
      const tls::Message& after = h_.messages[i];
      const double ms = milliseconds_between(before.at.time, after.at.time);
      if (ms < k_notable_pause_ms) continue;
      state(FactBuilder("pause").with("ms", static_cast<std::uint64_t>(ms)).with("who", to_string(after.from)).with("before", after.type),
            after.at.frame,
            "the " + std::string(to_string(after.from)) + " took " + std::to_string(static_cast<std::uint64_t>(ms)) + " ms before " +
                std::string(after.type));
    }
    if (!h_.messages.empty() && h_.outcome != tls::Outcome::completed && h_.ended_at.frame != 0) {
      const tls::Message& last = h_.messages.back();
      const double ms = milliseconds_between(last.at.time, h_.ended_at.time);
      if (ms >= k_notable_pause_ms) {
        const Side silent = next_speaker();
        state(FactBuilder("pause").with("ms", static_cast<std::uint64_t>(ms)).with("who", to_string(silent)).with("before", "end"),
              h_.ended_at.frame,
              "the " + std::string(to_string(silent)) + " was silent for " + std::to_string(static_cast<std::uint64_t>(ms)) +
                  " ms, then the connection ended");
      }
    }
  }
  // Whose turn it is after the last message (RFC 5246 7.3, RFC 8446 2).
  [[nodiscard]] Side next_speaker() const {
    if (h_.messages.empty()) return Side::client;
    const tls::Message& last = h_.messages.back();
    if (last.from == Side::client || h_.from_server.stopped_inside) return Side::server;
    return last.type == "server_hello_done" || last.type == "hello_verify_request" || last.type == "hello_retry_request" || tls13()
               ? Side::client
               : Side::server;
  }

  void losses() {
    for (const Side side : {Side::client, Side::server}) {
      const tls::DirectionFacts& d = h_.from(side);
      if (d.retransmissions == 0) continue;
      const std::string who(to_string(side));
      state(FactBuilder("retransmissions").with("count", d.retransmissions).with("who", who).with("largest", d.largest_retransmission),
            h_.last_frame,
            "the " + who + " sent " + std::to_string(d.retransmissions) + (in_datagrams() ? " datagram" : " segment") +
                (d.retransmissions == 1 ? "" : "s") + " again, the largest of " + std::to_string(d.largest_retransmission) + " bytes");
      const bool unfinished = h_.outcome != tls::Outcome::completed;
      if (unfinished && d.largest_retransmission >= k_large_segment_bytes && d.retransmissions >= 2) {
        state(FactBuilder("flight-lost").with("who", who).with("bytes", d.largest_retransmission), h_.last_frame,
              std::string(in_datagrams() ? "large datagrams of the " : "large segments of the ") + who +
                  " are sent again and again without success");
      }
    }
    // Messages of a flight that never came although later ones did and the peer asked for them again.
    for (const Side side : {Side::client, Side::server}) {
      const tls::DirectionFacts& d = h_.from(side);
      if (d.missing_messages == 0 || h_.outcome == tls::Outcome::completed || h_.from(other(side)).retransmissions + d.retransmissions < 2)
        continue;
      const std::string who(to_string(side));
      state(FactBuilder("flight-lost").with("who", who).with("messages", d.missing_messages), h_.last_frame,
            "messages of the " + who + "'s flight never came, although others of it did", true);
    }
    // Segments that never came although later ones did: the capture point sits behind the loss.
    if (h_.from_server.missing_bytes >= k_large_segment_bytes && h_.outcome != tls::Outcome::completed && !h_.server_hello &&
        h_.client_hello) {
      state(FactBuilder("flight-lost").with("who", "server").with("bytes", h_.from_server.missing_bytes), h_.last_frame,
            std::to_string(h_.from_server.missing_bytes) + " bytes of the server's answer are not in the capture", true);
    }
  }

  void ending() {
    const std::string_view by = tls::to_string(h_.ended_by);
    const std::string_view who = h_.ended_by_side ? to_string(*h_.ended_by_side) : std::string_view{};
    const auto after_ms = static_cast<std::uint64_t>(std::max(0.0, milliseconds_between(h_.started, h_.ended_at.time)));
    const std::uint64_t frame = h_.ended_at.frame != 0 ? h_.ended_at.frame : h_.last_frame;
    state(FactBuilder("ended")
              .with("by", by)
              .with("who", who)
              .with("stage", h_.stage)
              .with("after_ms", after_ms)
              .with("outcome", tls::to_string(h_.outcome)),
          frame, ending_text(by, who));
    if (h_.outcome == tls::Outcome::completed) {
      state(FactBuilder("ok").with("what", "handshake"), frame, "the handshake completed");
      completed_then();
      return;
    }
    if (h_.ended_by == tls::EndedBy::rst)
      state(FactBuilder("peer-reset").with("after", h_.stage).with("by", who), frame, ending_text(by, who));
    if (h_.ended_by == tls::EndedBy::fin)
      state(FactBuilder("peer-closed").with("after", h_.stage).with("by", who), frame, ending_text(by, who));
    if (h_.ended_by == tls::EndedBy::timeout) {
      state(FactBuilder("handshake-timeout").with("seconds", after_ms / 1000), frame, ending_text(by, who));
    }
    const bool client_flight_done = h_.from_client.records > 0 && (reached("client_key_exchange") || tls13()) && h_.server_hello;
    if (client_flight_done && h_.ended_by_side == Side::server &&
        (h_.ended_by == tls::EndedBy::rst || h_.ended_by == tls::EndedBy::fin || h_.ended_by == tls::EndedBy::encrypted_alert ||
         h_.ended_by == tls::EndedBy::alert)) {
      state(FactBuilder("fatal-after-finished").with("by", who).with("how", by), frame,
            "the server ends the connection right after the client's last flight", true);
    }
  }

  void completed_then() {
    const tls::AfterHandshake& after = h_.after;
    if (after.data_records[0] > 0) {
      state(FactBuilder("step").with("name", "app-data").with("peer", "client"), h_.ended_at.frame, "the client sends application data");
    }
    if (!after.ended_by) return;
    const std::string who(to_string(*after.ended_by));
    if (after.unused) {
      state(FactBuilder("left-unused").with("by", who).with("how", after.by_alert ? "alert" : "close"), after.ended_at.frame,
            "the " + who + " ended the connection after the handshake, before any application data had passed");
    }
    // Another handshake was asked for, and the answer was an alert.
    if (after.handshake_records[0] > 0 && after.handshake_records[1] == 0 && after.by_alert && *after.ended_by == Side::server) {
      state(FactBuilder("renegotiation").with("what", "refused"), after.ended_at.frame,
            "the client began another handshake on the connection, and the server answered with an alert", true);
    }
    if (*after.ended_by == Side::server && after.data_records[0] > 0 && after.data_records[1] <= 1) {
      const bool answered = after.data_records[1] == 1;
      const bool connack = answered && after.data_records[0] == 1 && after.data_bytes[1] == k_connack_size;
      state(FactBuilder("app-closed").with("after", connack ? "connack" : answered ? "one-answer" : "no-answer"), after.ended_at.frame,
            !answered ? std::string("the server closes without an answer to what the client sent")
                      : "the server answers with " + std::to_string(after.data_bytes[1]) + " bytes and closes",
            true);
    }
  }

  [[nodiscard]] std::string ending_text(std::string_view by, std::string_view who) const {
    const std::string after = h_.stage.empty() ? std::string() : " after " + std::string(h_.stage);
    if (by == "rst") return "the " + std::string(who) + " resets the connection" + after;
    if (by == "fin" && h_.transport == "eap") return "the server refuses the authentication (EAP-Failure)" + after;
    if (by == "fin" && h_.quic && h_.quic->close)
      return "the " + std::string(who) + " closes the connection with QUIC error " + std::to_string(h_.quic->close->error_code) + after;
    if (by == "fin" && h_.quic && h_.quic->negotiation) return "the server does not speak " + h_.quic->version_name;
    if (by == "fin") return "the " + std::string(who) + " closes the connection" + after;
    if (by == "timeout") return "nobody sends anything more" + after;
    if (by == "capture-end") return "the capture ends" + after;
    if (by == "not-tls") return "one side does not speak TLS";
    if (by == "finished") return "the handshake is complete";
    return "the " + std::string(who) + " ends the handshake with an alert" + after;
  }

  const Handshake& h_;
  const knowledge::Knowledge& knowledge_;
  const Context& context_;
  const DeviceLimits& limits_;
  FactSink sink_;
};

}  // namespace

std::vector<LocatedFact> facts_of_handshake(const wire::Capture& capture, const tls::Handshake& handshake,
                                            const knowledge::Knowledge& knowledge, const Context& context, const DeviceLimits& limits) {
  return HandshakeFacts(capture, handshake, knowledge, context, limits).take();
}

std::optional<LocatedFact> fact_of_other(const wire::Capture& capture, const tls::Handshake& failed, const tls::Handshake& completed) {
  if (!failed.client_hello || !completed.client_hello) return std::nullopt;
  LocatedFact located;
  const bool same = failed.client.address == completed.client.address;
  located.fact = FactBuilder("other-handshake")
                     .with("outcome", "completed")
                     .with("client", same ? "same" : "other")
                     .with("session", offers_session(*completed.client_hello) ? "present" : "absent")
                     .with("sni", completed.client_hello->server_name ? "present" : "absent")
                     .with("from", "capture")
                     .take();
  located.source = {SourceKind::capture, capture.path, std::nullopt, completed.ended_at.frame};
  located.text = std::string("a handshake of ") + (same ? "the same" : "another") + " client with the same server completed";
  return located;
}

}  // namespace tlswhy::diagnose
