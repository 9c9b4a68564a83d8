// SPDX-License-Identifier: Apache-2.0
#include "report/view.hpp"

#include <nlohmann/json.hpp>

#include <set>

#include "base/text.hpp"
#include "diagnose/attempts.hpp"
#include "report/html.hpp"
#include "report/json_verdict.hpp"
#include "report/verdict.hpp"

namespace tlswhy::report {
namespace {

using Json = nlohmann::ordered_json;

// Lines explained beside a log; of a longer list nobody reads the rest.
constexpr std::size_t k_lines_explained = 2000;

}  // namespace

std::string view_json(const Tool& tool, const std::vector<InputFile>& files, const std::vector<std::string>& errors, const diagnose::Input& input,
                      const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge) {
  Json view;
  view["outcome"] = to_string(diagnosis.outcome);
  view["title"] = printable(verdict_sentence(diagnosis));
  view["fragment"] = diagnosis_fragment(files, input, diagnosis, knowledge);
  view["page"] = diagnosis_html(tool, files, input, diagnosis, knowledge);
  view["markdown"] = diagnosis_markdown(tool, files, input, diagnosis, knowledge);
  view["document"] = diagnosis_json(tool, files, input, diagnosis, knowledge);
  view["captures"] = Json::array();
  for (const InputFile& file : files) {
    if (file.kind == "capture") view["captures"].push_back(printable(file.path));
  }
  view["errors"] = Json::array();
  for (const std::string& error : errors) view["errors"].push_back(printable(error));
  return dump_document(view, -1);
}

std::string lines_json(const log::Log& log, const knowledge::Knowledge& knowledge) {
  Json lines = Json::array();
  std::set<std::string> told;
  const diagnose::FactSenses senses(knowledge);
  for (const log::Event& event : log.events) {
    if (lines.size() >= k_lines_explained) break;
    std::string words = printable(event_words(event, knowledge));
    if (words.empty() || !told.insert(words).second) continue;
    lines.push_back({{"line", event.line}, {"bad", diagnose::event_fails(event, senses)}, {"text", std::move(words)}});
  }
  return dump_document(Json{{"lines", std::move(lines)}}, -1);
}

std::string error_json(const std::string& what) { return dump_document(Json{{"error", printable(what)}}, -1); }

std::string choices_json(const Tool& tool, const knowledge::Knowledge& knowledge) {
  Json choices{{"version", tool.version}, {"devices", Json::array()}};
  for (const knowledge::Device& device : knowledge.devices) choices["devices"].push_back({{"id", device.id}, {"title", device.title}});
  return dump_document(choices, -1);
}

}  // namespace tlswhy::report
