// SPDX-License-Identifier: Apache-2.0
// triage: a verdict for each of many inputs.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "base/time.hpp"
#include "cli/context.hpp"
#include "cli/interrupt.hpp"
#include "cli/options.hpp"
#include "cli/triage_output.hpp"
#include "input/input.hpp"
#include "report/triage_json.hpp"
#include "triage/examine.hpp"
#include "triage/judge.hpp"
#include "triage/run.hpp"
#include "triage/units.hpp"

namespace tlswhy::cli {
namespace {

constexpr std::size_t k_most_jobs = 256;
constexpr std::size_t k_most_shards = 1'000'000;
// No counter for what is over before it could be read.
constexpr std::chrono::milliseconds k_before_progress{1000};

struct Shard {
  std::size_t index = 1;
  std::size_t count = 1;
};

std::optional<Shard> read_shard(const std::string& text) {
  if (text.empty()) return Shard{};
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto index = parse_integer(std::string_view(text).substr(0, slash));
  const auto count = parse_integer(std::string_view(text).substr(slash + 1));
  if (!index || !count || *count < 1 || *index < 1 || *index > *count || *count > static_cast<std::int64_t>(k_most_shards)) return std::nullopt;
  return Shard{static_cast<std::size_t>(*index), static_cast<std::size_t>(*count)};
}

std::optional<std::chrono::seconds> read_duration(std::string_view text) {
  std::int64_t unit = 1;
  if (!text.empty() && std::string_view("smh").find(text.back()) != std::string_view::npos) {
    unit = text.back() == 'h' ? 3600 : text.back() == 'm' ? 60 : 1;
    text.remove_suffix(1);
  }
  const auto number = parse_integer(text);
  if (!number || *number < 1 || *number > 1'000'000) return std::nullopt;
  return std::chrono::seconds(*number * unit);
}

// What every input is judged by, besides its own files.
struct Common {
  triage::Gate gate;
  Shard shard;
  std::optional<std::chrono::steady_clock::time_point> until;
  diagnose::Context context;
  std::vector<tls::Certificate> trusted;
  std::set<std::string, std::less<>> known;  // fingerprints of the baseline
  input::Settings settings;
};

// Nothing, or the exit status after a complaint.
std::optional<int> read_baseline_file(const std::string& path, Common& common) {
  if (path.empty()) return std::nullopt;
  const auto bytes = input::read_bytes(path);
  if (!bytes) {
    complain("--baseline: " + path + " " + bytes.error().what);
    return k_exit_unreadable;
  }
  const auto entries = report::read_baseline(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()));
  if (!entries) {
    complain("--baseline: " + path + " " + entries.error().what);
    return k_exit_unreadable;
  }
  const Timestamp now{static_cast<std::int64_t>(std::time(nullptr)) * 1'000'000'000};
  constexpr std::int64_t k_day_ns = 86'400'000'000'000;
  for (const report::BaselineEntry& entry : *entries) {
    const auto until = entry.until.empty() ? std::nullopt : parse_timestamp(entry.until);
    if (!entry.until.empty() && !until) {
      complain("--baseline: " + path + ": \"" + entry.until + "\" is no date");
      return k_exit_usage;
    }
    // The last day still counts as known.
    if (!until || now.ns < until->ns + k_day_ns) common.known.insert(entry.fingerprint);
  }
  return std::nullopt;
}

std::optional<int> read_common(const Options& options, const knowledge::Knowledge& knowledge, Common& common) {
  const auto gate = gate_of(options, knowledge);
  if (!gate) return k_exit_usage;
  common.gate = *gate;
  const auto shard = read_shard(options.shard);
  if (!shard) {
    complain("--shard: \"" + options.shard + "\" is not I/N with I from 1 to N");
    return k_exit_usage;
  }
  common.shard = *shard;
  if (!options.time_limit.empty()) {
    const auto limit = read_duration(options.time_limit);
    if (!limit) {
      complain("--time-limit: \"" + options.time_limit + "\" is no time; write 90, 90s, 10m or 2h");
      return k_exit_usage;
    }
    common.until = std::chrono::steady_clock::now() + *limit;
  }
  if (!read_context(options, knowledge, common.context)) return k_exit_usage;
  std::vector<std::string> errors;
  if (!read_trusted(options, common.trusted, errors)) return k_exit_unreadable;
  for (const std::string& error : errors) complain(error);
  common.settings.filter = options.filter;
  if (!read_key_logs(options, common.settings.keys)) return k_exit_unreadable;
  return read_baseline_file(options.baseline, common);
}

// The expectation beside an input, with the finding held against it. A file that makes no sense is a problem of the input.
void hold_against_expectation(const std::string& path, triage::Finding& finding) {
  if (path.empty()) return;
  const auto bytes = input::read_bytes(path);
  const std::string text = bytes ? std::string(bytes->begin(), bytes->end()) : std::string();
  auto expectation = bytes ? path.ends_with(".json") ? report::read_case(text) : triage::read_expectation(text) : ::tlswhy::Result<triage::Expectation>(tl::unexpected<Error>(bytes.error()));
  if (!expectation) {
    finding.problems.push_back(valid_utf8(path + ": " + expectation.error().what));
    finding.damaged = true;
    return;
  }
  expectation->file = valid_utf8(path);
  expectation->met = meets(finding, *expectation);
  finding.expected = std::move(*expectation);
}

class Progress {
 public:
  Progress(const Options& options, std::size_t total) : shown_(!options.no_progress && !options.quiet && isatty(STDERR_FILENO) != 0), total_(total) {}
  void tick(std::size_t done) {
    if (!shown_ || std::chrono::steady_clock::now() - begun_ < k_before_progress) return;
    std::fprintf(stderr, "\r%zu of %zu inputs ", done, total_);
    drawn_ = true;
  }
  void clear() const {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  bool shown_;
  bool drawn_ = false;
  std::size_t total_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// PATHs of the command line and of --files-from; nothing after a complaint.
std::optional<std::vector<std::string>> all_paths(const Options& options) {
  std::vector<std::string> paths = options.paths;
  if (options.files_from.empty()) return paths;
  const auto bytes = input::read_bytes(options.files_from);
  if (!bytes) {
    complain("--files-from: " + options.files_from + " " + bytes.error().what);
    return std::nullopt;
  }
  for (const std::string_view line : split(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), '\n')) {
    const std::string_view path = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (!path.empty()) paths.emplace_back(path);
  }
  return paths;
}

}  // namespace

int run_triage(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  const knowledge::Knowledge& knowledge = source.get();
  Common common;
  if (const auto status = read_common(options, knowledge, common)) return *status;
  const auto paths = all_paths(options);
  if (!paths) return k_exit_unreadable;
  if (paths->empty()) {
    complain("triage: name files or folders; see tlswhy triage --help");
    return k_exit_usage;
  }
  triage::Found found = triage::find_units(*paths);
  for (const std::string& problem : found.problems) complain(problem);
  if (found.units.empty() && found.problems.empty()) complain("there is no capture and no log in what was named");
  const bool lost = !found.problems.empty() || found.units.empty();
  std::erase_if(found.units, [&](const triage::Unit& unit) { return !triage::in_shard(unit.path, common.shard.index, common.shard.count); });

  const log::Scanner scanner(knowledge);
  common.settings.scanner = &scanner;
  const triage::Prepare prepare = [&](diagnose::Input& input) {
    input.trusted.insert(input.trusted.end(), common.trusted.begin(), common.trusted.end());
    input.context = common.context;
  };
  TriageOutput output(options, common.gate, knowledge);
  if (!options.shard.empty()) output.set_shard(common.shard.index, common.shard.count);
  std::atomic<bool> bad_filter{false};
  std::atomic<bool> stop{false};
  const auto finish_line = [&](triage::Done& done, const triage::Unit& unit, const diagnose::Diagnosis& diagnosis) {
    if (options.expect) hold_against_expectation(unit.expectation, done.finding);
    done.finding.known = common.known.contains(done.finding.fingerprint);
    if (output.wants_lines()) done.text = report::finding_line(done.finding, diagnosis);
  };
  const auto work = [&](const triage::Unit& unit) {
    const triage::Examined examined = triage::examine(unit, common.settings, prepare, knowledge);
    if (examined.inputs.bad_filter && !bad_filter.exchange(true)) {
      for (const std::string& error : examined.inputs.errors) complain(error);
    }
    triage::Done done{examined.finding, {}};
    finish_line(done, unit, examined.diagnosis);
    return done;
  };
  Progress progress(options, found.units.size());
  triage::Run run;
  run.jobs = std::min(k_most_jobs, options.jobs != 0 ? options.jobs : std::max<std::size_t>(1, std::thread::hardware_concurrency()));
  run.until = common.until;
  run.stop = &stop;
  note_interrupts();
  std::size_t given = 0;
  const std::size_t not_reached = triage::run_all(
      found.units, run, work,
      [&](triage::Done&& done) {
        const triage::Unit& unit = found.units[given++];
        // Work that broke off has no line yet.
        if (done.finding.fingerprint.empty()) {
          done.finding.fingerprint = triage::fingerprint_of(done.finding);
          diagnose::Diagnosis none;
          none.summary = done.finding.summary;
          finish_line(done, unit, none);
        }
        output.add(std::move(done.finding), done.text);
        stop = interrupted() || bad_filter || output.broken();
      },
      [&](std::size_t so_far) {
        stop = interrupted() || bad_filter || output.broken();
        progress.tick(so_far);
      });
  progress.clear();
  if (bad_filter) return k_exit_usage;
  const int status = output.finish(not_reached, lost);
  if (interrupted()) {
    complain("interrupted; " + std::to_string(not_reached) + " inputs were not looked at");
    return k_exit_interrupted;
  }
  if (not_reached != 0 && !output.broken()) complain("--time-limit: " + std::to_string(not_reached) + " inputs were not looked at");
  return status;
}

}  // namespace tlswhy::cli
