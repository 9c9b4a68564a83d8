// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"
#include "capture/capture.hpp"
#include "tls/certificate.hpp"

namespace tlswhy::cli {
namespace {

constexpr std::size_t k_default_width = 80;
constexpr std::size_t k_narrowest = 40;
constexpr std::size_t k_widest = 120;

bool environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

// Order: the option, NO_COLOR, the forcing variables, the terminal.
bool use_color(const Options& options) {
  if (options.color == "always") return true;
  if (options.color == "never" || environment("NO_COLOR")) return false;
  if (environment("CLICOLOR_FORCE") || environment("FORCE_COLOR")) return true;
  const char* const terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  return options.output.empty() && isatty(STDOUT_FILENO) != 0 && !dumb;
}

std::size_t terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::min<std::size_t>(size.ws_col, k_widest);
  return k_default_width;
}

}  // namespace

KnowledgeSource::KnowledgeSource(const std::string& data_folder) {
  knowledge_ = &knowledge::built_in();
  if (data_folder.empty()) return;
  std::vector<std::string> faults;
  library_ = std::make_unique<knowledge::Library>(knowledge::Library::load(data_folder, faults));
  knowledge_ = &library_->over(knowledge::built_in());
  for (std::string& fault : knowledge::check(*knowledge_)) faults.push_back(std::move(fault));
  for (const std::string& fault : faults) complain(fault);
  ok_ = faults.empty();
}

report::TextOptions text_options(const Options& options) {
  report::TextOptions text;
  text.width = std::max(k_narrowest, options.width != 0 ? options.width : terminal_width());
  text.color = use_color(options);
  text.verbose = options.verbose;
  text.quiet = options.quiet;
  return text;
}

int write_output(const Options& options, const std::string& text, int status) {
  return write_output(options, [&](const TextSink& sink) { sink(text); }, status);
}

int write_output(const Options& options, const std::function<void(const TextSink&)>& make, int status) {
  std::FILE* file = stdout;
  if (!options.output.empty() && options.output != "-") {
    file = std::fopen(options.output.c_str(), "wb");
    if (file == nullptr) {
      complain(options.output + ": cannot be written: " + std::strerror(errno));
      return k_exit_unreadable;
    }
  }
  bool written = true;
  int error = 0;
  const auto note = [&](bool done) {
    if (!done && written) error = errno;
    written = written && done;
  };
  make([&](std::string_view text) {
    if (written) note(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  });
  if (written) note(std::fflush(file) == 0);
  if (file != stdout) note(std::fclose(file) == 0);
  // A reader that has seen enough (head, less) is no failure.
  if (!written && error == EPIPE) return status;
  if (!written) {
    complain((options.output.empty() ? std::string("standard output") : options.output) + ": cannot be written: " + std::strerror(error));
    return k_exit_unreadable;
  }
  return status;
}

void complain(const std::string& message) { std::fprintf(stderr, "tlswhy: error: %s\n", printable(message).c_str()); }

}  // namespace tlswhy::cli
