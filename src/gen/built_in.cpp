// SPDX-License-Identifier: Apache-2.0
#include "knowledge/model.hpp"

namespace tlswhy::knowledge {
namespace generated {
extern const char code_texts[];
extern const std::span<const FactDefinition> facts;
extern const std::span<const CodeLibrary> code_libraries;
extern const std::span<const Registry> registries;
extern const std::span<const Dialect> dialects;
extern const std::span<const Cause> causes;
extern const std::span<const Family> families;
extern const std::span<const Device> devices;
extern const LogIndex log_index;
extern const std::span<const Product> products;
extern const std::span<const Device> servers;
extern const std::span<const ConfigFormat> configs;
extern const std::span<const Defect> defects;
extern const std::span<const FileFault> file_faults;
extern const std::span<const RootNote> roots;
}  // namespace generated

const Knowledge& built_in() {
  built_in_texts = generated::code_texts;
  static const Knowledge knowledge{generated::facts,  generated::code_libraries, generated::registries, generated::dialects,
                                   generated::causes, generated::families,       generated::devices,    &generated::log_index,
                                   generated::products, generated::servers,
                                   generated::configs, generated::defects,        generated::file_faults, generated::roots};
  return knowledge;
}

}  // namespace tlswhy::knowledge
