// SPDX-License-Identifier: Apache-2.0
// Two captures: the handshakes in the order in which they happen.
#include "check/diff.hpp"

#include <algorithm>

#include "base/net.hpp"
#include "base/text.hpp"

namespace tlswhy::check {
namespace {

// A pause that a person notices, and that is much longer than the good one's.
constexpr double k_long_pause_ms = 1000;
constexpr double k_much_longer = 5;
constexpr std::size_t k_listed = 4;

const tls::Handshake* pick_bad(const wire::Capture& capture) {
  for (const tls::Handshake& handshake : capture.handshakes) {
    if (handshake.outcome == tls::Outcome::failed) return &handshake;
  }
  for (const tls::Handshake& handshake : capture.handshakes) {
    if (handshake.outcome != tls::Outcome::completed) return &handshake;
  }
  return capture.handshakes.empty() ? nullptr : &capture.handshakes.front();
}

std::string sni_of(const tls::Handshake& handshake) {
  return handshake.client_hello && handshake.client_hello->server_name ? *handshake.client_hello->server_name : std::string();
}

const tls::Handshake* pick_good(const wire::Capture& capture, const tls::Handshake* bad) {
  const tls::Handshake* best = nullptr;
  int most = -1;
  for (const tls::Handshake& handshake : capture.handshakes) {
    int score = handshake.outcome == tls::Outcome::completed ? 4 : 0;
    if (bad != nullptr && handshake.server == bad->server) score += 1;
    if (bad != nullptr && sni_of(handshake) == sni_of(*bad)) score += 1;
    if (score > most) {
      most = score;
      best = &handshake;
    }
  }
  return best;
}

std::string quoted(std::string_view text) { return text.empty() ? "none" : "\"" + printable(text) + "\""; }

std::string seconds(double milliseconds) {
  const auto tenths = static_cast<std::int64_t>(milliseconds / 100 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

class Pair {
 public:
  Pair(const wire::Capture& good_capture, const wire::Capture& bad_capture, const tls::Handshake& good, const tls::Handshake& bad,
       const knowledge::Knowledge& knowledge, Diff& diff)
      : good_file_(good_capture.path), bad_file_(bad_capture.path), good_(good), bad_(bad), knowledge_(knowledge), diff_(diff) {}

  void run() {
    hello();
    answer();
    certificates();
    client_certificate();
    sizes();
    messages();
    pauses();
    losses();
    ending();
  }

 private:
  void add(std::string_view aspect, Weight weight, std::string says, std::string good, std::string bad, std::uint64_t good_frame,
           std::uint64_t bad_frame) {
    Difference& difference = add_difference(diff_, aspect, weight, std::move(says), std::move(good), std::move(bad));
    difference.good_at = {good_file_, good_frame == 0 ? std::nullopt : std::optional<std::uint64_t>(good_frame), std::nullopt};
    difference.bad_at = {bad_file_, bad_frame == 0 ? std::nullopt : std::optional<std::uint64_t>(bad_frame), std::nullopt};
  }
  [[nodiscard]] std::string name_of(std::string_view registry, std::uint16_t value) const {
    const std::string_view name = knowledge_.name_of(registry, value);
    if (!name.empty()) return std::string(name);
    const std::uint8_t bytes[] = {static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value & 0xffU)};
    return "0x" + to_hex(Bytes(bytes));
  }
  static bool has(const std::vector<std::uint16_t>& list, std::uint16_t value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  }

  // What is only in one of two lists, as words.
  [[nodiscard]] std::string only(const std::vector<std::uint16_t>& here, const std::vector<std::uint16_t>& there,
                                 std::string_view registry) const {
    std::string text;
    std::size_t count = 0;
    for (const std::uint16_t value : here) {
      if (tls::is_grease(value) || has(there, value)) continue;
      if (count < k_listed) text += (text.empty() ? "" : ", ") + name_of(registry, value);
      ++count;
    }
    if (count > k_listed) text += " and " + std::to_string(count - k_listed) + " more";
    return text;
  }
  [[nodiscard]] bool refused_early() const { return !bad_.server_hello; }

  void hello() {
    if (!good_.client_hello || !bad_.client_hello) {
      if (good_.client_hello.has_value() != bad_.client_hello.has_value()) {
        add("client-hello", Weight::matters,
            std::string("Only the ") + (good_.client_hello ? "good" : "bad") + " capture has a ClientHello.",
            good_.client_hello ? "sent" : "absent", bad_.client_hello ? "sent" : "absent", good_.first_frame, bad_.first_frame);
      }
      return;
    }
    const tls::ClientHello& g = *good_.client_hello;
    const tls::ClientHello& b = *bad_.client_hello;
    const std::uint64_t gf = g.at.frame;
    const std::uint64_t bf = b.at.frame;
    if (good_.server != bad_.server) {
      add("server", Weight::notable, "Different servers are dialled.", to_string(good_.server), to_string(bad_.server), good_.first_frame,
          bad_.first_frame);
    }
    if (g.server_name != b.server_name && (b.complete || b.server_name)) {
      const bool missing = g.server_name && !b.server_name;
      add("server-name", Weight::matters,
          missing ? "The bad client sends no server name (SNI); the good one asks for " + quoted(*g.server_name) + "."
                  : "The two ask for different server names (SNI).",
          quoted(g.server_name.value_or("")), quoted(b.server_name.value_or("")), gf, bf);
    }
    offered_versions(g, b, gf, bf);
    lists("suites-offered", "cipher suite", g.cipher_suites, b.cipher_suites, "tls-ciphersuites",
          good_.server_hello ? std::optional<std::uint16_t>(good_.server_hello->cipher_suite) : std::nullopt, gf, bf);
    lists("groups-offered", "group", g.groups, b.groups, "tls-groups", used_group(good_), gf, bf);
    lists("signature-algorithms-offered", "signature algorithm", g.signature_algorithms, b.signature_algorithms, "tls-sigalgs",
          std::nullopt, gf, bf);
    if (g.alpn != b.alpn) {
      const bool refused = std::any_of(bad_.alerts.begin(), bad_.alerts.end(), [](const tls::Alert& alert) { return alert.code == 120; });
      add("alpn-offered", refused ? Weight::matters : Weight::minor, "The application protocols offered (ALPN) differ.", words(g.alpn),
          words(b.alpn), gf, bf);
    }
    if (g.max_fragment_length != b.max_fragment_length || g.record_size_limit != b.record_size_limit) {
      add("record-limit-offered", Weight::minor, "The limits that the clients ask records to keep to differ.", limit(g), limit(b), gf, bf);
    }
    const bool g_session = g.session_ticket_size > 0 || g.pre_shared_key;
    const bool b_session = b.session_ticket_size > 0 || b.pre_shared_key;
    if (g_session != b_session) {
      add("session-offered", Weight::notable,
          std::string("Only the ") + (b_session ? "bad" : "good") + " client offers to resume a session.",
          g_session ? "offered" : "not offered", b_session ? "offered" : "not offered", gf, bf);
    }
  }

  static std::optional<std::uint16_t> used_group(const tls::Handshake& handshake) {
    if (handshake.key_exchange_group) return handshake.key_exchange_group;
    return handshake.server_hello ? handshake.server_hello->selected_group : std::nullopt;
  }
  static std::string words(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& item : list) text += (text.empty() ? "" : ", ") + printable(item);
    return text.empty() ? "none" : text;
  }
  static std::string limit(const tls::ClientHello& hello) {
    constexpr std::uint32_t k_smallest = 256;  // RFC 6066 4: code 1 is 2^9
    if (hello.max_fragment_length && *hello.max_fragment_length < 5)
      return std::to_string(k_smallest << *hello.max_fragment_length) + " (max_fragment_length)";
    if (hello.record_size_limit) return std::to_string(*hello.record_size_limit) + " (record_size_limit)";
    return "none";
  }

  void offered_versions(const tls::ClientHello& g, const tls::ClientHello& b, std::uint64_t gf, std::uint64_t bf) {
    const auto gv = tls::versions_offered(g);
    const auto bv = tls::versions_offered(b);
    if (gv == bv) return;
    const auto text = [](const std::vector<tls::Version>& list) {
      std::string out;
      for (const tls::Version version : list) out += (out.empty() ? "" : ", ") + tls::to_string(version);
      return out.empty() ? std::string("none") : out;
    };
    const auto chosen = good_.negotiated();
    const bool lacks = chosen && std::find(bv.begin(), bv.end(), *chosen) == bv.end();
    add("versions-offered", lacks ? Weight::matters : Weight::notable,
        lacks ? "The bad client does not offer " + tls::to_string(*chosen) + ", which the good connection uses."
              : "The versions offered differ.",
        text(gv), text(bv), gf, bf);
  }

  void lists(std::string_view aspect, const std::string& what, const std::vector<std::uint16_t>& g, const std::vector<std::uint16_t>& b,
             std::string_view registry, std::optional<std::uint16_t> chosen, std::uint64_t gf, std::uint64_t bf) {
    const std::string only_good = only(g, b, registry);
    const std::string only_bad = only(b, g, registry);
    if (only_good.empty() && only_bad.empty()) {
      if (g != b)
        add(aspect, Weight::minor, "The same " + what + "s are offered in another order.", std::to_string(g.size()),
            std::to_string(b.size()), gf, bf);
      return;
    }
    const bool lacks = chosen && has(g, *chosen) && !has(b, *chosen);
    const Weight weight = lacks && refused_early() ? Weight::matters : lacks ? Weight::notable : Weight::minor;
    std::string says =
        lacks ? "The bad client does not offer the " + what + " " + name_of(registry, *chosen) + ", which the good connection uses."
              : "The " + what + "s offered differ.";
    add(aspect, weight, std::move(says), only_good.empty() ? "nothing more" : "only here: " + only_good,
        only_bad.empty() ? "nothing more" : "only here: " + only_bad, gf, bf);
  }

  void answer() {
    if (bad_.foreign && !good_.foreign) {
      add("protocol", Weight::matters,
          "Where the good connection has TLS, the bad one has " + printable(bad_.foreign->protocol) + " from the " +
              std::string(to_string(bad_.foreign->from)) + ".",
          "TLS", printable(bad_.foreign->protocol), good_.first_frame, bad_.foreign->at.frame);
    }
    if (good_.server_hello.has_value() != bad_.server_hello.has_value()) {
      add("server-hello", Weight::notable,
          std::string("Only in the ") + (good_.server_hello ? "good" : "bad") +
              " connection does the server answer the ClientHello with a ServerHello.",
          good_.server_hello ? "sent" : "absent", bad_.server_hello ? "sent" : "absent",
          good_.server_hello ? good_.server_hello->at.frame : 0, bad_.server_hello ? bad_.server_hello->at.frame : 0);
    }
    if (!good_.server_hello || !bad_.server_hello) return;
    const tls::ServerHello& g = *good_.server_hello;
    const tls::ServerHello& b = *bad_.server_hello;
    if (g.version != b.version)
      add("version", Weight::notable, "The server chose different versions.", tls::to_string(g.version), tls::to_string(b.version),
          g.at.frame, b.at.frame);
    if (g.cipher_suite != b.cipher_suite) {
      add("suite", Weight::notable, "The server chose different cipher suites.", name_of("tls-ciphersuites", g.cipher_suite),
          name_of("tls-ciphersuites", b.cipher_suite), g.at.frame, b.at.frame);
    }
    const auto g_group = used_group(good_);
    const auto b_group = used_group(bad_);
    if (g_group && b_group && g_group != b_group)
      add("group", Weight::notable, "Different groups are used.", name_of("tls-groups", *g_group), name_of("tls-groups", *b_group),
          g.at.frame, b.at.frame);
    if (good_.resumed != bad_.resumed)
      add("resumption", Weight::notable, "Only one of the two resumes a session.", good_.resumed ? "resumed" : "full",
          bad_.resumed ? "resumed" : "full", g.at.frame, b.at.frame);
  }

  static std::vector<const tls::Certificate*> chain(const tls::Handshake& handshake, Side side) {
    std::vector<const tls::Certificate*> list;
    for (const tls::Certificate& certificate : handshake.certificates) {
      if (certificate.from == side) list.push_back(&certificate);
    }
    return list;
  }

  static bool in_dates(const tls::Certificate& certificate, Timestamp when) {
    return !(certificate.not_after && *certificate.not_after < when) && !(certificate.not_before && when < *certificate.not_before);
  }

  void certificates() {
    const auto g = chain(good_, Side::server);
    const auto b = chain(bad_, Side::server);
    if (g.empty() || b.empty()) return;
    const std::uint64_t gf = g.front()->frame;
    const std::uint64_t bf = b.front()->frame;
    for (const tls::Certificate* const certificate : b) {
      if (in_dates(*certificate, bad_.started) ||
          std::any_of(g.begin(), g.end(), [&](const auto* other) { return !in_dates(*other, good_.started); }))
        continue;
      add("certificate-dates", Weight::matters,
          "In the bad connection a certificate is out of its dates: " + quoted(shorten(certificate->subject, 60)) + ".",
          "all within their dates", certificate->not_before_text.substr(0, 10) + " to " + certificate->not_after_text.substr(0, 10), gf,
          certificate->frame);
      break;
    }
    if (g.front()->sha256 != b.front()->sha256) {
      const bool other_issuer = g.front()->issuer_der_sha256 != b.front()->issuer_der_sha256;
      const bool other_names = g.front()->names != b.front()->names || g.front()->subject != b.front()->subject;
      const std::string says = other_names    ? "The server shows certificates for different names."
                               : other_issuer ? "The server's certificate has another issuer."
                                              : "The server's certificate was renewed between the two.";
      add("certificate", other_issuer || other_names ? Weight::matters : Weight::notable, says, described(*g.front()),
          described(*b.front()), gf, bf);
    }
    if (g.size() != b.size()) {
      add("chain-length", b.size() < g.size() ? Weight::matters : Weight::notable,
          "The server sends " + std::to_string(b.size()) + " certificates in the bad connection and " + std::to_string(g.size()) +
              " in the good one.",
          std::to_string(g.size()), std::to_string(b.size()), gf, bf);
    }
  }

  static std::string described(const tls::Certificate& certificate) {
    return printable(shorten(certificate.subject, 60)) + ", " + certificate.key + ", issued by " +
           printable(shorten(certificate.issuer, 60)) + ", until " + certificate.not_after_text.substr(0, 10);
  }

  void client_certificate() {
    if (good_.client_certificate_requested != bad_.client_certificate_requested && good_.server_hello && bad_.server_hello) {
      add("certificate-request", Weight::matters,
          std::string("Only in the ") + (bad_.client_certificate_requested ? "bad" : "good") +
              " connection does the server ask for a client certificate.",
          good_.client_certificate_requested ? "asked" : "not asked", bad_.client_certificate_requested ? "asked" : "not asked",
          good_.first_frame, bad_.first_frame);
    }
    const auto g = chain(good_, Side::client);
    const auto b = chain(bad_, Side::client);
    if (good_.client_certificate_requested && bad_.client_certificate_requested) {
      if (!g.empty() && b.empty()) {
        add("client-certificate", Weight::matters,
            "The good client sends a certificate, the bad one " +
                std::string(bad_.client_certificate_empty ? "an empty one." : "none that is visible."),
            described(*g.front()), bad_.client_certificate_empty ? "empty" : "none", g.front()->frame, bad_.last_frame);
      } else if (!g.empty() && !b.empty() && g.front()->sha256 != b.front()->sha256) {
        add("client-certificate", Weight::matters, "The clients send different certificates.", described(*g.front()), described(*b.front()),
            g.front()->frame, b.front()->frame);
      }
    }
  }

  void sizes() {
    const auto& g = good_.from_server;
    const auto& b = bad_.from_server;
    if (g.largest_message != b.largest_message && b.largest_message != 0 && g.largest_message != 0) {
      add("message-size", b.largest_message > g.largest_message ? Weight::notable : Weight::minor,
          "The server's largest handshake message differs in size.",
          std::to_string(g.largest_message) + " bytes (" + std::string(g.largest_message_type) + ")",
          std::to_string(b.largest_message) + " bytes (" + std::string(b.largest_message_type) + ")", g.largest_record_frame,
          b.largest_record_frame);
    }
    if (g.largest_record != b.largest_record && b.largest_record != 0 && g.largest_record != 0) {
      add("record-size", b.largest_record > g.largest_record ? Weight::notable : Weight::minor,
          "The server's largest record differs in size.", std::to_string(g.largest_record) + " bytes",
          std::to_string(b.largest_record) + " bytes", g.largest_record_frame, b.largest_record_frame);
    }
  }

  void messages() {
    std::size_t i = 0;
    while (i < good_.messages.size() && i < bad_.messages.size() && good_.messages[i].type == bad_.messages[i].type &&
           good_.messages[i].from == bad_.messages[i].from)
      ++i;
    if (i == good_.messages.size() && i == bad_.messages.size()) return;
    const std::string after = i == 0 ? "At the start" : "After " + std::string(good_.messages[i - 1].type);
    const auto next = [&](const tls::Handshake& handshake) {
      return i < handshake.messages.size()
                 ? std::string(handshake.messages[i].type) + " from the " + std::string(to_string(handshake.messages[i].from))
                 : std::string("nothing more");
    };
    // A resumed or TLS 1.3 handshake has other messages than a full TLS 1.2 one; that is told above.
    const bool explained =
        good_.resumed != bad_.resumed || (good_.negotiated() && bad_.negotiated() && good_.negotiated() != bad_.negotiated());
    add("messages", explained ? Weight::minor : Weight::notable,
        after + " the good connection goes on with " + next(good_) + ", the bad one with " + next(bad_) + ".", next(good_), next(bad_),
        i < good_.messages.size() ? good_.messages[i].at.frame : good_.last_frame,
        i < bad_.messages.size() ? bad_.messages[i].at.frame : bad_.last_frame);
  }

  struct Pause {
    double milliseconds = 0;
    const tls::Message* before = nullptr;
  };
  static Pause longest_pause(const tls::Handshake& handshake) {
    Pause longest;
    for (std::size_t i = 1; i < handshake.messages.size(); ++i) {
      const double gap = milliseconds_between(handshake.messages[i - 1].at.time, handshake.messages[i].at.time);
      if (gap > longest.milliseconds) longest = {gap, &handshake.messages[i]};
    }
    return longest;
  }

  void pauses() {
    const Pause g = longest_pause(good_);
    Pause b = longest_pause(bad_);
    std::string before =
        b.before == nullptr ? std::string() : std::string(b.before->type) + " of the " + std::string(to_string(b.before->from));
    std::uint64_t frame = b.before == nullptr ? bad_.last_frame : b.before->at.frame;
    if (bad_.outcome != tls::Outcome::completed && !bad_.messages.empty() && bad_.ended_at.frame != 0) {
      const double last = milliseconds_between(bad_.messages.back().at.time, bad_.ended_at.time);
      if (last > b.milliseconds) {
        b.milliseconds = last;
        before = "the end";
        frame = bad_.ended_at.frame;
      }
    }
    if (b.milliseconds < k_long_pause_ms || b.milliseconds < g.milliseconds * k_much_longer) return;
    add("pause", Weight::matters,
        "The bad connection waits " + seconds(b.milliseconds) + " before " + before + "; the longest pause of the good one is " +
            seconds(g.milliseconds) + ".",
        seconds(g.milliseconds), seconds(b.milliseconds), g.before == nullptr ? 0 : g.before->at.frame, frame);
  }

  void losses() {
    for (const Side side : {Side::client, Side::server}) {
      const auto& g = good_.from(side);
      const auto& b = bad_.from(side);
      if (b.missing_bytes > 0 && g.missing_bytes == 0) {
        add("loss", Weight::matters,
            std::to_string(b.missing_bytes) + " bytes of the " + std::string(to_string(side)) +
                "'s flight are missing in the bad connection.",
            "0 bytes", std::to_string(b.missing_bytes) + " bytes", good_.first_frame, bad_.first_frame);
      } else if (b.retransmissions >= 2 && g.retransmissions == 0) {
        add("retransmissions", Weight::notable, "The " + std::string(to_string(side)) + " repeats segments in the bad connection.", "0",
            std::to_string(b.retransmissions), good_.first_frame, bad_.first_frame);
      }
    }
  }

  static std::string end_text(const tls::Handshake& handshake) {
    std::string text = std::string(tls::to_string(handshake.outcome));
    for (auto it = handshake.alerts.rbegin(); it != handshake.alerts.rend(); ++it) {
      if (it->code == 0 && !it->encrypted) continue;  // close_notify
      return text + ", alert " + (it->encrypted ? std::string("(encrypted)") : std::to_string(it->code)) + " from the " +
             std::string(to_string(it->from));
    }
    text += ", " + std::string(tls::to_string(handshake.ended_by));
    if (handshake.ended_by_side) text += " by the " + std::string(to_string(*handshake.ended_by_side));
    return text;
  }

  [[nodiscard]] std::string end_words(const tls::Handshake& handshake) const {
    std::string text = end_text(handshake);
    for (const tls::Alert& alert : handshake.alerts) {
      if (alert.encrypted || alert.code == 0) continue;
      const std::string_view name = knowledge_.name_of("tls-alerts", alert.code);
      if (!name.empty()) text += " (" + std::string(name) + ")";
      break;
    }
    return text;
  }

  void ending() {
    const bool same = good_.outcome == bad_.outcome && end_text(good_) == end_text(bad_);
    if (same) return;
    add("end", good_.outcome == bad_.outcome ? Weight::minor : Weight::notable,
        "The good handshake: " + end_words(good_) + ". The bad one: " + end_words(bad_) + ".", end_words(good_), end_words(bad_),
        good_.last_frame, bad_.last_frame);
  }

  std::string good_file_;
  std::string bad_file_;
  const tls::Handshake& good_;
  const tls::Handshake& bad_;
  const knowledge::Knowledge& knowledge_;
  Diff& diff_;
};

std::string how_failed(const wire::FailedFlow& flow) {
  switch (flow.why) {
    case wire::FailedFlow::Why::syn_unanswered: return "the connection request (SYN) is not answered";
    case wire::FailedFlow::Why::refused: return "the connection is refused (RST)";
    case wire::FailedFlow::Why::unreachable: return "the host is unreachable (ICMP)";
    case wire::FailedFlow::Why::prohibited: return "a firewall forbids it (ICMP)";
    case wire::FailedFlow::Why::closed_at_once: return "the connection is closed at once";
  }
  return {};
}

}  // namespace

void compare_handshakes(const wire::Capture& good, const wire::Capture& bad, const knowledge::Knowledge& knowledge, Diff& diff) {
  const tls::Handshake* const b = pick_bad(bad);
  const tls::Handshake* const g = pick_good(good, b);
  if (b == nullptr && !bad.failed_flows.empty()) {
    Difference& difference = diff.differences.emplace_back();
    difference.aspect = "connection";
    difference.weight = Weight::matters;
    difference.good = g == nullptr ? "no TLS" : "TCP connected";
    difference.bad = how_failed(bad.failed_flows.front());
    difference.says = "In the bad capture no TLS begins: " + difference.bad + ".";
    difference.good_at.file = good.path;
    difference.bad_at = {bad.path, bad.failed_flows.front().last.frame, std::nullopt};
    return;
  }
  if (g == nullptr || b == nullptr) {
    diff.compared = "nothing";
    diff.summary = (b == nullptr ? bad.path : good.path) + " holds no TLS handshake.";
    return;
  }
  const auto told = [](const tls::Handshake& handshake) {
    return "frames " + std::to_string(handshake.first_frame) + " to " + std::to_string(handshake.last_frame) + ", " +
           to_string(handshake.client) + " to " + to_string(handshake.server) + ", " + std::string(tls::to_string(handshake.outcome));
  };
  diff.notes.push_back("good: " + good.path + ", " + told(*g));
  diff.notes.push_back("bad: " + bad.path + ", " + told(*b));
  if (g->outcome != tls::Outcome::completed) diff.notes.emplace_back("the good capture holds no completed handshake");
  if (b->outcome == tls::Outcome::completed) diff.notes.emplace_back("the bad capture holds no failed handshake");
  Pair(good, bad, *g, *b, knowledge, diff).run();
}

}  // namespace tlswhy::check
