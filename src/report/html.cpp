// SPDX-License-Identifier: Apache-2.0
#include "report/html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "report/html_parts.hpp"
#include "report/layout.hpp"
#include "report/verdict.hpp"
#include "report/wireshark.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::report {
namespace {

using diagnose::Diagnosis;

constexpr std::size_t k_handshakes_drawn = 20;
constexpr std::size_t k_bars_drawn = 60;
constexpr std::size_t k_lines_listed = 500;

struct Drawn {
  const tls::Handshake* handshake;
  std::size_t index;
  std::string path;
  bool from_log;
  Story story;
};

// Those that did not complete come first where there are more than can be drawn; in the page they keep their order.
std::vector<Drawn> chosen(const diagnose::Input& input, const Diagnosis& d, const knowledge::Knowledge& knowledge) {
  std::vector<Drawn> all;
  std::size_t index = 0;
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& h : capture.handshakes) all.push_back({&h, index++, capture.path, capture.from_log, {}});
  }
  const auto completed = [](const Drawn& one) { return one.handshake->outcome == tls::Outcome::completed; };
  std::stable_sort(all.begin(), all.end(), [&](const Drawn& a, const Drawn& b) { return completed(a) < completed(b); });
  if (all.size() > k_handshakes_drawn) all.resize(k_handshakes_drawn);
  std::sort(all.begin(), all.end(), [](const Drawn& a, const Drawn& b) { return a.index < b.index; });
  for (Drawn& one : all) one.story = story_of(*one.handshake, one.index, one.path, input, d, knowledge);
  return all;
}

std::string section(std::string_view id, std::string_view title, const std::string& body) {
  return body.empty() ? body : fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\"><h2 id=\"{0}-h\">{1}</h2>\n{2}</section>\n", id, title, body);
}

std::string mark(std::string_view sign, std::string_view words) { return fmt::format("<span class=\"mark\" role=\"img\" aria-label=\"{}\">{}</span>", words, sign); }

std::string evidence(const diagnose::RankedCause& cause, const Anchors& anchors) {
  std::string out;
  const auto list = [&](const std::vector<diagnose::EvidenceItem>& items, std::string_view kind, std::string_view sign, std::string_view words) {
    for (const diagnose::EvidenceItem& item : items) {
      const std::string line = fmt::format("<li class=\"{}\">{}{}{} <span class=\"place\">{}</span></li>\n", kind, mark(sign, words), html_text(item.says), item.inferred ? " (inferred)" : "", anchors.link_to(item.source));
      if (out.find(line) == std::string::npos) out += line;
    }
  };
  list(cause.evidence, "for", "+", "speaks for it:");
  list(cause.against, "against", "&minus;", "speaks against it:");
  return out.empty() ? out : "<ul class=\"marks\">\n" + out + "</ul>\n";
}

std::string fixes(const Diagnosis& d) {
  std::string out;
  for (const knowledge::Fix* const fix : d.platform.empty() ? d.causes.front().fixes : fitting_fixes(d)) {
    const std::string platforms = platforms_of(*fix);
    out += "<li>" + (platforms.empty() ? std::string() : "<span class=\"platforms\">" + html_text(platforms) + "</span>") + html_text(fix->action);
    if (!fix->weakens.empty()) out += " <p class=\"warning\">Warning: " + html_text(fix->weakens) + "</p>";
    out += "</li>\n";
  }
  return out.empty() ? out : "<ol>\n" + out + "</ol>\n";
}

std::string checks(const diagnose::Input& input, const Diagnosis& d) {
  std::string out;
  for (const std::string& check : next_checks(input, d)) out += "<li class=\"next\">" + mark("&gt;", "next:") + html_text(check) + "</li>\n";
  return out.empty() ? out : "<ul class=\"marks\">\n" + out + "</ul>\n";
}

