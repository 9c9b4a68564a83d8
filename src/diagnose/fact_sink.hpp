// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diagnose/facts.hpp"

namespace tlswhy::diagnose {

// Collects what is stated about one handshake, each fact with its frame.
class FactSink {
 public:
  FactSink(const wire::Capture& capture, std::uint64_t first_frame)
      : file_(capture.path), first_frame_(first_frame), from_log_(capture.from_log) {}

  // `frame` 0 stands for the handshake's first one; `inferred` marks what was concluded rather than seen.
  void state(FactBuilder builder, std::uint64_t frame, std::string text, bool inferred = false) {
    LocatedFact located;
    located.fact = builder.take();
    located.fact.set("from", "capture");
    const std::uint64_t place = frame == 0 ? first_frame_ : frame;
    located.source = {SourceKind::capture, file_, std::nullopt, place};
    if (from_log_) located.source = {SourceKind::log, file_, place, std::nullopt};
    located.text = std::move(text);
    located.inferred = inferred;
    facts_.push_back(std::move(located));
  }
  [[nodiscard]] std::vector<LocatedFact> take() { return std::move(facts_); }

 private:
  std::string file_;
  std::uint64_t first_frame_;
  bool from_log_;
  std::vector<LocatedFact> facts_;
};

// The certificates of a handshake: dates, names, keys, usages, order, what is missing.
void state_certificates(FactSink& sink, const tls::Handshake& handshake, const knowledge::Knowledge& knowledge, const Context& context);

// Record and message sizes, and whether the client asked for smaller records and was heard (RFC 6066 section 4, RFC 8449).
void state_sizes(FactSink& sink, const tls::Handshake& handshake, const DeviceLimits& limits);

// Whether the server asked for a client certificate, and the client's answer: seen, or in TLS 1.3 inferred from a record's size.
void state_client_authentication(FactSink& sink, const tls::Handshake& handshake);

}  // namespace tlswhy::diagnose
