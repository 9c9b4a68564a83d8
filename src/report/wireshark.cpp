// SPDX-License-Identifier: Apache-2.0
#include "report/wireshark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "report/layout.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

// More notes than this help nobody; what the verdict rests on always gets its own.
constexpr std::size_t k_handshakes_noted = 100;
constexpr std::size_t k_frames_listed = 40;
constexpr std::size_t k_note_length = 1000;

std::string address_term(const IpAddress& address) {
  const std::string_view field = address.mac ? "eth.addr" : address.v6 ? "ipv6.addr" : "ip.addr";
  return std::string(field) + " == " + to_string(address);
}

bool bad(const tls::Handshake& handshake) { return handshake.outcome != tls::Outcome::completed; }

bool any_bad(const wire::Capture& capture) { return std::any_of(capture.handshakes.begin(), capture.handshakes.end(), bad) || !capture.failed_flows.empty(); }

// The notes of a capture as they grow, in the order of frames.
class Notebook {
 public:
  void add(std::uint64_t frame, std::string text) {
    if (frame == 0) return;
    auto& notes = notes_[frame];
    text = shorten(printable(text), k_note_length);
    if (std::find(notes.begin(), notes.end(), text) == notes.end()) notes.push_back(std::move(text));
  }
  [[nodiscard]] const std::map<std::uint64_t, std::vector<std::string>>& notes() const { return notes_; }

 private:
  std::map<std::uint64_t, std::vector<std::string>> notes_;
};

// `verdict` is what is known of this handshake alone: "unknown-ca (96%)".
void note_handshake(const tls::Handshake& h, const std::string& verdict, const knowledge::Knowledge& knowledge, Notebook& notebook) {
  // Messages of one frame are one note.
  std::map<std::pair<std::uint64_t, Side>, std::string> by_frame;
  for (const tls::Message& message : h.messages) {
    std::string& text = by_frame[{message.at.frame, message.from}];
    const std::string more = message_words(message, h, knowledge);
    text += (text.empty() ? std::string(to_string(message.from)) + ": " : "; ") + std::string(message.type) +
            fmt::format(" ({} bytes{}{})", message.length, more.empty() ? "" : ", ", more);
  }
  for (auto& [place, text] : by_frame) notebook.add(place.first, std::move(text));
  for (const tls::Alert& alert : h.alerts) notebook.add(alert.at.frame, fmt::format("{}: {}", to_string(alert.from), alert_words(alert, knowledge)));
  if (bad(h)) notebook.add(h.ended_at.frame, ending_words(h) + (verdict.empty() ? "" : ": " + verdict));
}

// The first cause of the attempt that a handshake belongs to; handshakes are numbered over all captures.
std::string verdict_of(std::size_t handshake, const diagnose::Diagnosis& d) {
  for (const diagnose::Attempt& attempt : d.attempts) {
    if (attempt.handshake != handshake || attempt.causes.empty() || attempt.causes.front().evidence.empty()) continue;
    const diagnose::RankedCause& first = attempt.causes.front();
    return fmt::format("{} ({}, {:.0f}%)", first.cause->title, first.cause->id, percent(first.confidence));
  }
  return {};
}

void note_evidence(const wire::Capture& capture, const diagnose::RankedCause& cause, Notebook& notebook) {
  const auto all = [&](const std::vector<diagnose::EvidenceItem>& items, std::string_view what) {
    for (const diagnose::EvidenceItem& item : items) {
      if (item.source.frame && item.source.file == capture.path) notebook.add(*item.source.frame, fmt::format("{} {}: {}", what, cause.cause->id, item.says));
    }
  };
  all(cause.evidence, "speaks for");
  all(cause.against, "speaks against");
}

