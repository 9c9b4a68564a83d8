// SPDX-License-Identifier: Apache-2.0
// What the lines of a log together suggest about who wrote it.
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/text.hpp"
#include "log/compiled.hpp"

namespace tlswhy::log {
namespace {

using Votes = std::map<std::string, double>;

constexpr double k_frame_weight = 1;
constexpr double k_pattern_weight = 2;

std::string winner(const Votes& votes) {
  const auto best = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == votes.end() ? std::string() : best->first;
}

// Counts the votes for the platforms a dialect names and remembers those the first one is built on.
void vote(std::string_view platforms, double weight, Votes& votes, std::set<std::string>& built_on) {
  bool first = true;
  for (const std::string_view platform : split(platforms, ',')) {
    const std::string name(trim(platform));
    if (name.empty()) continue;
    if (first) {
      votes[name] += weight;
    } else {
      built_on.insert(name);
    }
    first = false;
  }
}

std::string platform_of(const std::vector<Found>& found) {
  Votes votes;
  std::set<std::string> built_on;
  for (const Found& item : found) {
    if (item.frame != nullptr) vote(item.frame->platform, k_frame_weight, votes, built_on);
    if (item.dialect != nullptr) vote(item.dialect->platform, k_pattern_weight, votes, built_on);
  }
  // Lines of ESP-IDF in a log of Arduino or ESPHome are no argument against Arduino or ESPHome.
  for (const std::string& base : built_on) {
    if (votes.size() > 1) votes.erase(base);
  }
  return winner(votes);
}

}  // namespace

std::string_view first_platform(std::string_view platforms) { return trim(platforms.substr(0, platforms.find(','))); }

namespace {

// How far a line of the kind "context" reaches: verification callbacks print a certificate's whole description before its flags.
constexpr std::uint64_t k_context_lines = 24;

// Moves what lines of the kind "context" say into the events of the same library after them, and takes those lines out.
void apply_context(std::vector<Found>& found) {
  std::map<std::string_view, const Event*> contexts;  // by library
  for (Found& item : found) {
    if (item.event.kind == "context") {
      if (item.dialect != nullptr) contexts[item.dialect->library] = &item.event;
      continue;
    }
    const auto at = item.dialect == nullptr ? contexts.end() : contexts.find(item.dialect->library);
    if (at == contexts.end() || item.event.line > at->second->line + k_context_lines) continue;
    for (knowledge::Fact& fact : item.event.facts) {
      for (const knowledge::Fact& told : at->second->facts) {
        if (told.name != fact.name) continue;
        for (const auto& [field, value] : told.fields) {
          if (fact.get(field).empty()) fact.set(field, value);
        }
      }
    }
  }
  std::erase_if(found, [](const Found& item) { return item.event.kind == "context"; });
}

}  // namespace

void conclude(std::vector<Found> found, Log& log) {
  apply_context(found);
  Votes roles;
  Votes libraries;
  std::set<std::string_view> tls_libraries;
  for (const Found& item : found) {
    if (item.dialect == nullptr) continue;
    if (item.dialect->role == "device" || item.dialect->role == "server") roles[std::string(item.dialect->role)] += 1;
    if (!item.dialect->library.empty()) tls_libraries.insert(item.dialect->library);
  }
  for (const Found& item : found) {
    if (item.dialect != nullptr && !item.dialect->library.empty()) {
      libraries[std::string(item.dialect->library)] += k_pattern_weight;
    } else if (tls_libraries.empty() || tls_libraries.contains(item.event.library)) {
      // Code tables of operating systems and SDKs are no TLS libraries, but "mbedtls" alone is better than nothing.
      if (item.event.library.find("errno") == std::string::npos && !item.event.library.empty()) libraries[item.event.library] += 1;
    }
  }
  if (roles.empty()) {
    // Library lines can be of either side; the logger they came through (ESP_LOG, a Zephyr log) is a device's.
    for (const Found& item : found) {
      if (item.frame != nullptr && item.frame->role == "device") roles["device"] += 1;
    }
  }
  log.platform = platform_of(found);
  log.library = winner(libraries);
  log.role = roles.empty() ? "unknown" : winner(roles);
  for (const Found& item : found) {
    if (item.version.empty() || item.dialect == nullptr) continue;
    const bool ours = first_platform(item.dialect->platform) == log.platform;
    if (ours && log.version.empty()) log.version = item.version;
  }
  for (Found& item : found) {
    std::string_view role = item.dialect == nullptr ? std::string_view() : item.dialect->role;
    // Both sides in one paste: what a line stands in (a broker's time stamp, ESP_LOG) tells whose it is.
    const bool both_sides = roles.count("device") != 0 && item.frame != nullptr && item.frame->role == "server";
    if (role != "device" && role != "server" && both_sides) role = item.frame->role;
    if (role != "device" && role != "server") role = log.role == "unknown" ? std::string_view() : std::string_view(log.role);
    std::string_view platform = item.dialect == nullptr ? std::string_view() : first_platform(item.dialect->platform);
    if (!log.platform.empty()) platform = log.platform;
    complete_facts(item.event, role, item.dialect == nullptr ? std::string_view() : item.dialect->library, platform);
    log.events.push_back(std::move(item.event));
  }
}

}  // namespace tlswhy::log