std::string alternatives(const Diagnosis& d, const Anchors& anchors) {
  constexpr double k_remainder = 0.005;  // would read "0%"
  std::string out;
  for (std::size_t i = 1; i < d.causes.size(); ++i) {
    const diagnose::RankedCause& other = d.causes[i];
    if (other.confidence < k_remainder) break;
    const std::string tell = tell_apart(d.causes.front(), other);
    out += fmt::format("<li class=\"maybe\">{}<strong>{}</strong> ({}, {:.0f}%){}</li>\n", mark("?", "possible:"), html_text(other.cause->title), other.cause->id, other.confidence * 100,
                       tell.empty() ? "" : ". How to tell: " + html_text(tell));
  }
  for (const diagnose::RuledOut& item : d.ruled_out) {
    out += fmt::format("<li class=\"out\">{}Ruled out: {}, because {} <span class=\"place\">{}</span></li>\n", mark("&times;", "ruled out:"), item.cause->id, html_text(item.why.says), anchors.link_to(item.why.source));
  }
  return out.empty() ? out : "<ul class=\"marks\">\n" + out + "</ul>\n";
}

std::string term(std::string_view name, const std::string& value) { return value.empty() ? value : fmt::format("<dt>{}</dt><dd>{}</dd>", name, value); }

std::string certificates(const tls::Handshake& h) {
  std::string rows;
  for (const tls::Certificate& c : h.certificates) {
    std::string names;
    for (const std::string& name : c.names) names += (names.empty() ? "" : ", ") + name;
    rows += fmt::format("<tr><td>{} {}</td><td>{}<br><span class=\"note\">{}</span></td><td>{}</td><td>{}<br>{}</td><td>{}<br>{}</td><td class=\"number\">{}</td></tr>\n", to_string(c.from), c.index,
                        html_text(c.parse_error.empty() ? c.subject : "not readable: " + c.parse_error), html_text(names), html_text(c.issuer), html_text(c.not_before_text), html_text(c.not_after_text), html_text(c.key),
                        html_text(c.signature), c.size);
  }
  if (rows.empty()) return rows;
  return "<details><summary>Certificates that were sent</summary><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Certificates\"><table><thead><tr><th>From</th><th>Subject and names</th><th>Issuer</th><th>Valid</th><th>Key, "
         "signature</th><th class=\"number\">Bytes</th></tr></thead><tbody>\n" +
         rows + "</tbody></table></div></details>\n";
}

std::string connection(const Drawn& one, Anchors& anchors) {
  const tls::Handshake& h = *one.handshake;
  const std::string name = h.client_hello && h.client_hello->server_name ? *h.client_hello->server_name : std::string();
  const auto version = h.negotiated();
  const std::string id = fmt::format("h{}", one.index);
  const std::string title = fmt::format("Connection {}: {} to {}", one.index + 1, to_string(h.client), to_string(h.server));
  std::string out = fmt::format("<article id=\"{}\"><h3>{}</h3>\n<dl>", id, html_text(title));
  out += term("Outcome", html_text(fmt::format("{}: {}", tls::to_string(h.outcome), ending_words(h)))) + term("Server name asked for", html_text(name)) + term("Version", version ? html_text(tls::to_string(*version)) : std::string());
  out += term("Began", h.started.ns == 0 ? std::string() : to_rfc3339(h.started, 3)) + term("File", html_text(file_name(one.path)));
  if (!one.from_log) out += term("In Wireshark", "<code>" + html_text(flow_filter(h)) + "</code>");
  out += "</dl>\n" + ladder_figure(one.story, id, "Ladder of connection " + std::to_string(one.index + 1), to_string(h.client), to_string(h.server));
  if (one.story.log_clock_fitted) out += "<p class=\"note\">The log has no date: its failing line was laid on the end of the connection.</p>\n";
  return out + ladder_table(one.story, anchors) + certificates(h) + "</article>\n";
}

std::string timeline(const diagnose::Input& input) {
  std::vector<Bar> bars;
  std::optional<Timestamp> first;
  for (const wire::Capture& capture : input.captures) {
    if (capture.from_log) continue;
    for (const tls::Handshake& h : capture.handshakes) {
      if (!first || h.started < *first) first = h.started;
    }
  }
  if (!first) return {};
  for (const wire::Capture& capture : input.captures) {
    if (capture.from_log) continue;
    for (const tls::Handshake& h : capture.handshakes) {
      if (bars.size() >= k_bars_drawn) break;
      const double from = milliseconds_between(*first, h.started);
      const double to = h.ended_at.frame == 0 ? from : milliseconds_between(*first, h.ended_at.time);
      bars.push_back({fmt::format("{}. {}", bars.size() + 1, to_string(h.server)), from, std::max(from, to), h.outcome != tls::Outcome::completed});
    }
  }
  return bars.size() < 2 ? std::string() : timeline_figure(bars, "time");
}

