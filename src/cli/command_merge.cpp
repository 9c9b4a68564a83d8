// SPDX-License-Identifier: Apache-2.0
// merge: the parts of a batch as one.
#include <algorithm>
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

}  // namespace

int run_merge(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  auto gate = gate_of(options, source.get());
  if (!gate) return k_exit_usage;
  gate->only_new = true;  // the parts say what their baseline knew
  Merged merged;
  for (const std::string& path : options.paths) read_part(path, merged);
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
