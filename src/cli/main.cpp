// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>

#include "base/text.hpp"
#include "capture/capture.hpp"
#include "cli/options.hpp"
#include "cli/version.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::cli {
namespace {

constexpr std::array<std::string_view, 12> k_commands{"diagnose", "explain", "annotate", "codes", "causes", "devices",
                                                     "schema",   "whatif",  "diff",     "cert",  "triage", "merge"};
constexpr std::size_t k_edits = 3;

constexpr const char* k_footer =
    "Examples:\n"
    "  tlswhy capture.pcapng serial.log          why did it fail?\n"
    "  tlswhy explain -0x7200                    what does this code mean?\n"
    "  tail -f monitor.log | tlswhy annotate     explain lines as they come\n"
    "Exit status: 0 nothing failed, 1 a failure was found (or a code is unknown), 2 usage, 3 an input could not be read.";

void add_common(CLI::App& app, Options& options) {
  app.add_flag("--json", options.json, "One JSON document")->group("Output");
  app.add_flag("--ndjson", options.ndjson, "JSON, one document a line")->group("Output");
  app.add_option("--format", options.format, "text, json or ndjson")->check(CLI::IsMember({"text", "json", "ndjson"}))->group("Output");
  app.add_option("-o,--output", options.output, "Write to FILE")->type_name("FILE")->group("Output");
  app.add_option("--color", options.color, "auto, always or never; NO_COLOR is honoured")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->group("Output");
  app.add_option("--width", options.width, "Columns of text output")->type_name("N")->group("Output");
  app.add_flag("-q,--quiet", options.quiet, "The verdict line only")->group("Output");
  app.add_flag("-v,--verbose", options.verbose, "Ladder, certificates, all facts and their weights")->group("Output");
  app.add_option("--data", options.data, "Lay the data files of DIR over the built-in ones")->type_name("DIR")->group("Output");
}

// Context that sharpens a diagnosis. Options that may be given several times take one word each: what follows is a PATH again.
void add_context(CLI::App& app, Options& options) {
  app.add_option("--ca", options.ca_files, "CA certificates that the verifier trusts")->type_name("FILE")->allow_extra_args(false)->group("Input");
  app.add_option("--keylog", options.key_logs, "TLS key log (SSLKEYLOGFILE) to decrypt with")->type_name("FILE")->allow_extra_args(false)->group("Input");
  app.add_option("--filter", options.filter, "Look at these packets only (BPF, as tcpdump)")->type_name("BPF")->group("Input");
  app.add_option("--device", options.device, "What the device is; tlswhy devices lists the profiles")
      ->type_name("PROFILE")
      ->group("Context");
  app.add_option("--in-buffer", options.in_buffer, "Largest record the device can take")->type_name("BYTES")->group("Context");
  app.add_option("--free-heap", options.free_heap, "Free heap before the handshake")->type_name("BYTES")->group("Context");
  app.add_option("--host", options.host, "Name or address the device dialled")->type_name("NAME")->group("Context");
  app.add_option("--at", options.at, "Judge certificates by this date (default: the capture's own)")->type_name("TIME")->group("Context");
  app.add_option("--set", options.set, "Any other fact, for example worked_before=yesterday")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->group("Context");
}

void add_diagnose(CLI::App& app, Options& options) {
  app.add_option("PATH", options.paths, "Captures, logs, CA files, key logs in any order; - is standard input")->group("Input");
  add_context(app, options);
  app.add_option("--save-certificates", options.save_certificates, "Write the certificates to FILE as they were sent (PEM)")->type_name("FILE")->group("Output");
  add_common(app, options);
}

// What of a batch makes the run fail, of triage and merge.
void add_gate(CLI::App& app, Options& options) {
  app.add_option("--fail-on", options.fail_on, "What makes the exit status 1: failed (the default), inconclusive or any (failures and what cannot be told), new (failures not on the baseline; the default with --baseline), unexpected (expectations not met), cause=ID,ID, never")
      ->type_name("WHAT")
      ->group("Judgement");
  app.add_option("--min-confidence", options.min_confidence, "Failures whose cause is less sure do not count")->type_name("0..1")->check(CLI::Range(0.0, 1.0))->group("Judgement");
  app.add_option("--write-baseline", options.write_baseline, "Write what was found to FILE, as a baseline for later runs")->type_name("FILE")->group("Judgement");
  add_common(app, options);
}

void add_triage(CLI::App& app, Options& options) {
  app.add_option("PATH", options.paths, "Captures, logs, folders (searched through) and quoted patterns")->group("Input");
  app.add_option("--files-from", options.files_from, "More PATHs, one a line; - is standard input")->type_name("FILE")->group("Input");
  add_context(app, options);
  app.add_option("-j,--jobs", options.jobs, "Inputs looked at together (default: one a processor)")->type_name("N")->group("Run");
  app.add_option("--shard", options.shard, "Only part I of N, for example 3/8; tlswhy merge joins the parts' --ndjson")->type_name("I/N")->group("Run");
  app.add_option("--time-limit", options.time_limit, "Begin no input after that time: 90, 90s, 10m, 2h")->type_name("TIME")->group("Run");
  app.add_flag("--no-progress", options.no_progress, "No counter on the terminal")->group("Run");
  app.add_flag("--expect", options.expect, "Compare with the expectation beside each input: NAME.expect or case.json")->group("Judgement");
  app.add_option("--baseline", options.baseline, "Failures that are known already")->type_name("FILE")->group("Judgement");
  add_gate(app, options);
}

// Options of whatif and cert, which print text only.
void add_check(CLI::App& app, Options& options) {
  app.add_option("--host", options.host, "Name or address that is dialled")->type_name("NAME");
  app.add_option("--at", options.at, "Judge certificates by this date")->type_name("TIME");
  app.add_option("-o,--output", options.output, "Write to FILE")->type_name("FILE");
  app.add_option("--color", options.color, "auto, always or never; NO_COLOR is honoured")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--width", options.width, "Columns of text output")->type_name("N");
  app.add_flag("-q,--quiet", options.quiet, "The verdict line only");
  app.add_flag("-v,--verbose", options.verbose, "Notes and what each device library answers");
  app.add_option("--data", options.data, "Lay the data files of DIR over the built-in ones")->type_name("DIR");
}

// "explain -0x7200" and "explain -40": what looks like a number is no option; "-f90" is one that was printed by "-%x".
bool is_negative_number(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const bool all_hexadecimal = word.size() > 2 && word.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
  return all_hexadecimal || (word[1] >= '0' && word[1] <= '9');
}

// The first argument that is no option decides the command. A mistyped command that is no file gets a suggestion.
std::string suggestion_for(const std::string& word) {
  if (word.empty() || word.front() == '-' || word.find_first_of("./\\") != std::string::npos || access(word.c_str(), F_OK) == 0) return {};
  for (const std::string_view command : k_commands) {
    const std::size_t edits = edit_distance(word, command, k_edits);
    if (edits > 0 && edits < k_edits) return std::string(command);
  }
  return {};
}

// The words in the order in which they were typed; numbers with a minus were set behind the rest.
void in_order(std::vector<std::string>& words, const std::vector<std::string>& as_typed) {
  const auto place = [&](const std::string& word) { return std::find(as_typed.begin(), as_typed.end(), word) - as_typed.begin(); };
  std::stable_sort(words.begin(), words.end(), [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
}

int parse_and_run(std::vector<std::string> arguments) {
  Options options;
  std::string command = "diagnose";
  if (!arguments.empty() && std::find(k_commands.begin(), k_commands.end(), arguments.front()) != k_commands.end()) {
    command = arguments.front();
    arguments.erase(arguments.begin());
  }
  // "explain CODE --version 3.6" asks about a version of the library.
  if (command == "explain") {
    const auto at = std::find(arguments.begin(), arguments.end(), "--version");
    if (at != arguments.end() && at + 1 != arguments.end()) *at = "--for-version";
  }
  const bool wants_version = std::find(arguments.begin(), arguments.end(), "--version") != arguments.end();
  if (wants_version) {
    const bool verbose = std::find(arguments.begin(), arguments.end(), "-v") != arguments.end();
    return write_output(options, version_text(verbose), k_exit_ok);
  }
  CLI::App app(command == "diagnose" ? "tlswhy: why did this TLS handshake fail?" : "tlswhy " + command);
  app.name(command == "diagnose" ? "tlswhy" : "tlswhy " + command);
  app.footer(k_footer);
  std::function<int(const Options&)> run;
  if (command == "diagnose") {
    add_diagnose(app, options);
    app.footer(std::string("Other commands: explain, annotate, triage, merge, codes, causes, devices, whatif, diff, cert, schema (tlswhy COMMAND --help).\n") +
               k_footer);
    run = run_diagnose;
  } else if (command == "explain") {
    app.add_option("CODE", options.words, "Code, symbol, alert or whole log line")->required();
    app.add_option("--library", options.library, "Only this library, for example mbedtls")->type_name("ID");
    app.add_option("--platform", options.platform, "Where it was printed, for example esp-idf")->type_name("NAME");
    app.add_option("--for-version,--library-version", options.for_version, "Version of the library; --version VERSION is the same")
        ->type_name("VERSION");
    add_common(app, options);
    run = run_explain;
  } else if (command == "annotate") {
    app.add_option("FILE", options.paths, "Log to annotate; standard input by default");
    app.add_flag("--follow", options.follow, "Go on with what is added to FILE later, until interrupted");
    add_common(app, options);
    run = run_annotate;
  } else if (command == "triage") {
    add_triage(app, options);
    run = run_triage;
  } else if (command == "merge") {
    app.add_option("FILE", options.paths, "What the shards wrote with --ndjson, in any order")->required();
    add_gate(app, options);
    run = run_merge;
  } else if (command == "whatif") {
    app.add_option("PATH", options.paths, "Captures of any client with the server; CA files that the device holds");
    app.add_option("--device", options.device, "What the device is; tlswhy devices lists the profiles")->type_name("PROFILE")->required();
    app.add_option("--server", options.server, "A usual server configuration: certbot, mozilla-intermediate, mozilla-modern, mosquitto")
        ->type_name("POLICY");
    add_check(app, options);
    app.add_option("--free-heap", options.free_heap, "Free heap before the handshake")->type_name("BYTES");
    app.add_option("--in-buffer", options.in_buffer, "Largest record the device can take")->type_name("BYTES");
    run = run_whatif;
  } else if (command == "diff") {
    app.add_option("GOOD BAD", options.paths, "Two captures, two logs or two device profiles: one that works, one that does not")->required();
    add_check(app, options);
    run = run_diff;
  } else if (command == "cert") {
    app.add_option("FILE", options.paths, "Certificates, CA files and private keys, PEM or DER")->required();
    app.add_option("--device", options.device, "Judge by what this device can do, too")->type_name("PROFILE");
    add_check(app, options);
    run = run_cert;
  } else {
    const bool codes = command == "codes";
    app.add_option(codes                  ? "TABLE|NUMBER|WORD"
                   : command == "causes"  ? "CAUSE|WORD"
                   : command == "devices" ? "PROFILE|WORD"
                                          : "NAME",
                   options.names, command == "schema" ? "Only these" : "Only these, or those that have all of these words");
    if (codes) app.add_option("--library", options.library, "Only tables of this library, for example mbedtls")->type_name("ID");
    if (codes) app.add_option("--search", options.search, "Only rows with this text in symbol or meaning")->type_name("TEXT");
    add_common(app, options);
    run = codes ? run_codes : command == "causes" ? run_causes : command == "devices" ? run_devices : run_schema;
  }
  const std::vector<std::string> as_typed = arguments;
  if (command == "explain" || command == "codes") {
    // CLI11 takes "-4..." for an option; after "--" nothing is one, so the codes go behind it.
    std::vector<std::string> flags;
    std::vector<std::string> words;
    for (const std::string& argument : arguments) (is_negative_number(argument) ? words : flags).push_back(argument);
    if (!words.empty() && std::find(flags.begin(), flags.end(), "--") == flags.end()) flags.emplace_back("--");
    flags.insert(flags.end(), words.begin(), words.end());
    if (!words.empty()) arguments = std::move(flags);
  }
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return write_output(options, app.help(), k_exit_ok);
  } catch (const CLI::ParseError& error) {
    complain(std::string(error.what()) + "; see tlswhy --help");
    return k_exit_usage;
  }
  in_order(options.words, as_typed);
  if (command == "diagnose") {
    if (options.paths.empty()) {
      if (isatty(STDIN_FILENO) != 0) {
        std::fputs(app.help().c_str(), stderr);
        return k_exit_usage;
      }
      options.paths.emplace_back("-");
    }
    if (const std::string suggestion = suggestion_for(options.paths.front()); !suggestion.empty()) {
      complain(options.paths.front() + ": no such file or command; did you mean " + suggestion + "?");
      return k_exit_usage;
    }
  }
  return run(options);
}

}  // namespace

std::string version_text(bool verbose) {
  std::string text = "tlswhy " + std::string(k_version) + "\n";
  if (!verbose) return text;
  const knowledge::Knowledge& knowledge = knowledge::built_in();
  std::size_t codes = 0;
  for (const knowledge::CodeLibrary& library : knowledge.code_libraries) codes += library.codes.size();
  text += tls::x509_library_version() + "\n" + capture::library_version() + "\n";
  text += std::to_string(codes) + " codes of " + std::to_string(knowledge.code_libraries.size()) + " tables, " +
          std::to_string(knowledge.dialects.size()) + " dialects, " + std::to_string(knowledge.causes.size()) + " causes\n";
  return text;
}

}  // namespace tlswhy::cli

int main(int argc, char** argv) {
  // A reader that closes its end early shall not kill the program in mid-sentence.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return tlswhy::cli::parse_and_run(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tlswhy: internal error: %s\n", error.what());
    return 70;
  }
}
