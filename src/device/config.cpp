// SPDX-License-Identifier: Apache-2.0
#include "device/config.hpp"

#include <algorithm>
#include <map>

#include "base/text.hpp"

namespace tlswhy::device {
namespace {

// A configuration has at least this many options of its kind; a log that quotes one of them is still a log.
constexpr std::size_t k_fewest_options = 3;
// A file of which less than this share of lines is configuration is something else.
constexpr double k_least_share = 0.5;
// Option values are numbers, words or short paths.
constexpr std::size_t k_longest_value = 200;

// One line: an option with its value, or one that is switched off.
struct Setting {
  std::string name;
  std::string value;  // "y" where it is merely set
  bool on = true;
};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find_first_of(" \t(")); }

std::string plain(std::string_view value) {
  value = trim(value);
  while (value.size() >= 2 && ((value.front() == '(' && value.back() == ')') || (value.front() == '"' && value.back() == '"'))) {
    value = trim(value.substr(1, value.size() - 2));
  }
  return std::string(value.substr(0, k_longest_value));
}

// "CONFIG_X=y", "CONFIG_X=n", "# CONFIG_X is not set".
std::optional<Setting> kconfig_line(std::string_view line) {
  constexpr std::string_view k_not_set = " is not set";
  if (line.starts_with("#")) {
    line = trim(line.substr(1));
    if (!line.ends_with(k_not_set)) return std::nullopt;
    const std::string_view name = line.substr(0, line.size() - k_not_set.size());
    if (!is_name(name)) return std::nullopt;
    return Setting{std::string(name), "n", false};
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || !is_name(trim(line.substr(0, equals)))) return std::nullopt;
  std::string_view value = line.substr(equals + 1);
  if (const std::size_t comment = value.find(" #"); comment != std::string_view::npos) value = value.substr(0, comment);
  Setting setting{std::string(trim(line.substr(0, equals))), plain(value), true};
  setting.on = setting.value != "n" && !setting.value.empty();
  return setting;
}

// "#define X", "#define X 4096", "#undef X"; a commented-out "#define" is off.
std::optional<Setting> macro_line(std::string_view line) {
  bool on = true;
  if (line.starts_with("//") || line.starts_with("/*")) {
    line = trim(line.substr(2));
    on = false;
  }
  if (!line.starts_with("#")) return std::nullopt;
  line = trim(line.substr(1));
  if (line.starts_with("undef")) {
    on = false;
    line = trim(line.substr(5));
  } else if (line.starts_with("define")) {
    line = trim(line.substr(6));
  } else {
    return std::nullopt;
  }
  const std::string_view name = first_word(line);
  if (!is_name(name)) return std::nullopt;
  std::string_view value = trim(line.substr(name.size()));
  if (const std::size_t comment = value.find("/*"); comment != std::string_view::npos) value = trim(value.substr(0, comment));
  if (const std::size_t comment = value.find("//"); comment != std::string_view::npos) value = trim(value.substr(0, comment));
  Setting setting{std::string(name), value.empty() ? "y" : plain(value), on};
  // "#define NO_X 0" is how some projects switch a feature off.
  return setting;
}

std::optional<Setting> setting_of(std::string_view line, std::string_view syntax) {
  return syntax == "kconfig" ? kconfig_line(line) : macro_line(line);
}

bool carries_sign(std::string_view name, const knowledge::ConfigFormat& format) {
  return std::any_of(format.signs.begin(), format.signs.end(), [&](std::string_view sign) { return name.starts_with(sign); });
}

void apply(std::string_view statement, const std::string& value, Profile& profile) {
  const std::size_t space = statement.find(' ');
  const std::string key(statement.substr(0, space));
  const std::string_view rest = statement.substr(space + 1);
  const std::size_t after = rest.find(' ');
  const std::string_view verb = rest.substr(0, after);
  std::string what(trim(rest.substr(after + 1)));
  if (what == "{value}") what = value;
  std::vector<std::string>& list = profile.properties[key];
  if (verb == "=") {
    list = {what};
    if (what == "none") list.clear();
    return;
  }
  if (list.size() == 1 && list.front() == "unknown") list.clear();
  std::erase(list, what);
  if (verb == "+=") list.push_back(what);
}

}  // namespace

const knowledge::ConfigFormat* recognise_config(std::string_view text, const knowledge::Knowledge& knowledge) {
  constexpr std::size_t k_largest_config = 4U << 20U;  // ten times any of the field; a log may be far larger
  if (text.size() > k_largest_config) return nullptr;
  const knowledge::ConfigFormat* best = nullptr;
  std::size_t most = 0;
  for (const knowledge::ConfigFormat& format : knowledge.configs) {
    std::size_t lines = 0;
    std::size_t settings = 0;
    std::size_t known = 0;
    bool in_comment = false;
    for (std::string_view line : split(text, '\n')) {
      line = trim(line);
      if (line.empty()) continue;
      const auto setting = setting_of(line, format.syntax);
      // Comments and conditionals belong to configurations of either kind and tell nothing.
      if (line.starts_with("/*")) in_comment = true;
      const bool neutral = !setting && (in_comment || line.starts_with("//") || line.starts_with("*") || line.starts_with("#"));
      if (line.find("*/") != std::string_view::npos) in_comment = false;
      if (neutral) continue;
      ++lines;
      if (!setting) continue;
      ++settings;
      if (carries_sign(setting->name, format)) ++known;
    }
    if (known < k_fewest_options || static_cast<double>(settings) < k_least_share * static_cast<double>(lines)) continue;
    if (known > most) {
      most = known;
      best = &format;
    }
  }
  return best;
}

Profile read_config(std::string_view text, const knowledge::ConfigFormat& format, std::string path, const knowledge::Knowledge& knowledge) {
  Profile profile = find(knowledge.devices, format.device).value_or(Profile{});
  profile.id = format.id;
  profile.title = std::string(format.title) + " " + path;
  profile.source = std::move(path);
  std::map<std::string, Setting, std::less<>> settings;
  for (std::string_view line : split(text, '\n')) {
    auto setting = setting_of(trim(line), format.syntax);
    if (!setting) continue;
    const auto known = settings.find(setting->name);
    // In a header, a commented-out example beside the real line is no switch.
    const bool commented = format.syntax == "macros" && !setting->on && !trim(line).starts_with("#");
    if (known != settings.end() && commented) continue;
    settings[setting->name] = std::move(*setting);
  }
  for (const knowledge::ConfigOption& option : format.options) {
    const auto setting = settings.find(option.name);
    if (setting == settings.end()) {
      if (format.complete) {
        for (const std::string_view statement : option.off) apply(statement, {}, profile);
      }
      continue;
    }
    for (const std::string_view statement : setting->second.on ? option.on : option.off) apply(statement, setting->second.value, profile);
    profile.from_options.push_back(setting->first + (setting->second.on ? " = " + setting->second.value : " is off"));
  }
  return profile;
}

}  // namespace tlswhy::device
