// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/text.hpp"
#include "capture/capture.hpp"
#include "cli/commands.hpp"
#include "cli/manual.hpp"
#include "cli/options.hpp"
#include "cli/rights.hpp"
#include "cli/version.hpp"
#include "sandbox/sandbox.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::cli {
namespace {

constexpr std::size_t k_edits = 3;

// "explain -0x7200" and "explain -40": what looks like a number is no option; "-f90" is one that was printed by "-%x".
bool is_negative_number(std::string_view word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const bool all_hexadecimal = word.size() > 2 && word.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
  return all_hexadecimal || (word[1] >= '0' && word[1] <= '9');
}

// The first argument that is no option decides the command. A mistyped command that is no file gets a suggestion.
std::string suggestion_for(const std::string& word) {
  if (word.empty() || word.front() == '-' || word.find_first_of("./\\") != std::string::npos || access(word.c_str(), F_OK) == 0) return {};
  for (const Command& command : commands()) {
    const std::size_t edits = edit_distance(word, command.name, k_edits);
    if (edits > 0 && edits < k_edits) return std::string(command.name);
  }
  return {};
}

// The words in the order in which they were typed; numbers with a minus were set behind the rest.
void in_order(std::vector<std::string>& words, const std::vector<std::string>& as_typed) {
  const auto place = [&](const std::string& word) { return std::find(as_typed.begin(), as_typed.end(), word) - as_typed.begin(); };
  std::stable_sort(words.begin(), words.end(), [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
}

std::string footer() {
  constexpr std::size_t k_column = 42;
  std::string text = "Examples:\n";
  for (const Example& example : common_examples()) {
    std::string line = "  " + std::string(example.line);
    line.resize(std::max(line.size() + 1, k_column + 2), ' ');
    text += line + std::string(example.what) + "\n";
  }
  return text + "Exit status: 0 nothing failed, 1 a failure was found (or a code is unknown), 2 usage, 3 an input could not be read.";
}

std::string other_commands() {
  std::string names;
  for (const Command& command : commands().subspan(1)) {
    if (!command.hidden) names += (names.empty() ? "" : ", ") + std::string(command.name);
  }
  return "Other commands: " + names + " (tlswhy COMMAND --help).\n";
}

// What every command needs from now on: to read files and to write those that were named.
sandbox::Policy policy_of(const Options& options) {
  sandbox::Policy policy;
  for (const std::string& path : {options.output, options.save_certificates, options.write_baseline}) {
    if (!path.empty() && path != "-") policy.outputs.push_back(path);
  }
  // The summary of a GitHub job is a file that the runner names.
  const char* const summary = std::getenv("GITHUB_STEP_SUMMARY");
  if (options.format == "github" && summary != nullptr && *summary != '\0') policy.outputs.emplace_back(summary);
  return policy;
}

// For those who trace or profile the program.
bool sandbox_is_off() {
  const char* const value = std::getenv("TLSWHY_SANDBOX");
  return value != nullptr && std::string_view(value) == "off";
}

std::string sandbox_text() {
  if (sandbox_is_off()) return "sandbox: off (TLSWHY_SANDBOX)\n";
  const sandbox::State state = sandbox::enter({});
  std::string text = state.system_calls ? "seccomp" : "";
  if (state.files) text += text.empty() ? "Landlock" : ", Landlock";
  return "sandbox: " + (text.empty() ? "none" : text) + (state.missing.empty() ? "" : " (" + state.missing + ")") + "\n";
}

int parse_and_run(std::vector<std::string> arguments) {
  Options options;
  const Command* command = arguments.empty() ? nullptr : command_named(arguments.front());
  if (command != nullptr) {
    arguments.erase(arguments.begin());
  } else {
    command = &commands().front();
  }
  // "explain CODE --version 3.6" asks about a version of the library.
  if (command->name == "explain") {
    const auto at = std::find(arguments.begin(), arguments.end(), "--version");
    if (at != arguments.end() && at + 1 != arguments.end()) *at = "--for-version";
  }
  const bool wants_version = std::find(arguments.begin(), arguments.end(), "--version") != arguments.end();
  if (wants_version) {
    const bool verbose = std::find(arguments.begin(), arguments.end(), "-v") != arguments.end();
    return write_output(options, version_text(verbose) + (verbose ? sandbox_text() : ""), k_exit_ok);
  }
  const bool main_job = command->name == "diagnose";
  CLI::App app(main_job ? "tlswhy: why did this TLS handshake fail?" : usage_name(*command) + ": " + std::string(command->summary));
  app.name(usage_name(*command));
  command->add(app, options);
  app.footer(main_job ? other_commands() + footer() : footer());
  const std::vector<std::string> as_typed = arguments;
  if (command->name == "explain" || command->name == "codes") {
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
  if (main_job) {
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
  if (!command->hidden && !command->drops_rights) drop_rights(policy_of(options), options.verbose);
  return command->run(options);
}

}  // namespace

void drop_rights(const sandbox::Policy& policy, bool verbose) {
  if (sandbox_is_off()) return;
  const sandbox::State state = sandbox::enter(policy);
  if (verbose && !state.missing.empty()) std::fprintf(stderr, "tlswhy: note: no full sandbox: %s\n", state.missing.c_str());
}

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
