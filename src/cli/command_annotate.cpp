// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "cli/annotate.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "diagnose/attempts.hpp"
#include "log/log.hpp"
#include "report/text.hpp"

namespace tlswhy::cli {
namespace {

// A line is explained up to here; what is longer passes through all the same.
constexpr std::size_t k_line_buffer = 64U << 10U;
constexpr std::size_t k_chunk = 64U << 10U;
// An explanation is given again only when this many lines have passed, so that it has long left the screen.
constexpr std::uint64_t k_repeat_after_lines = 500;
constexpr std::size_t k_most_remembered = 10'000;  // explanations; a line that is new each time must not fill the memory
constexpr int k_follow_pause_ms = 200;             // between looks at a file that is followed

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ > STDERR_FILENO) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

// False if not all could be written; errno is EPIPE if nobody reads any more.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Finds what is to be said under each line; keeps the line that is not over yet.
class Annotator {
 public:
  Annotator(const knowledge::Knowledge& knowledge, const report::TextOptions& text)
      : knowledge_(knowledge), senses_(knowledge), scanner_(knowledge), text_(text) {}

  // The bytes with explanations after the ends of the lines that matter.
  [[nodiscard]] std::string pass(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
      out += piece;
      line_ += piece.substr(0, k_line_buffer - std::min(k_line_buffer, line_.size()));
      if (end != std::string_view::npos) out += explain();
      bytes.remove_prefix(piece.size());
    }
    return out;
  }
  // What is to be said about a last line without an end.
  [[nodiscard]] std::string finish() {
    if (line_.empty()) return {};
    std::string note = explain();
    return note.empty() ? note : "\n" + note;
  }
  [[nodiscard]] bool failure_found() const { return failure_found_; }

 private:
  std::string explain() {
    std::vector<log::Event> events;
    scanner_.scan_line(line_, ++number_, events);
    line_.clear();
    std::string notes;
    for (const log::Event& event : events) {
      if (!diagnose::event_fails(event, senses_)) continue;
      failure_found_ = true;
      std::string note = report::event_text(event, knowledge_, text_);
      if (note.empty() || notes.find(note) != std::string::npos) continue;
      if (last_shown_.size() > k_most_remembered) last_shown_.clear();
      const auto [shown, fresh] = last_shown_.try_emplace(note, number_);
      if (!fresh && number_ - shown->second < k_repeat_after_lines) continue;
      shown->second = number_;
      notes += note;
    }
    return notes;
  }

  const knowledge::Knowledge& knowledge_;
  diagnose::FactSenses senses_;
  log::Scanner scanner_;
  report::TextOptions text_;
  std::string line_;
  std::uint64_t number_ = 0;
  bool failure_found_ = false;
  std::unordered_map<std::string, std::uint64_t> last_shown_;
};

// Waits for more of a file that is being written; starts over if it was cut or written anew.
void wait_for_more(int descriptor) {
  struct stat information {};
  const off_t position = lseek(descriptor, 0, SEEK_CUR);
  if (position > 0 && fstat(descriptor, &information) == 0 && information.st_size < position) lseek(descriptor, 0, SEEK_SET);
  poll(nullptr, 0, k_follow_pause_ms);
}

}  // namespace

int run_annotate(const Options& options) {
  if (std::any_of(options.paths.begin(), options.paths.end(), is_capture_file)) return run_annotate_capture(options);
  if (options.paths.size() > 1) {
    complain("annotate takes one log at a time, or one capture with its logs");
    return k_exit_usage;
  }
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  const bool standard_input = options.paths.empty() || options.paths.front() == "-";
  const Descriptor input(standard_input ? STDIN_FILENO : open(options.paths.front().c_str(), O_RDONLY | O_CLOEXEC));
  if (input.number() < 0) {
    complain(options.paths.front() + ": cannot be read: " + std::strerror(errno));
    return k_exit_unreadable;
  }
  const bool to_file = !options.output.empty() && options.output != "-";
  const Descriptor output(to_file ? open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO);
  if (output.number() < 0) {
    complain(options.output + ": cannot be written: " + std::strerror(errno));
    return k_exit_unreadable;
  }
  note_interrupts();
  Annotator annotator(knowledge.get(), text_options(options));
  int status = k_exit_ok;
  bool wanted = true;  // someone reads what is written
  std::string buffer(k_chunk, '\0');
  // What a read gives goes out at once, a prompt that never ends its line too.
  while (!interrupted() && wanted) {
    const ssize_t got = read(input.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      complain((standard_input ? std::string("standard input") : options.paths.front()) + ": cannot be read: " + std::strerror(errno));
      status = k_exit_unreadable;
      break;
    }
    if (got == 0 && !(options.follow && !standard_input)) break;
    if (got == 0) {
      wait_for_more(input.number());
      continue;
    }
    wanted = write_all(output.number(), annotator.pass(std::string_view(buffer).substr(0, static_cast<std::size_t>(got))));
  }
  if (wanted) wanted = write_all(output.number(), annotator.finish());
  // A reader that has seen enough is no failure, a full disk is.
  if (!wanted && errno != EPIPE) {
    complain((to_file ? options.output : std::string("standard output")) + ": cannot be written: " + std::strerror(errno));
    return k_exit_unreadable;
  }
  return status == k_exit_ok && annotator.failure_found() ? k_exit_failure_found : status;
}

}  // namespace tlswhy::cli
