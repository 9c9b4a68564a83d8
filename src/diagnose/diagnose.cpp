// SPDX-License-Identifier: Apache-2.0
#include "diagnose/diagnose.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.hpp"
#include "diagnose/attempts.hpp"
#include "diagnose/facts.hpp"
#include "diagnose/roots.hpp"
#include "diagnose/rules.hpp"
#include "diagnose/trust.hpp"

namespace tlswhy::diagnose {
namespace {

// Above this, the first cause is called likely; below, the next check is asked first and the outcome is told as uncertain.
constexpr double k_likely = 0.5;
// Handshakes that all completed are called doubtful only where something better than a guess speaks for a cause.
constexpr double k_doubtful_from = 0.4;
// Causes less likely than this are not worth a reader's time, beyond the few that are always named.
constexpr double k_shown_from = 0.02;
constexpr std::size_t k_always_shown = 3;
// The second cause is worth a separating check from here on.
constexpr double k_rival_from = 0.015;
constexpr std::size_t k_causes_shown = 6;
// Score of a cause for which nothing speaks but that it is often met.
constexpr double k_guess_confidence = 0.08;
// So much of a log line is quoted in the summary.
constexpr std::size_t k_quoted_in_summary = 80;
// What to ask for where nothing speaks for any cause.
constexpr std::string_view k_ask_for_more =
    "Give the whole log from the start of the connection, with the TLS library's own messages switched on, or a capture of the attempt, or "
    "both.";

std::string majority(const std::map<std::string, int>& votes) {
  std::string best;
  int most = 0;
  for (const auto& [name, count] : votes) {
    if (!name.empty() && count > most) {
      best = name;
      most = count;
    }
  }
  return best;
}

std::optional<std::int64_t> number_from(const Context& context, std::string_view key) {
  for (const auto& [name, value] : context.set) {
    if (name == key) return parse_integer(value);
  }
  return std::nullopt;
}

std::string text_from(const Context& context, std::string_view key) {
  for (const auto& [name, value] : context.set) {
    if (name == key) return value;
  }
  return {};
}

// So many attempts go into the verdict with all their facts. Of more, those with the same leading cause tell the same story: of each
// cause so many are taken.
constexpr std::size_t k_attempts_weighed = 256;
constexpr std::size_t k_attempts_per_cause = 32;
// So many attempts keep their causes with all that speaks for them; of the others the leading one is kept. One takes some 30 KB.
constexpr std::size_t k_attempts_in_full = 500;
// Completed handshakes with one server that are looked at beside one that failed.
constexpr std::size_t k_others_kept = 8;

class Engine {
 public:
  Engine(const Input& input, const knowledge::Knowledge& knowledge) : input_(input), knowledge_(knowledge), senses_(knowledge), trust_(input.trusted, input.context) {}

  Diagnosis run() {
    guess_platform();
    limits();
    for (const wire::Capture& capture : input_.captures) {
      for (const tls::Handshake& handshake : capture.handshakes) {
        handshakes_.push_back(&handshake);
        capture_of_.push_back(&capture);
        // Some are as good as all: what is asked is whether there is one of a kind.
        if (handshake.outcome == tls::Outcome::completed) {
          auto& list = completed_with_[to_string(handshake.server)];
          if (list.size() < k_others_kept) list.push_back(handshakes_.size() - 1);
        }
      }
    }
    for (std::size_t i = 0; i < input_.logs.size(); ++i) {
      log_attempts_.push_back(split_log(input_.logs[i], i, senses_));
      const std::string repeated = repetition(log_attempts_.back());
      if (!repeated.empty() && diagnosis_.repeated.empty()) diagnosis_.repeated = repeated;
    }
    Joined joined = join(input_, handshakes_, log_attempts_);
    diagnosis_.attempts = std::move(joined.attempts);
    diagnosis_.clocks = std::move(joined.clocks);
    date_ = find_date();
    general_facts();
    verify_chains();
    each_attempt();
    verdict();
    return std::move(diagnosis_);
  }

 private:
  // Who wrote a log: with one log alone the user may tell; with one of each side their own words do.
  [[nodiscard]] std::string role_of(const log::Log& log) const {
    const std::string told = input_.logs.size() == 1 ? text_from(input_.context, "role") : std::string();
    return told == "device" || told == "server" ? told : log.role;
  }

