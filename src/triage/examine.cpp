// SPDX-License-Identifier: Apache-2.0
#include "triage/examine.hpp"

#include <algorithm>
#include <set>
#include <span>

#include "base/text.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::triage {
namespace {

constexpr std::size_t k_fingerprint_digits = 32;  // 128 bits: no two alike among any number of findings

// The handshake that the verdict is about: the first of an attempt that ended as the diagnosis says, else the first of all.
const tls::Handshake* handshake_of(const diagnose::Input& input, const diagnose::Diagnosis& diagnosis) {
  std::vector<const tls::Handshake*> all;
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& handshake : capture.handshakes) all.push_back(&handshake);
  }
  const bool failed = diagnosis.outcome == diagnose::Outcome::failed;
  for (const diagnose::Attempt& attempt : diagnosis.attempts) {
    if (attempt.handshake && *attempt.handshake < all.size() && (attempt.outcome == "failed") == failed) return all[*attempt.handshake];
  }
  return all.empty() ? nullptr : all.front();
}

// The frame of the strongest evidence that has one, else the one with which the handshake ended.
std::optional<std::uint64_t> frame_of(const diagnose::Input& input, const diagnose::Diagnosis& diagnosis) {
  for (const diagnose::EvidenceItem& item : diagnosis.causes.front().evidence) {
    if (item.source.frame) return item.source.frame;
  }
  const tls::Handshake* const handshake = handshake_of(input, diagnosis);
  return handshake != nullptr && !input.captures.front().from_log && handshake->last_frame != 0 ? std::optional(handshake->last_frame) : std::nullopt;
}

std::string_view field_of(const diagnose::Diagnosis& diagnosis, std::string_view fact, std::string_view field) {
  for (const diagnose::LocatedFact& located : diagnosis.facts) {
    if (located.fact.name == fact && !located.fact.get(field).empty()) return located.fact.get(field);
  }
  return {};
}

// Whom it was about, without the port: names outlive addresses, and both outlive ports.
std::string server_of(const diagnose::Input& input, const diagnose::Diagnosis& diagnosis) {
  const tls::Handshake* const handshake = handshake_of(input, diagnosis);
  if (handshake != nullptr && handshake->client_hello && handshake->client_hello->server_name && !handshake->client_hello->server_name->empty()) {
    return lower(*handshake->client_hello->server_name);
  }
  if (!input.context.host.empty()) return lower(input.context.host);
  if (const std::string_view host = field_of(diagnosis, "dial", "host"); !host.empty()) return lower(host);
  if (handshake != nullptr) return to_string(handshake->server.address);
  for (const wire::Capture& capture : input.captures) {
    if (!capture.failed_flows.empty()) return to_string(capture.failed_flows.front().flow.destination.address);
  }
  return {};
}

std::string device_of(const diagnose::Input& input, const diagnose::Diagnosis& diagnosis) {
  if (!input.context.device.empty()) return input.context.device;
  if (!diagnosis.platform.empty()) return diagnosis.platform + (diagnosis.library.empty() || diagnosis.library == diagnosis.platform ? "" : "/" + diagnosis.library);
  if (!diagnosis.library.empty()) return diagnosis.library;
  return std::string(field_of(diagnosis, "offered", "stack"));
}

}  // namespace

std::string fingerprint_of(const Finding& finding) {
  // Unreadable inputs have nothing but their name.
  const std::string text = std::string(to_string(finding.status)) + '\n' + finding.cause + '\n' + finding.server + '\n' + finding.device +
                           (finding.status == Status::unreadable ? '\n' + finding.path : std::string());
  return tls::sha256_hex(bytes_of(text)).substr(0, k_fingerprint_digits);
}

Finding finding_of(const std::string& path, const input::Inputs& inputs, const diagnose::Diagnosis& diagnosis) {
  Finding finding;
  finding.path = valid_utf8(path);
  bool readable = false;
  for (const input::File& file : inputs.files) {
    finding.files.push_back(valid_utf8(file.path));
    readable = readable || file.kind == "capture" || file.kind == "log";
    for (const std::string& problem : file.problems) finding.problems.push_back(valid_utf8(file.path + ": " + problem));
  }
  finding.damaged = !inputs.errors.empty();
  finding.status = !readable && finding.damaged                             ? Status::unreadable
                   : diagnosis.outcome == diagnose::Outcome::failed         ? Status::failed
                   : diagnosis.outcome == diagnose::Outcome::ok             ? Status::ok
                                                                            : Status::inconclusive;
  finding.summary = finding.status == Status::unreadable ? std::string(k_unreadable_summary) : valid_utf8(diagnosis.summary);
  finding.server = valid_utf8(server_of(inputs.input, diagnosis));
  finding.device = valid_utf8(device_of(inputs.input, diagnosis));
  const bool told = !diagnosis.causes.empty() && !diagnosis.causes.front().evidence.empty();
  if (finding.status == Status::failed && !told) {
    finding.cause = k_undetermined;
    finding.title = k_undetermined_title;
  } else if (told && (finding.status == Status::failed || finding.status == Status::inconclusive)) {
    const diagnose::RankedCause& first = diagnosis.causes.front();
    finding.cause = first.cause->id;
    finding.title = first.cause->title;
    finding.owner = first.cause->owner;
    finding.confidence = first.confidence;
    if (!first.fixes.empty()) finding.fix = first.fixes.front()->action;
    finding.frame = frame_of(inputs.input, diagnosis);
    // What can be pointed at goes before what the user said.
    for (const bool located : {true, false}) {
      for (const diagnose::EvidenceItem& item : first.evidence) {
        if (!finding.why.empty() || (located && !item.source.line && !item.source.frame)) continue;
        finding.why = valid_utf8(item.says);
        finding.place = {valid_utf8(item.source.file), item.source.line, item.source.frame};
      }
    }
  }
  finding.fingerprint = fingerprint_of(finding);
  return finding;
}

Examined examine(const Unit& unit, const input::Settings& settings, const Prepare& prepare, const knowledge::Knowledge& knowledge) {
  Examined out;
  std::vector<std::string> paths = unit.files;
  paths.insert(paths.end(), unit.shared.begin(), unit.shared.end());
  out.inputs = input::read(paths, {}, settings, knowledge);
  // A key log that serves a whole folder need not open each of its captures.
  for (input::File& file : out.inputs.files) {
    if (file.kind == "keylog" && std::find(unit.shared.begin(), unit.shared.end(), file.path) != unit.shared.end()) file.problems.clear();
  }
  prepare(out.inputs.input);
  out.diagnosis = diagnose::diagnose(out.inputs.input, knowledge);
  out.finding = finding_of(unit.path, out.inputs, out.diagnosis);
  return out;
}

}  // namespace tlswhy::triage
