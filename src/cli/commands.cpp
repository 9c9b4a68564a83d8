// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "report/findings.hpp"

namespace tlswhy::cli {
namespace {

// What --format takes: text and JSON everywhere, pages for one diagnosis, the formats of CI services where there are findings.
std::vector<std::string> formats_of(bool findings, bool pages) {
  std::vector<std::string> formats{"text", "json", "ndjson"};
  if (pages) formats.insert(formats.end(), {"html", "markdown"});
  if (findings) formats.insert(formats.end(), report::findings_formats().begin(), report::findings_formats().end());
  return formats;
}

void add_common(CLI::App& app, Options& options, bool findings = false, bool pages = false) {
  app.add_flag("--json", options.json, "One JSON document")->group("Output");
  app.add_flag("--ndjson", options.ndjson, "JSON, one document a line")->group("Output");
  app.add_option("--format", options.format, findings ? "For people, for programs, or for a CI service" : "For people or for programs")
      ->check(CLI::IsMember(formats_of(findings, pages)))
      ->group("Output");
  if (findings) {
    app.add_option("--sarif-category", options.sarif_category, "Tells several SARIF runs over one commit apart")->type_name("NAME")->group("Output");
  }
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
  app.add_flag("--redact", options.redact, "Pseudonyms for addresses, names, serial numbers and identities, the same for the same")->group("Output");
  app.add_option("--threads", options.threads, "Processors for one large capture: 1 or 2 (default: 2 where there are two)")
      ->type_name("N")
      ->check(CLI::Range(1, 2))
      ->group("Run");
  add_common(app, options, true, true);
}

// What of a batch makes the run fail, of triage and merge.
void add_gate(CLI::App& app, Options& options) {
  app.add_option("--fail-on", options.fail_on, "What makes the exit status 1: failed (the default), inconclusive or any (failures and what cannot be told), new (failures not on the baseline; the default with --baseline), unexpected (expectations not met), cause=ID,ID, never")
      ->type_name("WHAT")
      ->group("Judgement");
  app.add_option("--min-confidence", options.min_confidence, "Failures whose cause is less sure do not count")->type_name("0..1")->check(CLI::Range(0.0, 1.0))->group("Judgement");
  app.add_option("--write-baseline", options.write_baseline, "Write what was found to FILE, as a baseline for later runs")->type_name("FILE")->group("Judgement");
  add_common(app, options, true);
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
  app.add_flag("--json", options.json, "One JSON document");
  app.add_flag("--ndjson", options.ndjson, "JSON on one line");
  app.add_option("-o,--output", options.output, "Write to FILE")->type_name("FILE");
  app.add_option("--color", options.color, "auto, always or never; NO_COLOR is honoured")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_option("--width", options.width, "Columns of text output")->type_name("N");
  app.add_flag("-q,--quiet", options.quiet, "The verdict line only");
  app.add_flag("-v,--verbose", options.verbose, "Notes and what each device library answers");
  app.add_option("--data", options.data, "Lay the data files of DIR over the built-in ones")->type_name("DIR");
}

void add_serve(CLI::App& app, Options& options) {
  app.add_option("--port", options.port, "Port on 127.0.0.1 (default: any that is free)")->type_name("N")->check(CLI::Range(1, 65535));
  app.add_option("--upload-limit", options.upload_limit, "What may be given to it at once (default: 512)")->type_name("MIB")->check(CLI::Range(1, 16384));
  app.add_flag("-q,--quiet", options.quiet, "Print the address only");
  app.add_flag("-v,--verbose", options.verbose, "Say what of the sandbox does not hold");
  app.add_option("--data", options.data, "Lay the data files of DIR over the built-in ones")->type_name("DIR");
}

void add_watch(CLI::App& app, Options& options) {
  app.add_option("PATH", options.paths, "Serial ports, logs that are being written, folders of capture files that follow each other; - is standard input")->group("Input");
  app.add_option("-i,--interface", options.interfaces, "Network interface to listen on")->type_name("NAME")->allow_extra_args(false)->group("Input");
  app.add_option("--baud", options.baud, "Speed of serial ports (default: 115200)")->type_name("N")->check(CLI::Range(50, 4'000'000))->group("Input");
  app.add_flag("--from-start", options.from_start, "What logs and folders hold already is news too")->group("Input");
  add_context(app, options);
  app.add_flag("--json,--ndjson", options.ndjson, "JSON, one document a line")->group("Output");
  app.add_option("--color", options.color, "auto, always or never; NO_COLOR is honoured")->check(CLI::IsMember({"auto", "always", "never"}))->group("Output");
  app.add_option("--width", options.width, "Columns of text output")->type_name("N")->group("Output");
  app.add_flag("-q,--quiet", options.quiet, "No greeting and no counts at the end")->group("Output");
  app.add_flag("-v,--verbose", options.verbose, "Evidence and what to do below each failure")->group("Output");
  app.add_option("--data", options.data, "Lay the data files of DIR over the built-in ones")->type_name("DIR")->group("Output");
}

void add_explain(CLI::App& app, Options& options) {
  app.add_option("CODE", options.words, "Code, symbol, alert or whole log line")->required();
  app.add_option("--library", options.library, "Only this library, for example mbedtls")->type_name("ID");
  app.add_option("--platform", options.platform, "Where it was printed, for example esp-idf")->type_name("NAME");
  app.add_option("--for-version,--library-version", options.for_version, "Version of the library; --version VERSION is the same")
      ->type_name("VERSION");
  add_common(app, options);
}

void add_annotate(CLI::App& app, Options& options) {
  app.add_option("FILE", options.paths, "Log to annotate, standard input by default; or a capture, with logs, to be written to -o with comments");
  app.add_flag("--follow", options.follow, "Go on with what is added to FILE later, until interrupted")->group("Logs");
  app.add_flag("--only-failed", options.only_failed, "Write only the packets of connections that failed, without decryption keys")->group("Captures");
  add_context(app, options);
  add_common(app, options);
}

void add_bundle(CLI::App& app, Options& options) {
  app.add_option("PATH", options.paths, "Captures, logs, CA files, key logs in any order")->required()->group("Input");
  add_context(app, options);
  app.add_option("-o,--output", options.output, "The archive (tar.gz) to write")->type_name("FILE")->group("Output");
  app.add_option("--data", options.data, "Lay the data files of DIR over the built-in ones")->type_name("DIR")->group("Output");
}

void add_merge(CLI::App& app, Options& options) {
  app.add_option("FILE", options.paths, "What the shards wrote with --ndjson, in any order")->required();
  add_gate(app, options);
}

void add_whatif(CLI::App& app, Options& options) {
  app.add_option("PATH", options.paths, "Captures of any client with the server; CA files that the device holds");
  app.add_option("--device", options.device, "What the device is; tlswhy devices lists the profiles")->type_name("PROFILE");
  app.add_option("--server", options.server, "A usual server configuration: certbot, mozilla-intermediate, mozilla-modern, mosquitto")
      ->type_name("POLICY");
  add_check(app, options);
  app.add_option("--free-heap", options.free_heap, "Free heap before the handshake")->type_name("BYTES");
  app.add_option("--in-buffer", options.in_buffer, "Largest record the device can take")->type_name("BYTES");
}

void add_diff(CLI::App& app, Options& options) {
  app.add_option("GOOD BAD", options.paths, "Two captures, two logs or two device profiles: one that works, one that does not")->required();
  add_check(app, options);
}

void add_cert(CLI::App& app, Options& options) {
  app.add_option("FILE", options.paths, "Certificates, CA files and private keys, PEM or DER")->required();
  app.add_option("--device", options.device, "Judge by what this device can do, too")->type_name("PROFILE");
  add_check(app, options);
}

void add_codes(CLI::App& app, Options& options) {
  app.add_option("TABLE|NUMBER|WORD", options.names, "Only these, or those that have all of these words");
  app.add_option("--library", options.library, "Only tables of this library, for example mbedtls")->type_name("ID");
  app.add_option("--search", options.search, "Only rows with this text in symbol or meaning")->type_name("TEXT");
  add_common(app, options);
}

void add_causes(CLI::App& app, Options& options) {
  app.add_option("CAUSE|WORD", options.names, "Only these, or those that have all of these words");
  add_common(app, options);
}

void add_devices(CLI::App& app, Options& options) {
  app.add_option("PROFILE|WORD", options.names, "Only these, or those that have all of these words");
  add_common(app, options);
}

void add_schema(CLI::App& app, Options& options) {
  app.add_option("NAME", options.names, "Only these");
  add_common(app, options);
}

void add_completion(CLI::App& app, Options& options) {
  app.add_option("SHELL", options.names, "bash, zsh or fish")->required()->expected(1)->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_option("-o,--output", options.output, "Write to FILE")->type_name("FILE");
}

void add_generate(CLI::App& app, Options& options) { app.add_option("FOLDER", options.names, "Where to write")->required()->expected(1); }

constexpr std::array<Command, 17> k_commands{{
    {"diagnose", "say why a TLS handshake failed", add_diagnose, run_diagnose},
    {"explain", "what a code, symbol, alert or log line means", add_explain, run_explain},
    {"annotate", "explain the lines of a log as they come, or write a capture with the verdict as comments", add_annotate, run_annotate},
    {"bundle", "report and logs with pseudonyms in one archive, to send to who helps", add_bundle, run_bundle},
    {"triage", "a verdict for each of many captures and logs", add_triage, run_triage},
    {"merge", "join what the shards of triage wrote", add_merge, run_merge},
    {"serve", "a local page to paste logs into and drop captures on", add_serve, run_serve, false, true},
    {"watch", "live: a verdict when an attempt has failed, from an interface, a serial port, a growing log", add_watch, run_watch, false, true},
    {"codes", "browse the tables of codes", add_codes, run_codes},
    {"causes", "browse the causes", add_causes, run_causes},
    {"devices", "browse the device profiles", add_devices, run_devices},
    {"whatif", "could this device reach that server?", add_whatif, run_whatif},
    {"diff", "the first difference that matters between a good and a bad one", add_diff, run_diff},
    {"cert", "what is wrong with certificates, keys and CA files", add_cert, run_cert},
    {"schema", "the JSON schemas of the output", add_schema, run_schema},
    {"completion", "a completion script for the shell", add_completion, run_completion},
    {"generate", "man pages, completions and the reference", add_generate, run_generate, true},
}};

}  // namespace

std::span<const Command> commands() { return k_commands; }

const Command* command_named(std::string_view name) {
  const auto at = std::find_if(k_commands.begin(), k_commands.end(), [&](const Command& command) { return command.name == name; });
  return at == k_commands.end() ? nullptr : &*at;
}

std::string usage_name(const Command& command) { return command.name == "diagnose" ? "tlswhy" : "tlswhy " + std::string(command.name); }

}  // namespace tlswhy::cli
