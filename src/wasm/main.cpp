// SPDX-License-Identifier: Apache-2.0
// What the page's script calls: the questions of serve/answer.hpp, as functions of C.
#include <emscripten.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/version.hpp"
#include "knowledge/model.hpp"
#include "report/html.hpp"
#include "report/view.hpp"
#include "serve/answer.hpp"

namespace {

using namespace tlswhy;

serve::Question question;
serve::Answer answer;

}  // namespace

extern "C" {

// Adds a field of the form to the next question.
EMSCRIPTEN_KEEPALIVE void tlswhy_field(const char* name, const char* value) { question.fields.emplace_back(name, value); }

// Adds a file to the next question; its bytes are written to where the result points, before the question is asked.
EMSCRIPTEN_KEEPALIVE std::uint8_t* tlswhy_file(const char* name, std::size_t size) {
  question.files.push_back({name, {}});
  auto& bytes = question.files.back().bytes;
  bytes.resize(size);
  return bytes.data();
}

// Asks "diagnose", "lines", "annotate", "choices" or "style" with what was added; gives the status as of HTTP.
EMSCRIPTEN_KEEPALIVE int tlswhy_ask(const char* what) {
  const std::string_view name = what;
  const report::Tool tool{std::string(cli::k_version)};
  const auto& knowledge = knowledge::built_in();
  serve::Question asked = std::move(question);
  question = {};
  if (name == "diagnose") {
    answer = serve::answer_diagnose(std::move(asked), tool, knowledge);
  } else if (name == "lines") {
    answer = serve::answer_lines(asked, knowledge);
  } else if (name == "annotate") {
    answer = serve::answer_annotate(std::move(asked), tool, knowledge);
  } else if (name == "choices") {
    answer = {200, "application/json", report::choices_json(tool, knowledge)};
  } else if (name == "style") {
    answer = {200, "text/css", std::string(report::diagnosis_style())};
  } else {
    answer = {404, "application/json", report::error_json("no such question")};
  }
  return answer.status;
}

// The last answer, until the next question.
EMSCRIPTEN_KEEPALIVE const char* tlswhy_answer() { return answer.body.data(); }
EMSCRIPTEN_KEEPALIVE std::size_t tlswhy_answer_size() { return answer.body.size(); }

}  // extern "C"
