// SPDX-License-Identifier: Apache-2.0
// merge: the parts of a batch as one.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "cli/options.hpp"
#include "cli/triage_output.hpp"
#include "input/input.hpp"
#include "report/triage_json.hpp"

namespace tlswhy::cli {
namespace {

struct Line {
  triage::Finding finding;
  std::string text;
};

struct Merged {
  std::vector<Line> lines;
  std::size_t not_reached = 0;
  bool lost = false;
  std::size_t shards = 0;          // as the parts say
  std::set<std::size_t> present;   // which of them are there
};

// One shard. Its last line says how many inputs it had, so that a shard that was cut short is noticed.
void read_part(const std::string& path, Merged& merged) {
  const auto bytes = input::read_bytes(path);
  if (!bytes) {
    complain(path + ": " + bytes.error().what);
    merged.lost = true;
    return;
  }
  std::size_t number = 0;
  std::size_t inputs = 0;
  bool complete = false;
  for (const std::string_view text : split(std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size()), '\n')) {
    ++number;
    if (trim(text).empty()) continue;
    auto line = report::read_triage_line(text);
    if (!line) {
      complain(path + ", line " + std::to_string(number) + ": " + line.error().what);
      merged.lost = true;
      continue;
    }
    if (line->is_totals) {
      merged.not_reached += line->not_reached;
      complete = complete || line->inputs == inputs;
      if (merged.shards != 0 && line->shards != merged.shards) {
        complain(path + ": is one of " + std::to_string(line->shards) + " parts, others are of " + std::to_string(merged.shards));
        merged.lost = true;
      }
      merged.shards = std::max(merged.shards, line->shards);
      merged.present.insert(line->shard);
      continue;
    }
    ++inputs;
    merged.lines.push_back({std::move(line->finding), std::string(text)});
  }
  if (!complete) {
    complain(path + ": does not end with the totals of its lines; it was cut short");
    merged.lost = true;
  }
}

// The parts that nobody gave, in one complaint.
void tell_missing(Merged& merged) {
  constexpr std::size_t k_named = 20;
  std::string missing;
  std::size_t count = 0;
  for (std::size_t index = 1; index <= merged.shards; ++index) {
    if (merged.present.contains(index)) continue;
    if (++count <= k_named) missing += (missing.empty() ? "" : ", ") + std::to_string(index);
  }
  if (count == 0) return;
  complain("of " + std::to_string(merged.shards) + " parts these are missing: " + missing + (count > k_named ? " and more" : ""));
  merged.lost = true;
}

}  // namespace

int run_merge(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  auto gate = gate_of(options, source.get());
  if (!gate) return k_exit_usage;
  gate->only_new = true;  // the parts say what their baseline knew
  Merged merged;
  for (const std::string& path : options.paths) read_part(path, merged);
  tell_missing(merged);
  std::stable_sort(merged.lines.begin(), merged.lines.end(), [](const Line& a, const Line& b) { return a.finding.path < b.finding.path; });
  TriageOutput output(options, *gate, source.get());
  const Line* last = nullptr;
  for (Line& line : merged.lines) {
    // A part that was given twice, or run twice.
    if (last != nullptr && last->text == line.text) continue;
    if (last != nullptr && last->finding.path == line.finding.path) {
      complain(line.finding.path + ": stands in several parts with different verdicts; all are kept");
      merged.lost = true;
    }
    last = &line;
    output.add(line.finding, line.text);
  }
  return output.finish(merged.not_reached, merged.lost);
}

}  // namespace tlswhy::cli
