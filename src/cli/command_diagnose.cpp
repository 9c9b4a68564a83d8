// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <set>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/inputs.hpp"
#include "cli/options.hpp"
#include "cli/version.hpp"
#include "report/json.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::cli {
namespace {

// A value may be given as JSON text ("true", "\"a b\""); quotes around it are taken off.
std::string plain_value(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') return std::string(value.substr(1, value.size() - 2));
  return std::string(value);
}

// False if an option makes no sense; the complaint is made.
bool read_context(const Options& options, diagnose::Context& context) {
  context.device = options.device;
  context.host = options.host;
  if (options.in_buffer > 0) context.in_buffer = options.in_buffer;
  if (options.free_heap > 0) context.free_heap = options.free_heap;
  if (!options.at.empty()) {
    context.at = parse_timestamp(options.at);
    if (!context.at) {
      complain("--at: \"" + options.at + "\" is no date; write 2024-05-01 or 2024-05-01T10:00:00Z");
      return false;
    }
  }
  for (const std::string& entry : options.set) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      complain("--set: \"" + entry + "\" is not KEY=VALUE");
      return false;
    }
    context.set.emplace_back(entry.substr(0, equals), plain_value(std::string_view(entry).substr(equals + 1)));
  }
  return true;
}

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

}  // namespace

int run_diagnose(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  diagnose::Context context;
  if (!read_context(options, context)) return k_exit_usage;
  if (!context.device.empty()) {
    bool known = knowledge.get().device(context.device) != nullptr;
    for (const knowledge::Device& device : knowledge.get().devices) {
      for (const knowledge::Property& property : device.properties) {
        if (property.key != "aliases") continue;
        for (const std::string_view alias : property.values) known = known || alias == context.device;
      }
    }
    if (!known) {
      complain("--device: there is no profile \"" + context.device + "\"; tlswhy devices lists them");
      return k_exit_usage;
    }
  }
  Inputs inputs = read_inputs(options.paths, options.key_logs, options.filter, knowledge.get());
  if (inputs.bad_filter) {
    for (const std::string& error : inputs.errors) complain(error);
    return k_exit_usage;
  }
  for (const std::string& path : options.ca_files) {
    const auto bytes = read_bytes(path);
    if (!bytes) {
      complain(path + ": " + bytes.error().what);
      return k_exit_unreadable;
    }
    std::vector<tls::Certificate> certificates = tls::read_certificates(*bytes);
    if (certificates.empty()) inputs.errors.push_back(path + ": holds no certificate that can be read");
    for (tls::Certificate& certificate : certificates) inputs.input.trusted.push_back(std::move(certificate));
  }
  inputs.input.context = std::move(context);
  const diagnose::Diagnosis diagnosis = diagnose::diagnose(inputs.input, knowledge.get());
  for (const std::string& error : inputs.errors) complain(error);
  std::string text;
  if (options.machine()) {
    text = report::diagnosis_json({std::string(k_version)}, inputs.files, inputs.input, diagnosis, knowledge.get(), options.indent()) + "\n";
  } else {
    text = report::diagnosis_text(inputs.files, inputs.input, diagnosis, knowledge.get(), text_options(options));
  }
  int status = diagnosis.outcome == diagnose::Outcome::failed ? k_exit_failure_found : k_exit_ok;
  if (!inputs.errors.empty()) status = k_exit_unreadable;
  if (!options.save_certificates.empty() && !save_certificates(inputs.input.captures, options.save_certificates)) status = k_exit_unreadable;
  return write_output(options, text, status);
}

}  // namespace tlswhy::cli
