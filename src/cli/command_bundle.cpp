// SPDX-License-Identifier: Apache-2.0
// bundle PATH... -o OUT.tar.gz: what to hand to somebody who is to help.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

#include "base/text.hpp"
#include "capture/gzip.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/version.hpp"
#include "input/input.hpp"
#include "log/secrets.hpp"
#include "report/html.hpp"
#include "report/json.hpp"
#include "report/redact.hpp"

namespace tlswhy::cli {
namespace {

constexpr std::string_view k_about =
    "What is in here\n"
    "report.html   the diagnosis, to be opened in a browser\n"
    "report.md     the same in short, to be pasted\n"
    "report.json   the same for programs\n"
    "logs/         the logs\n"
    "Addresses, names, serial numbers and identities are pseudonyms, the same for the same in all files. Keys and passwords that were recognised\n"
    "are replaced by [concealed]. Captures, certificates and key logs are not in here. Look the files through before you send them.\n";
constexpr std::size_t k_block = 512;  // of a tar archive

// A file of a tar archive (POSIX.1-1988 ustar) with the time 0 and no owner, so that the same contents give the same bytes.
std::string entry(const std::string& name, const std::string& content) {
  std::array<char, k_block> header{};
  const auto put = [&](std::size_t at, std::string_view text) { std::memcpy(header.data() + at, text.data(), text.size()); };
  put(0, std::string_view(name).substr(0, 99));
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  std::array<char, 12> octal{};
  std::snprintf(octal.data(), octal.size(), "%011llo", static_cast<unsigned long long>(content.size()));
  put(124, std::string_view(octal.data(), 11));
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(octal.data(), octal.size(), "%06o", sum);
  put(148, std::string_view(octal.data(), 7));
  return std::string(header.data(), header.size()) + content + std::string((k_block - content.size() % k_block) % k_block, '\0');
}

// Only names that any system takes.
std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name) out += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ? c : '_';
  return out.empty() || out.front() == '.' ? "_" + out : out;
}

std::string shared_log(const std::string& text, report::Redactor& redactor) {
  std::string out;
  bool in_key = false;  // between BEGIN and END of a private key
  for (std::string_view line : split(text, '\n')) {
    const bool begins = line.find("BEGIN") != std::string_view::npos && line.find("PRIVATE KEY") != std::string_view::npos;
    const bool ends = line.find("END") != std::string_view::npos && line.find("PRIVATE KEY") != std::string_view::npos;
    out += in_key && !ends ? std::string(log::k_concealed) : redactor.text(printable(log::conceal_secrets(line)));
    out += '\n';
    in_key = (in_key || begins) && !ends;
  }
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace

int run_bundle(const Options& options) {
  if (options.output.empty()) {
    complain("give -o OUT.tar.gz (or -o - for standard output)");
    return k_exit_usage;
  }
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  diagnose::Context context;
  if (!read_context(options, knowledge.get(), context)) return k_exit_usage;
  if (std::find(options.paths.begin(), options.paths.end(), "-") != options.paths.end()) {
    complain("bundle reads files twice; give the log as a file");
    return k_exit_usage;
  }
  input::Settings settings;
  settings.filter = options.filter;
  input::Inputs inputs = input::read(options.paths, options.key_logs, settings, knowledge.get());
  if (!read_trusted(options, inputs.input.trusted, inputs.errors)) return k_exit_unreadable;
  for (const std::string& error : inputs.errors) complain(error);
  if (inputs.bad_filter) return k_exit_usage;
  inputs.input.context = std::move(context);
  diagnose::Diagnosis diagnosis = diagnose::diagnose(inputs.input, knowledge.get());
  report::Redactor redactor(inputs.files, inputs.input, diagnosis);
  std::string logs;
  for (const input::File& file : inputs.files) {
    if (file.kind != "log") continue;
    const auto bytes = input::read_bytes(file.path);
    if (bytes) logs += entry("tlswhy-bundle/logs/" + plain_name(redactor.file(file.path)), shared_log(std::string(bytes->begin(), bytes->end()), redactor));
  }
  redactor.apply(inputs.files, inputs.input, diagnosis);
  const report::Tool tool{std::string(k_version)};
  const auto file = [](const std::string& name, const std::string& content) { return entry("tlswhy-bundle/" + name, content); };
  std::string archive = file("README.txt", std::string(k_about)) + file("report.html", report::diagnosis_html(tool, inputs.files, inputs.input, diagnosis, knowledge.get())) +
                        file("report.md", report::diagnosis_markdown(tool, inputs.files, inputs.input, diagnosis, knowledge.get())) +
                        file("report.json", report::diagnosis_json(tool, inputs.files, inputs.input, diagnosis, knowledge.get(), 2) + "\n") + logs + std::string(2 * k_block, '\0');
  const int status = !inputs.errors.empty() ? k_exit_unreadable : diagnosis.outcome == diagnose::Outcome::failed ? k_exit_failure_found : k_exit_ok;
  const int written = write_output(options, capture::gzip(archive), status);
  if (written == status && options.output != "-") std::printf("%s: report and logs, with pseudonyms and without the captures. Look them through before you send them.\n", printable(options.output).c_str());
  return written;
}

}  // namespace tlswhy::cli
