// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"

// The verdict in words that every format for people shares. Untrusted text is in here as it came: writers escape it.
namespace tlswhy::report {

// "Almost certainly", "Likely", ... for a probability.
[[nodiscard]] std::string_view confidence_word(double confidence);
// In percent; no diagnosis from outside is certain.
[[nodiscard]] double percent(double confidence);
// "Very likely: the device ran out of memory during the handshake (low-memory, 87%)", without a full stop where a cause is named.
[[nodiscard]] std::string verdict_sentence(const diagnose::Diagnosis& diagnosis);
// Whether a cause is named for which something speaks.
[[nodiscard]] bool has_cause(const diagnose::Diagnosis& diagnosis);

// The fixes for this platform, or for any where it is not known.
[[nodiscard]] std::vector<const knowledge::Fix*> fitting_fixes(const diagnose::Diagnosis& diagnosis);
// "[esp-idf, esphome] " before the words of a fix; empty where it is for any platform.
[[nodiscard]] std::string platforms_of(const knowledge::Fix& fix);
// How to tell the first cause from another one; empty if nothing is known.
[[nodiscard]] std::string tell_apart(const diagnose::RankedCause& first, const diagnose::RankedCause& other);

// What to look at next, best first. HOST, NAME and PORT of the commands are filled in where the connection that failed tells them.
[[nodiscard]] std::vector<std::string> next_checks(const diagnose::Input& input, const diagnose::Diagnosis& diagnosis);

// "unknown_ca (48)".
[[nodiscard]] std::string alert_name(std::uint8_t code, const knowledge::Knowledge& knowledge);
// "alert unknown_ca (48)", "encrypted alert", ...
[[nodiscard]] std::string alert_words(const tls::Alert& alert, const knowledge::Knowledge& knowledge);
// How a handshake ended: "the client ends it with an alert", "the capture ends here".
[[nodiscard]] std::string ending_words(const tls::Handshake& handshake);
// What a message tells, beyond its name and size: versions and name of a hello, the suite, the subject; may be empty.
[[nodiscard]] std::string message_words(const tls::Message& message, const tls::Handshake& handshake, const knowledge::Knowledge& knowledge);
// The last part of a path.
[[nodiscard]] std::string_view file_name(std::string_view path);

}  // namespace tlswhy::report
