// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "report/text.hpp"
#include "watch/session.hpp"

// Attempts as they are told live: a line each for people, a document each for programs (tlswhy-watch/1).
namespace tlswhy::report {

// One line, with a line break: time, number, verdict, server.
[[nodiscard]] std::string told_line(const watch::Told& told, const TextOptions& options);
// What stands below it where more is wanted: evidence, what to do, the next check. Empty for one that completed.
[[nodiscard]] std::string told_details(const watch::Told& told, const TextOptions& options);
// Counts by cause and server.
[[nodiscard]] std::string watch_totals_text(const watch::Totals& totals);

[[nodiscard]] std::string told_json(const watch::Told& told);
[[nodiscard]] std::string watch_totals_json(const watch::Totals& totals);
// {"schema": ..., "note": sentence}: what befell a source.
[[nodiscard]] std::string watch_note_json(const std::string& source, const std::string& what);

}  // namespace tlswhy::report
