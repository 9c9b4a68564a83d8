// SPDX-License-Identifier: Apache-2.0
// What was sent in how large pieces, against what the client could take and had asked for.
#include <algorithm>

#include "diagnose/fact_sink.hpp"

namespace tlswhy::diagnose {
namespace {

// RFC 6066 section 4: code 1 is 2^9 bytes, 4 is 2^12.
constexpr unsigned k_max_fragment_exponent = 8;
constexpr std::uint8_t k_max_fragment_last_code = 4;

// What the client wants of the server's records, in bytes of plaintext. RFC 8449 section 5: of the two, record_size_limit counts.
struct Wish {
  std::string_view extension;
  std::uint64_t bytes = 0;
};
std::optional<Wish> wish_of(const tls::ClientHello& hello) {
  if (hello.record_size_limit) return Wish{"record_size_limit", *hello.record_size_limit};
  if (hello.max_fragment_length && *hello.max_fragment_length >= 1 && *hello.max_fragment_length <= k_max_fragment_last_code) {
    return Wish{"max_fragment_length", std::uint64_t{1} << (k_max_fragment_exponent + *hello.max_fragment_length)};
  }
  return std::nullopt;
}

// The client answered after the server's largest record, so it could take that one. BearSSL reads records in the clear piece by
// piece and takes larger ones than its buffer.
bool went_on_after_largest_record(const tls::Handshake& h) {
  return std::any_of(h.messages.begin(), h.messages.end(), [&](const tls::Message& m) {
    return m.from == Side::client && m.type != "client_hello" && m.type != "change_cipher_spec" &&
           m.at.frame > h.from_server.largest_record_frame;
  });
}

// In TLS 1.3 the answer is in EncryptedExtensions, so only a clear ServerHello (or an opened handshake) tells.
void state_record_limit(FactSink& sink, const tls::Handshake& h, bool fitted) {
  if (!h.client_hello || !h.client_hello->complete) return;
  const auto wish = wish_of(*h.client_hello);
  FactBuilder fact("record-limit");
  if (!wish) {
    fact.with("asked", "none");
    sink.state(std::move(fact), h.client_hello->at.frame,
               "the client does not ask for smaller records (no max_fragment_length in its hello)");
    return;
  }
  fact.with("asked", wish->bytes).with("extension", wish->extension);
  const std::string asked =
      "the client asks for records of at most " + std::to_string(wish->bytes) + " bytes (" + std::string(wish->extension) + ")";
  const auto version = h.negotiated();
  const bool hidden = version && version->value == 0x0304;
  if (!h.server_hello || hidden) {
    fact.with("accepted", "unknown");
    sink.state(std::move(fact), h.client_hello->at.frame, asked + (hidden ? "; the answer is encrypted" : ""));
    return;
  }
  const bool accepted = h.server_hello->max_fragment_length || h.server_hello->record_size_limit;
  const std::uint64_t largest = h.from_server.largest_record;
  fact.with("accepted", accepted ? "yes" : "no").with("largest", largest);
  sink.state(std::move(fact), h.server_hello->at.frame,
             asked + "; the server " + (accepted ? "agrees" : "does not answer that") + ", its largest record holds " +
                 std::to_string(largest) + " bytes");
  if (!fitted && !accepted && largest > wish->bytes) {
    sink.state(FactBuilder("record-too-big").with("size", largest).with("limit", wish->bytes), h.from_server.largest_record_frame,
               "the client asked for records of at most " + std::to_string(wish->bytes) + " bytes (" + std::string(wish->extension) +
                   "); the server did not agree and sent " + std::to_string(largest));
  }
}

}  // namespace

void state_sizes(FactSink& sink, const tls::Handshake& h, const DeviceLimits& limits) {
  const bool fitted = went_on_after_largest_record(h);
  const std::uint64_t largest = h.from_server.largest_record;
  if (largest > 0) {
    sink.state(FactBuilder("largest-record").with("bytes", largest).with("who", "server"), h.from_server.largest_record_frame,
               "the server's largest record holds " + std::to_string(largest) + " bytes");
  }
  if (!fitted && limits.in_buffer && largest > static_cast<std::uint64_t>(*limits.in_buffer)) {
    sink.state(FactBuilder("record-too-big").with("size", largest).with("limit", std::to_string(*limits.in_buffer)),
               h.from_server.largest_record_frame,
               "the server's record of " + std::to_string(largest) + " bytes is larger than the device's input buffer of " +
                   std::to_string(*limits.in_buffer) + " bytes");
  }
  for (const tls::Message& message : h.messages) {
    if (message.from == Side::server && message.type == "certificate" && message.records > 1) {
      sink.state(FactBuilder("message-fragmented").with("message", "certificate").with("size", message.length), message.at.frame,
                 "the server's certificate message of " + std::to_string(message.length) + " bytes is split over " +
                     std::to_string(message.records) + " records");
    }
  }
  state_record_limit(sink, h, fitted);
}

}  // namespace tlswhy::diagnose
