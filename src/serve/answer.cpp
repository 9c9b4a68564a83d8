// SPDX-License-Identifier: Apache-2.0
#include "serve/answer.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "capture/rewrite.hpp"
#include "input/context.hpp"
#include "log/log.hpp"
#include "report/view.hpp"
#include "report/wireshark.hpp"

namespace tlswhy::serve {
namespace {

// What the text of the paste box is called in evidence.
constexpr std::string_view k_pasted = "pasted";

Answer refuse(int status, const std::string& why) { return {status, "application/json", report::error_json(why)}; }

// Evidence names files, so no two may have the same name.
void make_names_differ(std::vector<input::Given>& files) {
  std::set<std::string> taken;
  for (input::Given& file : files) {
    if (file.name.empty()) file.name = "file";
    const std::string name = file.name;
    for (std::size_t number = 2; !taken.insert(file.name).second; ++number) file.name = name + " (" + std::to_string(number) + ")";
  }
}

// The form's numbers: empty, or digits.
Result<std::int64_t> number_of(const Question& question, std::string_view name) {
  const std::string text(trim(question.field(name)));
  if (text.empty()) return 0;
  const auto value = parse_integer(text);
  if (!value || *value < 0) return fail("\"" + text + "\" is no number of bytes", std::string(name));
  return *value;
}

Result<diagnose::Context> context_of(const Question& question, const knowledge::Knowledge& knowledge) {
  const auto in_buffer = number_of(question, "in_buffer");
  if (!in_buffer) return tl::unexpected<Error>(in_buffer.error());
  const auto free_heap = number_of(question, "free_heap");
  if (!free_heap) return tl::unexpected<Error>(free_heap.error());
  input::Told told{question.field("device"), std::string(trim(question.field("host"))), std::string(trim(question.field("at"))), *in_buffer, *free_heap, {}};
  const std::string set = question.field("set");
  for (const std::string_view line : split(set, '\n')) {
    if (!trim(line).empty()) told.set.emplace_back(trim(line));
  }
  return input::context_of(told, knowledge);
}

struct Examined {
  input::Inputs inputs;
  diagnose::Diagnosis diagnosis;
};

// Takes files and pasted text out of the question.
Result<Examined> examine(Question& question, const knowledge::Knowledge& knowledge) {
  auto context = context_of(question, knowledge);
  if (!context) return fail(context.error().where + ": " + context.error().what);
  const std::string text = question.field("text");
  if (!trim(text).empty()) question.files.push_back({std::string(k_pasted), {text.begin(), text.end()}});
  if (question.files.empty()) return fail("nothing was given: paste a log or choose a file");
  make_names_differ(question.files);
  Examined examined;
  examined.inputs = input::read(std::move(question.files), {}, knowledge);
  examined.inputs.input.context = std::move(*context);
  examined.diagnosis = diagnose::diagnose(examined.inputs.input, knowledge);
  return examined;
}

}  // namespace

std::string Question::field(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == name; });
  return found == fields.end() ? std::string() : found->second;
}

Answer answer_diagnose(Question question, const report::Tool& tool, const knowledge::Knowledge& knowledge) {
  const auto examined = examine(question, knowledge);
  if (!examined) return refuse(400, examined.error().what);
  const input::Inputs& inputs = examined->inputs;
  return {200, "application/json", report::view_json(tool, inputs.files, inputs.errors, inputs.input, examined->diagnosis, knowledge)};
}

Answer answer_lines(const Question& question, const knowledge::Knowledge& knowledge) {
  const log::Scanner scanner(knowledge);
  return {200, "application/json", report::lines_json(scanner.read(question.field("text"), std::string(k_pasted)), knowledge)};
}

Answer answer_annotate(Question question, const report::Tool& tool, const knowledge::Knowledge& knowledge) {
  make_names_differ(question.files);
  std::vector<input::Given> captures;
  for (const input::Given& file : question.files) {
    if (input::kind_of(file.bytes) == input::Kind::capture) captures.push_back(file);
  }
  if (captures.size() != 1) return refuse(400, "one capture at a time can be annotated; " + std::to_string(captures.size()) + " were given");
  const auto examined = examine(question, knowledge);
  if (!examined) return refuse(400, examined.error().what);
  const auto& read = examined->inputs.input.captures;
  const auto capture = std::find_if(read.begin(), read.end(), [&](const wire::Capture& one) { return one.path == captures.front().name; });
  if (capture == read.end()) return refuse(400, examined->inputs.errors.empty() ? "the capture cannot be read" : examined->inputs.errors.front());
  const capture::Rewrite how = report::comments_for(*capture, 0, examined->diagnosis, knowledge, tool.version, question.field("only_failed") == "yes");
  Answer answer{200, "application/vnd.tcpdump.pcap", {}};
  const auto written = capture::rewrite(captures.front().bytes, captures.front().name, how, [&](std::string_view bytes) {
    answer.body += bytes;
    return true;
  });
  if (!written) return refuse(400, captures.front().name + ": " + written.error().what);
  return answer;
}

}  // namespace tlswhy::serve
