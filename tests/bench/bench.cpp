// SPDX-License-Identifier: Apache-2.0
// How long a person waits. The process benchmarks include start, dynamic linking and output; the others are the parts.
#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "codes/codes.hpp"
#include "diagnose/diagnose.hpp"
#include "knowledge/model.hpp"
#include "log/log.hpp"
#include "wire/wire.hpp"

namespace {

using namespace tlswhy;

const std::string k_captures = std::string(TLSWHY_SOURCE_DIR) + "/captures/";

// Runs the program with its output thrown away; false if it could not be run.
bool run_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TLSWHY_BINARY);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawn(&child, TLSWHY_BINARY, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) <= 1;
}

void process_explain(benchmark::State& state) {
  for (auto _ : state) {
    if (!run_program({"explain", "-0x7200"})) state.SkipWithError("the program cannot be run");
  }
}
BENCHMARK(process_explain)->Unit(benchmark::kMillisecond)->UseRealTime();

void process_diagnose_log(benchmark::State& state) {
  for (auto _ : state) {
    if (!run_program({k_captures + TLSWHY_BENCH_PAIR + "/device.log"})) state.SkipWithError("the program cannot be run");
  }
}
BENCHMARK(process_diagnose_log)->Unit(benchmark::kMillisecond)->UseRealTime();

void process_diagnose_pair(benchmark::State& state) {
  for (auto _ : state) {
    if (!run_program({k_captures + TLSWHY_BENCH_PAIR + "/capture.pcapng", k_captures + TLSWHY_BENCH_PAIR + "/device.log"})) {
      state.SkipWithError("the program cannot be run");
    }
  }
}
BENCHMARK(process_diagnose_pair)->Unit(benchmark::kMillisecond)->UseRealTime();

void explain_code(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(codes::explain(knowledge::built_in(), "-0x7200"));
}
BENCHMARK(explain_code)->Unit(benchmark::kMicrosecond);

void make_scanner(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(log::Scanner(knowledge::built_in()));
}
BENCHMARK(make_scanner)->Unit(benchmark::kMicrosecond);

void scan_quiet_log(benchmark::State& state) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "I (" + std::to_string(i) + ") app: temperature 21.5 humidity 40 pressure 1013 uptime " + std::to_string(i) + "\n";
  const log::Scanner scanner(knowledge::built_in());
  for (auto _ : state) benchmark::DoNotOptimize(scanner.read(text, "quiet.log"));
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(scan_quiet_log)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
