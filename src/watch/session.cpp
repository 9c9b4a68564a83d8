// SPDX-License-Identifier: Apache-2.0
#include "watch/session.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "diagnose/attempts.hpp"

namespace tlswhy::watch {
namespace {

// A failure is told within a second of its end. A log is given this long to say more about it, and packets to meet their lines.
constexpr double k_log_quiet_ms = 300;
constexpr double k_log_longest_ms = 700;
constexpr double k_join_wait_ms = 350;
// Handshakes that were told already and may still be met by late lines of a log.
constexpr double k_remembered_ms = 5'000;
constexpr std::size_t k_remembered = 64;
constexpr double k_echo_ms = 3'000;
constexpr std::size_t k_known = 4'096;
constexpr std::size_t k_completed_kept = 8;
// Pairs of cause and server that are counted apart.
constexpr std::size_t k_groups = 1'000;
constexpr std::size_t k_causes_told = 3;
// One examination looks at so many handshakes; of more the rest waits for the next.
constexpr std::size_t k_at_once = 64;

void keep_leading(std::vector<diagnose::RankedCause>& causes) {
  if (causes.size() > k_causes_told) causes.resize(k_causes_told);
}

}  // namespace

bool is_named(const Told& told) { return !told.causes.empty() && !told.causes.front().evidence.empty(); }

std::string server_of(const Told& told) {
  if (told.server_name.empty()) return printable(told.server);
  const std::size_t colon = told.server.rfind(':');
  return printable(told.server_name) + (colon == std::string::npos ? std::string() : printable(told.server.substr(colon)));
}

struct Session::Wire {
  Wire(std::string the_name, std::shared_ptr<const tls::KeyLog> keys, bool the_by_packets) : name(the_name), live(std::move(the_name), std::move(keys)), by_packets(the_by_packets) {}