  void guess_platform() {
    std::map<std::string, int> platforms;
    std::map<std::string, int> libraries;
    for (const log::Log& log : input_.logs) {
      if (log.role == "server") continue;
      ++platforms[log.platform];
      ++libraries[log.library];
      if (version_.empty()) version_ = log.version;
    }
    diagnosis_.platform = majority(platforms);
    diagnosis_.library = majority(libraries);
  }

  void limits() {
    const std::string id = input_.context.device.empty() ? text_from(input_.context, "device") : input_.context.device;
    limits_.profile = input_.config ? input_.config : device::find(knowledge_.devices, id);
    if (!limits_.profile && !diagnosis_.platform.empty()) {
      limits_.profile = device::guess(knowledge_, diagnosis_.platform, diagnosis_.library, version_);
      limits_.profile_guessed = limits_.profile.has_value();
    }
    limits_.in_buffer = input_.context.in_buffer;
    if (!limits_.in_buffer) limits_.in_buffer = number_from(input_.context, "in_buffer");
    if (!limits_.in_buffer && limits_.profile) {
      limits_.in_buffer = limits_.profile->number("in_buffer");
      limits_.in_buffer_of_profile = limits_.in_buffer.has_value();
    }
    limits_.free_heap = input_.context.free_heap;
    if (!limits_.free_heap) limits_.free_heap = number_from(input_.context, "free_heap");
    if (limits_.profile && diagnosis_.platform.empty()) diagnosis_.platform = limits_.profile->platform;
  }

  void general_facts() {
    general_ = facts_of_context(input_.context, limits_);
    for (const wire::Capture& capture : input_.captures) {
      for (LocatedFact& fact : facts_of_network(capture)) general_.push_back(std::move(fact));
    }
    // Lines of a log that belong to no attempt that came to something: boot, Wi-Fi, clock.
    for (std::size_t i = 0; i < input_.logs.size(); ++i) {
      for (const LogAttempt& attempt : log_attempts_[i]) {
        if (attempt.failed || attempt.succeeded) continue;
        for (LocatedFact& fact : facts_of_log(input_.logs[i], attempt.span.first_line, attempt.span.last_line, role_of(input_.logs[i]), knowledge_))
          general_.push_back(std::move(fact));
      }
    }
    add_known_roots(general_, knowledge_, date_);
  }

  // When it happened, as far as that can be told.
  [[nodiscard]] std::optional<Timestamp> find_date() const {
    if (input_.context.at) return input_.context.at;
    for (const tls::Handshake* const handshake : handshakes_) {
      if (handshake->started.ns != 0) return handshake->started;
    }
    for (const log::Log& log : input_.logs) {
      for (const log::Event& event : log.events) {
        if (event.time.wall) return event.time.wall;
      }
    }
    return std::nullopt;
  }

  void verify_chains() {
    if (input_.trusted.empty()) return;
    for (std::size_t i = 0; i < handshakes_.size(); ++i) {
      if (auto verification = trust_.of(*handshakes_[i])) diagnosis_.verifications[i] = std::move(verification);
    }
  }

  void add_log_facts(const LogSpan& span, std::vector<LocatedFact>& facts) const {
    for (LocatedFact& fact : facts_of_log(input_.logs[span.log], span.first_line, span.last_line, role_of(input_.logs[span.log]), knowledge_)) facts.push_back(std::move(fact));
  }

  [[nodiscard]] std::vector<CodeHint> codes_of(const std::vector<LogSpan>& spans) const {
    std::vector<CodeHint> hints;
    for (const LogSpan& span : spans) {
      const log::Log& log = input_.logs[span.log];
      for (const log::Event& event : log::events_between(log, span.first_line, span.last_line)) {
        if (event.causes.empty()) continue;
        CodeHint& hint = hints.emplace_back();
        hint.symbol = event.symbol;
        hint.meaning = event.meaning;
        hint.causes = event.causes;
        hint.source.kind = SourceKind::log;
        hint.source.file = log.path;
        hint.source.line = event.line;
        hint.text = event.text;
      }
    }
    return hints;
  }

  static std::vector<LogSpan> spans_of(const Attempt& attempt) {
    std::vector<LogSpan> spans;
    if (attempt.log) spans.push_back(*attempt.log);
    spans.insert(spans.end(), attempt.other_logs.begin(), attempt.other_logs.end());
    return spans;
  }

