// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/triage_output.hpp"
#include "cli/version.hpp"
#include "input/input.hpp"
#include "report/html.hpp"
#include "report/json.hpp"
#include "report/redact.hpp"
#include "tls/certificate.hpp"
#include "triage/examine.hpp"

namespace tlswhy::cli {
namespace {

// Every chain once, in PEM, under the handshakes' end points. False if the file cannot be written; the complaint is made.
bool save_certificates(const std::vector<wire::Capture>& captures, const std::string& path) {
  std::string text;
  std::set<std::string> written;
  for (const wire::Capture& capture : captures) {
    for (const tls::Handshake& handshake : capture.handshakes) {
      for (const Side side : {Side::server, Side::client}) {
        const std::string pem = tls::to_pem(tls::chain_of(handshake, side));
        if (pem.empty() || !written.insert(pem).second) continue;
        text += "# " + std::string(to_string(side)) + " of " + to_string(handshake.client) + " -> " + to_string(handshake.server) + "\n" + pem;
      }
    }
  }
  if (text.empty()) {
    complain("--save-certificates: no certificate was seen in the clear; " + path + " was not written");
    return false;
  }
  Options to_file;
  to_file.output = path;
  return write_output(to_file, text, k_exit_ok) == k_exit_ok;
}

// The report in any format but JSON.
std::string formatted(const Options& options, const input::Inputs& inputs, const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge) {
  const report::Tool tool{std::string(k_version)};
  if (options.format == "html") return report::diagnosis_html(tool, inputs.files, inputs.input, diagnosis, knowledge);
  if (options.format == "markdown") return report::diagnosis_markdown(tool, inputs.files, inputs.input, diagnosis, knowledge);
  if (options.format == "text") return report::diagnosis_text(inputs.files, inputs.input, diagnosis, knowledge, text_options(options));
  const std::string path = inputs.files.empty() ? std::string("-") : inputs.files.front().path;
  const std::vector<triage::Finding> findings{triage::finding_of(path, inputs, diagnosis)};
  triage::Totals totals;
  totals.add(findings.front());
  return findings_text(options, findings, totals, {}, knowledge);
}

}  // namespace

int run_diagnose(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  diagnose::Context context;
  if (!read_context(options, knowledge.get(), context)) return k_exit_usage;
  input::Settings settings;
  settings.filter = options.filter;
  settings.threads = options.threads != 0 ? options.threads : std::min(2U, std::thread::hardware_concurrency());
  settings.every_handshake = options.machine() || options.verbose || options.format == "html" || !options.save_certificates.empty();
  input::Inputs inputs = input::read(options.paths, options.key_logs, settings, knowledge.get());
  if (inputs.bad_filter) {
    for (const std::string& error : inputs.errors) complain(error);
    return k_exit_usage;
  }
  if (!read_trusted(options, inputs.input.trusted, inputs.errors)) return k_exit_unreadable;
  inputs.input.context = std::move(context);
  diagnose::Diagnosis diagnosis = diagnose::diagnose(inputs.input, knowledge.get());
  for (const std::string& error : inputs.errors) complain(error);
  if (options.redact) report::Redactor(inputs.files, inputs.input, diagnosis).apply(inputs.files, inputs.input, diagnosis);
  int status = diagnosis.outcome == diagnose::Outcome::failed ? k_exit_failure_found : k_exit_ok;
  if (!inputs.errors.empty()) status = k_exit_unreadable;
  if (!options.save_certificates.empty() && !save_certificates(inputs.input.captures, options.save_certificates)) status = k_exit_unreadable;
  if (!options.machine()) return write_output(options, formatted(options, inputs, diagnosis, knowledge.get()), status);
  const auto write = [&](const TextSink& sink) {
    report::write_diagnosis_json(sink, {std::string(k_version)}, inputs.files, inputs.input, diagnosis, knowledge.get(), options.indent());
    sink("\n");
  };
  return write_output(options, write, status);
}

}  // namespace tlswhy::cli
