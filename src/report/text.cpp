// SPDX-License-Identifier: Apache-2.0
// The verdict screen.
#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "diagnose/trust.hpp"
#include "report/layout.hpp"
#include "report/text_verbose.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

using diagnose::Diagnosis;
using diagnose::Outcome;
using diagnose::RankedCause;

constexpr std::size_t k_evidence_shown = 4;
constexpr std::size_t k_chains_shown = 3;
constexpr double k_alternative_from = 0.04;
// The second cause is shown even if it is unlikely, but not where it is a mere remainder.
constexpr double k_rival_from = 0.02;
constexpr double k_remainder = 0.005;  // would read "0%"
// Lines of a terminal that nobody has made larger, less the prompt and the command.
constexpr std::size_t k_screen_lines = 28;

// How much of each section is shown; the first of these that fits the screen is taken.
struct Detail {
  std::size_t fixes;
  std::size_t alternatives;
  std::size_t ruled_out;
  std::size_t lines_each;
};
constexpr Detail k_details[] = {{2, 3, 2, 4}, {2, 2, 1, 4}, {1, 2, 1, 4}, {1, 1, 1, 3}, {1, 1, 0, 2}};

std::string verdict_line(const Diagnosis& d, const TextOptions& options) {
  return wrapped(styled(verdict_sentence(d), d.outcome == Outcome::ok ? Style::good : Style::verdict, options), "", "", options);
}

// The meaning of a code goes on for a paragraph: its first sentence says what happened, the rest is for -v.
constexpr std::size_t k_long_evidence = 150;

std::string evidence_line(const diagnose::EvidenceItem& item, std::string_view mark, const TextOptions& options) {
  const std::string says = printable(item.says);
  std::string text = (options.verbose || says.size() <= k_long_evidence ? says : first_sentence(says)) + (item.inferred ? " (inferred)" : "") + "  [" + place(item.source) + "]";
  if (options.verbose && item.weight != 0) text += fmt::format("  (weight {:+.1f})", item.weight);
  return wrapped(text, fmt::format("  {} ", mark), "    ", options);
}

std::string why(const RankedCause& cause, const TextOptions& options) {
  std::string out;
  std::size_t shown = 0;
  std::set<std::string> said;
  for (const auto& item : cause.evidence) {
    if (!options.verbose && shown >= k_evidence_shown) break;
    if (!said.insert(item.says + place(item.source)).second) continue;
    out += evidence_line(item, "+", options);
    ++shown;
  }
  shown = 0;
  for (const auto& item : cause.against) {
    if (!options.verbose && shown++ >= 1) break;
    out += evidence_line(item, "-", options);
  }
  return out.empty() ? out : styled("Why", Style::heading, options) + "\n" + out;
}

std::string what_to_do(const Diagnosis& d, const TextOptions& options, const Detail& detail) {
  const RankedCause& cause = d.causes.front();
  std::string out;
  std::size_t shown = 0;
  std::size_t number = 0;
  const std::vector<const knowledge::Fix*> fitting = fitting_fixes(d);
  for (const knowledge::Fix* const fix : options.verbose && d.platform.empty() ? cause.fixes : fitting) {
    if (!options.verbose && shown >= detail.fixes) break;
    out += wrapped(platforms_of(*fix) + std::string(fix->action), fmt::format("  {} ", ++number), "    ", options, options.verbose ? 20 : detail.lines_each);
    if (!fix->weakens.empty()) out += wrapped(styled("WARNING: " + std::string(fix->weakens), Style::warning, options), "    ", "    ", options);
    ++shown;
  }
  return out.empty() ? out : styled("What to do", Style::heading, options) + " (" + std::string(cause.cause->owner) + ")\n" + out;
}

std::string alternatives(const Diagnosis& d, const TextOptions& options, const Detail& detail) {
  std::string out;
  for (std::size_t i = 1; i < d.causes.size() && i <= detail.alternatives; ++i) {
    const RankedCause& other = d.causes[i];
    if (other.confidence < (options.verbose ? k_remainder : i > 1 ? k_alternative_from : k_rival_from)) break;
    const std::string tell = tell_apart(d.causes.front(), other);
    const std::string text = fmt::format("{} ({:.0f}%): {}{}{}", other.cause->id, other.confidence * 100, other.cause->title, tell.empty() ? "" : ". Tell: ", tell);
    out += wrapped(text, "  ? ", "    ", options, options.verbose ? 12 : std::min<std::size_t>(3, detail.lines_each));
  }
  return out.empty() ? out : styled("What else it could be", Style::heading, options) + "\n" + out;
}

