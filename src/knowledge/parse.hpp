// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/arena.hpp"
#include "knowledge/model.hpp"

// One file of data/ each; faults are sentences that begin with "file:line: ".
namespace tlswhy::knowledge {

struct Source {
  std::string_view path;
  std::string_view text;
};

// A condition from its field and its value as data files write it: "word", "!word", "<4096", "*"; nothing if a number is missing.
[[nodiscard]] std::optional<Condition> parse_condition(std::string_view field, std::string_view value, Arena& arena);

[[nodiscard]] std::optional<CodeLibrary> parse_codes(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::optional<Registry> parse_registry(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::vector<Product> parse_products(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::vector<FactDefinition> parse_facts(const Source& file, Arena& arena, std::vector<std::string>& faults);

[[nodiscard]] std::optional<Dialect> parse_dialect(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::optional<Cause> parse_cause(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::vector<Family> parse_families(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::optional<Device> parse_device(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::optional<ConfigFormat> parse_config(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::optional<Defect> parse_defect(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::vector<FileFault> parse_file_faults(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::vector<RootNote> parse_issuers(const Source& file, Arena& arena, std::vector<std::string>& faults);
[[nodiscard]] std::vector<RootNote> parse_roots(const Source& file, Arena& arena, std::vector<std::string>& faults);

}  // namespace tlswhy::knowledge
