// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/options.hpp"
#include "log/log.hpp"
#include "report/text.hpp"

namespace tlswhy::cli {
namespace {

// A line is explained up to here; what is longer passes through all the same.
constexpr std::size_t k_line_buffer = 64U << 10U;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != nullptr && file != stdin) std::fclose(file);
  }
};

}  // namespace

int run_annotate(const Options& options) {
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  std::unique_ptr<std::FILE, CloseFile> file(options.paths.empty() || options.paths.front() == "-" ? stdin : std::fopen(options.paths.front().c_str(), "rb"));
  if (!file) {
    complain(options.paths.front() + ": cannot be read: " + std::strerror(errno));
    return k_exit_unreadable;
  }
  const log::Scanner scanner(knowledge.get());
  const report::TextOptions text = text_options(options);
  std::string line;
  std::uint64_t number = 0;
  bool found = false;
  const auto explain = [&] {
    std::vector<log::Event> events;
    scanner.scan_line(line, ++number, events);
    for (const log::Event& event : events) {
      const std::string note = report::event_text(event, knowledge.get(), text);
      if (note.empty()) continue;
      found = found || event.is_error;
      std::fwrite(note.data(), 1, note.size(), stdout);
    }
    line.clear();
  };
  // Character by character: every byte must pass at once, also those of a prompt that never ends its line.
  for (int c = std::getc(file.get()); c != EOF; c = std::getc(file.get())) {
    if (std::putchar(c) == EOF) return k_exit_ok;
    if (c == '\n') {
      explain();
      std::fflush(stdout);
    } else if (line.size() < k_line_buffer) {
      line += static_cast<char>(c);
    }
  }
  if (!line.empty()) {
    std::putchar('\n');
    explain();
  }
  std::fflush(stdout);
  return found ? k_exit_failure_found : k_exit_ok;
}

}  // namespace tlswhy::cli
