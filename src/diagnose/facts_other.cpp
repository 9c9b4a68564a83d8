// SPDX-License-Identifier: Apache-2.0
// Facts of the network around TLS and of what the user stated.
#include <algorithm>
#include <array>
#include <map>

#include "base/net.hpp"
#include "base/text.hpp"
#include "diagnose/attempts.hpp"
#include "diagnose/facts.hpp"

namespace tlswhy::diagnose {
namespace {

LocatedFact in_capture(const wire::Capture& capture, FactBuilder builder, std::uint64_t frame, std::string text, bool inferred = false) {
  LocatedFact located;
  located.fact = builder.take();
  located.fact.set("from", "capture");
  located.source = {SourceKind::capture, capture.path, std::nullopt, frame};
  located.text = std::move(text);
  located.inferred = inferred;
  return located;
}

std::string_view icmp_word(capture::EventKind kind) {
  switch (kind) {
    case capture::EventKind::icmp_frag_needed: return "frag-needed";
    case capture::EventKind::icmp_port_unreachable: return "port-unreachable";
    case capture::EventKind::icmp_host_unreachable: return "host-unreachable";
    case capture::EventKind::icmp_net_unreachable: return "net-unreachable";
    case capture::EventKind::icmp_admin_prohibited: return "admin-prohibited";
    default: return {};
  }
}

void failed_flows(const wire::Capture& capture, std::vector<LocatedFact>& facts) {
  for (const wire::FailedFlow& failed : capture.failed_flows) {
    const std::string server = to_string(failed.flow.destination);
    const std::string host = to_string(failed.flow.destination.address);
    const std::uint64_t frame = failed.last.frame;
    using Why = wire::FailedFlow::Why;
    switch (failed.why) {
      case Why::syn_unanswered:
        facts.push_back(in_capture(capture, FactBuilder("syn").with("state", "unanswered"), frame,
                                   "nobody answers at " + server + " (" + std::to_string(failed.syn_count) + " SYN)"));
        break;
      case Why::refused:
        facts.push_back(
            in_capture(capture, FactBuilder("syn").with("state", "refused"), frame, server + " refuses the connection (RST to SYN)"));
        facts.push_back(in_capture(
            capture, FactBuilder("connection-refused").with("host", host).with("port", std::uint64_t{failed.flow.destination.port}), frame,
            server + " refuses the connection"));
        break;
      case Why::unreachable:
        facts.push_back(in_capture(capture, FactBuilder("host-unreachable").with("host", host), frame, server + " is unreachable (ICMP)"));
        break;
      case Why::prohibited:
        facts.push_back(
            in_capture(capture, FactBuilder("icmp").with("what", "admin-prohibited"), frame, "a firewall forbids the way to " + server));
        break;
      case Why::closed_at_once:
        facts.push_back(in_capture(capture, FactBuilder("peer-closed").with("after", "connect").with("by", "server"), frame,
                                   server + " accepts the connection and closes it at once"));
        break;
    }
  }
}

void observations(const wire::Capture& capture, std::vector<LocatedFact>& facts) {
  using Kind = capture::Observation::Kind;
  std::map<std::string, const capture::Observation*> open_queries;  // name -> query without answer so far
  std::map<std::string, const capture::Observation*> silent_hosts;  // ARP
  const capture::Observation* ntp_request = nullptr;
  bool ntp_answered = false;
  for (const capture::Observation& seen : capture.observations) {
    switch (seen.kind) {
      case Kind::dns_query: open_queries.emplace(seen.text, &seen); break;
      case Kind::dns_answer: {
        open_queries.erase(seen.text);
        const bool failed = seen.detail == "NXDOMAIN" || seen.detail == "SERVFAIL" || seen.detail == "REFUSED" || seen.detail == "FORMERR";
        if (failed) {
          facts.push_back(in_capture(capture, FactBuilder("dns").with("state", "failed").with("host", printable(seen.text)), seen.at.frame,
                                     "the name \"" + printable(seen.text) + "\" does not resolve: " + seen.detail));
          facts.push_back(in_capture(capture, FactBuilder("dns-failed").with("host", printable(seen.text)), seen.at.frame,
                                     "the name \"" + printable(seen.text) + "\" does not resolve: " + seen.detail));
        } else {
          facts.push_back(in_capture(capture, FactBuilder("dns").with("state", "ok").with("host", printable(seen.text)), seen.at.frame,
                                     "\"" + printable(seen.text) + "\" resolves to " + printable(seen.detail)));
        }
        break;
      }
      case Kind::ntp_request:
        if (ntp_request == nullptr) ntp_request = &seen;
        break;
      case Kind::ntp_answer: ntp_answered = true; break;
      case Kind::arp_request: silent_hosts.emplace(seen.text, &seen); break;
      case Kind::arp_reply: silent_hosts.erase(seen.text); break;
      default: break;
    }
  }
  for (const auto& [name, query] : open_queries) {
    facts.push_back(in_capture(capture, FactBuilder("dns").with("state", "unanswered").with("host", printable(name)), query->at.frame,
                               "the DNS query for \"" + printable(name) + "\" is not answered", true));
  }
  if (ntp_request != nullptr) {
    facts.push_back(in_capture(capture, FactBuilder("ntp").with("state", ntp_answered ? "answered" : "unanswered"), ntp_request->at.frame,
                               ntp_answered ? "NTP is answered" : "the NTP request is not answered", true));
  }
  // Only where nothing else was going on: any network has ARP requests that nobody answers.
  if (capture.handshakes.empty() && capture.plain_flows.empty()) {
    for (const auto& [address, request] : silent_hosts) {
      facts.push_back(in_capture(capture, FactBuilder("host-unreachable").with("host", printable(address)), request->at.frame,
                                 "nobody answers ARP for " + printable(address), true));
    }
  }
}

}  // namespace

std::vector<LocatedFact> facts_of_network(const wire::Capture& capture) {
  std::vector<LocatedFact> facts;
  failed_flows(capture, facts);
  observations(capture, facts);
  for (const auto& [flow, event] : capture.icmp) {
    const std::string_view what = icmp_word(event.kind);
    if (what.empty()) continue;
    FactBuilder fact("icmp");
    fact.with("what", what).with("to", event.direction == capture::Direction::forward ? "server" : "client");
    if (event.kind == capture::EventKind::icmp_frag_needed) fact.with("mtu", std::uint64_t{event.size});
    facts.push_back(in_capture(capture, std::move(fact), event.at.frame, "ICMP: " + std::string(what)));
  }
  for (const wire::PlainFlow& plain : capture.plain_flows) {
    if (plain.protocol == "unknown" || plain.protocol.empty()) continue;
    facts.push_back(in_capture(capture,
                               FactBuilder("dial")
                                   .with("host", to_string(plain.flow.destination.address))
                                   .with("port", std::uint64_t{plain.flow.destination.port})
                                   .with("scheme", lower(plain.protocol)),
                               plain.flow.first.frame, "plain " + plain.protocol + " to " + to_string(plain.flow.destination)));
  }
  return facts;
}

std::vector<LocatedFact> facts_of_context(const Context& context, const DeviceLimits& limits) {
  std::vector<LocatedFact> facts;
  const auto state = [&](FactBuilder builder, std::string text, std::string origin = {}) {
    LocatedFact located;
    located.fact = builder.take();
    located.fact.set("from", "context");
    located.source.file = std::move(origin);
    located.text = std::move(text);
    facts.push_back(std::move(located));
  };
  const std::string profile =
      !limits.profile ? std::string() : !limits.profile->source.empty() ? limits.profile->source : "profile " + std::string(limits.profile->id) + (limits.profile_guessed ? ", from the log" : "");
  if (limits.in_buffer) {
    state(FactBuilder("in-buffer").with("bytes", std::to_string(*limits.in_buffer)),
          "input buffer of " + std::to_string(*limits.in_buffer) + " bytes", limits.in_buffer_of_profile ? profile : std::string());
  }
  if (limits.free_heap) {
    state(FactBuilder("free-heap").with("bytes", std::to_string(*limits.free_heap)),
          "free heap of " + std::to_string(*limits.free_heap) + " bytes");
    state(FactBuilder("heap").with("free", std::to_string(*limits.free_heap)),
          "free heap of " + std::to_string(*limits.free_heap) + " bytes");
  }
  if (!context.host.empty()) {
    state(FactBuilder("dial").with("host", context.host).with("literal", is_ip_literal(context.host) ? "yes" : "no"),
          "the host dialled is " + context.host);
  }
  if (limits.profile) {
    FactBuilder fact("device-profile");
    fact.with("id", limits.profile->id).with("library", limits.profile->library);
    for (const std::string_view key : {"verifies", "checks_dates", "ecc", "in_buffer", "duplex"}) {
      if (limits.profile->values(key).size() == 1) fact.with(key, limits.profile->first(key));
    }
    if (const std::uint16_t highest = device::highest_version(*limits.profile))
      fact.with("max_version", tls::to_string(tls::Version{highest}));
    state(std::move(fact), limits.profile->source.empty() ? "device profile " + std::string(limits.profile->title) : "as the build configuration says", profile);
  }
  for (const log::Event& event : context.told) {
    const auto& [key, value] = context.set.at(event.line - 1);
    for (const knowledge::Fact& stated : event.facts) {
      FactBuilder fact(stated.name);
      for (const auto& [field, said] : stated.fields) fact.with(field, said);
      state(std::move(fact), key + " = " + value);
    }
  }
  for (const auto& [key, value] : context.set) {
    state(FactBuilder("context").with("key", key).with("value", value), key + " = " + value);
    if (key == "worked_before") state(FactBuilder("worked-before").with("until", value), "it worked before: " + value);
    if (key == "port") state(FactBuilder("dial").with("port", value), "port " + value);
  }
  return facts;
}

}  // namespace tlswhy::diagnose
