// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>

#include "base/text.hpp"
#include "cli/options.hpp"
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

// The entries named on the command line, or all; nothing (after a complaint) if a name is unknown.
template <typename T>
std::optional<std::vector<const T*>> pick(std::span<const T> list, const std::vector<std::string>& names, const char* what) {
  std::vector<const T*> picked;
  for (const std::string& name : names) {
    const auto at = std::find_if(list.begin(), list.end(), [&](const T& entry) { return entry.id == name; });
    if (at == list.end()) {
      const std::string near = nearest(list, name);
      complain(std::string("there is no ") + what + " \"" + name + "\"" + (near.empty() ? "" : "; did you mean " + near + "?"));
      return std::nullopt;
    }
    picked.push_back(&*at);
  }
  if (names.empty()) {
    for (const T& entry : list) picked.push_back(&entry);
  }
  return picked;
}

}  // namespace

int run_codes(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  std::vector<const knowledge::Code*> rows;
  const auto libraries = pick(source.get().code_libraries, options.names, "code table");
  if (!libraries) return k_exit_usage;
  for (const knowledge::CodeLibrary* const library : *libraries) {
    for (const knowledge::Code& code : library->codes) {
      const bool wanted = options.search.empty() || ifind(code.symbol, options.search) != std::string_view::npos || ifind(code.meaning, options.search) != std::string_view::npos;
      if (wanted) rows.push_back(&code);
    }
  }
  const std::string text = options.machine() ? report::codes_json(source.get(), rows, options.indent()) + "\n" : report::codes_text(rows, text_options(options));
  return write_output(options, text, rows.empty() ? k_exit_failure_found : k_exit_ok);
}

int run_causes(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  const auto causes = pick(source.get().causes, options.names, "cause");
  if (!causes) return k_exit_usage;
  std::string text;
  if (options.machine()) {
    text = report::causes_json(*causes, options.indent()) + "\n";
  } else if (options.names.empty()) {
    text = report::causes_text(*causes, text_options(options));
  } else {
    for (const knowledge::Cause* const cause : *causes) text += (text.empty() ? "" : "\n") + report::cause_text(*cause, text_options(options));
  }
  return write_output(options, text, k_exit_ok);
}

int run_devices(const Options& options) {
  const KnowledgeSource source(options.data);
  if (!source.ok()) return k_exit_usage;
  const auto devices = pick(source.get().devices, options.names, "device profile");
  if (!devices) return k_exit_usage;
  const std::string text = options.machine() ? report::devices_json(*devices, options.indent()) + "\n" : report::devices_text(*devices, text_options(options));
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