// The lines that say something; those the evidence rests on always.
std::string log_lines(const diagnose::Input& input, Anchors& anchors) {
  std::string out;
  for (const log::Log& log : input.logs) {
    std::string rows;
    std::uint64_t before = 0;
    std::size_t listed = 0;
    std::set<std::string> explained;  // what a code means is told where it stands first
    for (const log::Event& event : log.events) {
      if (event.line == before) continue;
      if (listed++ >= k_lines_listed) break;
      before = event.line;
      diagnose::Source source;
      source.kind = diagnose::SourceKind::log;
      source.file = log.path;
      source.line = event.line;
      rows += fmt::format("<tr{}{}><td class=\"number\">{}</td><td><code>{}</code>{}</td></tr>\n", anchors.id_of(source), event.is_error ? " class=\"bad\"" : "", event.line, html_text(event.text),
                          event.meaning.empty() || !explained.insert(event.meaning).second ? "" : "<br><span class=\"note\">" + html_text(event.symbol.empty() ? event.meaning : event.symbol + ": " + event.meaning) + "</span>");
    }
    if (rows.empty()) continue;
    out += fmt::format("<h3>{}</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Lines of the log\"><table><thead><tr><th class=\"number\">Line</th><th>What it says</th></tr></thead><tbody>\n{}</tbody></table></div>\n", html_text(file_name(log.path)), rows);
    if (listed > k_lines_listed) out += fmt::format("<p class=\"note\">Only the first {} lines that say something are listed.</p>\n", k_lines_listed);
  }
  return out;
}

std::string heap(const diagnose::Input& input) {
  std::string out;
  std::size_t number = 0;
  for (const log::Log& log : input.logs) {
    const std::vector<HeapPoint> points = heap_of(log);
    ++number;
    if (points.size() < 2) continue;
    out += heap_figure(points, fmt::format("heap{}", number), "Free heap by " + std::string(file_name(log.path)));
    out += "<details><summary>The same as a table</summary><table><thead><tr><th class=\"number\">Line</th><th class=\"number\">Bytes free</th></tr></thead><tbody>\n";
    for (const HeapPoint& point : points) out += fmt::format("<tr><td class=\"number\">{}</td><td class=\"number\">{:.0f}</td></tr>\n", *point.source.line, point.bytes);
    out += "</tbody></table></details>\n";
  }
  return out;
}

std::string inputs(const std::vector<InputFile>& files) {
  std::string rows;
  for (const InputFile& file : files) {
    std::string remarks;
    for (const std::string& problem : file.problems) remarks += "<br><span class=\"warning\">! " + html_text(problem) + "</span>";
    for (const std::string& note : file.notes) remarks += "<br><span class=\"note\">" + html_text(note) + "</span>";
    rows += fmt::format("<tr><td>{}{}</td><td>{}</td><td class=\"number\">{}</td></tr>\n", html_text(file.path == "-" ? "standard input" : file_name(file.path)), remarks, file.kind,
                        file.packets ? fmt::format("{} packets", *file.packets) : file.lines ? fmt::format("{} lines", *file.lines) : std::string());
  }
  return rows.empty() ? rows : "<table><thead><tr><th>File</th><th>Kind</th><th class=\"number\">Size</th></tr></thead><tbody>\n" + rows + "</tbody></table>\n";
}

std::string head(const Diagnosis& d) {
  const std::string_view kind = d.outcome == diagnose::Outcome::ok ? "ok" : d.outcome == diagnose::Outcome::failed ? "failed" : "open";
  std::string out = fmt::format("<header class=\"verdict {}\"><p class=\"kicker\">Why did this TLS handshake fail?</p>\n", kind);
  if (!has_cause(d)) return out + "<h1>" + html_text(d.summary) + ".</h1></header>\n";
  const diagnose::RankedCause& first = d.causes.front();
  out += fmt::format("<h1>{}</h1>\n<p><strong>{}</strong> ({:.0f}%). Cause: <code>{}</code>. Where to mend it: {}.</p>\n", html_text(first.cause->title), confidence_word(first.confidence), percent(first.confidence), first.cause->id,
                     html_text(first.cause->owner));
  std::string seen = d.platform.empty() ? std::string() : "Read as " + d.platform + (d.library.empty() || d.library == d.platform ? "" : " with " + d.library) + ". ";
  if (!d.repeated.empty()) seen += d.repeated + ".";
  return out + (seen.empty() ? std::string() : "<p class=\"seen\">" + html_text(seen) + "</p>\n") + "</header>\n";
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr std::string_view k_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8U | (i + j < bytes.size() ? bytes[i + j] : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : k_digits[group >> (18U - 6U * j) & 0x3FU];
  }
  return out;
}

