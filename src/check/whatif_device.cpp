// SPDX-License-Identifier: Apache-2.0
#include "base/net.hpp"
#include "base/text.hpp"
#include "check/whatif_questions.hpp"
#include "tls/certificate.hpp"
#include "tls/key.hpp"

namespace tlswhy::check {
namespace {

constexpr std::uint16_t k_tls13 = 0x0304;
// What a protected record has beside its content: explicit IV, MAC and at most 256 bytes of padding (RFC 5246 6.2.3.2).
constexpr std::uint32_t k_record_expansion = 16 + 48 + 256;

}  // namespace

void DeviceQuestions::ask_all() {
  record();
  memory();
  sni();
  name();
  dates();
  trust();
  client_certificate();
}

void DeviceQuestions::record() {
  const auto buffer = context_.in_buffer ? context_.in_buffer : device_.number("in_buffer");
  const tls::DirectionFacts& from = h_.from_server;
  if (device_.first("reassembles") == "no") {
    for (const tls::Message& message : h_.messages) {
      if (message.from != Side::server || message.records < 2 || message.code == 0) continue;
      add("record", Verdict::no,
          "The server's " + std::string(message.type) + " message of " + std::to_string(message.length) + " bytes lies in " +
              std::to_string(message.records) + " records; the device's library joins none.",
          here(message.at.frame), "buffer-too-small");
      return;
    }
  }
  if (!buffer) {
    add("record", Verdict::unknown,
        "The largest record of the server has " + std::to_string(from.largest_record) +
            " bytes; the size of the device's input buffer is not known, give --in-buffer.",
        here(from.largest_record_frame));
    return;
  }
  if (from.largest_record == 0) return;
  const std::string sizes = "The largest record of the server has " + std::to_string(from.largest_record) +
                            " bytes, the device's input buffer takes " + std::to_string(*buffer) + ".";
  const bool secured = from.application_records > 0 || (h_.server_hello && h_.server_hello->version.value == k_tls13);
  const std::int64_t room = *buffer + (secured ? k_record_expansion : 0);
  if (from.largest_record <= room) {
    add("record", Verdict::yes, sizes, here(from.largest_record_frame));
    return;
  }
  const bool accepted = h_.server_hello && (h_.server_hello->max_fragment_length || h_.server_hello->record_size_limit);
  const bool asks = device_.first("mfl") == "offers" || device_.first("mfl") == "can";
  if (asks && accepted) {
    add("record", Verdict::unknown, sizes + " The server keeps to max_fragment_length where it is asked for; the device can ask.",
        here(from.largest_record_frame));
  } else {
    add("record", Verdict::no,
        sizes + (asks ? " The device can ask for smaller records (max_fragment_length); nothing shows that this server heeds it." : ""),
        here(from.largest_record_frame), "buffer-too-small");
  }
}

void DeviceQuestions::memory() {
  std::string how;
  const auto needed = heap_estimate(device_, context_.in_buffer, chain_bytes_, how);
  if (!needed) return;
  if (*needed == 0) {
    add("memory", Verdict::yes, "No heap of the application is needed: " + device_.first("heap_says") + ".");
    return;
  }
  const auto heap = context_.free_heap ? context_.free_heap : device_.number("heap_size");
  const std::string figure = "About " + std::to_string(*needed) + " bytes of heap are needed (" + how + ")";
  if (heap) {
    add("memory", *heap >= *needed ? Verdict::yes : Verdict::no, figure + ", " + std::to_string(*heap) + " are there.", {}, "low-memory");
  } else {
    add("memory", Verdict::unknown, figure + "; give --free-heap to compare.").condition = true;
  }
}

void DeviceQuestions::sni() {
  const bool sent = h_.client_hello && h_.client_hello->server_name;
  const std::string how = device_.first("sni");
  if (!sent || how.empty()) return;
  if (how == "no") {
    add("sni", Verdict::unknown,
        "The client named the server (SNI); the device sends no name and may be shown another certificate, or be refused. " +
            ask("-noservername"),
        here(h_.client_hello->at.frame), "sni-missing");
  } else if (how == "optional") {
    add("sni", Verdict::unknown,
        "The client named the server (SNI); the device sends a name only where its program sets one. Set it to " + printable(dialled()) +
            ".",
        here(h_.client_hello->at.frame))
        .condition = true;
  } else if (is_ip_literal(dialled())) {
    add("sni", Verdict::unknown, "An address is dialled: the device then sends no name (SNI), the client of the capture did.",
        here(h_.client_hello->at.frame), "sni-missing");
  }
}

void DeviceQuestions::name() {
  if (chain_.empty() || !chain_.front()->parse_error.empty() || dialled().empty()) return;
  const tls::Certificate& leaf = *chain_.front();
  const std::string host = printable(dialled());
  if (device_.first("checks_names") == "no") {
    add("name", Verdict::yes, "The device does not compare names.", here(leaf.frame));
    return;
  }
  const bool covered = tls::covers(leaf, dialled());
  const bool unaware = is_ip_literal(dialled()) && device_.first("ip_san") == "no";
  if (covered && unaware) {
    add("name", Verdict::no,
        "The certificate has an IP entry for " + host +
            ", but the device's library compares no IP entries (Mbed TLS does from 3.5.0 on). Dial a name.",
        here(leaf.frame), "hostname-mismatch");
  } else if (covered) {
    add("name", Verdict::yes, "The certificate covers " + host + ".", here(leaf.frame));
  } else {
    std::string list;
    for (const std::string& entry : leaf.names) list += (list.empty() ? "" : ", ") + printable(entry);
    add("name", Verdict::no,
        "The certificate is for " + shorten(list.empty() ? printable(leaf.subject) : list, 120) + ", not for " + host + ".",
        here(leaf.frame), "hostname-mismatch");
  }
}

void DeviceQuestions::dates() {
  if (chain_.empty()) return;
  const Timestamp now = context_.at.value_or(h_.started);
  const std::string checks = device_.first("checks_dates");
  for (const tls::Certificate* const certificate : chain_) {
    const bool expired = certificate->not_after && *certificate->not_after < now;
    const bool early = certificate->not_before && now < *certificate->not_before;
    if (!expired && !early) continue;
    const std::string what =
        "Certificate \"" + printable(shorten(certificate->subject, 60)) + "\" " +
        (expired ? "ended on " + certificate->not_after_text.substr(0, 10) : "begins on " + certificate->not_before_text.substr(0, 10));
    if (checks == "no") {
      add("dates", Verdict::yes, what + "; the device does not look at dates.", here(certificate->frame));
    } else if (checks == "yes") {
      add("dates", Verdict::no, what + "; it is judged on " + to_rfc3339(now, 0).substr(0, 10) + ".", here(certificate->frame),
          "cert-expired");
    } else {
      add("dates", Verdict::unknown, what + "; whether the device looks at dates is not known.", here(certificate->frame), "cert-expired");
    }
    return;
  }
  if (checks == "no") {
    add("dates", Verdict::yes, "The device does not look at dates.", here(chain_.front()->frame));
  } else if (checks == "yes") {
    add("dates", Verdict::yes,
        "All certificates are in their dates on " + to_rfc3339(now, 0).substr(0, 10) + "; the device needs its clock set.",
        here(chain_.front()->frame));
  }
}

void DeviceQuestions::trust() {
  if (chain_.empty()) return;
  if (device_.first("verifies") == "no") {
    add("trust", Verdict::yes, "The device does not verify certificates at all.", here(chain_.front()->frame));
    return;
  }
  const tls::Certificate& last = *chain_.back();
  std::string anchor = last.self_issued ? last.subject : last.issuer;
  if (const std::size_t at = anchor.find("CN="); at != std::string::npos)
    anchor = anchor.substr(at + 3, anchor.find(", ", at) == std::string::npos ? std::string::npos : anchor.find(", ", at) - at - 3);
  std::string note;
  for (const knowledge::RootNote& root : knowledge_.roots) {
    if (root.name == anchor && !root.until.empty()) note = " " + std::string(root.note);
  }
  for (const tls::Certificate& held : context_.trusted) {
    for (const tls::Certificate* const sent : chain_) {
      if (held.sha256 == sent->sha256 || (held.subject_der_sha256 == sent->issuer_der_sha256 && tls::signed_by(*sent, held))) {
        add("trust", Verdict::yes, "The CA given (" + printable(shorten(held.subject, 60)) + ") is the issuer of the chain.",
            here(last.frame));
        return;
      }
    }
  }
  if (!context_.trusted.empty()) {
    add("trust", Verdict::no, "None of the CAs given issued this chain; it ends at \"" + printable(anchor) + "\"." + note, here(last.frame),
        "unknown-ca");
  } else {
    add("trust", Verdict::unknown,
        "The device must hold \"" + printable(anchor) + "\"" + (device_.first("bundle") == "yes" ? ", or use its root bundle" : "") +
            "; give --ca to compare." + note,
        here(last.frame))
        .condition = true;
  }
}

void DeviceQuestions::client_certificate() {
  if (!h_.client_certificate_requested) return;
  if (h_.client_certificate_empty && h_.outcome == tls::Outcome::completed) {
    add("client-certificate", Verdict::yes, "The server asks for a client certificate and does without one.", here(h_.first_frame));
  } else if (device_.first("client_certificates") == "no") {
    add("client-certificate", Verdict::no, "The server asks for a client certificate; the device cannot have one.", here(h_.first_frame),
        "client-cert-missing");
  } else {
    add("client-certificate", Verdict::unknown,
        "The server asks for a client certificate: the device needs one that it accepts, with its key.", here(h_.first_frame))
        .condition = true;
  }
}

}  // namespace tlswhy::check