  // One completed handshake with the same server for each kind there is.
  void add_other_handshakes(std::size_t index, std::vector<LocatedFact>& facts) const {
    const tls::Handshake& own = *handshakes_[index];
    if (own.outcome != tls::Outcome::failed) return;
    const auto at = completed_with_.find(to_string(own.server));
    if (at == completed_with_.end()) return;
    std::set<std::string> kinds;
    for (const std::size_t other : at->second) {
      auto fact = fact_of_other(*capture_of_[other], own, *handshakes_[other]);
      if (fact && kinds.insert(knowledge::to_string(fact->fact)).second) facts.push_back(std::move(*fact));
    }
  }

  [[nodiscard]] std::vector<LocatedFact> own_facts(const Attempt& attempt) const {
    std::vector<LocatedFact> facts;
    if (attempt.handshake) {
      facts = facts_of_handshake(*capture_of_[*attempt.handshake], *handshakes_[*attempt.handshake], knowledge_, input_.context, limits_);
      add_other_handshakes(*attempt.handshake, facts);
      if (const auto verified = diagnosis_.verifications.find(*attempt.handshake); verified != diagnosis_.verifications.end()) {
        for (LocatedFact& fact : Trust::facts(*capture_of_[*attempt.handshake], *handshakes_[*attempt.handshake], *verified->second)) facts.push_back(std::move(fact));
      }
    }
    for (const LogSpan& span : spans_of(attempt)) add_log_facts(span, facts);
    add_known_roots(facts, knowledge_, date_);
    return facts;
  }

  // The facts with one "failure" for each kind of fact among them that means one: what rules ask that only hold where nothing failed.
  [[nodiscard]] std::vector<LocatedFact> with_failures(std::vector<LocatedFact> facts) const {
    std::set<std::string> kinds;
    const std::size_t count = facts.size();
    for (std::size_t i = 0; i < count; ++i) {
      const LocatedFact stated = facts[i];
      if (!senses_.is_failure(stated.fact) || !kinds.insert(stated.fact.name).second) continue;
      LocatedFact& failure = facts.emplace_back(stated);
      failure.fact = FactBuilder("failure").with("kind", stated.fact.name).take();
    }
    return facts;
  }

  void each_attempt() {
    any_failed_ = std::any_of(diagnosis_.attempts.begin(), diagnosis_.attempts.end(), [](const Attempt& attempt) { return attempt.outcome == "failed"; });
    std::map<std::string_view, std::size_t> by_cause;
    std::size_t in_full = 0;
    for (Attempt& attempt : diagnosis_.attempts) {
      const bool completed = attempt.outcome == "completed";
      // What went well tells nothing where something else failed.
      if (completed && (any_failed_ || weighed_.size() >= k_attempts_weighed)) continue;
      std::vector<LocatedFact> own = own_facts(attempt);
      if (!completed) {
        std::vector<LocatedFact> facts = general_;
        facts.insert(facts.end(), own.begin(), own.end());
        attempt.causes =
            shortened(rank(with_failures(std::move(facts)), codes_of(spans_of(attempt)), knowledge_, diagnosis_.platform).causes);
      }
      if (!attempt.causes.empty() && ++in_full > k_attempts_in_full) keep_leading(attempt);
      if (any_failed_ && attempt.outcome != "failed") continue;
      const std::string_view leading = attempt.causes.empty() ? std::string_view() : attempt.causes.front().cause->id;
      const std::size_t alike = by_cause[leading]++;
      if (weighed_.size() >= k_attempts_weighed && alike >= k_attempts_per_cause) continue;
      weighed_.push_back({&attempt, std::move(own)});
    }
    if (in_full > k_attempts_in_full) {
      diagnosis_.problems.push_back("of " + std::to_string(in_full) + " attempts the first " + std::to_string(k_attempts_in_full) +
                                    " are told in full, of the others the leading cause with its strongest evidence");
    }
  }

  static void keep_leading(Attempt& attempt) {
    std::vector<RankedCause> leading(1);
    leading.front() = std::move(attempt.causes.front());
    RankedCause& cause = leading.front();
    if (cause.evidence.size() > 1) cause.evidence.erase(cause.evidence.begin() + 1, cause.evidence.end());
    cause.evidence.shrink_to_fit();
    cause.against = {};
    cause.fixes = {};
    attempt.causes = std::move(leading);
  }

