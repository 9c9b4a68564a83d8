// SPDX-License-Identifier: Apache-2.0
// annotate CAPTURE [LOG...] -o OUT.pcapng
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/text.hpp"
#include "capture/rewrite.hpp"
#include "cli/annotate.hpp"
#include "cli/context.hpp"
#include "cli/version.hpp"
#include "input/input.hpp"
#include "report/text.hpp"
#include "report/verdict.hpp"
#include "report/wireshark.hpp"

namespace tlswhy::cli {
namespace {

bool same_file(const std::string& a, const std::string& b) {
  struct stat one {};
  struct stat other {};
  return stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

std::string plural(std::uint64_t count, const std::string& word) { return std::to_string(count) + " " + word + (count == 1 ? "" : "s"); }

// What was written, for the person at the terminal.
std::string done_text(const std::string& path, const capture::Rewritten& written, const wire::Capture& capture, const diagnose::Diagnosis& diagnosis, bool cut) {
  std::string text = path + ": " + plural(written.packets_written, "packet");
  if (cut) text += " of " + std::to_string(written.packets_read);
  text += ", " + plural(written.comments, "comment") + ". In Wireshark: frame.comment contains \"tlswhy\"";
  const std::string frames = cut ? std::string() : report::frames_filter(report::evidence_frames(capture, diagnosis));
  if (!frames.empty()) text += " or " + frames;
  text += "\n";
  if (!written.without_place.empty()) text += "Simple packet blocks hold no comment; the notes of " + plural(written.without_place.size(), "frame") + " are in the section's.\n";
  if (written.key_logs_written > 0) text += "It holds decryption keys, as the input does: who has the file can read these connections.\n";
  if (written.key_logs_left_out > 0) text += "The decryption keys of the input were left out.\n";
  return text;
}

}  // namespace

bool is_capture_file(const std::string& path) {
  if (path == "-") return false;
  struct stat information {};
  if (stat(path.c_str(), &information) != 0 || !S_ISREG(information.st_mode)) return false;
  const auto head = input::read_head(path);
  return head && input::kind_of(*head) == input::Kind::capture;
}

int run_annotate_capture(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  if (options.output.empty()) {
    complain("a capture is annotated into a file: give -o OUT.pcapng (or -o - for standard output)");
    return k_exit_usage;
  }
  const std::size_t captures = static_cast<std::size_t>(std::count_if(options.paths.begin(), options.paths.end(), is_capture_file));
  if (captures != 1) {
    complain("one capture at a time can be annotated; " + std::to_string(captures) + " were given");
    return k_exit_usage;
  }
  const std::string path = *std::find_if(options.paths.begin(), options.paths.end(), is_capture_file);
  const bool to_standard_output = options.output == "-";
  if (!to_standard_output && std::any_of(options.paths.begin(), options.paths.end(), [&](const std::string& input) { return same_file(input, options.output); })) {
    complain(options.output + ": is an input; write to another file");
    return k_exit_usage;
  }
  diagnose::Context context;
  if (!read_context(options, knowledge.get(), context)) return k_exit_usage;
  input::Settings settings;
  settings.filter = options.filter;
  input::Inputs inputs = input::read(options.paths, options.key_logs, settings, knowledge.get());
  if (!read_trusted(options, inputs.input.trusted, inputs.errors)) return k_exit_unreadable;
  for (const std::string& error : inputs.errors) complain(error);
  const auto capture = std::find_if(inputs.input.captures.begin(), inputs.input.captures.end(), [&](const wire::Capture& one) { return one.path == path; });
  if (capture == inputs.input.captures.end()) return inputs.bad_filter ? k_exit_usage : k_exit_unreadable;
  inputs.input.context = std::move(context);
  const diagnose::Diagnosis diagnosis = diagnose::diagnose(inputs.input, knowledge.get());
  const capture::Rewrite how = report::comments_for(*capture, 0, diagnosis, knowledge.get(), std::string(k_version), options.only_failed);

  std::FILE* const file = to_standard_output ? stdout : std::fopen(options.output.c_str(), "wb");
  int error = file == nullptr ? errno : 0;
  if (file == nullptr) {
    complain(options.output + ": cannot be written: " + std::strerror(error));
    return k_exit_unreadable;
  }
  const auto written = capture::rewrite(path, how, [&](std::string_view bytes) { return std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size(); });
  error = errno;
  const bool flushed = std::fflush(file) == 0;
  if (!to_standard_output) std::fclose(file);
  if (!written || !flushed) {
    complain(written ? options.output + ": cannot be written: " + std::strerror(error) : written.error().what == "cannot be written" ? options.output + ": cannot be written: " + std::strerror(error) : path + ": " + written.error().what);
    return k_exit_unreadable;
  }
  for (const std::string& problem : written->problems) {
    // The same damage was told when the capture was read.
    if (inputs.errors.empty()) complain(path + ": " + problem);
  }
  report::TextOptions text = text_options(options);
  text.quiet = true;
  const std::string told = report::diagnosis_text(inputs.files, inputs.input, diagnosis, knowledge.get(), text) +
                           (options.quiet ? std::string() : done_text(printable(options.output), *written, *capture, diagnosis, options.only_failed));
  std::fputs(told.c_str(), to_standard_output ? stderr : stdout);
  if (!inputs.errors.empty() || !written->problems.empty()) return k_exit_unreadable;
  return diagnosis.outcome == diagnose::Outcome::failed ? k_exit_failure_found : k_exit_ok;
}

}  // namespace tlswhy::cli
