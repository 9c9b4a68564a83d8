// SPDX-License-Identifier: Apache-2.0
#include "knowledge/load.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>

#include "knowledge/parse.hpp"

namespace tlswhy::knowledge {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The files of a folder with one ending, sorted so that the result does not depend on the file system.
std::vector<fs::path> files_of(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

template <typename T>
std::string_view key_of(const T& entry) {
  if constexpr (requires { entry.id; }) {
    return entry.id;
  } else {
    return entry.name;
  }
}

// `base` with the entries of `layer`: same key replaces, new key is added; sorted by key.
template <typename T>
std::vector<T> overlay(std::span<const T> base, std::span<const T> layer) {
  std::vector<T> merged(base.begin(), base.end());
  for (const T& entry : layer) {
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const T& old) { return key_of(old) == key_of(entry); });
    if (same != merged.end()) {
      *same = entry;
    } else {
      merged.push_back(entry);
    }
  }
  std::stable_sort(merged.begin(), merged.end(), [](const T& a, const T& b) { return key_of(a) < key_of(b); });
  return merged;
}

}  // namespace

struct Library::Storage {
  Arena arena;
  Knowledge own;
  Knowledge merged;
};

Library::Library() : storage_(std::make_unique<Storage>()) {}
Library::~Library() = default;
Library::Library(Library&&) noexcept = default;
Library& Library::operator=(Library&&) noexcept = default;

Library Library::load(const std::string& folder, std::vector<std::string>& faults) {
  Library library;
  Arena& arena = library.storage_->arena;
  Knowledge& own = library.storage_->own;
  const fs::path root(folder);
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    faults.push_back(folder + ": is not a folder");
    return library;
  }
  const auto each = [&](const char* part, std::string_view extension, const auto& take) {
    for (const fs::path& path : files_of(root / part, extension)) {
      const std::string name = path.string();
      const std::string text = read_file(path);
      take(Source{name, text}, path);
    }
  };
  if (const fs::path path = root / "facts.tsv"; fs::exists(path, error)) {
    const std::string name = path.string();
    const std::string text = read_file(path);
    own.facts = arena.keep(parse_facts({name, text}, arena, faults));
  }
  if (const fs::path path = root / "products.tsv"; fs::exists(path, error)) {
    const std::string name = path.string();
    const std::string text = read_file(path);
    own.products = arena.keep(parse_products({name, text}, arena, faults));
  }
  std::vector<CodeLibrary> codes;
  each("codes", ".tsv", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_codes(file, arena, faults)) codes.push_back(*parsed);
  });
  std::vector<Registry> registries;
  each("registries", ".tsv", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_registry(file, arena, faults)) registries.push_back(*parsed);
  });
  std::vector<Dialect> dialects;
  each("dialects", ".toml", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_dialect(file, arena, faults)) dialects.push_back(*parsed);
  });
  std::vector<Cause> causes;
  each("causes", ".toml", [&](const Source& file, const fs::path& path) {
    if (path.filename() == "families.toml") {
      own.families = arena.keep(parse_families(file, arena, faults));
    } else if (auto parsed = parse_cause(file, arena, faults)) {
      causes.push_back(*parsed);
    }
  });
  std::vector<Device> devices;
  each("devices", ".toml", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_device(file, arena, faults)) devices.push_back(*parsed);
  });
  std::vector<Device> servers;
  each("servers", ".toml", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_device(file, arena, faults)) servers.push_back(*parsed);
  });
  std::vector<ConfigFormat> configs;
  each("configs", ".toml", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_config(file, arena, faults)) configs.push_back(*parsed);
  });
  std::vector<Defect> defects;
  each("defects", ".toml", [&](const Source& file, const fs::path&) {
    if (auto parsed = parse_defect(file, arena, faults)) defects.push_back(*parsed);
  });
  std::vector<RootNote> roots;
  each("files", ".toml", [&](const Source& file, const fs::path& path) {
    if (path.filename() == "faults.toml") {
      own.file_faults = arena.keep(parse_file_faults(file, arena, faults));
    } else if (path.filename() == "roots.toml") {
      for (const RootNote& note : parse_roots(file, arena, faults)) roots.push_back(note);
    } else if (path.filename() == "issuers.toml") {
      for (const RootNote& issuer : parse_issuers(file, arena, faults)) roots.push_back(issuer);
    }
  });
  own.roots = arena.keep(std::move(roots));
  own.servers = arena.keep(std::move(servers));
  own.configs = arena.keep(std::move(configs));
  own.defects = arena.keep(std::move(defects));
  own.code_libraries = arena.keep(std::move(codes));
  own.registries = arena.keep(std::move(registries));
  own.dialects = arena.keep(std::move(dialects));
  own.causes = arena.keep(std::move(causes));
  own.devices = arena.keep(std::move(devices));
  return library;
}

const Knowledge& Library::own() const { return storage_->own; }

const Knowledge& Library::over(const Knowledge& base) {
  Arena& arena = storage_->arena;
  const Knowledge& own = storage_->own;
  Knowledge& merged = storage_->merged;
  merged.facts = arena.keep(overlay(base.facts, own.facts));
  merged.code_libraries = arena.keep(overlay(base.code_libraries, own.code_libraries));
  merged.registries = arena.keep(overlay(base.registries, own.registries));
  merged.dialects = arena.keep(overlay(base.dialects, own.dialects));
  merged.causes = arena.keep(overlay(base.causes, own.causes));
  merged.families = arena.keep(overlay(base.families, own.families));
  // Rows of the overlay come first and so decide.
  std::vector<Product> products(own.products.begin(), own.products.end());
  products.insert(products.end(), base.products.begin(), base.products.end());
  merged.products = arena.keep(std::move(products));
  merged.devices = arena.keep(overlay(base.devices, own.devices));
  merged.servers = arena.keep(overlay(base.servers, own.servers));
  merged.configs = arena.keep(overlay(base.configs, own.configs));
  merged.defects = arena.keep(overlay(base.defects, own.defects));
  merged.file_faults = arena.keep(overlay(base.file_faults, own.file_faults));
  merged.roots = arena.keep(overlay(base.roots, own.roots));
  return merged;
}

}  // namespace tlswhy::knowledge