  static std::vector<RankedCause> shortened(std::vector<RankedCause> causes) {
    std::size_t keep = 0;
    while (keep < causes.size() && keep < k_causes_shown && (keep < k_always_shown || causes[keep].confidence >= k_shown_from)) ++keep;
    causes.resize(keep);
    return causes;
  }

  [[nodiscard]] bool is_failure_seen(const LocatedFact& fact) const {
    return senses_.is_failure(fact.fact) && fact.source.kind == SourceKind::capture && !fact.inferred;
  }

  void verdict() {
    const bool any_completed =
        std::any_of(diagnosis_.attempts.begin(), diagnosis_.attempts.end(), [](const Attempt& attempt) { return attempt.outcome == "completed"; });
    const bool network_failed = std::any_of(general_.begin(), general_.end(), [&](const LocatedFact& fact) { return is_failure_seen(fact); });
    // A connection that was refused once and then came up is no story of failure.
    const bool failed = any_failed_ || (network_failed && !any_completed);
    std::vector<LocatedFact> facts = general_;
    std::vector<LogSpan> spans;
    // Every handshake completed, but a key shows that the protocol above refused; or none of them was of use to its client.
    bool refused = false;
    bool doubtful = any_completed;
    for (Weighed& one : weighed_) {
      refused = refused || std::any_of(one.facts.begin(), one.facts.end(), [&](const LocatedFact& fact) { return is_failure_seen(fact); });
      doubtful = doubtful && std::any_of(one.facts.begin(), one.facts.end(), [&](const LocatedFact& fact) {
                   return senses_.is_failure(fact.fact) || fact.fact.name == "app-closed" || (fact.fact.name == "left-unused" && fact.fact.get("by") == "client");
                 });
      facts.insert(facts.end(), std::make_move_iterator(one.facts.begin()), std::make_move_iterator(one.facts.end()));
      for (const LogSpan& span : spans_of(*one.attempt)) spans.push_back(span);
    }
    weighed_.clear();
    Ranking ranking = rank(with_failures(facts), codes_of(spans), knowledge_, diagnosis_.platform);
    diagnosis_.causes = shortened(std::move(ranking.causes));
    diagnosis_.ruled_out = std::move(ranking.ruled_out);
    diagnosis_.facts = std::move(facts);
    if (failed) {
      diagnosis_.outcome = Outcome::failed;
      const bool harmless = !diagnosis_.causes.empty() && diagnosis_.causes.front().cause->id == "not-an-error";
      if (harmless && !any_failed_) diagnosis_.outcome = Outcome::ok;
    } else if (refused) {
      diagnosis_.outcome = Outcome::failed;
    } else if (doubtful && !diagnosis_.causes.empty() && diagnosis_.causes.front().cause->id != "not-an-error" && diagnosis_.causes.front().confidence >= k_doubtful_from) {
      diagnosis_.outcome = Outcome::inconclusive;
    } else if (any_completed) {
      diagnosis_.outcome = Outcome::ok;
      diagnosis_.causes.clear();
      diagnosis_.ruled_out.clear();
    } else if (!diagnosis_.causes.empty() && diagnosis_.causes.front().cause->id == "not-an-error" &&
               diagnosis_.causes.front().confidence >= k_likely) {
      diagnosis_.outcome = Outcome::ok;
    } else {
      diagnosis_.outcome = Outcome::inconclusive;
    }
    if (diagnosis_.outcome != Outcome::ok && diagnosis_.causes.empty()) guesses();
    checks();
    summary(any_completed);
  }

  // Nothing speaks for any cause: name the ones most often met, at a confidence that says so.
  void guesses() {
    std::set<std::string_view> impossible;
    for (const RuledOut& out : diagnosis_.ruled_out) impossible.insert(out.cause->id);
    for (const knowledge::Cause& cause : knowledge_.causes) {
      if (cause.prior != knowledge::Prior::common || impossible.count(cause.id) != 0 || diagnosis_.causes.size() >= k_causes_shown)
        continue;
      RankedCause guess;
      guess.cause = &cause;
      guess.confidence = k_guess_confidence;
      for (const knowledge::Fix& fix : cause.fixes) guess.fixes.push_back(&fix);
      diagnosis_.causes.push_back(std::move(guess));
    }
  }

