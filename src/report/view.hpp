// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/json.hpp"
#include "report/text.hpp"

// What the local page shows, as JSON. All of it is decided here; the page only puts it in place.
namespace tlswhy::report {

// {"outcome", "title", "fragment": HTML, "page": HTML, "markdown", "document": the tlswhy/1 text, "captures": [names],
//  "errors": [sentences]}.
[[nodiscard]] std::string view_json(const Tool& tool, const std::vector<InputFile>& files, const std::vector<std::string>& errors, const diagnose::Input& input,
                                    const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge);
// {"lines": [{"line", "bad", "text"}]}: the lines of a log that mean something, each explanation once.
[[nodiscard]] std::string lines_json(const log::Log& log, const knowledge::Knowledge& knowledge);
// {"error": sentence}.
[[nodiscard]] std::string error_json(const std::string& what);
// {"version", "devices": [{"id", "title"}]}: what the page offers to choose from.
[[nodiscard]] std::string choices_json(const Tool& tool, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::report
