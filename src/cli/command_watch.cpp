// SPDX-License-Identifier: Apache-2.0
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/text.hpp"
#include "capture/interface.hpp"
#include "cli/context.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/rights.hpp"
#include "input/input.hpp"
#include "report/watch.hpp"
#include "watch/sources.hpp"

namespace tlswhy::cli {
namespace {

constexpr int k_turn_ms = 50;           // between looks at files and at what is due
constexpr double k_folder_turn_ms = 500;
constexpr unsigned k_nobody = 65'534;   // where sudo does not say who asked

Timestamp now() { return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count()}; }

unsigned number_of(const char* variable, unsigned otherwise) {
  const char* const text = std::getenv(variable);
  const auto value = text == nullptr ? std::nullopt : parse_integer(text);
  return value && *value > 0 ? static_cast<unsigned>(*value) : otherwise;
}

// Root was needed for the interface alone. False if it cannot be given up, which nobody may go on with.
bool become_user() {
  if (geteuid() != 0) return true;
  const uid_t user = number_of("SUDO_UID", k_nobody);
  const gid_t group = number_of("SUDO_GID", k_nobody);
  // The serial ports and logs are open; groups are not needed any more.
  if (setgroups(0, nullptr) != 0 || setgid(group) != 0 || setuid(user) != 0) return false;
  return setuid(0) != 0;
}

class Watch {
 public:
  Watch(const Options& options, const watch::Settings& settings, const knowledge::Knowledge& knowledge)
      : options_(options), text_(text_options(options)), session_(settings, knowledge), interactive_(isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && !options.machine()) {}

  // False, after a complaint, if one of the sources cannot be had.
  bool open() {
    for (const std::string& name : options_.interfaces) {
      auto opened = capture::Interface::open(name, options_.filter);
      if (!opened) {
        complain(name + ": " + opened.error().what);
        return false;
      }
      interfaces_.push_back({name, std::move(*opened), session_.add_wire(name, false)});
    }
    for (const std::string& path : options_.paths) {
      struct stat information {};
      const bool exists = path != "-" && stat(path.c_str(), &information) == 0;
      if (exists && S_ISDIR(information.st_mode)) {
        folders_.push_back({watch::CaptureFolder(path), session_.add_wire(path, true)});
        continue;
      }
      if (exists && S_ISREG(information.st_mode)) {
        const auto head = input::read_head(path);
        if (head && input::kind_of(*head) == input::Kind::capture) {
          complain(path + ": is a capture; name the folder it is written into, or look at it whole with tlswhy " + path);
          return false;
        }
      }
      auto opened = watch::LogSource::open(path, options_.baud > 0 ? options_.baud : watch::k_usual_baud, options_.from_start);
      if (!opened) {
        complain(opened.error().where + ": " + opened.error().what);
        return false;
      }
      const std::size_t log = session_.add_log(opened->path());
      if (path == "-") interactive_ = false;
      logs_.push_back({std::move(*opened), log});
      const std::string history = logs_.back().source.history();
      if (!history.empty()) session_.history(log, history, now());
    }
    return true;
  }

  int run() {
    bool live = true;
    while (!interrupted() && live) {
      live = turn();
      tell(session_.due(now()));
      if (std::ferror(stdout) != 0) return k_exit_ok;  // nobody reads any more
    }
    tell(session_.rest(now()));
    for (const Interface& one : interfaces_) {
      if (const std::uint64_t dropped = one.source.dropped(); dropped > 0) note(one.name, std::to_string(dropped) + " packets came faster than they could be looked at");
    }
    const watch::Totals totals = session_.totals();
    if (options_.machine()) {
      std::printf("%s\n", report::watch_totals_json(totals).c_str());
    } else if (!options_.quiet) {
      std::fputs(("\n" + report::watch_totals_text(totals)).c_str(), stdout);
    }
    std::fflush(stdout);
    return totals.failed > 0 ? k_exit_failure_found : broken_ ? k_exit_unreadable : k_exit_ok;
  }

 private:
  struct Interface {
    std::string name;
    capture::Interface source;
    std::size_t wire = 0;
  };
  struct Log {
    watch::LogSource source;
    std::size_t log = 0;
  };
  struct Folder {
    watch::CaptureFolder source;
    std::size_t wire = 0;
    std::uint64_t frames = 0;
  };

