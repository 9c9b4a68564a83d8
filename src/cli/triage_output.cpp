// SPDX-License-Identifier: Apache-2.0
#include "cli/triage_output.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cli/version.hpp"
#include "report/findings.hpp"
#include "report/text_triage.hpp"
#include "report/triage_json.hpp"

namespace tlswhy::cli {
namespace {

// Unread inputs named on standard error beside a machine format; the format itself names them all.
constexpr std::size_t k_complaints = 5;

std::string format_of(const Options& options) { return options.ndjson ? "ndjson" : options.json ? "json" : options.format; }

// Something of it was not read, and nobody had said so before.
bool unread(const triage::Finding& finding) {
  return finding.damaged && !finding.known && !(finding.expected && finding.expected->met);
}

// GitHub takes a summary of 1 MiB a step.
constexpr std::size_t k_longest_summary = 1'000'000;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The repository that paths are told relative to: as the CI service says, else the nearest folder above with a .git, else this one.
std::string repository_root(const std::filesystem::path& folder) {
  for (const char* const name : {"GITHUB_WORKSPACE", "CI_PROJECT_DIR"}) {
    if (const std::string value = environment(name); value.starts_with('/')) return std::filesystem::path(value).lexically_normal().string();
  }
  std::error_code ignored;
  for (std::filesystem::path above = folder; ; above = above.parent_path()) {
    if (std::filesystem::exists(above / ".git", ignored)) return above.string();
    if (above == above.parent_path()) return folder.string();
  }
}

void append_summary(const report::FindingsReport& findings) {
  const std::string path = environment("GITHUB_STEP_SUMMARY");
  if (path.empty()) return;
  std::FILE* const file = std::fopen(path.c_str(), "ab");
  const std::string text = report::summary_markdown(findings, k_longest_summary);
  const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file == nullptr || std::fclose(file) != 0 || !written) complain("GITHUB_STEP_SUMMARY: " + path + " cannot be written");
}

}  // namespace

std::string findings_text(const Options& options, const std::vector<triage::Finding>& findings, const triage::Totals& totals, const triage::Gate& gate,
                          const knowledge::Knowledge& knowledge) {
  std::error_code ignored;
  const std::filesystem::path folder = std::filesystem::current_path(ignored);
  const report::FindingsReport all{findings, totals, gate, knowledge, {std::string(k_version)}, repository_root(folder), folder.string(), options.sarif_category};
  if (options.format == "github") append_summary(all);
  return report::write_findings(options.format, all);
}

std::optional<triage::Gate> gate_of(const Options& options, const knowledge::Knowledge& knowledge) {
  std::string words = options.fail_on;
  if (words.empty()) words = options.baseline.empty() ? "failed" : "new";
  auto gate = triage::read_gate(words);
  if (!gate) {
    complain("--fail-on: " + gate.error().what);
    return std::nullopt;
  }
  for (const std::string& cause : gate->causes) {
    if (cause == triage::k_undetermined || knowledge.cause(cause) != nullptr) continue;
    complain("--fail-on: there is no cause \"" + cause + "\"; tlswhy causes lists them");
    return std::nullopt;
  }
  gate->least_confidence = options.min_confidence;
  // What is on the baseline is known, whatever else counts.
  gate->only_new = gate->only_new || !options.baseline.empty();
  return *gate;
}

TriageOutput::TriageOutput(const Options& options, const triage::Gate& gate, const knowledge::Knowledge& knowledge)
    : options_(options), gate_(gate), knowledge_(knowledge), format_(format_of(options)), sink_(options.output) {
  if (format_ == "json") sink_.write(report::triage_document_head());
}

void TriageOutput::add(triage::Finding finding, const std::string& line) {
  totals_.add(finding);
  if (format_ == "ndjson") {
    sink_.write(line + "\n");
    sink_.flush();
  } else if (format_ == "json") {
    sink_.write((findings_.empty() ? "" : ",\n") + line);
  }
  findings_.push_back(std::move(finding));
}

bool TriageOutput::write_baseline() const {
  if (options_.write_baseline.empty()) return true;
  Sink file(options_.write_baseline);
  file.write(report::baseline_json(findings_));
  return file.close(k_exit_ok) == k_exit_ok;
}

void TriageOutput::tell_unread() const {
  if (format_ == "text") return;  // the screen tells it
  std::size_t count = 0;
  for (const triage::Finding& finding : findings_) {
    if (!finding.damaged || ++count > k_complaints) continue;
    complain(finding.problems.empty() ? finding.path + ": " + finding.summary : finding.problems.front());
  }
  if (count > k_complaints) complain("and " + std::to_string(count - k_complaints) + " more inputs that were not read, or not to the end");
}

int TriageOutput::finish(std::size_t not_reached, bool something_unread) {
  totals_.not_reached = not_reached;
  if (format_ == "ndjson") {
    sink_.write(report::totals_line(totals_) + "\n");
  } else if (format_ == "json") {
    sink_.write(report::triage_document_tail(totals_));
  } else if (format_ != "text") {
    sink_.write(findings_text(options_, findings_, totals_, gate_, knowledge_));
  } else {
    sink_.write(report::triage_text(findings_, totals_, gate_, text_options(options_)));
  }
  tell_unread();
  int status = k_exit_ok;
  if (std::any_of(findings_.begin(), findings_.end(), [&](const triage::Finding& finding) { return counts(finding, gate_); })) status = k_exit_failure_found;
  if (something_unread || not_reached != 0 || std::any_of(findings_.begin(), findings_.end(), unread)) status = k_exit_unreadable;
  if (!write_baseline()) status = k_exit_unreadable;
  return sink_.close(status);
}

}  // namespace tlswhy::cli
