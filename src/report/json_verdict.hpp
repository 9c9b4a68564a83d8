// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/diagnose.hpp"

// The parts of JSON documents that several of them share.
namespace tlswhy::report {

// The document as text; what cannot be seen on a screen (marks of writing direction) is escaped. `indent` < 0 gives one line.
[[nodiscard]] std::string dump_document(const nlohmann::ordered_json& document, int indent);
// Marks of writing direction, which make a terminal or an editor show other text than there is, as escapes: JSON allows either.
[[nodiscard]] std::string without_marks(std::string text);
// Untrusted text, made valid; null where it is empty.
[[nodiscard]] nlohmann::ordered_json text_or_null(std::string_view text);
[[nodiscard]] nlohmann::ordered_json words(std::span<const std::string_view> list);
[[nodiscard]] nlohmann::ordered_json fixes_json(const std::vector<const knowledge::Fix*>& fixes);
[[nodiscard]] nlohmann::ordered_json causes_list(const std::vector<diagnose::RankedCause>& causes);
// `verdict` of tlswhy/1.
[[nodiscard]] nlohmann::ordered_json verdict_json(const diagnose::Diagnosis& diagnosis);

}  // namespace tlswhy::report