  // Waits a moment and takes what has come. False if nothing can come any more.
  bool turn() {
    std::vector<pollfd> waits;
    for (const Interface& one : interfaces_) waits.push_back({one.source.descriptor(), POLLIN, 0});
    for (const Log& one : logs_) {
      if (one.source.descriptor() >= 0 && !one.source.over()) waits.push_back({one.source.descriptor(), POLLIN, 0});
    }
    if (interactive_) waits.push_back({STDIN_FILENO, POLLIN, 0});
    if (poll(waits.data(), waits.size(), k_turn_ms) < 0 && errno != EINTR) return false;
    if (interactive_ && (waits.back().revents & POLLIN) != 0) asked();
    for (auto one = interfaces_.begin(); one != interfaces_.end();) {
      const auto read = one->source.read([&](const capture::Record& record) { session_.packet(one->wire, record); });
      if (!read) {
        note(one->name, read.error().what);
        broken_ = true;
        one = interfaces_.erase(one);
      } else {
        ++one;
      }
    }
    bool live = !interfaces_.empty() || !folders_.empty();
    for (Log& one : logs_) {
      std::string bytes;
      const std::string news = one.source.read(bytes);
      if (!bytes.empty()) session_.text(one.log, bytes, now());
      if (!news.empty()) note(one.source.path(), news);
      live = live || !one.source.over();
    }
    folders();
    return live;
  }

  void folders() {
    const Timestamp time = now();
    if (milliseconds_between(looked_, time) < k_folder_turn_ms) return;
    looked_ = time;
    for (Folder& one : folders_) {
      for (const std::string& path : one.source.finished(time, options_.from_start)) {
        capture::Options how;
        how.filter = options_.filter;
        const std::uint64_t before = one.frames;
        const auto summary = capture::read_records(path, how, [&](const capture::Record& record) {
          capture::Record numbered = record;
          numbered.at.frame += before;
          one.frames = numbered.at.frame;
          session_.packet(one.wire, numbered);
        });
        if (!summary) {
          note(path, summary.error().what);
        } else if (summary->damaged) {
          note(path, summary->problems.empty() ? "is damaged" : summary->problems.back());
        }
      }
    }
  }

  void tell(const std::vector<watch::Told>& all) {
    for (const watch::Told& told : all) {
      if (options_.machine()) {
        std::printf("%s\n", report::told_json(told).c_str());
      } else {
        std::fputs(report::told_line(told, text_).c_str(), stdout);
        if (options_.verbose) std::fputs(report::told_details(told, text_).c_str(), stdout);
        if (told.outcome != "completed") last_ = told;
      }
    }
    if (!all.empty()) std::fflush(stdout);
  }

  // Enter was pressed: more about the last failure, or what came together so far.
  void asked() {
    char line[256];
    const ssize_t got = read(STDIN_FILENO, line, sizeof line);
    if (got <= 0) {
      interactive_ = false;
      return;
    }
    const bool totals = line[0] == 's' || line[0] == 'S';
    std::fputs((totals || !last_ ? report::watch_totals_text(session_.totals()) : report::told_line(*last_, text_) + report::told_details(*last_, text_)).c_str(), stdout);
    std::fflush(stdout);
  }

  void note(const std::string& source, const std::string& what) {
    if (options_.machine()) {
      std::printf("%s\n", report::watch_note_json(source, what).c_str());
      std::fflush(stdout);
    } else {
      std::fprintf(stderr, "tlswhy: %s: %s\n", printable(source).c_str(), printable(what).c_str());
    }
  }

  const Options& options_;
  report::TextOptions text_;
  watch::Session session_;
  std::vector<Interface> interfaces_;
  std::vector<Log> logs_;
  std::vector<Folder> folders_;
  std::optional<watch::Told> last_;
  Timestamp looked_;
  bool interactive_ = false;
  bool broken_ = false;
};

}  // namespace

int run_watch(const Options& options) {
  if (options.paths.empty() && options.interfaces.empty()) {
    complain("nothing to watch: give -i INTERFACE, a serial port, a log file or a folder of captures; see tlswhy watch --help");
    return k_exit_usage;
  }
  const KnowledgeSource knowledge(options.data);
  if (!knowledge.ok()) return k_exit_usage;
  watch::Settings settings;
  if (!read_context(options, knowledge.get(), settings.context)) return k_exit_usage;
  std::vector<std::string> errors;
  bool ok = read_trusted(options, settings.trusted, errors);
  ok = read_key_logs(options, settings.keys) && ok;
  for (const std::string& error : errors) complain(error);
  if (!ok) return k_exit_unreadable;
  Watch watch(options, std::move(settings), knowledge.get());
  if (!watch.open()) return k_exit_unreadable;
  if (!options.interfaces.empty() && !become_user()) {
    complain("root cannot be given up; nothing is read with its rights");
    return k_exit_unreadable;
  }
  drop_rights({}, options.verbose);
  note_interrupts();
  if (!options.machine() && !options.quiet) {
    std::fputs(isatty(STDIN_FILENO) != 0 ? "Watching. Enter: more about the last failure; s Enter: the counts; Ctrl-C ends it.\n" : "Watching. Ctrl-C ends it.\n", stderr);
  }
  return watch.run();
}

}  // namespace tlswhy::cli