// Causes that fall for the same reason share a line.
std::string ruled_out(const Diagnosis& d, const TextOptions& options, const Detail& detail) {
  std::vector<std::pair<std::string, std::string>> reasons;  // causes and what rules them out
  for (const diagnose::RuledOut& item : d.ruled_out) {
    const std::string reason = printable(item.why.says) + "  [" + place(item.why.source) + "]";
    const auto known = std::find_if(reasons.begin(), reasons.end(), [&](const auto& one) { return one.second == reason; });
    if (known != reasons.end()) {
      known->first += ", " + std::string(item.cause->id);
    } else {
      reasons.emplace_back(item.cause->id, reason);
    }
  }
  std::string out;
  std::size_t shown = 0;
  for (const auto& [causes, reason] : reasons) {
    if (!options.verbose && shown++ >= detail.ruled_out) break;
    out += wrapped(causes + ": " + reason, "  x ", "    ", options);
  }
  return out.empty() ? out : styled("Ruled out", Style::heading, options) + "\n" + out;
}

std::string next_check(const std::vector<std::string>& checks, const TextOptions& options, const Detail& detail) {
  if (checks.empty()) return {};
  std::string out;
  const std::size_t count = options.verbose ? checks.size() : 1;
  for (std::size_t i = 0; i < std::min(count, checks.size()); ++i) out += wrapped(checks[i], "  > ", "    ", options, options.verbose ? 20 : detail.lines_each + 1);
  return styled("Next check", Style::heading, options) + "\n" + out;
}

std::string shown_name(std::string_view path) { return path == "-" ? "standard input" : printable(path); }

// What was in the inputs, in one line each.
std::string seen(const std::vector<InputFile>& files, const diagnose::Input& input, const Diagnosis& d, const TextOptions& options) {
  std::string out;
  std::uint64_t handshakes = 0;
  std::uint64_t completed = 0;
  for (const wire::Capture& capture : input.captures) {
    handshakes += capture.handshakes_seen;
    completed += capture.handshakes_completed;
  }
  std::string line;
  for (const InputFile& file : files) {
    const std::size_t slash = file.path.rfind('/');
    line += (line.empty() ? "" : ", ") + shown_name(slash == std::string::npos ? file.path : file.path.substr(slash + 1));
    if (file.packets) line += fmt::format(" ({} packet{})", *file.packets, *file.packets == 1 ? "" : "s");
    if (file.lines) line += fmt::format(" ({} line{})", *file.lines, *file.lines == 1 ? "" : "s");
  }
  if (!d.platform.empty()) line += fmt::format("; read as {}{}{}", d.platform, d.library.empty() || d.library == d.platform ? "" : " with ", d.library == d.platform ? "" : d.library);
  if (!input.captures.empty()) line += fmt::format("; {} TLS handshake{}, {} completed", handshakes, handshakes == 1 ? "" : "s", completed);
  if (!d.repeated.empty()) line += "; " + d.repeated;
  if (!line.empty()) out += wrapped(line, styled("Seen", Style::heading, options) + "  ", "      ", options);
  for (const InputFile& file : files) {
    std::size_t shown = 0;
    for (const std::string& problem : file.problems) {
      if (!options.verbose && shown++ >= 2) {
        out += wrapped(fmt::format("{} more problems in {} (-v shows them)", file.problems.size() - 2, printable(file.path)), "  ! ", "    ", options);
        break;
      }
      out += wrapped(styled(shown_name(file.path) + ": " + printable(problem), Style::warning, options), "  ! ", "    ", options);
    }
    for (std::size_t i = 0; i < file.notes.size() && (options.verbose || i < 2); ++i) {
      out += wrapped(shown_name(file.path) + ", " + printable(file.notes[i]), "  . ", "    ", options);
    }
  }
  return out;
}

// How the chains that were sent fare against the CAs that were given.
std::string trust(const diagnose::Input& input, const Diagnosis& d, const TextOptions& options) {
  std::string out;
  std::set<std::string> said;
  std::size_t index = 0;
  for (const wire::Capture& capture : input.captures) {
    for (std::size_t i = 0; i < capture.handshakes.size(); ++i) {
      const auto found = d.verifications.find(index++);
      if (found == d.verifications.end()) continue;
      const tls::ChainVerification& v = *found->second;
      std::string text = v.accepted() ? "the server's chain is good by the given CA \"" + printable(v.anchor) + "\"" + (v.host.empty() ? "; no name to check was known" : "")
                                      : "the server's chain fails against " + std::string(v.given == 1 ? "the given CA" : "the given CAs");
      std::string_view between = ": ";
      for (const tls::ChainFault& fault : v.faults) {
        text += std::string(between) + diagnose::to_sentence(v, fault);
        between = "; ";
      }
      if (!said.insert(text).second) continue;
      if (said.size() > k_chains_shown && !options.verbose) return out + wrapped("and other chains (-v shows them)", "      ", "      ", options);
      out += wrapped(text, styled("Trust", Style::heading, options) + " ", "      ", options);
    }
  }
  return out;
}

