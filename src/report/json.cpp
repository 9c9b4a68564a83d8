// SPDX-License-Identifier: Apache-2.0
#include "report/json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/json_handshake.hpp"
#include "report/json_stream.hpp"
#include "report/json_verdict.hpp"

namespace tlswhy::report {
namespace {

using json = nlohmann::ordered_json;

json inputs_json(const std::vector<InputFile>& files) {
  json list = json::array();
  for (const InputFile& file : files) {
    json problems = json::array();
    for (const std::string& problem : file.problems) problems.push_back(valid_utf8(problem));
    json notes = json::array();
    for (const std::string& note : file.notes) notes.push_back(valid_utf8(note));
    list.push_back({{"path", valid_utf8(file.path)},
                    {"kind", file.kind},
                    {"packets", file.packets ? json(*file.packets) : json(nullptr)},
                    {"lines", file.lines ? json(*file.lines) : json(nullptr)},
                    {"problems", std::move(problems)},
                    {"notes", std::move(notes)}});
  }
  return list;
}

void span_json(JsonStream& out, const diagnose::LogSpan& span, const diagnose::Input& input) {
  out.begin_object();
  out.key("file").text(input.logs[span.log].path);
  out.key("first_line").number(std::uint64_t{span.first_line});
  out.key("last_line").number(std::uint64_t{span.last_line});
  out.end_object();
}

json clocks_json(const diagnose::Diagnosis& diagnosis, const diagnose::Input& input) {
  json list = json::array();
  for (const diagnose::LogClock& clock : diagnosis.clocks) {
    list.push_back({{"file", valid_utf8(input.logs[clock.log].path)},
                    {"first_line", clock.first_line},
                    {"last_line", clock.last_line},
                    {"kind", clock.kind},
                    {"offset_ms", clock.offset_ms},
                    {"within_ms", clock.within_ms},
                    {"attempts", clock.attempts},
                    {"by_order", clock.by_order}});
  }
  return list;
}

void attempts_json(JsonStream& out, const diagnose::Diagnosis& diagnosis, const diagnose::Input& input) {
  out.begin_array();
  for (const diagnose::Attempt& attempt : diagnosis.attempts) {
    out.begin_object();
    out.key("id").number(std::uint64_t{attempt.id});
    out.key("outcome").text(attempt.outcome);
    out.key("handshake");
    attempt.handshake ? out.number(std::uint64_t{*attempt.handshake}) : out.null();
    out.key("log");
    attempt.log ? span_json(out, *attempt.log, input) : out.null();
    out.key("other_logs").begin_array();
    for (const diagnose::LogSpan& span : attempt.other_logs) span_json(out, span, input);
    out.end_array();
    out.key("joined_by").text_or_null(attempt.joined_by);
    out.key("join_reasons").begin_array();
    for (const std::string& reason : attempt.join_reasons) out.text(reason);
    out.end_array();
    out.key("clock_offset_ms");
    attempt.clock_offset_ms ? out.number(*attempt.clock_offset_ms) : out.null();
    out.key("causes").value(causes_list(attempt.causes));
    out.end_object();
  }
  out.end_array();
}

json time_json(const log::LineTime& time) {
  if (time.wall) return to_rfc3339(*time.wall, 3);
  if (time.day_ms) {
    const auto ms = static_cast<std::int64_t>(*time.day_ms);
    return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
  }
  if (time.uptime_ms) return fmt::format("+{:.3f}s", *time.uptime_ms / 1000.0);
  return nullptr;
}

void events_json(JsonStream& out, const std::vector<log::Log>& logs) {
  out.begin_array();
  for (const log::Log& log : logs) {
    for (const log::Event& event : log.events) {
      out.begin_object();
      out.key("file").text(log.path);
      out.key("line").number(std::uint64_t{event.line});
      out.key("time").value(time_json(event.time));
      out.key("kind").text(event.kind);
      out.key("library").text_or_null(event.library);
      out.key("symbol").text_or_null(event.symbol);
      out.key("value");
      event.value ? out.number(std::int64_t{*event.value}) : out.null();
      out.key("meaning").text_or_null(event.meaning);
      out.key("facts").begin_array();
      for (const knowledge::Fact& fact : event.facts) out.text(to_string(fact));
      out.end_array();
      out.key("text").text(event.text);
      out.end_object();
    }
  }
  out.end_array();
}

json split_words(std::string_view list) {
  json out = json::array();
  if (list.empty()) return out;
  for (const std::string_view word : split(list, ',')) out.push_back(std::string(trim(word)));
  return out;
}

json code_row(const knowledge::Code& code) {
  return {{"library", std::string(code.library)},
          {"symbol", std::string(code.symbol)},
          {"value", code.has_value ? json(code.value) : json(nullptr)},
          {"hex", code.has_value ? json(codes::to_hex_code(code.value)) : json(nullptr)},
          {"versions", std::string(code.versions)},
          {"meaning", text_or_null(code.meaning)},
          {"not", text_or_null(code.not_this)},
          {"causes", split_words(code.causes)}};
}

// The first fixes of the causes a code points to: enough for somebody who has only a number.
json code_fixes(const knowledge::Code& code, const knowledge::Knowledge& knowledge) {
  json list = json::array();
  if (code.causes.empty()) return list;
  for (const std::string_view id : split(code.causes, ',')) {
    const knowledge::Cause* const cause = knowledge.cause(trim(id));
    if (cause == nullptr || cause->fixes.empty()) continue;
    const knowledge::Fix& fix = cause->fixes.front();
    list.push_back({{"platform", std::string(fix.platforms.front())}, {"do", std::string(fix.action)}, {"cause", std::string(cause->id)}});
  }
  return list;
}

json code_references(const knowledge::Code& code, const knowledge::Knowledge& knowledge) {
  json list = json::array();
  if (code.causes.empty()) return list;
  const knowledge::Cause* const cause = knowledge.cause(trim(split(code.causes, ',').front()));
  if (cause == nullptr) return list;
  for (const knowledge::Reference& reference : cause->references) list.push_back(std::string(reference.url));
  return list;
}

}  // namespace

std::string without_marks(std::string text) {
  constexpr std::string_view k_lead = "\xe2";  // all of them are E2 80 8E..8F, E2 80 AA..AE, E2 81 A6..A9
  for (std::size_t at = text.find(k_lead); at != std::string::npos && at + 2 < text.size(); at = text.find(k_lead, at + 1)) {
    const auto second = static_cast<unsigned char>(text[at + 1]);
    const auto third = static_cast<unsigned char>(text[at + 2]);
    const bool mark = (second == 0x80 && (third == 0x8E || third == 0x8F || (third >= 0xAA && third <= 0xAE))) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
    if (mark) text.replace(at, 3, fmt::format("\\u20{:02x}", (second - 0x80) * 0x40 + third - 0x80));
  }
  return text;
}

std::string dump_document(const json& document, int indent) { return without_marks(document.dump(indent, ' ', false, json::error_handler_t::replace)); }

void write_diagnosis_json(const TextSink& sink, const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input,
                          const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge, int indent) {
  JsonStream out(sink, indent);
  out.begin_object();
  out.key("schema").text("tlswhy/1");
  out.key("tool").value({{"name", "tlswhy"}, {"version", tool.version}});
  out.key("inputs").value(inputs_json(files));
  out.key("verdict").value(verdict_json(diagnosis));
  out.key("problems").value(diagnosis.problems);
  attempts_json(out.key("attempts"), diagnosis, input);
  out.key("clocks").value(clocks_json(diagnosis, input));
  handshakes_json(out.key("handshakes"), input.captures, diagnosis, knowledge);
  events_json(out.key("log_events"), input.logs);
  out.end_object();
  out.flush();
}

std::string diagnosis_json(const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input,
                           const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge, int indent) {
  std::string text;
  write_diagnosis_json([&](std::string_view piece) { text += piece; }, tool, files, input, diagnosis, knowledge, indent);
  return text;
}

std::string explain_json(const std::vector<codes::Explanation>& explanations, const knowledge::Knowledge& knowledge, int indent) {
  json list = json::array();
  for (const codes::Explanation& explanation : explanations) {
    json meanings = json::array();
    for (const codes::Meaning& meaning : explanation.meanings) {
      json parts = json::array();
      for (const knowledge::Code* const part : meaning.parts) parts.push_back(code_row(*part));
      json row = code_row(*meaning.code);
      row["value"] = meaning.code->has_value ? json(meaning.value) : json(nullptr);
      row["hex"] = meaning.code->has_value ? json(codes::to_hex_code(meaning.value)) : json(nullptr);
      row["likelihood"] = meaning.likelihood;
      if (!meaning.versions.empty()) row["versions"] = meaning.versions;
      row["why"] = text_or_null(meaning.why);
      const knowledge::CodeLibrary* const library = knowledge.code_library(meaning.code->library);
      row["seen_in"] = text_or_null(library == nullptr ? std::string_view{} : library->seen);
      row["parts"] = std::move(parts);
      row["fixes"] = code_fixes(*meaning.code, knowledge);
      row["references"] = code_references(*meaning.code, knowledge);
      meanings.push_back(std::move(row));
    }
    json suggestions = json::array();
    for (const std::string& suggestion : explanation.suggestions) suggestions.push_back(suggestion);
    list.push_back({{"input", valid_utf8(explanation.input)},
                    {"meanings", std::move(meanings)},
                    {"suggestions", std::move(suggestions)},
                    {"note", text_or_null(explanation.note)}});
  }
  return dump_document({{"schema", "tlswhy-explain/1"}, {"codes", std::move(list)}}, indent);
}

std::string codes_json(const knowledge::Knowledge& knowledge, const std::vector<const knowledge::Code*>& rows, int indent) {
  (void)knowledge;
  json list = json::array();
  for (const knowledge::Code* const row : rows) list.push_back(code_row(*row));
  return dump_document({{"schema", "tlswhy-codes/1"}, {"codes", std::move(list)}}, indent);
}

std::string causes_json(const std::vector<const knowledge::Cause*>& causes, int indent) {
  json list = json::array();
  for (const knowledge::Cause* const cause : causes) {
    json confusions = json::array();
    for (const knowledge::Confusion& confusion : cause->confused_with) {
      confusions.push_back(
          {{"cause", std::string(confusion.cause)}, {"tell", std::string(confusion.tell)}, {"check", text_or_null(confusion.check)}});
    }
    std::vector<const knowledge::Fix*> fixes;
    for (const knowledge::Fix& fix : cause->fixes) fixes.push_back(&fix);
    json references = json::array();
    for (const knowledge::Reference& reference : cause->references) {
      references.push_back({{"url", std::string(reference.url)}, {"title", std::string(reference.title)}});
    }
    list.push_back({{"id", std::string(cause->id)},
                    {"family", std::string(cause->family)},
                    {"title", std::string(cause->title)},
                    {"owner", std::string(cause->owner)},
                    {"what", std::string(cause->what)},
                    {"confirm", words(cause->confirm)},
                    {"confused_with", std::move(confusions)},
                    {"fixes", fixes_json(fixes)},
                    {"references", std::move(references)}});
  }
  return dump_document({{"schema", "tlswhy-causes/1"}, {"causes", std::move(list)}}, indent);
}

std::string devices_json(const std::vector<const knowledge::Device*>& devices, int indent) {
  json list = json::array();
  for (const knowledge::Device* const device : devices) {
    json properties = json::array();
    for (const knowledge::Property& property : device->properties) {
      properties.push_back({{"key", std::string(property.key)}, {"values", words(property.values)}});
    }
    list.push_back({{"id", std::string(device->id)},
                    {"title", std::string(device->title)},
                    {"platform", std::string(device->platform)},
                    {"library", std::string(device->library)},
                    {"properties", std::move(properties)}});
  }
  return dump_document({{"schema", "tlswhy-devices/1"}, {"devices", std::move(list)}}, indent);
}

}  // namespace tlswhy::report
