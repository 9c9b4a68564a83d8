// SPDX-License-Identifier: Apache-2.0
// Events of a log as facts.
#include <algorithm>
#include <array>

#include "base/net.hpp"
#include "base/text.hpp"
#include "diagnose/attempts.hpp"
#include "diagnose/facts.hpp"
#include "diagnose/roots.hpp"
#include "log/time_text.hpp"

namespace tlswhy::diagnose {
namespace {

// Shorter silences are usual: a handshake takes a second or two on a slow device.
constexpr double k_notable_silence_ms = 2500;

// Alerts about a certificate: a client sends them about the server's far more often than the other way round.
constexpr std::array<std::string_view, 7> k_certificate_alerts{"bad_certificate",     "unsupported_certificate", "certificate_revoked",
                                                               "certificate_expired", "certificate_unknown",     "unknown_ca",
                                                               "record_overflow"};

// Alerts by which a server refuses a ClientHello.
constexpr std::array<std::string_view, 9> k_server_alerts{"handshake_failure",       "protocol_version",     "insufficient_security",
                                                          "inappropriate_fallback",  "unrecognized_name",    "certificate_required",
                                                          "no_application_protocol", "unknown_psk_identity", "missing_extension"};

// Who sent an alert follows from who wrote the log and which way it went; failing that, from whose turn it was; failing that, from
// what the alert is about. The last two are inferred, and say so.
void tell_sender(LocatedFact& located, std::string_view role, std::string_view last_stage) {
  const std::string_view direction = located.fact.get("direction");
  const auto infer = [&](bool client, std::string_view reason) {
    located.fact.set("by", client ? "client" : "server");
    located.inferred = true;
    located.text += std::string(" (sent by the ") + (client ? "client" : "server") + ": " + std::string(reason) + ")";
  };
  if (!direction.empty() && (role == "device" || role == "server")) {
    const bool by_client = (role == "device") == (direction == "sent");
    located.fact.set("by", by_client ? "client" : "server");
  } else if (!last_stage.empty()) {
    const bool clients_turn = last_stage == "server_hello_done" || last_stage == "certificate" || last_stage == "server_hello" ||
                              last_stage == "server_key_exchange" || last_stage == "certificate_request";
    infer(clients_turn, "it was its turn");
  } else {
    const std::string_view name = located.fact.get("name");
    const auto is_one_of = [&](const auto& alerts) { return std::find(alerts.begin(), alerts.end(), name) != alerts.end(); };
    if (is_one_of(k_certificate_alerts)) {
      infer(true, "the usual sender of this alert");
    } else if (direction == "sent" && !is_one_of(k_server_alerts)) {
      infer(true, "it was sent by the log's writer, most likely a client");
    } else {
      infer(false, "the usual sender of this alert");
    }
  }
}

// A clock that shows a day before the first devices of this kind were sold was never set. No other judgement is made of it: a date of some
// year may be right or wrong.
constexpr int k_first_plausible_year = 2016;
void tell_clock(knowledge::Fact& fact) {
  const auto time = log::read_time(fact.get("time")).wall;
  if (time) fact.set("state", civil_from(*time).year < k_first_plausible_year ? "unset" : "set");
}

// What a program lists of the chain it was sent, as the same facts that a capture gives.
void state_shown_chain(std::vector<LocatedFact>& facts, const knowledge::Knowledge& knowledge) {
  const LocatedFact* last = nullptr;
  std::int64_t highest = -1;
  std::optional<Interception> inspection;
  const LocatedFact* inspected = nullptr;
  for (const LocatedFact& fact : facts) {
    if (fact.fact.name != "cert-shown" || fact.fact.get("issuer").empty()) continue;
    if (!inspection && (inspection = inspected_by(fact.fact.get("issuer"), knowledge))) inspected = &fact;
    const auto index = parse_integer(fact.fact.get("index"));
    if (!index || *index < highest) continue;
    highest = *index;
    last = &fact;
  }
  std::vector<LocatedFact> more;
  const auto state = [&](const LocatedFact& like, FactBuilder builder, std::string text) {
    LocatedFact& stated = more.emplace_back(like);
    stated.fact = builder.with("from", "log").with("role", like.fact.get("role")).with("library", like.fact.get("library")).take();
    stated.text = std::move(text);
  };
  if (inspection) state(*inspected, FactBuilder("interception").with("what", inspection->what), inspection->text);
  if (last != nullptr && !last->fact.get("subject").empty()) {
    const std::string_view issuer = last->fact.get("issuer");
    const bool whole = issuer == last->fact.get("subject");
    state(*last, FactBuilder("chain").with("count", std::to_string(highest + 1)).with("complete", whole ? "root-sent" : "no-root").with("side", "server"),
          std::to_string(highest + 1) + " certificates are listed");
    if (!whole && highest == 0) {
      const bool intermediate = is_intermediate(issuer, knowledge);
      state(*last, FactBuilder("chain-incomplete").with("issuer", printable(issuer)).with("intermediate", intermediate ? "yes" : "no").with("side", "server"),
            "only the server's own certificate is listed; its issuer \"" + printable(issuer) + "\" is not");
    }
  }
  for (LocatedFact& fact : more) facts.push_back(std::move(fact));
}

}  // namespace

std::vector<LocatedFact> facts_of_log(const log::Log& log, std::uint64_t first_line, std::uint64_t last_line, std::string_view role, const knowledge::Knowledge& knowledge) {
  std::vector<LocatedFact> facts;
  std::string last_stage;  // the last handshake message the log speaks of
  const log::Event* before = nullptr;
  bool failing = false;
  for (const log::Event& event : log::events_between(log, first_line, last_line)) {
    if (before != nullptr && !failing && event.is_error) {
      const double ms = time_between(before->time, event.time).value_or(0);
      if (ms >= k_notable_silence_ms) {
        LocatedFact pause;
        pause.fact = FactBuilder("pause").with("ms", static_cast<std::uint64_t>(ms)).with("before", "failure").with("from", "log").take();
        pause.source = {SourceKind::log, log.path, event.line, std::nullopt};
        pause.text = std::to_string(static_cast<std::uint64_t>(ms)) + " ms passed since line " + std::to_string(before->line);
        facts.push_back(std::move(pause));
      }
    }
    failing = failing || event.is_error;
    before = &event;
    for (const knowledge::Fact& stated : event.facts) {
      LocatedFact located;
      located.fact = stated;
      located.fact.set("from", "log");
      // A line may be known to be of the other side than most of its log; what the user says of the log holds for all of it.
      if (!role.empty() && (role != log.role || located.fact.get("role").empty())) located.fact.set("role", std::string(role));
      const std::string& library = event.library.empty() ? log.library : event.library;
      if (!library.empty() && located.fact.get("library").empty()) located.fact.set("library", library);
      if (!log.platform.empty() && located.fact.get("platform").empty()) located.fact.set("platform", log.platform);
      located.source = {SourceKind::log, log.path, event.line, std::nullopt};
      located.text = event.text;
      if (stated.name == "stage") last_stage = std::string(stated.get("reached"));
      // Whom an alert comes from was told by the role that the log's own words suggest.
      if (stated.name == "alert" && role != log.role && !stated.get("direction").empty()) located.fact.set("by", {});
      if (stated.name == "alert" && located.fact.get("by").empty()) {
        tell_sender(located, role, last_stage);
        if (stated.get("after").empty() && !last_stage.empty()) located.fact.set("after", last_stage);
      }
      if (stated.name == "alert") located.fact.set("seen", located.inferred ? "inferred" : "seen");
      if (stated.name == "dial" && stated.get("literal").empty() && !stated.get("host").empty()) {
        located.fact.set("literal", is_ip_literal(stated.get("host")) ? "yes" : "no");
      }
      if (stated.name == "clock" && stated.get("state").empty()) tell_clock(located.fact);
      if (stated.name == "cert-shown" && !stated.get("subject").empty() && !stated.get("issuer").empty()) {
        located.fact.set("self_issued", stated.get("subject") == stated.get("issuer") ? "yes" : "no");
      }
      const bool psk = stated.name == "server-chose" && stated.get("cipher").find("PSK") != std::string_view::npos;
      facts.push_back(std::move(located));
      if (psk) {
        LocatedFact used = facts.back();
        used.fact.name = "psk-used";
        facts.push_back(std::move(used));
      }
    }
  }
  state_shown_chain(facts, knowledge);
  return facts;
}

}  // namespace tlswhy::diagnose
