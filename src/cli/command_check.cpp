// SPDX-License-Identifier: Apache-2.0
// whatif, diff and cert.
#include <ctime>

#include "base/time.hpp"
#include "cli/options.hpp"
#include "input/input.hpp"
#include "report/text_check.hpp"

namespace tlswhy::cli {
namespace {

// The profile named by --device; nothing after a complaint if there is none.
std::optional<device::Profile> device_of(const Options& options, const knowledge::Knowledge& knowledge) {
  auto profile = device::find(knowledge.devices, options.device);
  if (!profile) complain("--device: there is no profile \"" + options.device + "\"; tlswhy devices lists them");
  return profile;
}

// What one side of a comparison is: the name of a profile, or a capture or log. Nothing, after a complaint, if it is none of them.
std::optional<check::DiffSide> side_of(const std::string& path, const knowledge::Knowledge& knowledge, bool& unreadable) {
  check::DiffSide side;
  side.path = path;
  if ((side.profile = device::find(knowledge.devices, path))) return side;
  input::Inputs inputs = input::read({path}, {}, {}, knowledge);
  for (const std::string& error : inputs.errors) complain(error);
  unreadable = unreadable || !inputs.errors.empty();
  if (!inputs.input.captures.empty()) {
    side.capture = std::move(inputs.input.captures.front());
  } else if (inputs.input.config) {
    side.profile = std::move(inputs.input.config);
  } else if (!inputs.input.logs.empty()) {
    side.log = std::move(inputs.input.logs.front());
  } else {
    if (inputs.errors.empty()) complain(path + ": is no capture, no log, no build configuration and no device profile");
    return std::nullopt;
  }
  return side;
}

}  // namespace

int run_diff(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  if (options.paths.size() != 2) {
    complain("diff takes two: one that works and one that does not");
    return k_exit_usage;
  }
  bool unreadable = false;
  const auto good = side_of(options.paths[0], knowledge.get(), unreadable);
  const auto bad = side_of(options.paths[1], knowledge.get(), unreadable);
  if (!good || !bad) return unreadable ? k_exit_unreadable : k_exit_usage;
  const check::Diff diff = check::compare(*good, *bad, knowledge.get());
  if (diff.compared == "nothing") {
    complain(diff.summary);
    return k_exit_usage;
  }
  return write_output(options, options.machine() ? report::diff_json(diff, options.indent()) + "\n" : report::diff_text(diff, text_options(options)),
                      unreadable   ? k_exit_unreadable
                      : diff.first ? k_exit_failure_found
                                   : k_exit_ok);
}

int run_whatif(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  input::Inputs inputs;
  if (!options.paths.empty()) inputs = input::read(options.paths, {}, {}, knowledge.get());
  for (const std::string& error : inputs.errors) complain(error);
  // A build configuration says more of the device than the name of its kind.
  if (!inputs.input.config && options.device.empty()) {
    complain("which device? Give --device PROFILE, or the device's sdkconfig, mbedtls_config.h or user_settings.h among the files");
    return k_exit_usage;
  }
  const auto device = inputs.input.config ? inputs.input.config : device_of(options, knowledge.get());
  if (!device) return k_exit_usage;
  check::WhatIfContext context;
  context.host = options.host;
  if (options.free_heap > 0) context.free_heap = options.free_heap;
  if (options.in_buffer > 0) context.in_buffer = options.in_buffer;
  if (!options.at.empty() && !(context.at = parse_timestamp(options.at))) {
    complain("--at: \"" + options.at + "\" is no date");
    return k_exit_usage;
  }
  std::vector<check::WhatIf> answers;
  const bool unreadable = !inputs.errors.empty();
  if (!options.server.empty()) {
    const auto server = device::find(knowledge.get().servers, options.server);
    if (!server) {
      complain("--server: there is no policy \"" + options.server + "\"");
      return k_exit_usage;
    }
    answers.push_back(check::what_if(*device, *server, context, knowledge.get()));
  }
  if (!options.paths.empty()) {
    context.trusted = inputs.input.trusted;
    for (check::WhatIf& answer : check::what_if(*device, inputs.input.captures, context, knowledge.get()))
      answers.push_back(std::move(answer));
  }
  if (answers.empty()) {
    complain("nothing shows a server: give a capture with a TLS handshake, or --server POLICY");
    return unreadable ? k_exit_unreadable : k_exit_usage;
  }
  bool refused = false;
  for (const check::WhatIf& answer : answers) refused = refused || answer.verdict == check::Verdict::no;
  return write_output(options, options.machine() ? report::whatif_json(answers, options.indent()) + "\n" : report::whatif_text(answers, text_options(options)),
                      unreadable ? k_exit_unreadable
                      : refused  ? k_exit_failure_found
                                 : k_exit_ok);
}

int run_cert(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  check::CertContext context;
  context.host = options.host;
  context.at = Timestamp{static_cast<std::int64_t>(std::time(nullptr)) * 1'000'000'000};
  if (!options.at.empty()) {
    const auto at = parse_timestamp(options.at);
    if (!at) {
      complain("--at: \"" + options.at + "\" is no date");
      return k_exit_usage;
    }
    context.at = *at;
  }
  if (!options.device.empty() && !(context.device = device_of(options, knowledge.get()))) return k_exit_usage;
  std::vector<check::CertFile> files;
  bool unreadable = false;
  for (const std::string& path : options.paths) {
    auto bytes = input::read_bytes(path);
    if (!bytes) {
      complain(path + ": " + bytes.error().what);
      unreadable = true;
      continue;
    }
    files.push_back({path, std::move(*bytes)});
  }
  const check::CertReport report = check::lint(files, context, knowledge.get());
  return write_output(options, options.machine() ? report::cert_json(report, options.indent()) + "\n" : report::cert_text(report, text_options(options)),
                      unreadable          ? k_exit_unreadable
                      : report.errors > 0 ? k_exit_failure_found
                                          : k_exit_ok);
}

}  // namespace tlswhy::cli
