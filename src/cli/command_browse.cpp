// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/options.hpp"
#include "codes/codes.hpp"
#include "report/json.hpp"
#include "report/schema.hpp"
#include "report/text.hpp"

namespace tlswhy::cli {
namespace {

constexpr std::size_t k_edits = 4;

// The id nearest to a mistyped one; empty if none is near.
template <typename T>
std::string nearest(std::span<const T> list, std::string_view name) {
  std::string best;
  std::size_t least = k_edits;
  for (const T& entry : list) {
    const std::size_t edits = edit_distance(entry.id, name, k_edits);
    if (edits < least) {
      least = edits;
      best = std::string(entry.id);
    }
  }
  return best;
}

// The entries that a command shows and whether they were found by words and not by their ids.
template <typename T>
struct Picked {
  std::vector<const T*> entries;
  bool searched = false;
};

// The entries named on the command line, else those that have every one of the words in what `text_of` gives; all without names.
// Nothing (after a complaint) if there are none.
template <typename T, typename TextOf>
std::optional<Picked<T>> pick(std::span<const T> list, const std::vector<std::string>& names, const char* what, const TextOf& text_of) {
  Picked<T> picked;
  std::string unknown;
  for (const std::string& name : names) {
    const auto at = std::find_if(list.begin(), list.end(), [&](const T& entry) { return iequals(entry.id, name); });
    if (at == list.end()) {
      unknown = name;
    } else {
      picked.entries.push_back(&*at);
    }
  }
  if (!names.empty() && unknown.empty()) return picked;
  picked.entries.clear();
  picked.searched = !names.empty();
  for (const T& entry : list) {
    const std::string text = text_of(entry);
    const bool wanted =
        std::all_of(names.begin(), names.end(), [&](const std::string& word) { return ifind(text, word) != std::string_view::npos; });
    if (wanted) picked.entries.push_back(&entry);
  }
  if (!picked.entries.empty()) return picked;
  const std::string near = nearest(list, unknown);
  complain(std::string("there is no ") + what + " \"" + unknown + "\"" + (near.empty() ? "" : "; did you mean " + near + "?"));
  return std::nullopt;
}

}  // namespace

int run_codes(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  const auto& tables = source.get().code_libraries;
  std::vector<const knowledge::CodeLibrary*> libraries;
  std::vector<std::string> queries;
  if (!options.search.empty()) queries.push_back(options.search);
  for (const std::string& name : options.names) {
    const auto at = std::find_if(tables.begin(), tables.end(), [&](const auto& table) { return iequals(table.id, name); });
    if (at == tables.end()) {
      queries.push_back(name);
    } else {
      libraries.push_back(&*at);
    }
  }
  if (!options.library.empty()) {
    libraries = codes::tables_named(source.get(), options.library);
    if (libraries.empty()) {
      const std::string near = nearest(tables, options.library);
      complain("there is no code table \"" + options.library + "\"" +
               (near.empty() ? "; tlswhy codes lists them" : "; did you mean " + near + "?"));
      return k_exit_usage;
    }
  }
  if (!options.machine() && libraries.empty() && queries.empty()) {
    return write_output(options, report::code_tables_text(source.get(), text_options(options)), k_exit_ok);
  }
  if (libraries.empty()) {
    for (const knowledge::CodeLibrary& table : tables) libraries.push_back(&table);
  }
  const auto rows = codes::search(libraries, queries);
  if (rows.empty() && !options.machine()) {
    const std::string near = nearest(tables, queries.back());
    complain("no code has \"" + queries.back() + "\"" +
             (near.empty() ? "; tlswhy explain takes sums and whole lines, too" : "; did you mean the table " + near + "?"));
    return k_exit_failure_found;
  }
  const std::string text = options.machine() ? report::codes_json(source.get(), rows, options.indent()) + "\n"
                                             : report::codes_text(source.get(), rows, text_options(options));
  return write_output(options, text, rows.empty() ? k_exit_failure_found : k_exit_ok);
}

int run_causes(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  const auto picked = pick(source.get().causes, options.names, "cause", [](const knowledge::Cause& cause) {
    return std::string(cause.id) + " " + std::string(cause.title) + " " + std::string(cause.family) + " " + std::string(cause.owner) + " " +
           std::string(cause.what);
  });
  if (!picked) return k_exit_failure_found;
  std::string text;
  if (options.machine()) {
    text = report::causes_json(picked->entries, options.indent()) + "\n";
  } else if (options.names.empty() || (picked->searched && picked->entries.size() > 1)) {
    text = report::causes_text(picked->entries, text_options(options));
  } else {
    for (const knowledge::Cause* const cause : picked->entries)
      text += (text.empty() ? "" : "\n") + report::cause_text(*cause, text_options(options));
  }
  return write_output(options, text, k_exit_ok);
}

int run_devices(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  const auto picked = pick(source.get().devices, options.names, "device profile", [](const knowledge::Device& device) {
    return std::string(device.id) + " " + std::string(device.title) + " " + std::string(device.platform) + " " +
           std::string(device.library);
  });
  if (!picked) return k_exit_failure_found;
  const std::string text = options.machine() ? report::devices_json(picked->entries, options.indent()) + "\n"
                                             : report::devices_text(picked->entries, text_options(options));
  return write_output(options, text, k_exit_ok);
}

int run_schema(const Options& options) {
  std::string text;
  for (const report::Schema& schema : report::schemas()) {
    if (options.names.empty()) {
      text += std::string(schema.name) + "\n";
    } else if (std::find(options.names.begin(), options.names.end(), schema.name) != options.names.end()) {
      text += std::string(schema.text);
    }
  }
  if (text.empty()) {
    complain("there is no such schema; tlswhy schema lists them");
    return k_exit_usage;
  }
  return write_output(options, text, k_exit_ok);
}

}  // namespace tlswhy::cli
