// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "report/text.hpp"

namespace tlswhy::report {

// The diagnosis as one HTML file: no script, nothing loaded from elsewhere (a content security policy says so), for screens and paper.
[[nodiscard]] std::string diagnosis_html(const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis,
                                         const knowledge::Knowledge& knowledge);

// What stands between the page's frame: the verdict and a <main> with all sections, for a page that has its own frame and style.
[[nodiscard]] std::string diagnosis_fragment(const std::vector<InputFile>& files, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge);
// The style sheet it is made for.
[[nodiscard]] std::string_view diagnosis_style();

// The verdict as Markdown, short enough to paste into an issue or a chat.
[[nodiscard]] std::string diagnosis_markdown(const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input, const diagnose::Diagnosis& diagnosis,
                                             const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::report
