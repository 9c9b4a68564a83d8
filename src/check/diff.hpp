// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/profile.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"
#include "wire/wire.hpp"

// What tells a good connection from a bad one: two captures, two logs or two device profiles, compared in the order in which things happen.
namespace tlswhy::check {

enum class Weight : std::uint8_t { matters, notable, minor };
[[nodiscard]] std::string_view to_string(Weight weight);

struct Place {
  std::string file;
  std::optional<std::uint64_t> frame;
  std::optional<std::uint64_t> line;
};

struct Difference {
  std::string_view aspect;  // "server-name", "versions-offered", "suites-offered", ..., see data/README.md
  Weight weight = Weight::minor;
  std::string says;  // one sentence
  std::string good;  // the value on either side, escaped
  std::string bad;
  Place good_at;
  Place bad_at;
};

// One side of the comparison: what one path held.
struct DiffSide {
  std::string path;
  std::optional<wire::Capture> capture;
  std::optional<log::Log> log;
  std::optional<device::Profile> profile;
};

struct Diff {
  std::string compared;                 // "captures", "logs", "profiles", or "nothing"
  std::vector<Difference> differences;  // in order of the handshake, the log or the importance of the property
  std::optional<std::size_t> first;     // the first that matters, or else the first notable one
  std::string summary;                  // one sentence
  std::vector<std::string> notes;       // what was compared with what
};

// Never fails; where the two cannot be compared, `compared` is "nothing" and the summary says why.
[[nodiscard]] Diff compare(const DiffSide& good, const DiffSide& bad, const knowledge::Knowledge& knowledge);

// Appends a difference whose places are still to be set.
Difference& add_difference(Diff& diff, std::string_view aspect, Weight weight, std::string says, std::string good, std::string bad);

// The parts, by kind of input. Each appends to `diff`.
void compare_handshakes(const wire::Capture& good, const wire::Capture& bad, const knowledge::Knowledge& knowledge, Diff& diff);
void compare_logs(const log::Log& good, const log::Log& bad, Diff& diff);
void compare_profiles(const device::Profile& good, const device::Profile& bad, Diff& diff);

}  // namespace tlswhy::check
