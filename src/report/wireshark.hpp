// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture/rewrite.hpp"
#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"

// For people who go on in Wireshark: display filters and comments on frames.
namespace tlswhy::report {

// The display filter that shows the connection of a handshake: "ip.addr == 192.0.2.7 && ip.addr == 198.51.100.4 && tcp.port == ...".
[[nodiscard]] std::string flow_filter(const tls::Handshake& handshake);
// "frame.number in {4, 9}"; empty for no frames.
[[nodiscard]] std::string frames_filter(const std::vector<std::uint64_t>& frames);
// The frames of a capture that the verdict rests on, in order: evidence for and against its first cause.
[[nodiscard]] std::vector<std::uint64_t> evidence_frames(const wire::Capture& capture, const diagnose::Diagnosis& diagnosis);

// The comments for one capture of a diagnosis: the verdict on the section; on frames what the messages of failed handshakes are, the
// evidence, alerts, and who ended it. With `cut`, also which conversations to keep: the failed ones, all if none failed; frames
// are then told with their number in the capture. `first_handshake` is the number of the capture's first among all handshakes.
[[nodiscard]] capture::Rewrite comments_for(const wire::Capture& capture, std::size_t first_handshake, const diagnose::Diagnosis& diagnosis,
                                            const knowledge::Knowledge& knowledge, const std::string& version, bool cut);

}  // namespace tlswhy::report
