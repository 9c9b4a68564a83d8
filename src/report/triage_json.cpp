// SPDX-License-Identifier: Apache-2.0
#include "report/triage_json.hpp"

#include <nlohmann/json.hpp>

#include <map>

#include "base/text.hpp"
#include "report/json_verdict.hpp"
#include "triage/judge.hpp"

namespace tlswhy::report {
namespace {

using json = nlohmann::ordered_json;
using triage::Finding;

constexpr std::string_view k_schema = "tlswhy-triage/1";
constexpr std::string_view k_baseline_schema = "tlswhy-baseline/1";

std::string dump(const json& document, int indent = -1) { return document.dump(indent, ' ', false, json::error_handler_t::replace); }

json counts_json(const std::map<std::string, std::size_t>& counts) {
  json out = json::object();
  for (const auto& [key, count] : counts) out[valid_utf8(key)] = count;
  return out;
}

json totals_json(const triage::Totals& t) {
  json out = {{"inputs", t.inputs},
          {"failed", t.failed},
          {"ok", t.ok},
          {"inconclusive", t.inconclusive},
          {"unreadable", t.unreadable},
          {"by_cause", counts_json(t.by_cause)},
          {"by_server", counts_json(t.by_server)},
          {"by_device", counts_json(t.by_device)},
          {"damaged", t.damaged},
          {"known", t.known},
          {"unexpected", t.unexpected},
          {"not_reached", t.not_reached}};
  if (t.shards != 0) out["shard"] = {{"index", t.shard}, {"of", t.shards}};
  return out;
}

json expected_json(const std::optional<triage::Expectation>& expected) {
  if (!expected) return nullptr;
  return {{"outcome", expected->status ? json(std::string(to_string(*expected->status))) : json(nullptr)},
          {"causes", expected->causes},
          {"file", valid_utf8(expected->file)},
          {"met", expected->met}};
}

// Reading: a key that is missing or of another kind gives the empty value; what must be there is checked by the caller.
std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
bool flag_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}
std::size_t count_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::size_t>() : 0;
}
std::optional<std::uint64_t> number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}
std::vector<std::string> texts_at(const json& object, const char* key) {
  std::vector<std::string> out;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return out;
  for (const json& entry : *found) {
    if (entry.is_string()) out.push_back(entry.get<std::string>());
  }
  return out;
}
const json& at(const json& object, const char* key) {
  static const json nothing = json::object();
  const auto found = object.find(key);
  return found != object.end() && (found->is_object() || found->is_array()) ? *found : nothing;
}

// The same choice as triage::finding_of makes.
void read_first_cause(const json& causes, Finding& finding) {
  const json nothing = json::object();
  const json& first = causes.is_array() && !causes.empty() && causes.front().is_object() ? causes.front() : nothing;
  if (at(first, "evidence").empty()) {
    if (finding.status == triage::Status::failed) {
      finding.cause = triage::k_undetermined;
      finding.title = triage::k_undetermined_title;
    }
    return;
  }
  finding.cause = text_at(first, "id");
  finding.title = text_at(first, "title");
  finding.owner = text_at(first, "owner");
  const auto confidence = first.find("confidence");
  if (confidence != first.end() && confidence->is_number()) finding.confidence = confidence->get<double>();
  const json& fixes = at(first, "fixes");
  if (fixes.is_array() && !fixes.empty() && fixes.front().is_object()) finding.fix = text_at(fixes.front(), "do");
  for (const bool located : {true, false}) {
    for (const json& item : at(first, "evidence")) {
      if (!finding.why.empty() || !item.is_object()) continue;
      const triage::Place place{text_at(item, "file"), number_at(item, "line"), number_at(item, "frame")};
      if (located && !place.line && !place.frame) continue;
      finding.why = text_at(item, "says");
      finding.place = place;
    }
  }
}

Result<json> parse(std::string_view text) {
  json document = json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return fail("is no JSON object");
  return document;
}

}  // namespace

std::string finding_line(const Finding& finding, const diagnose::Diagnosis& diagnosis) {
  return dump({{"schema", std::string(k_schema)},
               {"path", finding.path},
               {"files", finding.files},
               {"status", std::string(to_string(finding.status))},
               {"verdict", verdict_json(diagnosis)},
               {"frame", finding.frame ? json(*finding.frame) : json(nullptr)},
               {"server", text_or_null(finding.server)},
               {"device", text_or_null(finding.device)},
               {"expected", expected_json(finding.expected)},
               {"fingerprint", finding.fingerprint},
               {"known", finding.known},
               {"damaged", finding.damaged},
               {"problems", finding.problems}});
}

