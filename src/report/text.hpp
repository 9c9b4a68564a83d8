// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "codes/codes.hpp"
#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "report/json.hpp"

// Output for people. Everything that comes from captures and logs is escaped; colour only repeats what words say.
namespace tlswhy::report {

struct TextOptions {
  std::size_t width = 80;  // columns
  bool color = false;
  bool verbose = false;  // ladder, all facts, certificates, weights
  bool quiet = false;    // the verdict line only
};

// The verdict screen. Without `verbose` it fits a terminal of 24 to 30 lines.
[[nodiscard]] std::string diagnosis_text(const std::vector<InputFile>& files, const diagnose::Input& input,
                                         const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge,
                                         const TextOptions& options);
[[nodiscard]] std::string explain_text(const std::vector<codes::Explanation>& explanations, const knowledge::Knowledge& knowledge,
                                       const TextOptions& options);
// One line a row: number, symbol, library, versions.
[[nodiscard]] std::string code_tables_text(const knowledge::Knowledge& knowledge, const TextOptions& options);
[[nodiscard]] std::string codes_text(const knowledge::Knowledge& knowledge, const std::vector<const knowledge::Code*>& rows,
                                     const TextOptions& options);
// The page of a cause.
[[nodiscard]] std::string cause_text(const knowledge::Cause& cause, const TextOptions& options);
[[nodiscard]] std::string causes_text(const std::vector<const knowledge::Cause*>& causes, const TextOptions& options);
[[nodiscard]] std::string devices_text(const std::vector<const knowledge::Device*>& devices, const TextOptions& options);
// What an event of a log means, in one paragraph; empty if there is nothing to say. Untrusted text is in it as it came.
[[nodiscard]] std::string event_words(const log::Event& event, const knowledge::Knowledge& knowledge);
// The same as lines below the line, for annotate.
[[nodiscard]] std::string event_text(const log::Event& event, const knowledge::Knowledge& knowledge, const TextOptions& options);

}  // namespace tlswhy::report