Anchors::Anchors(const diagnose::Input& input) {
  for (const wire::Capture& capture : input.captures) captures_.push_back(capture.path);
  for (const log::Log& log : input.logs) logs_.push_back(log.path);
}

std::string Anchors::name_of(const diagnose::Source& source) const {
  const auto in = [&](const std::vector<std::string>& paths, char letter, std::uint64_t number) {
    const auto at = std::find(paths.begin(), paths.end(), source.file);
    return at == paths.end() ? std::string() : fmt::format("{}{}-{}", letter, at - paths.begin(), number);
  };
  if (source.frame && source.kind == diagnose::SourceKind::capture) return in(captures_, 'f', *source.frame);
  if (source.line) return in(logs_, 'l', *source.line);
  return {};
}

std::string Anchors::id_of(const diagnose::Source& source) {
  const std::string name = name_of(source);
  return name.empty() || !given_.insert(name).second ? std::string() : " id=\"" + name + "\"";
}

std::string Anchors::link_to(const diagnose::Source& source) const {
  const std::string name = name_of(source);
  const std::string words = html_text(place(source));
  return name.empty() || announced_.count(name) == 0 ? words : "<a href=\"#" + name + "\">" + words + "</a>";
}

std::string diagnosis_fragment(const std::vector<InputFile>& files, const diagnose::Input& input, const Diagnosis& d, const knowledge::Knowledge& knowledge) {
  const std::vector<Drawn> drawn = chosen(input, d, knowledge);
  Anchors anchors(input);
  for (const Drawn& one : drawn) {
    for (const Step& step : one.story.steps) {
      if (step.lane != Step::Lane::log) anchors.announce(step.source);
    }
  }
  for (const log::Log& log : input.logs) {
    for (std::size_t i = 0; i < std::min(k_lines_listed, log.events.size()); ++i) {
      diagnose::Source source;
      source.kind = diagnose::SourceKind::log;
      source.file = log.path;
      source.line = log.events[i].line;
      anchors.announce(source);
    }
  }
  std::string out = head(d) + "<main id=\"main\">\n";
  if (has_cause(d)) out += section("why", "Why", evidence(d.causes.front(), anchors)) + section("do", "What to do", fixes(d));
  out += section("next", "Next check", checks(input, d));
  if (has_cause(d)) out += section("else", "What else it could be, and what it is not", alternatives(d, anchors));
  std::string connections = timeline(input);
  for (const Drawn& one : drawn) connections += connection(one, anchors);
  std::size_t all = 0;
  for (const wire::Capture& capture : input.captures) all += capture.handshakes.size();
  if (all > drawn.size()) connections += fmt::format("<p class=\"note\">{} of {} connections are drawn; tlswhy --json gives all.</p>\n", drawn.size(), all);
  out += section("connections", "What went over the wire", connections) + section("heap", "Free heap", heap(input)) + section("log", "What the logs say", log_lines(input, anchors)) + section("inputs", "What was read", inputs(files));
  return out + "</main>\n";
}

std::string diagnosis_html(const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input, const Diagnosis& d, const knowledge::Knowledge& knowledge) {
  const std::string style(html_style());
  const auto digest = from_hex(tls::sha256_hex(bytes_of(style)));
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'\">\n", base64(digest.value_or(std::vector<std::uint8_t>{})));
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n";
  out += "<title>" + html_text(has_cause(d) ? d.causes.front().cause->title : std::string_view(d.summary)) + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the evidence</a>\n";
  return out + diagnosis_fragment(files, input, d, knowledge) + fmt::format("<footer>Made by tlswhy {}. This page runs no script and loads nothing from elsewhere.</footer>\n</body>\n</html>\n", html_text(tool.version));
}

}  // namespace tlswhy::report
