// SPDX-License-Identifier: Apache-2.0
#include "report/story.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

// Lines of one log beside one connection; what is more is chatter.
constexpr std::size_t k_most_lines = 60;

diagnose::Source frame_of(const std::string& capture, const tls::At& at) {
  diagnose::Source source;
  source.kind = diagnose::SourceKind::capture;
  source.file = capture;
  source.frame = at.frame;
  return source;
}

Step::Lane lane_of(Side from) { return from == Side::client ? Step::Lane::to_server : Step::Lane::to_client; }

std::vector<Step> wire_steps(const tls::Handshake& h, const std::string& capture, const knowledge::Knowledge& knowledge) {
  std::vector<Step> steps;
  for (const tls::Message& message : h.messages) {
    Step step;
    step.lane = lane_of(message.from);
    step.ms = milliseconds_between(h.started, message.at.time);
    step.what = std::string(message.type);
    step.more = message_words(message, h, knowledge);
    step.bytes = message.length;
    step.records = message.records;
    step.cut = !message.complete;
    step.source = frame_of(capture, message.at);
    steps.push_back(std::move(step));
  }
  for (const tls::Alert& alert : h.alerts) {
    Step step;
    step.lane = lane_of(alert.from);
    step.ms = milliseconds_between(h.started, alert.at.time);
    step.what = alert_words(alert, knowledge);
    step.bad = h.outcome != tls::Outcome::completed;
    step.source = frame_of(capture, alert.at);
    steps.push_back(std::move(step));
  }
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.source.frame < b.source.frame; });
  Step end;
  end.lane = Step::Lane::end;
  if (h.ended_at.frame != 0) end.ms = milliseconds_between(h.started, h.ended_at.time);
  end.what = ending_words(h);
  end.bad = h.outcome != tls::Outcome::completed;
  end.source = frame_of(capture, h.ended_at);
  steps.push_back(std::move(end));
  return steps;
}

bool says_failure(const log::Event& event) {
  return event.is_error || event.kind == "code" || event.kind == "alert" || event.kind == "verify" || event.kind == "verify-flags" || event.kind == "alloc-failed" || event.kind == "reset";
}

// The lines of a stretch of log, once each, with milliseconds of the log's own clock in `ms`.
std::vector<Step> log_steps(const diagnose::LogSpan& span, const diagnose::Input& input, bool by_wall, Timestamp started) {
  std::vector<Step> steps;
  const log::Log& log = input.logs[span.log];
  for (const log::Event& event : log.events) {
    if (event.line < span.first_line || event.line > span.last_line) continue;
    if (!steps.empty() && steps.back().source.line == event.line) {
      steps.back().bad = steps.back().bad || says_failure(event);
      continue;
    }
    if (steps.size() >= k_most_lines) break;
    Step step;
    if (by_wall && event.time.wall) step.ms = milliseconds_between(started, *event.time.wall);
    if (!by_wall && event.time.uptime_ms) step.ms = event.time.uptime_ms;
    step.what = event.text;
    step.bad = says_failure(event);
    step.source.kind = diagnose::SourceKind::log;
    step.source.file = log.path;
    step.source.line = event.line;
    steps.push_back(std::move(step));
  }
  return steps;
}

// Shifts a log that counts from the device's start so that its first failing line stands at the end of the connection.
bool fit_clock(std::vector<Step>& lines, std::optional<double> end) {
  auto anchor = std::find_if(lines.begin(), lines.end(), [](const Step& step) { return step.bad && step.ms; });
  if (anchor == lines.end() || !end) {
    for (Step& step : lines) step.ms.reset();
    return false;
  }
  const double shift = *end - *anchor->ms;
  for (Step& step : lines) {
    if (step.ms) *step.ms += shift;
  }
  return true;
}

// The lines go between the messages where their time stands; lines without one keep their place behind the line before them.
void weave(std::vector<Step>& steps, std::vector<Step> lines) {
  std::size_t behind = 0;
  for (Step& line : lines) {
    std::size_t at = behind;
    if (line.ms) {
      while (at < steps.size() && (!steps[at].ms || *steps[at].ms <= *line.ms)) ++at;
    } else if (behind == 0) {
      at = steps.size();
    }
    steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(at), std::move(line));
    behind = at + 1;
  }
}

}  // namespace

Story story_of(const tls::Handshake& handshake, std::size_t index, const std::string& capture, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis,
               const knowledge::Knowledge& knowledge) {
  Story story;
  story.steps = wire_steps(handshake, capture, knowledge);
  const std::optional<double> end = story.steps.back().ms;
  for (const diagnose::Attempt& attempt : diagnosis.attempts) {
    if (attempt.handshake != index) continue;
    std::vector<diagnose::LogSpan> spans = attempt.other_logs;
    if (attempt.log) spans.insert(spans.begin(), *attempt.log);
    for (const diagnose::LogSpan& span : spans) {
      const bool own = attempt.log && span.log == attempt.log->log;
      const std::vector<log::Event>& events = input.logs[span.log].events;
      const bool dated = std::any_of(events.begin(), events.end(), [](const log::Event& event) { return event.time.wall.has_value(); });
      std::vector<Step> lines = log_steps(span, input, dated, handshake.started);
      if (dated) {
        for (Step& step : lines) {
          if (step.ms && own && attempt.clock_offset_ms) *step.ms += *attempt.clock_offset_ms;
        }
      } else if (fit_clock(lines, end)) {
        story.log_clock_fitted = true;
      }
      weave(story.steps, std::move(lines));
    }
  }
  return story;
}

std::vector<HeapPoint> heap_of(const log::Log& log) {
  std::vector<HeapPoint> points;
  for (const log::Event& event : log.events) {
    for (const knowledge::Fact& fact : event.facts) {
      if (fact.name != "heap" && fact.name != "heap-low") continue;
      const std::optional<double> bytes = parse_decimal(fact.get("free"));
      if (!bytes) continue;
      HeapPoint point;
      point.source.kind = diagnose::SourceKind::log;
      point.source.file = log.path;
      point.source.line = event.line;
      point.bytes = *bytes;
      point.uptime_ms = event.time.uptime_ms;
      points.push_back(std::move(point));
    }
  }
  return points;
}

}  // namespace tlswhy::report
