// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "device/profile.hpp"
#include "knowledge/model.hpp"
#include "tls/handshake.hpp"
#include "wire/wire.hpp"

// Would this device reach this server, judged from a capture of any other client or from a named server policy?
namespace tlswhy::check {

enum class Verdict : std::uint8_t { no, yes, unknown };
[[nodiscard]] std::string_view to_string(Verdict verdict);

// One question with its answer and the reason in numbers.
struct WhatIfCheck {
  std::string_view id;  // "version", "suite", "certificate-key", "group", "signature", "record", "memory", "name", "dates", "trust",
                        // "client-certificate", "sni"
  Verdict verdict = Verdict::unknown;
  std::string says;  // one or two sentences; untrusted parts are escaped
  std::string file;
  std::optional<std::uint64_t> frame;
  std::string_view cause;  // id of the cause a "no" would show as; empty if none
  bool condition = false;  // unknown, but the owner of the device can answer it: the roots it holds, its free heap
};

struct WhatIf {
  std::string server;  // "broker.example.test (192.0.2.10:8883)" or the title of a policy
  Verdict verdict = Verdict::unknown;
  std::string summary;  // one sentence
  std::vector<WhatIfCheck> checks;
  std::optional<std::size_t> decided_by;  // index of the check whose words end the summary; none if the summary has none
  std::vector<std::string> cannot_know;   // what no capture of another client can tell
};

struct WhatIfContext {
  std::optional<std::int64_t> free_heap;
  std::optional<std::int64_t> in_buffer;  // overrides the profile's
  std::string host;                       // name or address the device will dial; default: the server name of the capture
  std::optional<Timestamp> at;            // default: the capture's own time
  std::vector<tls::Certificate> trusted;  // what the device holds
};

// One answer for each server in the captures, in order of first appearance.
[[nodiscard]] std::vector<WhatIf> what_if(const device::Profile& device, const std::vector<wire::Capture>& captures,
                                          const WhatIfContext& context, const knowledge::Knowledge& knowledge);
// The same against a policy of data/servers.
[[nodiscard]] WhatIf what_if(const device::Profile& device, const device::Profile& server, const WhatIfContext& context,
                             const knowledge::Knowledge& knowledge);

// The verdict over all checks: no if one is no, unknown if one is (conditions aside), else yes; and the sentence for it.
void conclude(const device::Profile& device, WhatIf& answer);
// Names of suites as OpenSSL's command line wants them: "ECDHE-RSA-AES128-GCM-SHA256".
[[nodiscard]] std::string openssl_name(std::string_view suite_name);
// Bytes of heap a handshake takes on this device: its published figure, with its own buffers and a chain of this size; nothing if no figure
// is known. `how` receives the sum in words.
[[nodiscard]] std::optional<std::int64_t> heap_estimate(const device::Profile& device, std::optional<std::int64_t> in_buffer,
                                                        std::uint32_t chain_bytes, std::string& how);

}  // namespace tlswhy::check
