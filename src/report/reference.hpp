// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "knowledge/model.hpp"
#include "report/document.hpp"

// What the program knows, as pages to read and to link to.
namespace tlswhy::report {

[[nodiscard]] Document cause_page(const knowledge::Cause& cause);
// All causes with their pages' content.
[[nodiscard]] Document causes_reference(const knowledge::Knowledge& knowledge);
// The rows of one table.
[[nodiscard]] Document code_table_page(const knowledge::CodeLibrary& table);
// The tables, without their rows.
[[nodiscard]] Document codes_reference(const knowledge::Knowledge& knowledge);
[[nodiscard]] Document devices_reference(const knowledge::Knowledge& knowledge);
[[nodiscard]] Document dialects_reference(const knowledge::Knowledge& knowledge);
// Every field of every JSON document, from the schemas.
[[nodiscard]] Document json_reference();

}  // namespace tlswhy::report
