// SPDX-License-Identifier: Apache-2.0
#include "knowledge/model.hpp"

#include <algorithm>

namespace tlswhy::knowledge {

const char* built_in_texts = nullptr;

namespace {

// The lists with ids are short (at most some hundred entries), so a scan needs no order to be kept by overlays.
template <typename T>
const T* find_by_id(std::span<const T> list, std::string_view id) {
  const auto at = std::find_if(list.begin(), list.end(), [&](const T& entry) { return entry.id == id; });
  return at == list.end() ? nullptr : &*at;
}

}  // namespace

const CodeLibrary* Knowledge::code_library(std::string_view id) const { return find_by_id(code_libraries, id); }
const Registry* Knowledge::registry(std::string_view id) const { return find_by_id(registries, id); }
const Cause* Knowledge::cause(std::string_view id) const { return find_by_id(causes, id); }
const Family* Knowledge::family(std::string_view id) const { return find_by_id(families, id); }
const Device* Knowledge::device(std::string_view id) const { return find_by_id(devices, id); }
const FileFault* Knowledge::file_fault(std::string_view id) const { return find_by_id(file_faults, id); }

std::string_view Knowledge::name_of(std::string_view registry_id, std::uint32_t value) const {
  const Registry* const list = registry(registry_id);
  if (list == nullptr) return {};
  const auto at = std::lower_bound(list->entries.begin(), list->entries.end(), value,
                                   [](const RegistryEntry& entry, std::uint32_t wanted) { return entry.value < wanted; });
  return at != list->entries.end() && at->value == value ? at->name : std::string_view{};
}

}  // namespace tlswhy::knowledge
