// SPDX-License-Identifier: Apache-2.0
// The figures of the HTML report. No colour says what a word or a mark does not say too.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/html_parts.hpp"

namespace tlswhy::report {
namespace {

constexpr double k_pause_ms = 1000;
constexpr int k_width = 760;
constexpr int k_client = 150;
constexpr int k_server = 610;
constexpr int k_row = 38;
constexpr int k_log_row = 26;
constexpr int k_after_log = 10;  // room for the label above the next arrow
constexpr std::size_t k_log_characters = 84;
constexpr std::size_t k_label_characters = 60;

std::string milliseconds(double ms) { return ms < 10'000 ? fmt::format("{:.1f} ms", ms) : fmt::format("{:.1f} s", ms / 1000); }

std::string text_at(double x, double y, std::string_view classes, std::string_view anchor, std::string_view text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\" text-anchor=\"{}\">{}</text>", x, y, classes, anchor, html_text(text));
}

std::string open_figure(const std::string& id, int height, std::string_view title, std::string_view description) {
  return fmt::format(
      "<figure><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{2}\"><svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"{3}-t {3}-d\">"
      "<title id=\"{3}-t\">{2}</title><desc id=\"{3}-d\">{4}</desc>",
      k_width, height, html_text(title), id, html_text(description));
}

std::string arrow(const Step& step, int y) {
  const bool up = step.lane == Step::Lane::to_server;
  const int from = up ? k_client : k_server;
  const int to = up ? k_server : k_client;
  const int tip = up ? -9 : 9;
  const std::string_view kind = step.bad ? "bad" : up ? "up" : "down";
  const std::string head = fmt::format("<polygon class=\"{}\" points=\"{},{} {},{} {},{}\"/>", kind, to, y, to + tip, y - 5, to + tip, y + 5);
  return fmt::format("<line class=\"arrow {}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", kind, from, y, to + tip, y) + head;
}

std::string label_of(const Step& step) {
  std::string label = (step.bad ? "! " : "") + step.what;
  if (step.bytes > 0) label += fmt::format(", {} bytes", step.bytes);
  if (step.cut) label += ", cut short";
  return shorten(label, k_label_characters);
}

}  // namespace

std::string ladder_figure(const Story& story, const std::string& id, const std::string& title, const std::string& client, const std::string& server) {
  std::string body;
  std::string described;
  std::optional<double> before;
  int y = 58;
  bool after_log = false;
  for (const Step& step : story.steps) {
    if (step.ms && before && *step.ms - *before >= k_pause_ms) {
      const std::string words = fmt::format("{:.1f} s of silence", (*step.ms - *before) / 1000);
      body += fmt::format("<line class=\"pause\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", k_client, y - 4, k_server, y - 4);
      body += text_at((k_client + k_server) / 2.0, y - 9, "dim", "middle", words);
      described += words + ". ";
      y += k_row - 6;
    }
    if (step.ms) before = step.ms;
    if (step.lane == Step::Lane::log) {
      body += fmt::format("<rect class=\"band\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>", 8, y - 15, k_width - 16, k_log_row - 4);
      if (step.ms) body += text_at(k_client - 16, y, "dim", "end", milliseconds(*step.ms));
      body += text_at(k_client, y, step.bad ? "mono bad strong" : "mono", "start", shorten((step.bad ? "! " : "") + printable(step.what), k_log_characters));
      described += "Log: " + shorten(step.what, k_log_characters) + ". ";
      y += k_log_row;
      after_log = true;
      continue;
    }
    if (after_log) y += k_after_log;
    after_log = false;
    if (step.ms) body += text_at(k_client - 16, y + 4, "dim", "end", milliseconds(*step.ms));
    if (step.source.frame && *step.source.frame != 0) body += text_at(k_server + 16, y + 4, "dim", "start", fmt::format("frame {}", *step.source.frame));
    const std::string_view style = step.bad ? "bad strong" : "";
    if (step.lane == Step::Lane::end) {
      body += text_at((k_client + k_server) / 2.0, y + 4, step.bad ? "bad strong" : "strong", "middle", (step.bad ? "! " : "") + step.what);
    } else {
      body += arrow(step, y) + text_at((k_client + k_server) / 2.0, y - 6, style, "middle", label_of(step));
    }
    described += (step.lane == Step::Lane::to_server ? "Client: " : step.lane == Step::Lane::to_client ? "Server: " : "End: ") + step.what + ". ";
    y += k_row;
  }
  const int height = y;
  std::string lives;
  for (const int x : {k_client, k_server}) lives += fmt::format("<line class=\"life\" x1=\"{0}\" y1=\"36\" x2=\"{0}\" y2=\"{1}\"/>", x, height - 20);
  const std::string ends = text_at(k_client, 16, "strong", "middle", "client") + text_at(k_client, 31, "dim mono", "middle", client) + text_at(k_server, 16, "strong", "middle", "server") +
                           text_at(k_server, 31, "dim mono", "middle", server);
  return open_figure(id, height, title, described) + lives + ends + body + "</svg></div></figure>\n";
}

std::string ladder_table(const Story& story, Anchors& anchors) {
  std::string out = "<details open><summary>The same as a table</summary><div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Steps of the connection\"><table><thead><tr><th>Where</th><th class=\"number\">ms</th><th>Who</th><th>What</th><th class=\"number\">Bytes</th></tr></thead><tbody>\n";
  for (const Step& step : story.steps) {
    const bool log = step.lane == Step::Lane::log;
    const std::string_view who = step.lane == Step::Lane::to_server ? "client" : step.lane == Step::Lane::to_client ? "server" : log ? "log" : "end";
    std::string what = log ? "<code>" + html_text(step.what) + "</code>" : html_text(step.what);
    if (!step.more.empty()) what += " <span class=\"note\">" + html_text(step.more) + "</span>";
    if (step.records > 1) what += fmt::format(" <span class=\"note\">in {} records</span>", step.records);
    if (step.cut) what += " <span class=\"note\">cut short</span>";
    const std::string id = log ? std::string() : anchors.id_of(step.source);
    out += fmt::format("<tr{}{}><td class=\"mono\">{}</td><td class=\"number\">{}</td><td class=\"who\">{}</td><td>{}{}</td><td class=\"number\">{}</td></tr>\n", id, step.bad ? " class=\"bad\"" : "",
                       log ? anchors.link_to(step.source) : step.source.frame && *step.source.frame != 0 ? fmt::format("frame {}", *step.source.frame) : std::string(),
                       step.ms ? fmt::format("{:.1f}", *step.ms) : "", who, step.bad ? "<strong>!</strong> " : "", what, step.bytes > 0 ? std::to_string(step.bytes) : "");
  }
  return out + "</tbody></table></div></details>\n";
}

std::string heap_figure(const std::vector<HeapPoint>& points, const std::string& id, const std::string& title) {
  constexpr int k_left = 90;
  constexpr int k_right = k_width - 30;
  constexpr int k_top = 20;
  constexpr int k_bottom = 190;
  const auto value = [](const HeapPoint& a, const HeapPoint& b) { return a.bytes < b.bytes; };
  const HeapPoint& lowest = *std::min_element(points.begin(), points.end(), value);
  const double most = std::max(1.0, std::max_element(points.begin(), points.end(), value)->bytes);
  const bool timed = std::all_of(points.begin(), points.end(), [](const HeapPoint& p) { return p.uptime_ms.has_value(); }) && *points.back().uptime_ms > *points.front().uptime_ms;
  const auto x_of = [&](std::size_t i) {
    const double part = timed ? (*points[i].uptime_ms - *points.front().uptime_ms) / (*points.back().uptime_ms - *points.front().uptime_ms)
                              : static_cast<double>(i) / static_cast<double>(points.size() - 1);
    return k_left + part * (k_right - k_left);
  };
  const auto y_of = [&](double bytes) { return k_bottom - bytes / most * (k_bottom - k_top); };
  std::string curve;
  std::string dots;
  for (std::size_t i = 0; i < points.size(); ++i) {
    curve += fmt::format("{}{:.1f},{:.1f}", i == 0 ? "" : " ", x_of(i), y_of(points[i].bytes));
    dots += fmt::format("<circle class=\"dot\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", x_of(i), y_of(points[i].bytes), &points[i] == &lowest ? 5 : 3);
    if (&points[i] == &lowest) dots += text_at(x_of(i), std::max(14.0, y_of(lowest.bytes) - 10), "strong", x_of(i) > k_width / 2.0 ? "end" : "start", fmt::format("{:.0f} at line {}", lowest.bytes, *lowest.source.line));
  }
  std::string axis = fmt::format("<line class=\"life\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/><line class=\"life\" x1=\"{0}\" y1=\"{2}\" x2=\"{3}\" y2=\"{2}\"/>", k_left, k_top, k_bottom, k_right);
  axis += text_at(k_left - 8, k_top + 4, "dim", "end", fmt::format("{:.0f} bytes", most)) + text_at(k_left - 8, k_bottom, "dim", "end", "0");
  axis += text_at((k_left + k_right) / 2.0, k_bottom + 22, "dim", "middle", timed ? "time since the device started" : "in the order of the lines");
  const std::string description = fmt::format("{} values of the free heap, lowest {:.0f} bytes at line {}, highest {:.0f} bytes.", points.size(), lowest.bytes, *lowest.source.line, most);
  return open_figure(id, k_bottom + 34, title, description) + axis + fmt::format("<polyline class=\"curve\" points=\"{}\"/>", curve) + dots + "</svg></div></figure>\n";
}

std::string timeline_figure(const std::vector<Bar>& bars, const std::string& id) {
  constexpr int k_left = 230;
  constexpr int k_right = k_width - 110;
  constexpr int k_step = 24;
  double last = 1;
  for (const Bar& bar : bars) last = std::max(last, bar.to_ms);
  std::string body;
  std::string described;
  int y = 26;
  for (const Bar& bar : bars) {
    const double from = k_left + bar.from_ms / last * (k_right - k_left);
    const double wide = std::max(3.0, (bar.to_ms - bar.from_ms) / last * (k_right - k_left));
    body += text_at(8, y, "", "start", shorten(bar.label, 36));
    body += fmt::format("<rect class=\"bar{}\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"12\" rx=\"2\"/>", bar.bad ? " bad" : "", from, y - 11, wide);
    body += text_at(from + wide + 6, y, bar.bad ? "bad" : "dim", "start", (bar.bad ? "! " : "") + milliseconds(bar.to_ms - bar.from_ms));
    described += fmt::format("{}: from {} for {}{}. ", bar.label, milliseconds(bar.from_ms), milliseconds(bar.to_ms - bar.from_ms), bar.bad ? ", not completed" : "");
    y += k_step;
  }
  body += text_at(k_left, y + 4, "dim", "start", "0") + text_at(k_right, y + 4, "dim", "end", milliseconds(last));
  return open_figure(id, y + 16, "Connections on one time line", described) + body + "</svg></div><figcaption>Each bar is a connection, from its first record to its end. \"!\" marks those that did not complete.</figcaption></figure>\n";
}

}  // namespace tlswhy::report
