// SPDX-License-Identifier: Apache-2.0
#include "triage/units.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "input/input.hpp"

namespace tlswhy::triage {
namespace {

namespace fs = std::filesystem;
using input::Kind;

// Text files of a folder that may be logs. A folder holds notes and programs too, which would be read as logs without any event.
constexpr std::array<std::string_view, 7> k_log_endings{".log", ".txt", ".out", ".err", ".serial", ".trace", ".monitor"};
constexpr std::array<std::string_view, 6> k_certificate_endings{".pem", ".crt", ".cer", ".der", ".ca", ".cert"};
constexpr std::array<std::string_view, 7> k_capture_endings{".pcap", ".pcapng", ".cap", ".dmp", ".ntar", ".pcp", ".snoop"};
constexpr std::array<std::string_view, 3> k_compressions{".gz", ".zst", ".lz4"};
constexpr std::string_view k_expect = ".expect";
constexpr std::string_view k_case = "case.json";

struct Entry {
  std::string path;
  Kind kind = Kind::other;
  bool named = false;  // by the user, not met in a folder
};
struct Folder {
  std::vector<Entry> entries;
  std::vector<std::string> expectations;
};

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

template <std::size_t N>
bool ends_with_any(std::string_view name, const std::array<std::string_view, N>& endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.size() > ending.size() && iequals(name.substr(name.size() - ending.size()), ending); });
}

std::string_view without_compression(std::string_view name) {
  for (const std::string_view ending : k_compressions) {
    if (ends_with_any(name, std::array{ending})) name.remove_suffix(ending.size());
  }
  return name;
}

// "run7" of "run7.pcapng.gz".
std::string_view stem_of(std::string_view name) {
  name = without_compression(name);
  const std::size_t dot = name.rfind('.');
  return dot == 0 || dot == std::string_view::npos ? name : name.substr(0, dot);
}

// How much of the name it shares if `name` is `stem` or goes on after it with something that starts a new word; else 0.
std::size_t belonging(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return 0;
  return name.size() == stem.size() || std::isalnum(static_cast<unsigned char>(name[stem.size()])) == 0 ? stem.size() : 0;
}

class Finder {
 public:
  explicit Finder(Found& found) : found_(found) {}

  void path(const std::string& given) {
    std::error_code error;
    const fs::file_status status = fs::status(given, error);
    if (fs::is_directory(status)) return folder(given);
    if (fs::exists(status)) return file(given, true);
    if (given.find_first_of("*?[") != std::string::npos) return pattern(given);
    found_.problems.push_back(given + ": there is no such file or folder");
  }

  void pair() {
    for (auto& [name, folder] : folders_) pair_folder(folder);
    // By the names as they are printed, so that merged parts have the same order.
    std::sort(found_.units.begin(), found_.units.end(), [](const Unit& a, const Unit& b) {
      return std::pair(valid_utf8(a.path), std::string_view(a.path)) < std::pair(valid_utf8(b.path), std::string_view(b.path));
    });
  }

 private:
  void pattern(const std::string& given) {
    glob_t matches{};
    if (glob(given.c_str(), 0, nullptr, &matches) == 0) {
      for (std::size_t i = 0; i < matches.gl_pathc; ++i) path(matches.gl_pathv[i]);
    } else {
      found_.problems.push_back(given + ": nothing matches this pattern");
    }
    globfree(&matches);
  }

  void folder(const std::string& given) {
    std::error_code error;
    fs::recursive_directory_iterator it(given, fs::directory_options::none, error);
    if (error) {
      found_.problems.push_back(given + ": cannot be read: " + error.message());
      return;
    }
    for (; it != fs::recursive_directory_iterator(); it.increment(error)) {
      if (error) break;
      const std::string name = it->path().filename().string();
      std::error_code ignored;
      if (name.starts_with('.')) {
        if (it->is_directory(ignored)) it.disable_recursion_pending();
        continue;
      }
      if (it->is_directory(ignored)) {
        // A folder that may not be entered is no reason to give up on the others.
        fs::directory_iterator probe(it->path(), ignored);
        if (ignored) {
          if (!it->is_symlink(ignored)) found_.problems.push_back(it->path().string() + ": cannot be read");
          it.disable_recursion_pending();
        }
        continue;
      }
      if (it->is_regular_file(ignored)) file(it->path().string(), false);
    }
    if (error) found_.problems.push_back(given + ": cannot be read to its end: " + error.message());
  }