std::string section_text(const wire::Capture& capture, const diagnose::Diagnosis& d, const Notebook& notebook, const std::string& version, bool cut) {
  std::string text = fmt::format("tlswhy {}: {}\n", version, verdict_sentence(d));
  if (has_cause(d)) {
    std::set<std::string> said;
    for (const diagnose::EvidenceItem& item : d.causes.front().evidence) {
      if (said.insert(item.says).second) text += fmt::format("+ {} [{}]\n", printable(item.says), place(item.source));
    }
    const auto fixes = fitting_fixes(d);
    if (!fixes.empty()) text += fmt::format("To do: {}{}\n", platforms_of(*fixes.front()), fixes.front()->action);
  }
  if (!d.check_next.empty()) text += fmt::format("Next check: {}\n", d.check_next.front());
  if (cut) text += fmt::format("Cut from {}; the notes give its frame numbers.\n", printable(file_name(capture.path)));
  std::size_t listed = 0;
  for (const auto& [frame, notes] : notebook.notes()) {
    if (listed++ >= k_frames_listed) {
      text += fmt::format("... and {} more frames with notes\n", notebook.notes().size() - k_frames_listed);
      break;
    }
    text += fmt::format("Frame {}: {}\n", frame, notes.front());
  }
  if (!text.empty()) text.pop_back();
  return text;
}

capture::Conversation conversation_of(const tls::Handshake& h) {
  const bool eap = h.transport == "eap" && h.client.address.mac;
  return {eap ? capture::Transport::eap : h.transport == "tcp" ? capture::Transport::tcp : capture::Transport::udp, h.client, h.server};
}

}  // namespace

std::string flow_filter(const tls::Handshake& h) {
  std::string filter = address_term(h.client.address);
  if (h.server.address != h.client.address) filter += " && " + address_term(h.server.address);
  if (h.client.address.mac) return "eap && " + filter;
  const std::string_view protocol = h.transport == "tcp" ? "tcp" : "udp";
  for (const std::uint16_t port : {h.client.port, h.server.port}) {
    if (port != 0) filter += fmt::format(" && {}.port == {}", protocol, port);
  }
  return filter;
}

std::string frames_filter(const std::vector<std::uint64_t>& frames) {
  if (frames.empty()) return {};
  return fmt::format("frame.number in {{{}}}", fmt::join(frames, ", "));
}

std::vector<std::uint64_t> evidence_frames(const wire::Capture& capture, const diagnose::Diagnosis& d) {
  std::set<std::uint64_t> frames;
  if (!has_cause(d) || capture.from_log) return {};
  for (const auto* const list : {&d.causes.front().evidence, &d.causes.front().against}) {
    for (const diagnose::EvidenceItem& item : *list) {
      if (item.source.frame && item.source.file == capture.path) frames.insert(*item.source.frame);
    }
  }
  return {frames.begin(), frames.end()};
}

capture::Rewrite comments_for(const wire::Capture& capture, std::size_t first_handshake, const diagnose::Diagnosis& d, const knowledge::Knowledge& knowledge, const std::string& version,
                              bool cut) {
  capture::Rewrite rewrite;
  rewrite.cut = cut;
  Notebook notebook;
  const bool only_bad = any_bad(capture);
  std::size_t noted = 0;
  std::size_t index = first_handshake;
  for (const tls::Handshake& h : capture.handshakes) {
    const std::size_t number = index++;
    if (only_bad && !bad(h)) continue;
    rewrite.conversations.push_back(conversation_of(h));
    if (noted++ < k_handshakes_noted) note_handshake(h, verdict_of(number, d), knowledge, notebook);
  }
  for (const wire::FailedFlow& failed : capture.failed_flows) rewrite.conversations.push_back({failed.flow.transport, failed.flow.source, failed.flow.destination});
  if (has_cause(d)) note_evidence(capture, d.causes.front(), notebook);
  rewrite.section_comment = section_text(capture, d, notebook, version, cut);
  for (const auto& [frame, notes] : notebook.notes()) {
    for (const std::string& note : notes) rewrite.comments[frame].push_back(cut ? fmt::format("tlswhy (frame {}): {}", frame, note) : "tlswhy: " + note);
  }
  return rewrite;
}

}  // namespace tlswhy::report