  void checks() {
    if (diagnosis_.outcome == Outcome::ok || diagnosis_.causes.empty()) return;
    const RankedCause& first = diagnosis_.causes.front();
    if (diagnosis_.causes.size() > 1 && diagnosis_.causes[1].confidence >= k_rival_from) {
      for (const knowledge::Confusion& confusion : first.cause->confused_with) {
        if (confusion.cause == diagnosis_.causes[1].cause->id && !confusion.check.empty())
          diagnosis_.check_next.emplace_back(confusion.check);
      }
    }
    if (first.evidence.empty()) {
      diagnosis_.check_next.emplace_back(k_ask_for_more);
      return;
    }
    for (const std::string_view check : first.cause->confirm) diagnosis_.check_next.emplace_back(check);
  }

  void summary(bool any_completed) {
    switch (diagnosis_.outcome) {
      case Outcome::ok:
        if (!diagnosis_.causes.empty()) {
          diagnosis_.summary = std::string(diagnosis_.causes.front().cause->title);
        } else {
          const bool unused = std::any_of(diagnosis_.facts.begin(), diagnosis_.facts.end(), [](const LocatedFact& fact) { return fact.fact.name == "left-unused"; });
          diagnosis_.summary = !any_completed ? "Nothing failed in what was given"
                               : unused       ? "Nothing failed: every handshake that was seen completed; a connection was then ended before any application data had passed"
                                              : "Nothing failed: every handshake that was seen completed";
        }
        return;
      case Outcome::inconclusive:
        diagnosis_.summary = "Cannot tell yet: what was given shows no failure and no completed handshake";
        return;
      case Outcome::failed: break;
    }
    if (diagnosis_.causes.empty()) {
      diagnosis_.summary = "Something failed, but nothing given tells why";
      return;
    }
    const RankedCause& first = diagnosis_.causes.front();
    // Guesses have no order: the first of them is no verdict.
    if (first.evidence.empty()) {
      diagnosis_.summary = "Cannot tell yet: " + how_it_ended() + ", and nothing given tells why";
      return;
    }
    diagnosis_.summary = std::string(first.cause->title) + " (" + first.evidence.front().says + ")";
  }

  // What is known of a failure that nothing explains: the last that a failed attempt told of itself.
  [[nodiscard]] std::string how_it_ended() const {
    for (const LocatedFact& fact : diagnosis_.facts) {
      if (fact.fact.name == "ended" && fact.fact.get("outcome") == "failed") return fact.text;
    }
    const LocatedFact* last = nullptr;
    for (const LocatedFact& fact : diagnosis_.facts) {
      if (fact.source.kind != SourceKind::log || !senses_.is_failure(fact.fact)) continue;
      // The head of an error report names nothing; the error stands below it.
      if (last == nullptr || fact.fact.name != "traceback") last = &fact;
    }
    return last == nullptr ? "something failed" : "the log says \"" + printable(shorten(trim(last->text), k_quoted_in_summary)) + "\"";
  }

  const Input& input_;
  const knowledge::Knowledge& knowledge_;
  FactSenses senses_;
  Trust trust_;
  std::optional<Timestamp> date_;
  std::string version_;  // of the platform, where a log tells it
  std::map<std::string, std::vector<std::size_t>> completed_with_;  // server -> indices into handshakes_
  Diagnosis diagnosis_;
  DeviceLimits limits_;
  std::vector<const tls::Handshake*> handshakes_;
  std::vector<const wire::Capture*> capture_of_;
  std::vector<std::vector<LogAttempt>> log_attempts_;
  std::vector<LocatedFact> general_;
  // The attempts that the verdict is made of: the failed ones, or all where none failed.
  struct Weighed {
    const Attempt* attempt = nullptr;
    std::vector<LocatedFact> facts;
  };
  std::vector<Weighed> weighed_;
  bool any_failed_ = false;
};

}  // namespace

std::string_view to_string(SourceKind kind) {
  switch (kind) {
    case SourceKind::capture: return "capture";
    case SourceKind::log: return "log";
    case SourceKind::context: return "context";
  }
  return {};
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::failed: return "failed";
    case Outcome::inconclusive: return "inconclusive";
  }
  return {};
}

Diagnosis diagnose(const Input& input, const knowledge::Knowledge& knowledge) { return Engine(input, knowledge).run(); }

}  // namespace tlswhy::diagnose