  void file(const std::string& given, bool named) {
    const std::string path = fs::path(given).lexically_normal().string();
    if (!seen_.insert(path).second) return;
    const std::string_view name = name_of(path);
    Folder& folder = folders_[path.substr(0, path.size() - name.size())];
    if (name == k_case || ends_with_any(name, std::array{k_expect})) return folder.expectations.push_back(path);
    const auto head = input::read_head(path);
    // What cannot be read is an input too where it was meant to be one.
    const bool capture_name = ends_with_any(without_compression(name), k_capture_endings);
    Kind kind = head ? input::kind_of(*head) : ends_with_any(name, k_log_endings) ? Kind::text : Kind::other;
    if (kind == Kind::other && (named || capture_name)) kind = Kind::capture;
    const bool ours = named || kind == Kind::capture || kind == Kind::key_log || (kind == Kind::certificates && ends_with_any(name, k_certificate_endings)) ||
                      (kind == Kind::text && (capture_name || ends_with_any(name, k_log_endings)));
    if (!ours) {
      ++found_.passed_over;
      return;
    }
    folder.entries.push_back({path, kind == Kind::text && capture_name ? Kind::capture : kind, named});
  }

  static Unit unit_of(const std::string& path) { return {path, {path}, {}, {}}; }

  void pair_folder(Folder& folder) {
    std::sort(folder.entries.begin(), folder.entries.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
    std::sort(folder.expectations.begin(), folder.expectations.end());
    std::vector<Unit> units;
    for (const Entry& entry : folder.entries) {
      if (entry.kind == Kind::capture) units.push_back(unit_of(entry.path));
    }
    const std::size_t captures = units.size();
    const bool one_story = captures == 0 && folder.expectations.size() == 1 && is_for_folder(folder.expectations.front(), folder);
    std::vector<std::string> shared;
    for (const Entry& entry : folder.entries) {
      if (entry.kind == Kind::capture) continue;
      Unit* owner = captures == 1 ? units.data() : owner_of(entry.path, units, captures);
      if (owner == nullptr && one_story && !units.empty()) owner = &units.front();
      if (owner != nullptr) {
        owner->files.push_back(entry.path);
      } else if (entry.kind == Kind::text || (entry.named && captures == 0)) {
        units.push_back(unit_of(entry.path));
      } else {
        shared.push_back(entry.path);
      }
    }
    for (Unit& unit : units) unit.shared = shared;
    for (const std::string& path : folder.expectations) {
      Unit* owner = units.size() == 1 ? &units.front() : owner_of(path, units, units.size());
      if (owner != nullptr && owner->expectation.empty()) owner->expectation = path;
      else if (!units.empty()) found_.problems.push_back(path + ": belongs to no input beside it");
    }
    for (Unit& unit : units) found_.units.push_back(std::move(unit));
  }

  // "case.json", or an expectation whose name fits none of the logs.
  static bool is_for_folder(const std::string& path, const Folder& folder) {
    if (name_of(path) == k_case) return true;
    const std::string_view stem = stem_of(name_of(path));
    return std::none_of(folder.entries.begin(), folder.entries.end(), [&](const Entry& entry) { return stem_of(name_of(entry.path)) == stem; });
  }

  // The one of the first `count` units whose stem the file's name begins with; the longest wins.
  static Unit* owner_of(const std::string& path, std::vector<Unit>& units, std::size_t count) {
    Unit* best = nullptr;
    std::size_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t shares = belonging(name_of(path), stem_of(name_of(units[i].path)));
      if (shares <= most) continue;
      most = shares;
      best = &units[i];
    }
    return best;
  }

  Found& found_;
  std::map<std::string, Folder> folders_;
  std::set<std::string> seen_;
};

}  // namespace

Found find_units(const std::vector<std::string>& paths) {
  Found found;
  Finder finder(found);
  for (const std::string& path : paths) finder.path(path);
  finder.pair();
  return found;
}

bool in_shard(const std::string& path, std::size_t index, std::size_t count) {
  // FNV-1a, 64 bits: the same on every machine, which std::hash does not promise.
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : path) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return (hash ^ hash >> 32U) % count == index - 1;
}

}  // namespace tlswhy::triage