  struct Handshake {
    tls::Handshake value;
    Timestamp came;
  };
  std::string name;
  wire::Live live;
  bool by_packets = false;
  bool fed = false;      // since this was last looked at
  Timestamp fed_at;
  std::deque<Handshake> waiting;
  std::deque<Handshake> recent;  // told, and perhaps met by lines yet
  std::deque<tls::Handshake> completed;  // the last of them: what went well tells what is at fault with the others
  std::deque<wire::FailedFlow> failed;
  std::vector<capture::Observation> observations;
  std::vector<std::pair<std::uint32_t, capture::Event>> icmp;
};

Session::Session(const Settings& settings, const knowledge::Knowledge& knowledge) : settings_(settings), knowledge_(knowledge), senses_(knowledge), scanner_(knowledge) {}
Session::~Session() = default;

std::size_t Session::add_wire(std::string name, bool by_packets) {
  wires_.push_back(std::make_unique<Wire>(std::move(name), settings_.keys, by_packets));
  return wires_.size() - 1;
}

std::size_t Session::add_log(std::string name) {
  logs_.push_back(std::make_unique<Tail>(std::move(name), scanner_, senses_));
  return logs_.size() - 1;
}

void Session::packet(std::size_t wire, const capture::Record& record) {
  wires_.at(wire)->live.packet(record);
  wires_.at(wire)->fed = true;
}
void Session::text(std::size_t log, std::string_view bytes, Timestamp now) { logs_.at(log)->add(bytes, now); }
void Session::history(std::size_t log, std::string_view bytes, Timestamp now) {
  logs_.at(log)->add(bytes, now);
  logs_.at(log)->told();
}
std::vector<Told> Session::due(Timestamp now) { return tell(now, false); }
std::vector<Told> Session::rest(Timestamp now) { return tell(now, true); }

std::vector<Told> Session::tell(Timestamp now, bool final) {
  for (const auto& wire : wires_) {
    // The packets' own time goes on while nothing comes.
    if (wire->by_packets && wire->fed) {
      wire->fed_at = now;
      wire->fed = false;
    }
    const Timestamp clock = wire->by_packets ? Timestamp{wire->live.last_packet().ns + (now.ns - wire->fed_at.ns)} : now;
    wire::Capture fresh = final ? wire->live.rest(clock) : wire->live.due(clock);
    if (fresh.handshakes.empty() && fresh.failed_flows.empty()) continue;
    for (tls::Handshake& handshake : fresh.handshakes) wire->waiting.push_back({std::move(handshake), now});
    for (wire::FailedFlow& failed : fresh.failed_flows) wire->failed.push_back(std::move(failed));
    wire->observations = std::move(fresh.observations);
    wire->icmp = std::move(fresh.icmp);
  }
  std::vector<Told> out;
  const bool both = !wires_.empty() && !logs_.empty();
  const auto wire_ready = [&] {
    return std::any_of(wires_.begin(), wires_.end(), [&](const auto& wire) {
      return !wire->waiting.empty() && (final || !both || milliseconds_between(wire->waiting.front().came, now) >= k_join_wait_ms);
    });
  };
  const bool log_ready = std::any_of(logs_.begin(), logs_.end(), [&](const auto& log) {
    return log->sign_since() && (final || milliseconds_between(log->last_line_at(), now) >= k_log_quiet_ms || milliseconds_between(*log->sign_since(), now) >= k_log_longest_ms);
  });
  if (log_ready) examine(now, final, out);
  while (wire_ready()) examine(now, final, out);
  tell_failed_flows(now, out);
  return out;
}

diagnose::Input Session::gather(Timestamp now, std::vector<std::size_t>& wire_of) {
  diagnose::Input input;
  input.context = settings_.context;
  input.trusted = settings_.trusted;
  for (std::size_t i = 0; i < wires_.size(); ++i) {
    Wire& wire = *wires_[i];
    wire::Capture& capture = input.captures.emplace_back();
    capture.path = wire.name;
    capture.observations = wire.observations;
    capture.icmp = wire.icmp;
    capture.failed_flows.assign(wire.failed.begin(), wire.failed.end());
    while (!wire.recent.empty() && (logs_.empty() || wire.recent.size() > k_remembered || milliseconds_between(wire.recent.front().came, now) > k_remembered_ms)) wire.recent.pop_front();
    for (const tls::Handshake& one : wire.completed) capture.handshakes.push_back(one);
    for (const Wire::Handshake& one : wire.recent) {
      if (one.value.outcome != tls::Outcome::completed) capture.handshakes.push_back(one.value);
    }
    for (std::size_t taken = 0; taken < k_at_once && !wire.waiting.empty(); ++taken) {
      const tls::Handshake& handshake = wire.waiting.front().value;
      capture.handshakes.push_back(handshake);
      if (handshake.outcome == tls::Outcome::completed) wire.completed.push_back(handshake);
      wire.recent.push_back(std::move(wire.waiting.front()));
      wire.waiting.pop_front();
    }
    while (wire.completed.size() > k_completed_kept) wire.completed.pop_front();
    wire_of.insert(wire_of.end(), capture.handshakes.size(), i);
  }
  for (const auto& log : logs_) input.logs.push_back(log->read());
  return input;
}

void Session::examine(Timestamp now, bool final, std::vector<Told>& out) {
  std::vector<std::size_t> wire_of;
  const diagnose::Input input = gather(now, wire_of);
  const diagnose::Diagnosis diagnosis = diagnose::diagnose(input, knowledge_);

  std::vector<const tls::Handshake*> handshakes;
  for (const wire::Capture& capture : input.captures) {
    for (const tls::Handshake& handshake : capture.handshakes) handshakes.push_back(&handshake);
  }
  for (const diagnose::Attempt& attempt : diagnosis.attempts) {
    if (attempt.outcome == "incomplete" && (final || !attempt.handshake)) continue;
    Told told;
    told.when = now;
    told.outcome = attempt.outcome;
    told.causes = attempt.causes;
    told.joined_by = attempt.joined_by;
    keep_leading(told.causes);
    const diagnose::LogSpan* const span = attempt.log ? &*attempt.log : attempt.other_logs.empty() ? nullptr : &attempt.other_logs.front();
    bool fresh_lines = false;
    if (span != nullptr) {
      const log::Log& log = input.logs[span->log];
      told.log = log.path;
      told.first_line = span->first_line;
      told.last_line = span->last_line;
      const auto events = log::events_between(log, span->first_line, span->last_line);
      fresh_lines = std::any_of(events.begin(), events.end(), [&](const log::Event& event) { return logs_[span->log]->is_sign(event); });
      for (const log::Event& event : events) {
        for (const knowledge::Fact& fact : event.facts) {
          if (fact.name == "dial" && !fact.get("host").empty()) told.server = std::string(fact.get("host")) + (fact.get("port").empty() ? "" : ":" + std::string(fact.get("port")));
        }
      }
    }
    if (!attempt.handshake) {
      if (!fresh_lines) continue;
      // What a program says about a failure after the library has said why.
      const bool echo = told.outcome == "failed" && !is_named(told) && last_log_failure_ && milliseconds_between(*last_log_failure_, now) < k_echo_ms;
      if (echo) continue;
      count(told);
      if (told.outcome == "failed") last_log_failure_ = now;
      out.push_back(std::move(told));
      continue;
    }
    const tls::Handshake& handshake = *handshakes[*attempt.handshake];
    const std::size_t wire = wire_of[*attempt.handshake];
    told.wire = wires_[wire]->name;
    told.first_frame = handshake.first_frame;
    told.last_frame = handshake.last_frame;
    told.client = to_string(handshake.client);
    told.server = to_string(handshake.server);
    if (handshake.client_hello && handshake.client_hello->server_name) told.server_name = *handshake.client_hello->server_name;
    if (const auto version = handshake.negotiated()) told.version = tls::to_string(*version);
    if (handshake.ended_at.time.ns != 0) told.when = handshake.ended_at.time;
    const Key key{wire, handshake.flow_id, handshake.first_frame};
    const std::string cause = told.causes.empty() ? std::string() : std::string(told.causes.front().cause->id);
    if (const auto known = known_.find(key); known != known_.end()) {
      if (!fresh_lines || known->second.with_log) continue;
      const bool news = cause != known->second.cause;
      known->second.with_log = true;
      known->second.cause = cause;
      if (!news) continue;
      told.number = known->second.number;
      told.update = true;
    } else {
      count(told);
      known_[key] = {told.number, cause, span != nullptr};
      known_order_.push_back(key);
      if (known_order_.size() > k_known) {
        known_.erase(known_order_.front());
        known_order_.pop_front();
      }
    }
    if (span != nullptr && told.outcome == "failed") last_log_failure_ = now;
    out.push_back(std::move(told));
  }
  for (const auto& log : logs_) log->told();
}

void Session::tell_failed_flows(Timestamp now, std::vector<Told>& out) {
  // The log tells of the same attempt.
  const bool told_by_log = last_log_failure_ && milliseconds_between(*last_log_failure_, now) < k_remembered_ms;
  for (std::size_t i = 0; i < wires_.size(); ++i) {
    Wire& wire = *wires_[i];
    for (; !wire.failed.empty(); wire.failed.pop_front()) {
      const wire::FailedFlow& failed = wire.failed.front();
      if (told_by_log) continue;
      diagnose::Input input;
      input.context = settings_.context;
      wire::Capture& capture = input.captures.emplace_back();
      capture.path = wire.name;
      capture.failed_flows.push_back(failed);
      capture.observations = wire.observations;
      for (const auto& one : wire.icmp) {
        if (one.first == failed.flow.id) capture.icmp.push_back(one);
      }
      diagnose::Diagnosis diagnosis = diagnose::diagnose(input, knowledge_);
      if (diagnosis.outcome != diagnose::Outcome::failed) continue;
      Told told;
      told.when = failed.last.time;
      told.outcome = "failed";
      told.client = to_string(failed.flow.source);
      told.server = to_string(failed.flow.destination);
      told.wire = wire.name;
      told.first_frame = failed.flow.first.frame;
      told.last_frame = failed.last.frame;
      told.causes = std::move(diagnosis.causes);
      keep_leading(told.causes);
      count(told);
      out.push_back(std::move(told));
    }
  }
}

void Session::count(Told& told) {
  told.number = ++attempts_;
  if (told.outcome == "failed") ++failed_;
  if (told.outcome == "completed") ++completed_;
  const bool named = told.outcome == "failed" && is_named(told);
  const std::tuple<std::string, std::string, std::string> key{told.outcome, named ? std::string(told.causes.front().cause->id) : std::string(), server_of(told)};
  auto found = groups_.find(key);
  if (found == groups_.end()) {
    if (groups_.size() >= k_groups) {
      ++ungrouped_;
      return;
    }
    found = groups_.emplace(key, Group{std::get<0>(key), std::get<1>(key), std::get<2>(key), 0, told.when, told.when}).first;
  }
  Group& group = found->second;
  told.alike = ++group.count;
  group.last = told.when;
}

Totals Session::totals() const {
  Totals totals{attempts_, failed_, completed_, {}, ungrouped_};
  for (const auto& [key, group] : groups_) totals.groups.push_back(group);
  std::stable_sort(totals.groups.begin(), totals.groups.end(), [](const Group& a, const Group& b) { return a.count > b.count; });
  return totals;
}

}  // namespace tlswhy::watch
