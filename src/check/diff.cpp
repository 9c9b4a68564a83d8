// SPDX-License-Identifier: Apache-2.0
// What is common to all comparisons: which parts are compared, and what of it comes first.
#include "check/diff.hpp"

#include <algorithm>

namespace tlswhy::check {
namespace {

void sum_up(Diff& diff) {
  for (const Weight weight : {Weight::matters, Weight::notable}) {
    for (std::size_t i = 0; i < diff.differences.size() && !diff.first; ++i) {
      if (diff.differences[i].weight == weight) diff.first = i;
    }
  }
  if (diff.first) {
    diff.summary = diff.differences[*diff.first].says;
  } else if (diff.summary.empty()) {
    diff.summary = diff.differences.empty() ? "No difference was found." : "No difference that matters was found.";
  }
}

}  // namespace

std::string_view to_string(Weight weight) {
  switch (weight) {
    case Weight::matters: return "matters";
    case Weight::notable: return "notable";
    case Weight::minor: return "minor";
  }
  return {};
}

Difference& add_difference(Diff& diff, std::string_view aspect, Weight weight, std::string says, std::string good, std::string bad) {
  Difference& difference = diff.differences.emplace_back();
  difference.aspect = aspect;
  difference.weight = weight;
  difference.says = std::move(says);
  difference.good = std::move(good);
  difference.bad = std::move(bad);
  return difference;
}

Diff compare(const DiffSide& good, const DiffSide& bad, const knowledge::Knowledge& knowledge) {
  Diff diff;
  if (good.capture && bad.capture) {
    diff.compared = "captures";
    compare_handshakes(*good.capture, *bad.capture, knowledge, diff);
  } else if (good.log && bad.log) {
    diff.compared = "logs";
    compare_logs(*good.log, *bad.log, diff);
  } else if (good.profile && bad.profile) {
    diff.compared = "profiles";
    compare_profiles(*good.profile, *bad.profile, diff);
  } else {
    diff.compared = "nothing";
    diff.summary = "The two are of different kinds; give two captures, two logs, or two device profiles or configurations.";
  }
  if (diff.compared != "nothing") sum_up(diff);
  return diff;
}

}  // namespace tlswhy::check
