// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "report/text.hpp"

// Words into lines.
namespace tlswhy::report {

enum class Style : unsigned char { plain, heading, verdict, good, warning, faint };

// `text` in the style's colour if colours are on.
[[nodiscard]] std::string styled(std::string_view text, Style style, const TextOptions& options);
// `text` broken at blanks to the width, the first line after `first`, the others after `rest` (both count). Ends with a line break.
[[nodiscard]] std::string wrapped(std::string_view text, std::string_view first, std::string_view rest, const TextOptions& options);
// The same, cut to `lines` lines: at the end of a sentence where one fits, else with "...".
[[nodiscard]] std::string wrapped(std::string_view text, std::string_view first, std::string_view rest, const TextOptions& options, std::size_t lines);
// As many whole sentences of a text as fit into `lines` lines that are indented by `indent`; at least the first.
[[nodiscard]] std::string whole_sentences(std::string_view text, std::size_t indent, std::size_t lines, const TextOptions& options);
// "2.0.0.." as "from 2.0.0 on", "4.0..4.3.7" as "4.0 to 4.3.7", "all" as "all versions".
[[nodiscard]] std::string versions_in_words(std::string_view ranges);
// The first sentence of a text.
[[nodiscard]] std::string first_sentence(std::string_view text);
// "a.log:12", "a.pcap frame 9", "given".
[[nodiscard]] std::string place(const diagnose::Source& source);

}  // namespace tlswhy::report
