// SPDX-License-Identifier: Apache-2.0
// What a set of data files says that the rest of the set does not know.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "knowledge/fact.hpp"
#include "knowledge/load.hpp"

namespace tlswhy::knowledge {
namespace {

// Fields the program sets on every fact; see data/README.md.
constexpr std::array<std::string_view, 5> k_common_fields{"from", "role", "library", "platform", "version"};

class Checker {
 public:
  explicit Checker(const Knowledge& knowledge) : knowledge_(knowledge) {}

  void fact_text(const std::string& where, std::string_view text) {
    if (text.empty()) return;
    const auto fact = parse_fact(text);
    if (!fact) {
      add(where, "\"" + std::string(text) + "\" is no fact");
      return;
    }
    if (!known_fact(where, fact->name)) return;
    for (const auto& [field, value] : fact->fields) known_field(where, fact->name, field);
  }
  void matcher(const std::string& where, const Matcher& matcher) {
    if (!known_fact(where, matcher.fact)) return;
    for (const Condition& condition : matcher.conditions) known_field(where, matcher.fact, condition.field);
  }
  void evidence(const std::string& where, std::span<const Evidence> list) {
    for (const Evidence& item : list) {
      const std::string here = where + ", evidence " + std::string(item.id);
      for (const Matcher& entry : item.when) matcher(here, entry);
      for (const Matcher& entry : item.unless) matcher(here, entry);
    }
  }
  void cause_id(const std::string& where, std::string_view id) {
    if (knowledge_.cause(id) == nullptr) add(where, "there is no cause \"" + std::string(id) + "\"");
  }
  void cause_list(const std::string& where, std::string_view list) {
    if (list.empty()) return;
    for (const std::string_view id : split(list, ',')) cause_id(where, trim(id));
  }
  void add(const std::string& where, const std::string& what) { faults_.push_back(where + ": " + what); }
  [[nodiscard]] std::vector<std::string> take() { return std::move(faults_); }

 private:
  bool known_fact(const std::string& where, std::string_view name) {
    if (definition(name) != nullptr) return true;
    add(where, "there is no fact \"" + std::string(name) + "\"");
    return false;
  }
  void known_field(const std::string& where, std::string_view name, std::string_view field) {
    if (std::find(k_common_fields.begin(), k_common_fields.end(), field) != k_common_fields.end()) return;
    const auto fields = split(definition(name)->fields, ',');
    if (std::find(fields.begin(), fields.end(), field) == fields.end()) {
      add(where, "the fact \"" + std::string(name) + "\" has no field \"" + std::string(field) + "\"");
    }
  }
  [[nodiscard]] const FactDefinition* definition(std::string_view name) const {
    const auto at = std::find_if(knowledge_.facts.begin(), knowledge_.facts.end(), [&](const FactDefinition& fact) { return fact.name == name; });
    return at == knowledge_.facts.end() ? nullptr : &*at;
  }

  const Knowledge& knowledge_;
  std::vector<std::string> faults_;
};

// The words that device profiles and server policies may use; what each means is in data/README.md. A misspelt key would
// silently say nothing.
constexpr std::array<std::string_view, 35> k_properties{
    "aliases",        "versions",       "max_version",    "cipher_suites", "key_exchanges",   "ciphers",         "groups",
    "hashes",         "ecc",            "in_buffer",      "out_buffer",    "mfl",             "reassembles",     "sni",
    "verifies",       "checks_dates",   "checks_names",   "ip_san",        "max_rsa_bits",    "min_rsa_bits",    "max_certificate",
    "heap_needed",    "heap_buffers",   "heap_says",      "heap_size",     "pem",             "client_certificates", "library_version",
    "platform_versions", "note",        "bundle",         "certificate_keys", "tls13_default", "max_chain",
    "duplex"};

void check_devices(const Knowledge& knowledge, Checker& checker) {
  for (const auto& [folder, list] : {std::pair<std::string_view, std::span<const Device>>{"devices/", knowledge.devices}, {"servers/", knowledge.servers}}) {
    for (const Device& device : list) {
      const std::string where = std::string(folder) + std::string(device.id);
      for (const Property& property : device.properties) {
        if (std::find(k_properties.begin(), k_properties.end(), property.key) == k_properties.end()) checker.add(where, "there is no property \"" + std::string(property.key) + "\"");
      }
      const Device* parent = &device;
      for (std::size_t depth = 0; parent != nullptr && !parent->extends.empty(); ++depth) {
        const auto at = std::find_if(list.begin(), list.end(), [&](const Device& other) { return other.id == parent->extends; });
        if (at == list.end()) checker.add(where, "there is no profile \"" + std::string(parent->extends) + "\" to extend");
        parent = at == list.end() ? nullptr : &*at;
        if (depth > list.size()) {
          checker.add(where, "extends itself");
          break;
        }
      }
    }
  }
  for (const ConfigFormat& format : knowledge.configs) {
    const std::string where = "configs/" + std::string(format.id);
    if (knowledge.device(format.device) == nullptr) checker.add(where, "there is no profile \"" + std::string(format.device) + "\"");
    for (const ConfigOption& option : format.options) {
      for (const auto& statements : {option.on, option.off}) {
        for (const std::string_view statement : statements) {
          const std::string_view key = statement.substr(0, statement.find(' '));
          if (std::find(k_properties.begin(), k_properties.end(), key) == k_properties.end()) {
            checker.add(where + ", " + std::string(option.name), "there is no property \"" + std::string(key) + "\"");
          }
        }
      }
    }
  }
  for (const Defect& defect : knowledge.defects) {
    for (const Matcher& entry : defect.when) checker.matcher("defects/" + std::string(defect.id), entry);
  }
}

}  // namespace

std::vector<std::string> check(const Knowledge& knowledge) {
  Checker checker(knowledge);
  for (const CodeLibrary& library : knowledge.code_libraries) {
    for (const Code& code : library.codes) {
      const std::string where = "codes/" + std::string(library.id) + ", " + std::string(code.symbol);
      checker.fact_text(where, code.fact);
      checker.cause_list(where, code.causes);
    }
  }
  for (const Dialect& dialect : knowledge.dialects) {
    for (const Pattern& pattern : dialect.patterns) {
      const std::string where = "dialects/" + std::string(dialect.id) + ", " + std::string(pattern.id);
      for (const std::string_view fact : pattern.facts) checker.fact_text(where, fact);
      if (!pattern.code_library.empty()) {
        for (const std::string_view id : split(pattern.code_library, ',')) {
          if (knowledge.code_library(trim(id)) == nullptr) checker.add(where, "there is no code table \"" + std::string(id) + "\"");
        }
      }
    }
  }
  for (const Family& family : knowledge.families) checker.evidence("causes/families, " + std::string(family.id), family.evidence);
  for (const Cause& cause : knowledge.causes) {
    const std::string where = "causes/" + std::string(cause.id);
    checker.evidence(where, cause.evidence);
    if (knowledge.family(cause.family) == nullptr) checker.add(where, "there is no family \"" + std::string(cause.family) + "\"");
    for (const Confusion& confusion : cause.confused_with) checker.cause_id(where, confusion.cause);
  }
  check_devices(knowledge, checker);
  return checker.take();
}

}  // namespace tlswhy::knowledge
