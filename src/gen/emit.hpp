// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "knowledge/model.hpp"

namespace tlswhy::gen {

// C++ source text that defines the tables of one part of the knowledge. Each part is a translation unit of its own with one
// external span (see built_in.cpp), so that a change to one data file compiles little.
[[nodiscard]] std::string emit_facts(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_codes(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_products(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_registries(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_dialects(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_causes(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_devices(const knowledge::Knowledge& knowledge);
[[nodiscard]] std::string emit_log_index(const knowledge::LogIndex& index);

}  // namespace tlswhy::gen
