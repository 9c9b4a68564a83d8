// SPDX-License-Identifier: Apache-2.0
#include "report/json_verdict.hpp"

#include "base/text.hpp"

namespace tlswhy::report {

using json = nlohmann::ordered_json;

namespace {

json evidence_json(const std::vector<diagnose::EvidenceItem>& items) {
  json list = json::array();
  for (const diagnose::EvidenceItem& item : items) {
    list.push_back({{"source", std::string(to_string(item.source.kind))},
                    {"file", item.source.kind == diagnose::SourceKind::context ? json(nullptr) : text_or_null(item.source.file)},
                    {"line", item.source.line ? json(*item.source.line) : json(nullptr)},
                    {"frame", item.source.frame ? json(*item.source.frame) : json(nullptr)},
                    {"says", valid_utf8(item.says)},
                    {"id", item.id},
                    {"weight", item.weight},
                    {"inferred", item.inferred}});
  }
  return list;
}

json cause_json(const diagnose::RankedCause& ranked) {
  json references = json::array();
  for (const knowledge::Reference& reference : ranked.cause->references) references.push_back(std::string(reference.url));
  return {
      {"id", std::string(ranked.cause->id)},       {"title", std::string(ranked.cause->title)},  {"confidence", ranked.confidence},
      {"owner", std::string(ranked.cause->owner)}, {"evidence", evidence_json(ranked.evidence)}, {"against", evidence_json(ranked.against)},
      {"fixes", fixes_json(ranked.fixes)},         {"check_next", words(ranked.cause->confirm)}, {"references", references}};
}

}  // namespace

json text_or_null(std::string_view text) { return text.empty() ? json(nullptr) : json(valid_utf8(text)); }

json words(std::span<const std::string_view> list) {
  json out = json::array();
  for (const std::string_view word : list) out.push_back(std::string(word));
  return out;
}

json fixes_json(const std::vector<const knowledge::Fix*>& fixes) {
  json list = json::array();
  for (const knowledge::Fix* const fix : fixes) {
    for (const std::string_view platform : fix->platforms) {
      json entry = {{"platform", std::string(platform)}, {"do", std::string(fix->action)}};
      if (!fix->weakens.empty()) entry["weakens"] = std::string(fix->weakens);
      list.push_back(std::move(entry));
    }
  }
  return list;
}

json causes_list(const std::vector<diagnose::RankedCause>& causes) {
  json list = json::array();
  for (const diagnose::RankedCause& cause : causes) list.push_back(cause_json(cause));
  return list;
}

json verdict_json(const diagnose::Diagnosis& diagnosis) {
  json checks = json::array();
  for (const std::string& check : diagnosis.check_next) checks.push_back(check);
  json ruled_out = json::array();
  for (const diagnose::RuledOut& out : diagnosis.ruled_out) {
    ruled_out.push_back(
        {{"id", std::string(out.cause->id)}, {"title", std::string(out.cause->title)}, {"why", evidence_json({out.why}).front()}});
  }
  return {{"outcome", std::string(to_string(diagnosis.outcome))},
          {"summary", valid_utf8(diagnosis.summary)},
          {"repeated", text_or_null(diagnosis.repeated)},
          {"platform", text_or_null(diagnosis.platform)},
          {"library", text_or_null(diagnosis.library)},
          {"causes", causes_list(diagnosis.causes)},
          {"ruled_out", std::move(ruled_out)},
          {"check_next", std::move(checks)}};
}

}  // namespace tlswhy::report
