// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/json_verdict.hpp"
#include "report/text_check.hpp"

namespace tlswhy::report {
namespace {

using json = nlohmann::ordered_json;

template <class Number>
json number_or_null(const std::optional<Number>& number) {
  return number ? json(*number) : json(nullptr);
}

json sentences(const std::vector<std::string>& list) {
  json out = json::array();
  for (const std::string& sentence : list) out.push_back(valid_utf8(sentence));
  return out;
}

json place_json(const check::Place& place) {
  return {{"file", text_or_null(place.file)}, {"line", number_or_null(place.line)}, {"frame", number_or_null(place.frame)}};
}

json certificates_json(const std::vector<tls::Certificate>& certificates) {
  json list = json::array();
  for (const tls::Certificate& certificate : certificates) {
    json names = json::array();
    for (const std::string& name : certificate.names) names.push_back(valid_utf8(name));
    list.push_back({{"subject", valid_utf8(certificate.subject)},
                    {"issuer", valid_utf8(certificate.issuer)},
                    {"not_before", text_or_null(certificate.not_before_text)},
                    {"not_after", text_or_null(certificate.not_after_text)},
                    {"sha256", valid_utf8(certificate.sha256)},
                    {"key", valid_utf8(certificate.key)},
                    {"signature", valid_utf8(certificate.signature)},
                    {"names", std::move(names)}});
  }
  return list;
}

}  // namespace

std::string whatif_json(const std::vector<check::WhatIf>& answers, int indent) {
  json list = json::array();
  for (const check::WhatIf& answer : answers) {
    json checks = json::array();
    for (const check::WhatIfCheck& item : answer.checks) {
      checks.push_back({{"id", std::string(item.id)},
                        {"verdict", std::string(check::to_string(item.verdict))},
                        {"says", valid_utf8(item.says)},
                        {"file", text_or_null(item.file)},
                        {"frame", number_or_null(item.frame)},
                        {"cause", text_or_null(item.cause)},
                        {"condition", item.condition}});
    }
    list.push_back({{"server", valid_utf8(answer.server)},
                    {"verdict", std::string(check::to_string(answer.verdict))},
                    {"summary", valid_utf8(answer.summary)},
                    {"decided_by", number_or_null(answer.decided_by)},
                    {"checks", std::move(checks)},
                    {"cannot_know", sentences(answer.cannot_know)}});
  }
  return dump_document({{"schema", "tlswhy-whatif/1"}, {"answers", std::move(list)}}, indent);
}

std::string diff_json(const check::Diff& diff, int indent) {
  json list = json::array();
  for (const check::Difference& item : diff.differences) {
    list.push_back({{"aspect", std::string(item.aspect)},
                    {"weight", std::string(check::to_string(item.weight))},
                    {"says", valid_utf8(item.says)},
                    {"good", valid_utf8(item.good)},
                    {"bad", valid_utf8(item.bad)},
                    {"good_at", place_json(item.good_at)},
                    {"bad_at", place_json(item.bad_at)}});
  }
  return dump_document({{"schema", "tlswhy-diff/1"},
               {"compared", diff.compared},
               {"summary", valid_utf8(diff.summary)},
               {"first", number_or_null(diff.first)},
               {"differences", std::move(list)},
               {"notes", sentences(diff.notes)}},
              indent);
}

std::string cert_json(const check::CertReport& report, int indent) {
  json files = json::array();
  for (const check::CertFileReport& file : report.files) {
    // Of keys only what may be seen: form and place.
    json keys = json::array();
    for (const check::FileKey& key : file.keys) keys.push_back({{"line", key.line}, {"form", key.form}, {"encrypted", key.encrypted}});
    files.push_back({{"path", valid_utf8(file.path)},
                     {"form", text_or_null(file.form)},
                     {"role", text_or_null(file.role)},
                     {"message_bytes", file.message_bytes},
                     {"certificates", certificates_json(file.certificates)},
                     {"keys", std::move(keys)}});
  }
  json findings = json::array();
  for (const check::CertFinding& finding : report.findings) {
    json gives = json::object();
    for (const knowledge::Property& property : finding.fault->gives) {
      if (!property.values.empty()) gives[std::string(property.key)] = std::string(property.values.front());
    }
    findings.push_back({{"id", std::string(finding.fault->id)},
                        {"severity", std::string(finding.fault->severity)},
                        {"title", std::string(finding.fault->title)},
                        {"says", valid_utf8(finding.says)},
                        {"action", std::string(finding.fault->action)},
                        {"file", text_or_null(finding.file)},
                        {"line", number_or_null(finding.line)},
                        {"reported_as", std::move(gives)}});
  }
  return dump_document({{"schema", "tlswhy-cert/1"},
               {"errors", report.errors},
               {"warnings", report.warnings},
               {"files", std::move(files)},
               {"findings", std::move(findings)},
               {"notes", sentences(report.notes)}},
              indent);
}

}  // namespace tlswhy::report
