// SPDX-License-Identifier: Apache-2.0
#include "device/profile.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace tlswhy::device {
namespace {

// A profile extends at most this many others one after the other; knowledge::check refuses circles.
constexpr std::size_t k_deepest = 16;

const knowledge::Device* by_id(std::span<const knowledge::Device> all, std::string_view id) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const knowledge::Device& device) { return device.id == id; });
  return at == all.end() ? nullptr : &*at;
}

bool is_alias(const knowledge::Device& device, std::string_view name) {
  for (const knowledge::Property& property : device.properties) {
    if (property.key == "aliases")
      return std::any_of(property.values.begin(), property.values.end(), [&](std::string_view alias) { return iequals(alias, name); });
  }
  return false;
}

// "v5.1.2-dirty" -> {5, 1, 2}.
std::vector<std::int64_t> numbers_of(std::string_view version) {
  while (!version.empty() && (version.front() < '0' || version.front() > '9')) version.remove_prefix(1);
  std::vector<std::int64_t> numbers;
  for (std::string_view part : split(version, '.')) {
    std::size_t digits = 0;
    while (digits < part.size() && part[digits] >= '0' && part[digits] <= '9') ++digits;
    if (digits == 0) break;
    numbers.push_back(parse_integer(part.substr(0, digits)).value_or(0));
    if (digits != part.size()) break;
  }
  return numbers;
}

// As far as both have parts: 5.1 is neither before nor after 5.1.3.
int compare(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 5> k_versions{
    {{"SSL 3.0", 0x0300}, {"TLS 1.0", 0x0301}, {"TLS 1.1", 0x0302}, {"TLS 1.2", 0x0303}, {"TLS 1.3", 0x0304}}};

std::uint16_t wire_version(std::string_view name) {
  for (const auto& [known, value] : k_versions) {
    if (known == name) return value;
  }
  return 0;
}

}  // namespace

const std::vector<std::string>& Profile::values(std::string_view key) const {
  static const std::vector<std::string> nothing;
  const auto at = properties.find(key);
  if (at == properties.end()) return nothing;
  if (at->second.size() == 1 && at->second.front() == "unknown") return nothing;
  return at->second;
}

std::string Profile::first(std::string_view key) const {
  const auto& list = values(key);
  return list.empty() ? std::string() : list.front();
}

std::optional<std::int64_t> Profile::number(std::string_view key) const {
  const std::string text = first(key);
  return text.empty() ? std::nullopt : parse_integer(text);
}

bool Profile::has(std::string_view key, std::string_view value) const {
  const auto& list = values(key);
  return std::any_of(list.begin(), list.end(), [&](const std::string& entry) { return iequals(entry, value); });
}

bool Profile::says(std::string_view key) const {
  const auto at = properties.find(key);
  return at != properties.end() && !(at->second.size() == 1 && at->second.front() == "unknown");
}

Profile resolve(const knowledge::Device& device, std::span<const knowledge::Device> all) {
  Profile profile;
  profile.id = device.id;
  profile.title = device.title;
  profile.platform = device.platform;
  profile.library = device.library;
  const knowledge::Device* layer = &device;
  for (std::size_t depth = 0; layer != nullptr && depth < k_deepest; ++depth) {
    for (const knowledge::Property& property : layer->properties) {
      // A name people use for the general profile is not one for the particular one.
      if (property.key == "aliases" && layer != &device) continue;
      std::vector<std::string> values(property.values.begin(), property.values.end());
      profile.properties.try_emplace(std::string(property.key), std::move(values));
    }
    profile.references.insert(profile.references.end(), layer->references.begin(), layer->references.end());
    layer = layer->extends.empty() ? nullptr : by_id(all, layer->extends);
  }
  return profile;
}

std::optional<Profile> find(std::span<const knowledge::Device> all, std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (const knowledge::Device* const device = by_id(all, name)) return resolve(*device, all);
  for (const knowledge::Device& device : all) {
    if (is_alias(device, name)) return resolve(device, all);
  }
  return std::nullopt;
}

bool in_ranges(std::string_view version, std::string_view ranges) {
  const auto wanted = numbers_of(version);
  if (wanted.empty()) return false;
  if (trim(ranges) == "all") return true;
  for (std::string_view range : split(ranges, ',')) {
    range = trim(range);
    const std::size_t dots = range.find("..");
    const std::string_view from = dots == std::string_view::npos ? range : range.substr(0, dots);
    const std::string_view to = dots == std::string_view::npos ? range : range.substr(dots + 2);
    if (range.empty() || (numbers_of(from).empty() && numbers_of(to).empty())) continue;
    if ((numbers_of(from).empty() || compare(wanted, numbers_of(from)) >= 0) &&
        (numbers_of(to).empty() || compare(wanted, numbers_of(to)) <= 0))
      return true;
  }
  return false;
}

std::optional<Profile> guess(const knowledge::Knowledge& knowledge, std::string_view platform, std::string_view library,
                             std::string_view version) {
  if (platform.empty()) return std::nullopt;
  const knowledge::Device* best = nullptr;
  int most = 0;
  for (const knowledge::Device& device : knowledge.devices) {
    if (device.platform != platform || (!library.empty() && device.library != library)) continue;
    const Profile profile = resolve(device, knowledge.devices);
    const std::string ranges = profile.first("platform_versions");
    int score = 1 + (library.empty() ? 0 : 1);
    if (!version.empty() && !ranges.empty()) {
      if (!in_ranges(version, ranges)) continue;
      score += 2;
    }
    // The one named as the platform is the plain choice where nothing tells versions apart.
    if (device.id == platform || is_alias(device, platform)) ++score;
    if (score > most) {
      most = score;
      best = &device;
    }
  }
  return best == nullptr ? std::nullopt : std::optional<Profile>(resolve(*best, knowledge.devices));
}

std::vector<Profile> guess(const knowledge::Knowledge& knowledge, const tls::ClientHello& hello) {
  constexpr std::uint16_t k_renegotiation_scsv = 0x00ff;
  constexpr std::uint16_t k_fallback_scsv = 0x5600;
  std::vector<std::int64_t> offered;
  for (const std::uint16_t suite : hello.cipher_suites) {
    if (!tls::is_grease(suite) && suite != k_renegotiation_scsv && suite != k_fallback_scsv) offered.push_back(suite);
  }
  std::vector<Profile> found;
  if (offered.empty()) return found;
  for (const knowledge::Device& device : knowledge.devices) {
    Profile profile = resolve(device, knowledge.devices);
    std::vector<std::int64_t> list;
    for (const std::string& value : profile.values("cipher_suites")) {
      const auto bytes = from_hex(std::string_view(value).substr(std::min<std::size_t>(2, value.size())));
      if (bytes && bytes->size() == 2) list.push_back((*bytes)[0] * 256 + (*bytes)[1]);
    }
    if (list == offered) found.push_back(std::move(profile));
  }
  return found;
}

std::uint16_t highest_version(const Profile& profile) {
  std::uint16_t highest = 0;
  for (const std::string& name : profile.values("versions")) highest = std::max(highest, wire_version(name));
  return highest;
}

Answer offers_version(const Profile& profile, std::uint16_t version) {
  if (!profile.says("versions")) return Answer::unknown;
  for (const std::string& name : profile.values("versions")) {
    if (wire_version(name) == version) return Answer::yes;
  }
  return Answer::no;
}

}  // namespace tlswhy::device
