// SPDX-License-Identifier: Apache-2.0
#include "triage/judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.hpp"

namespace tlswhy::triage {
namespace {

constexpr std::array<std::string_view, 4> k_statuses{"ok", "failed", "inconclusive", "unreadable"};
constexpr std::string_view k_nothing_wrong = "not-an-error";  // id of the cause that is none

bool names_cause(const std::vector<std::string>& causes, const std::string& cause) { return std::find(causes.begin(), causes.end(), cause) != causes.end(); }

std::vector<std::string> ids(std::string_view list) {
  std::vector<std::string> out;
  for (const std::string_view word : split(list, ',')) {
    if (!trim(word).empty()) out.emplace_back(trim(word));
  }
  return out;
}

}  // namespace

std::string_view to_string(Status status) { return k_statuses[static_cast<std::size_t>(status)]; }

std::optional<Status> status_from(std::string_view word) {
  const auto found = std::find(k_statuses.begin(), k_statuses.end(), word);
  if (found == k_statuses.end()) return std::nullopt;
  return static_cast<Status>(found - k_statuses.begin());
}

void Totals::add(const Finding& finding) {
  ++inputs;
  switch (finding.status) {
    case Status::failed: ++failed; break;
    case Status::ok: ++ok; break;
    case Status::inconclusive: ++inconclusive; break;
    case Status::unreadable: ++unreadable; break;
  }
  damaged += finding.damaged && finding.status != Status::unreadable ? 1U : 0U;
  known += finding.known ? 1U : 0U;
  unexpected += finding.unexpected() ? 1U : 0U;
  if (finding.status != Status::failed) return;
  ++by_cause[finding.cause];
  if (!finding.server.empty()) ++by_server[finding.server];
  if (!finding.device.empty()) ++by_device[finding.device];
}

Result<Gate> read_gate(std::string_view words) {
  Gate gate;
  if (words == "never" || words == "none") {
    gate.level = Gate::Level::never;
  } else if (words == "inconclusive" || words == "any") {
    gate.level = Gate::Level::inconclusive;
  } else if (words == "new") {
    gate.only_new = true;
  } else if (words == "unexpected") {
    gate.only_unexpected = true;
  } else if (words.starts_with("cause=")) {
    gate.causes = ids(words.substr(6));
    if (gate.causes.empty()) return fail("names no cause");
  } else if (words != "failed") {
    return fail("\"" + std::string(words) + "\" is none of failed, inconclusive, any, new, unexpected, never, cause=ID,ID");
  }
  return gate;
}

bool counts(const Finding& finding, const Gate& gate) {
  if (gate.level == Gate::Level::never || (gate.only_new && finding.known)) return false;
  if (finding.expected) return !finding.expected->met;
  if (gate.only_unexpected) return false;
  if (finding.status == Status::inconclusive) return gate.level == Gate::Level::inconclusive;
  if (finding.status != Status::failed) return false;
  return finding.confidence >= gate.least_confidence && (gate.causes.empty() || names_cause(gate.causes, finding.cause));
}

Result<Expectation> read_expectation(std::string_view text) {
  Expectation expectation;
  bool said = false;
  std::size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw.substr(0, raw.find('#')));
    if (line.empty()) continue;
    const std::string where = "line " + std::to_string(number) + ": ";
    if (!line.starts_with("expect:")) return fail(where + "\"expect: ...\" is wanted");
    if (said) return fail(where + "there is an expectation already");
    said = true;
    const std::string_view what = trim(line.substr(7));
    if (what.starts_with("cause=")) {
      expectation.causes = ids(what.substr(6));
      if (expectation.causes.empty()) return fail(where + "names no cause");
    } else if (what == "success") {
      expectation.status = Status::ok;
    } else if (what == "failure") {
      expectation.status = Status::failed;
    } else if (what != "any") {
      expectation.status = status_from(what);
      if (!expectation.status) return fail(where + "\"" + std::string(what) + "\" is none of ok, failed, inconclusive, unreadable, any, cause=ID,ID");
    }
  }
  if (!said) return fail("holds no line \"expect: ...\"");
  return expectation;
}

bool meets(const Finding& finding, const Expectation& expectation) {
  if (expectation.status && *expectation.status != finding.status) return false;
  if (expectation.causes.empty() || names_cause(expectation.causes, finding.cause)) return true;
  return finding.status == Status::ok && names_cause(expectation.causes, std::string(k_nothing_wrong));
}

std::string in_short(const Finding& finding) {
  if (finding.status != Status::failed) return std::string(to_string(finding.status));
  if (finding.cause == k_undetermined) return finding.cause;
  // No diagnosis from outside is certain.
  return finding.cause + " (" + std::to_string(std::min(99L, std::lround(finding.confidence * 100))) + "%)";
}

std::string in_words(const Expectation& expectation) {
  std::string out;
  for (const std::string& cause : expectation.causes) out += (out.empty() ? "" : " or ") + cause;
  if (!out.empty()) return out;
  return expectation.status ? std::string(to_string(*expectation.status)) : "anything";
}

}  // namespace tlswhy::triage
