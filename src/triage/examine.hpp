// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "input/input.hpp"
#include "knowledge/model.hpp"
#include "triage/finding.hpp"
#include "triage/units.hpp"

namespace tlswhy::triage {

// A finding with what it was made from, for formats that show more than findings hold.
struct Examined {
  Finding finding;
  input::Inputs inputs;
  diagnose::Diagnosis diagnosis;
};

// Sets the context of the user (and trusted certificates) on what was read. Called by several threads.
using Prepare = std::function<void(diagnose::Input&)>;

// The same reading and the same diagnosis as of a single run over the unit's files.
[[nodiscard]] Examined examine(const Unit& unit, const input::Settings& settings, const Prepare& prepare, const knowledge::Knowledge& knowledge);

// A diagnosis in the neutral shape.
[[nodiscard]] Finding finding_of(const std::string& path, const input::Inputs& inputs, const diagnose::Diagnosis& diagnosis);

// The fingerprint of a finding whose other fields are set.
[[nodiscard]] std::string fingerprint_of(const Finding& finding);

}  // namespace tlswhy::triage