// A log of which not one line is known: most often the wrong stretch of it.
std::string log_doctor(const diagnose::Input& input, const TextOptions& options) {
  std::string out;
  for (const log::Log& log : input.logs) {
    if (!log.events.empty() || log.lines == 0) continue;
    out += wrapped(fmt::format("{}: none of its {} line{} speaks of a connection, a TLS error or a code that is known here.", shown_name(log.path), log.lines, log.lines == 1 ? "" : "s"), "", "  ", options);
    out += wrapped("Give the lines from the start of the connection to the error, with the libraries' own messages switched on (log level debug or verbose).", "  > ", "    ", options);
  }
  return out;
}

// A capture in which nobody speaks TLS: what is there instead, and how to get a better one.
std::string capture_doctor(const diagnose::Input& input, const TextOptions& options) {
  std::string out;
  for (const wire::Capture& capture : input.captures) {
    if (!capture.handshakes.empty()) continue;
    std::string list;
    std::size_t shown = 0;
    for (const capture::Tally& tally : capture.summary.tallies) {
      if (shown++ >= 5) break;
      list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", printable(tally.what), tally.packets);
    }
    const bool encrypted = std::any_of(capture.summary.tallies.begin(), capture.summary.tallies.end(),
                                       [](const capture::Tally& tally) { return ifind(tally.what, "encrypted") != std::string_view::npos; });
    out += wrapped(fmt::format("{} holds {} packets and no TLS.{}{}", shown_name(capture.path), capture.summary.packets, list.empty() ? "" : " It holds: ", list), "", "  ", options);
    if (capture.summary.packets > 0 && capture.summary.tallies.empty() && capture.plain_flows.empty()) {
      out += wrapped("None of the packets passed the filter; look at it without --filter first.", "  > ", "    ", options);
    } else if (encrypted) {
      out += wrapped("These are Wi-Fi frames encrypted by WPA: monitor mode cannot see into them. Capture on the access point, the router or the server instead.", "  > ", "    ", options);
    } else if (capture.summary.cut_packets > 0) {
      out += wrapped("Packets were cut while recording: capture whole packets with tcpdump -s 0.", "  > ", "    ", options);
    } else {
      out += wrapped("Start the capture before the device connects, on the machine that runs the server or on the router: tcpdump -i any -s 0 -w out.pcap host DEVICE. "
                     "On a switch or in Wi-Fi another computer does not see the device's traffic.",
                     "  > ", "    ", options);
    }
  }
  return out;
}

std::size_t lines_of(std::string_view text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

// Why, what to do, how to make sure, what else: as much of each as the screen holds below `used` lines, with blank lines between them if there is room.
std::string sections(const Diagnosis& d, const std::vector<std::string>& checks, const TextOptions& options, std::size_t used) {
  std::vector<std::string> parts;
  std::size_t lines = 0;
  for (const Detail& detail : k_details) {
    parts = {why(d.causes.front(), options), what_to_do(d, options, detail), next_check(checks, options, detail), alternatives(d, options, detail), ruled_out(d, options, detail)};
    lines = used;
    for (const std::string& part : parts) lines += lines_of(part);
    if (options.verbose || lines < k_screen_lines) break;
  }
  const bool room = options.verbose || lines + parts.size() <= k_screen_lines + 1;
  std::string out;
  for (const std::string& part : parts) {
    if (!part.empty()) out += (room ? "\n" : "") + part;
  }
  return out;
}

}  // namespace

std::string diagnosis_text(const std::vector<InputFile>& files, const diagnose::Input& input, const Diagnosis& d, const knowledge::Knowledge& knowledge,
                           const TextOptions& options) {
  const bool nothing_read = !files.empty() && std::all_of(files.begin(), files.end(), [](const InputFile& file) { return file.kind == "unreadable"; });
  std::string out = nothing_read ? wrapped(styled("Nothing could be read.", Style::verdict, options), "", "", options) : verdict_line(d, options);
  if (options.quiet) return out;
  out += seen(files, input, d, options) + trust(input, d, options);
  if (d.outcome != Outcome::ok && !d.causes.empty() && !d.causes.front().evidence.empty()) {
    out += sections(d, next_checks(input, d), options, lines_of(out));
    if (!options.verbose) out += styled(fmt::format("More: -v, tlswhy causes {}", d.causes.front().cause->id), Style::faint, options) + "\n";
  } else if (d.outcome == Outcome::failed && !d.causes.empty()) {
    std::string usual;
    for (const RankedCause& guess : d.causes) usual += (usual.empty() ? "" : ", ") + std::string(guess.cause->id);
    out += wrapped("The causes most often met: " + usual + " (tlswhy causes ID explains each).", "", "  ", options) + next_check(next_checks(input, d), options, k_details[0]);
  } else if (d.outcome == Outcome::ok && !d.causes.empty()) {
    out += why(d.causes.front(), options);
  }
  if (d.outcome == Outcome::inconclusive) out += capture_doctor(input, options) + log_doctor(input, options);
  if (options.verbose) out += verbose_text(input, d, knowledge, options);
  return out;
}

}  // namespace tlswhy::report
