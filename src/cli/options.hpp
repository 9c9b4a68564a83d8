// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "diagnose/diagnose.hpp"
#include "knowledge/load.hpp"
#include "knowledge/model.hpp"
#include "report/text.hpp"

namespace tlswhy::cli {

// Exit statuses; part of the published contract.
constexpr int k_exit_ok = 0;
constexpr int k_exit_failure_found = 1;
constexpr int k_exit_usage = 2;
constexpr int k_exit_unreadable = 3;
constexpr int k_exit_interrupted = 130;  // as the shell counts SIGINT

// What the command line said; flags only set values, meaning is given to them by the commands.
struct Options {
  // common
  bool json = false;
  bool ndjson = false;
  std::string format = "text";
  std::string sarif_category;
  std::string output;
  std::string color = "auto";
  bool quiet = false;
  bool redact = false;
  bool verbose = false;
  std::string data;
  std::size_t width = 0;
  // diagnose
  std::vector<std::string> paths;
  std::vector<std::string> ca_files;
  std::string save_certificates;
  std::vector<std::string> key_logs;
  std::string device;
  std::string host;
  std::string at;
  std::string filter;
  unsigned threads = 0;  // for one large capture; 0: two, if there are as many processors
  std::int64_t in_buffer = 0;
  std::int64_t free_heap = 0;
  std::vector<std::string> set;
  // whatif
  std::string server;
  // explain
  std::vector<std::string> words;
  std::string library;
  std::string platform;
  std::string for_version;
  // annotate
  bool follow = false;
  // triage and merge
  std::size_t jobs = 0;  // 0: as many as there are processors
  std::string shard;
  std::string fail_on;
  double min_confidence = 0;
  bool expect = false;
  std::string baseline;
  std::string write_baseline;
  std::string time_limit;
  std::string files_from;
  bool no_progress = false;
  bool only_failed = false;
  // watch
  std::vector<std::string> interfaces;
  int baud = 0;  // 0: the default
  bool from_start = false;
  // serve
  int port = 0;                    // 0: any that is free
  std::uint64_t upload_limit = 0;  // MiB; 0: the default
  // browse
  std::vector<std::string> names;
  std::string search;

  [[nodiscard]] bool machine() const { return json || ndjson || format == "json" || format == "ndjson"; }
  [[nodiscard]] int indent() const { return ndjson || format == "ndjson" ? -1 : 2; }
};

// The knowledge to use: the built-in one, with --data laid over it. Faults of the overlay go to stderr.
class KnowledgeSource {
 public:
  explicit KnowledgeSource(const std::string& data_folder);
  [[nodiscard]] const knowledge::Knowledge& get() const { return *knowledge_; }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::unique_ptr<knowledge::Library> library_;
  const knowledge::Knowledge* knowledge_ = nullptr;
  bool ok_ = true;
};

[[nodiscard]] report::TextOptions text_options(const Options& options);
// Writes to --output or standard output; the exit status that follows (k_exit_unreadable if it cannot be written).
[[nodiscard]] int write_output(const Options& options, const std::string& text, int status);
// The same for output that is made piece by piece: `make` is given what takes a piece.
[[nodiscard]] int write_output(const Options& options, const std::function<void(const TextSink&)>& make, int status);
void complain(const std::string& message);

[[nodiscard]] int run_diagnose(const Options& options);
[[nodiscard]] int run_explain(const Options& options);
[[nodiscard]] int run_annotate(const Options& options);
[[nodiscard]] int run_bundle(const Options& options);
[[nodiscard]] int run_codes(const Options& options);
[[nodiscard]] int run_causes(const Options& options);
[[nodiscard]] int run_devices(const Options& options);
[[nodiscard]] int run_triage(const Options& options);
[[nodiscard]] int run_merge(const Options& options);
[[nodiscard]] int run_whatif(const Options& options);
[[nodiscard]] int run_diff(const Options& options);
[[nodiscard]] int run_cert(const Options& options);
[[nodiscard]] int run_serve(const Options& options);
[[nodiscard]] int run_watch(const Options& options);
[[nodiscard]] int run_schema(const Options& options);
[[nodiscard]] int run_completion(const Options& options);
[[nodiscard]] int run_generate(const Options& options);
[[nodiscard]] std::string version_text(bool verbose);

}  // namespace tlswhy::cli
