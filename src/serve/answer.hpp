// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "input/input.hpp"
#include "knowledge/model.hpp"
#include "report/json.hpp"

// What is answered, without the network: the same engine and reports as the command line's.
namespace tlswhy::serve {

// What a page sent: files and the fields of its form.
struct Question {
  std::vector<input::Given> files;                            // names are made to differ before they are used
  std::vector<std::pair<std::string, std::string>> fields;    // text, device, host, at, in_buffer, free_heap, set (one KEY=VALUE a line)

  [[nodiscard]] std::string field(std::string_view name) const;
};

struct Answer {
  int status = 200;                // of HTTP (RFC 9110 15)
  std::string type = "application/json";
  std::string body;
};

// The diagnosis as report::view_json gives it; 400 with an error where the fields make no sense or nothing was given.
[[nodiscard]] Answer answer_diagnose(Question question, const report::Tool& tool, const knowledge::Knowledge& knowledge);
// The lines of the pasted text that mean something, as report::lines_json gives them.
[[nodiscard]] Answer answer_lines(const Question& question, const knowledge::Knowledge& knowledge);
// The one capture among the files as pcapng with the verdict in comments; 400 where there is none or there are several.
[[nodiscard]] Answer answer_annotate(Question question, const report::Tool& tool, const knowledge::Knowledge& knowledge);

}  // namespace tlswhy::serve