std::string totals_line(const triage::Totals& totals) { return dump({{"schema", std::string(k_schema)}, {"totals", totals_json(totals)}}); }

std::string triage_document_head() { return "{\"schema\":\"" + std::string(k_schema) + "\",\"inputs\":[\n"; }

std::string triage_document_tail(const triage::Totals& totals) { return "\n],\"totals\":" + dump(totals_json(totals)) + "}\n"; }

Result<TriageLine> read_triage_line(std::string_view text) {
  const auto document = parse(text);
  if (!document) return tl::unexpected<Error>(document.error());
  if (text_at(*document, "schema") != k_schema) return fail("is not of the schema " + std::string(k_schema));
  TriageLine line;
  if (const json& totals = at(*document, "totals"); document->contains("totals")) {
    line.is_totals = true;
    line.inputs = count_at(totals, "inputs");
    line.not_reached = count_at(totals, "not_reached");
    line.shard = count_at(at(totals, "shard"), "index");
    line.shards = count_at(at(totals, "shard"), "of");
    return line;
  }
  Finding& finding = line.finding;
  const json& verdict = at(*document, "verdict");
  const auto status = triage::status_from(text_at(*document, "status"));
  finding.path = text_at(*document, "path");
  finding.fingerprint = text_at(*document, "fingerprint");
  if (finding.path.empty() || finding.fingerprint.empty() || !status || !verdict.is_object()) return fail("lacks path, status, verdict or fingerprint");
  finding.files = texts_at(*document, "files");
  finding.status = *status;
  finding.summary = text_at(verdict, "summary");
  finding.server = text_at(*document, "server");
  finding.device = text_at(*document, "device");
  finding.frame = number_at(*document, "frame");
  finding.known = flag_at(*document, "known");
  finding.damaged = flag_at(*document, "damaged");
  finding.problems = texts_at(*document, "problems");
  if (const json& expected = at(*document, "expected"); !expected.empty()) {
    finding.expected = triage::Expectation{triage::status_from(text_at(expected, "outcome")), texts_at(expected, "causes"), text_at(expected, "file"), flag_at(expected, "met")};
  }
  if (finding.status == triage::Status::unreadable) finding.summary = triage::k_unreadable_summary;
  else if (finding.status != triage::Status::ok) read_first_cause(at(verdict, "causes"), finding);
  return line;
}

Result<triage::Expectation> read_case(std::string_view text) {
  const auto document = parse(text);
  if (!document) return tl::unexpected<Error>(document.error());
  triage::Expectation expectation;
  const std::string cause = text_at(*document, "cause");
  if (!cause.empty()) expectation.causes.push_back(cause);
  for (std::string& other : texts_at(*document, "also_acceptable")) expectation.causes.push_back(std::move(other));
  const std::string outcome = text_at(at(*document, "expected"), "outcome");
  if (outcome == "failed") expectation.status = triage::Status::failed;
  if (expectation.causes.empty() && outcome == "completed") expectation.status = triage::Status::ok;
  if (expectation.causes.empty() && !expectation.status) return fail("names neither a cause nor an outcome");
  return expectation;
}

std::string baseline_json(const std::vector<Finding>& findings) {
  std::map<std::string, const Finding*> first;
  for (const Finding& finding : findings) {
    if (finding.status == triage::Status::ok && !finding.unexpected()) continue;
    first.try_emplace(finding.fingerprint, &finding);
  }
  json entries = json::array();
  for (const auto& [fingerprint, finding] : first) {
    entries.push_back({{"fingerprint", fingerprint},
                       {"status", std::string(to_string(finding->status))},
                       {"cause", text_or_null(finding->cause)},
                       {"server", text_or_null(finding->server)},
                       {"device", text_or_null(finding->device)},
                       {"example", finding->path}});
  }
  return dump({{"schema", std::string(k_baseline_schema)}, {"known", std::move(entries)}}, 1) + "\n";
}

Result<std::vector<BaselineEntry>> read_baseline(std::string_view text) {
  const auto document = parse(text);
  if (!document) return tl::unexpected<Error>(document.error());
  if (text_at(*document, "schema") != k_baseline_schema) return fail("is not of the schema " + std::string(k_baseline_schema));
  std::vector<BaselineEntry> entries;
  for (const json& entry : at(*document, "known")) {
    if (!entry.is_object() || text_at(entry, "fingerprint").empty()) return fail("has an entry without a fingerprint");
    entries.push_back({text_at(entry, "fingerprint"), text_at(entry, "until")});
  }
  return entries;
}

}  // namespace tlswhy::report
