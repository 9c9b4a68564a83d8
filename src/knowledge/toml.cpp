// SPDX-License-Identifier: Apache-2.0
// The structured files of data/: dialects, causes, families, devices.
#include <algorithm>
#include <array>
#include <initializer_list>

// Debian's shared library is built with exceptions; ours reports parse errors as results.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/text.hpp"
#include "knowledge/parse.hpp"

namespace tlswhy::knowledge {
namespace {

std::string_view file_stem(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.substr(0, path.rfind('.'));
}

// Reads one TOML file; every key that is not asked for is a fault, so a typing error cannot be overlooked.
class Document {
 public:
  Document(const Source& file, Arena& arena, std::vector<std::string>& faults)
      : path_(file.path), arena_(arena), faults_(faults), result_(toml::parse(file.text, file.path)) {
    if (!result_) {
      const auto& error = result_.error();
      fault(error.source().begin.line, std::string(error.description()));
    }
  }
  [[nodiscard]] bool ok() const { return static_cast<bool>(result_); }
  [[nodiscard]] const toml::table& root() const { return result_.table(); }

  void fault(toml::source_index line, const std::string& what) const {
    faults_.push_back(std::string(path_) + ":" + std::to_string(line) + ": " + what);
  }
  void fault(const toml::node& node, const std::string& what) const { fault(node.source().begin.line, what); }

  void allow_only(const toml::table& table, std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table) {
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) fault(node, "unknown key \"" + std::string(key.str()) + "\"");
    }
  }
  [[nodiscard]] std::string_view text(const toml::table& table, std::string_view key, bool needed = false) const {
    const toml::node* const node = table.get(key);
    if (node == nullptr) {
      if (needed) fault(table, "\"" + std::string(key) + "\" is missing");
      return {};
    }
    const auto value = node->value_exact<std::string>();
    if (!value) {
      fault(*node, "\"" + std::string(key) + "\" is no text");
      return {};
    }
    return arena_.keep(std::string(trim(*value)));
  }
  // A text or a list of texts. Not trimmed: blanks count in patterns.
  [[nodiscard]] std::span<const std::string_view> texts(const toml::node* node) const {
    std::vector<std::string_view> list;
    if (node != nullptr) {
      if (const toml::array* const array = node->as_array()) {
        for (const toml::node& item : *array) list.push_back(word(item));
      } else {
        list.push_back(word(*node));
      }
    }
    return arena_.keep(std::move(list));
  }
  // Text, or a number or truth value as the text of it.
  [[nodiscard]] std::string_view word(const toml::node& node) const {
    if (const auto value = node.value_exact<std::string>()) return arena_.keep(*value);
    if (const auto value = node.value_exact<std::int64_t>()) return arena_.keep(std::to_string(*value));
    if (const auto value = node.value_exact<bool>()) return *value ? "yes" : "no";
    fault(node, "text expected");
    return {};
  }
  // The tables of [[key]].
  [[nodiscard]] std::vector<const toml::table*> tables(const toml::table& table, std::string_view key) const {
    std::vector<const toml::table*> list;
    const toml::node* const node = table.get(key);
    if (node == nullptr) return list;
    const toml::array* const array = node->as_array();
    if (array == nullptr) {
      fault(*node, "\"" + std::string(key) + "\" is no list of tables");
      return list;
    }
    for (const toml::node& item : *array) {
      if (const toml::table* const entry = item.as_table()) {
        list.push_back(entry);
      } else {
        fault(item, "a table is expected here");
      }
    }
    return list;
  }
  [[nodiscard]] Arena& arena() const { return arena_; }
  [[nodiscard]] std::string_view stem() const { return file_stem(path_); }

 private:
  std::string_view path_;
  Arena& arena_;
  std::vector<std::string>& faults_;
  toml::parse_result result_;
};

Condition parse_condition(const Document& doc, std::string_view field, const toml::node& node) {
  if (node.is_array()) return {doc.arena().keep(field), Operator::any_of, doc.texts(&node)};
  const auto condition = parse_condition(field, doc.word(node), doc.arena());
  if (!condition) doc.fault(node, "a number is expected after < or >");
  return condition.value_or(Condition{});
}

Matcher parse_matcher(const Document& doc, const toml::table& table) {
  Matcher matcher;
  matcher.fact = doc.text(table, "fact", true);
  std::vector<Condition> conditions;
  for (const auto& [key, node] : table) {
    if (key.str() != "fact") conditions.push_back(parse_condition(doc, key.str(), node));
  }
  matcher.conditions = doc.arena().keep(std::move(conditions));
  return matcher;
}

// A table, or a list of tables.
std::span<const Matcher> parse_matchers(const Document& doc, const toml::node* node) {
  std::vector<Matcher> list;
  if (node != nullptr) {
    if (const toml::table* const table = node->as_table()) {
      list.push_back(parse_matcher(doc, *table));
    } else if (const toml::array* const array = node->as_array()) {
      for (const toml::node& item : *array) {
        if (const toml::table* const entry = item.as_table()) {
          list.push_back(parse_matcher(doc, *entry));
        } else {
          doc.fault(item, "a table with \"fact\" is expected");
        }
      }
    } else {
      doc.fault(*node, "a table with \"fact\" is expected");
    }
  }
  return doc.arena().keep(std::move(list));
}

std::span<const Evidence> parse_evidence(const Document& doc, const toml::table& owner) {
  std::vector<Evidence> list;
  for (const toml::table* const table : doc.tables(owner, "evidence")) {
    doc.allow_only(*table, {"id", "grade", "when", "all", "unless", "says"});
    Evidence item;
    item.id = doc.text(*table, "id", true);
    const std::string_view grade = doc.text(*table, "grade", true);
    constexpr std::array<std::pair<std::string_view, Grade>, 6> k_grades{{{"decisive", Grade::decisive},
                                                                          {"strong", Grade::strong},
                                                                          {"hint", Grade::hint},
                                                                          {"note", Grade::note},
                                                                          {"against", Grade::against},
                                                                          {"rules-out", Grade::rules_out}}};
    const auto known = std::find_if(k_grades.begin(), k_grades.end(), [&](const auto& entry) { return entry.first == grade; });
    if (known == k_grades.end()) {
      doc.fault(*table, "grade is one of decisive, strong, hint, note, against, rules-out");
    } else {
      item.grade = known->second;
    }
    const toml::node* when = table->get("when");
    if (when == nullptr) when = table->get("all");
    item.when = parse_matchers(doc, when);
    if (item.when.empty()) doc.fault(*table, "\"when\" or \"all\" is missing");
    item.unless = parse_matchers(doc, table->get("unless"));
    item.says = doc.text(*table, "says", true);
    for (const Evidence& before : list) {
      if (before.id == item.id) doc.fault(*table, "the id \"" + std::string(item.id) + "\" is used twice");
    }
    list.push_back(item);
  }
  return doc.arena().keep(std::move(list));
}

std::span<const Reference> parse_references(const Document& doc, const toml::table& owner) {
  std::vector<Reference> references;
  for (const toml::table* const table : doc.tables(owner, "reference")) {
    doc.allow_only(*table, {"url", "title"});
    references.push_back({doc.text(*table, "url", true), doc.text(*table, "title", true)});
  }
  return doc.arena().keep(std::move(references));
}

// The keys of a table with one value or a list of them.
std::span<const Property> parse_properties(const Document& doc, const toml::node* node) {
  std::vector<Property> properties;
  if (node != nullptr && node->is_table()) {
    for (const auto& [key, value] : *node->as_table()) properties.push_back({doc.arena().keep(key.str()), doc.texts(&value)});
  }
  return doc.arena().keep(std::move(properties));
}

std::span<const Pattern> parse_patterns(const Document& doc, std::string_view key, bool prefix) {
  std::vector<Pattern> list;
  for (const toml::table* const table : doc.tables(doc.root(), key)) {
    doc.allow_only(*table, {"id", "match", "kind", "code_library", "facts", "samples"});
    Pattern pattern;
    pattern.id = doc.text(*table, "id", !prefix);
    pattern.match = doc.texts(table->get("match"));
    pattern.kind = doc.text(*table, "kind", !prefix);
    pattern.code_library = doc.text(*table, "code_library");
    pattern.facts = doc.texts(table->get("facts"));
    pattern.samples = doc.texts(table->get("samples"));
    if (prefix && pattern.id.empty() != pattern.kind.empty()) doc.fault(*table, "a prefix has both \"id\" and \"kind\" or neither");
    if (pattern.match.empty()) doc.fault(*table, "\"match\" is missing");
    if (pattern.samples.empty()) doc.fault(*table, "\"samples\" is missing: a pattern without a real line cannot be checked");
    list.push_back(pattern);
  }
  return doc.arena().keep(std::move(list));
}

void check_id(const Document& doc, std::string_view id) {
  if (id != doc.stem()) doc.fault(doc.root(), "the id \"" + std::string(id) + "\" is not the file's name");
}

}  // namespace

std::optional<Dialect> parse_dialect(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  const Document doc(file, arena, faults);
  if (!doc.ok()) return std::nullopt;
  doc.allow_only(doc.root(), {"id", "title", "platform", "library", "role", "prefix", "pattern"});
  Dialect dialect;
  dialect.id = doc.text(doc.root(), "id", true);
  check_id(doc, dialect.id);
  dialect.title = doc.text(doc.root(), "title", true);
  dialect.platform = doc.text(doc.root(), "platform");
  dialect.library = doc.text(doc.root(), "library");
  dialect.role = doc.text(doc.root(), "role", true);
  dialect.prefixes = parse_patterns(doc, "prefix", true);
  dialect.patterns = parse_patterns(doc, "pattern", false);
  if (faults.size() != faults_before) return std::nullopt;
  return dialect;
}

std::optional<Cause> parse_cause(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  const Document doc(file, arena, faults);
  if (!doc.ok()) return std::nullopt;
  const toml::table& root = doc.root();
  doc.allow_only(root, {"id", "family", "title", "owner", "prior", "explain", "evidence", "fix", "reference"});
  Cause cause;
  cause.id = doc.text(root, "id", true);
  check_id(doc, cause.id);
  cause.family = doc.text(root, "family", true);
  cause.title = doc.text(root, "title", true);
  cause.owner = doc.text(root, "owner", true);
  const std::string_view prior = doc.text(root, "prior", true);
  cause.prior = prior == "common" ? Prior::common : prior == "rare" ? Prior::rare : Prior::usual;
  if (prior != "common" && prior != "rare" && prior != "usual") doc.fault(root, "prior is one of common, usual, rare");
  const toml::node* const explain_node = root.get("explain");
  const toml::table* const explain = explain_node == nullptr ? nullptr : explain_node->as_table();
  if (explain == nullptr) {
    doc.fault(root, "[explain] is missing");
    return std::nullopt;
  }
  doc.allow_only(*explain, {"what", "confirm", "confused_with"});
  cause.what = doc.text(*explain, "what", true);
  cause.confirm = doc.texts(explain->get("confirm"));
  if (cause.confirm.empty()) doc.fault(*explain, "\"confirm\" is missing");
  std::vector<Confusion> confusions;
  for (const toml::table* const table : doc.tables(*explain, "confused_with")) {
    doc.allow_only(*table, {"cause", "tell", "check"});
    confusions.push_back({doc.text(*table, "cause", true), doc.text(*table, "tell", true), doc.text(*table, "check", false)});
  }
  cause.confused_with = arena.keep(std::move(confusions));
  cause.evidence = parse_evidence(doc, root);
  std::vector<Fix> fixes;
  for (const toml::table* const table : doc.tables(root, "fix")) {
    doc.allow_only(*table, {"platform", "do", "weakens"});
    Fix fix;
    fix.platforms = doc.texts(table->get("platform"));
    fix.action = doc.text(*table, "do", true);
    fix.weakens = doc.text(*table, "weakens");
    if (fix.platforms.empty()) doc.fault(*table, "\"platform\" is missing");
    fixes.push_back(fix);
  }
  if (fixes.empty()) doc.fault(root, "[[fix]] is missing");
  cause.fixes = arena.keep(std::move(fixes));
  cause.references = parse_references(doc, root);
  if (cause.references.empty()) doc.fault(root, "[[reference]] is missing");
  if (faults.size() != faults_before) return std::nullopt;
  return cause;
}

std::vector<Family> parse_families(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const Document doc(file, arena, faults);
  std::vector<Family> families;
  if (!doc.ok()) return families;
  doc.allow_only(doc.root(), {"family"});
  for (const toml::table* const table : doc.tables(doc.root(), "family")) {
    doc.allow_only(*table, {"id", "title", "evidence"});
    families.push_back({doc.text(*table, "id", true), doc.text(*table, "title", true), parse_evidence(doc, *table)});
  }
  return families;
}

std::optional<Device> parse_device(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  const Document doc(file, arena, faults);
  if (!doc.ok()) return std::nullopt;
  Device device;
  device.id = doc.text(doc.root(), "id", true);
  check_id(doc, device.id);
  device.title = doc.text(doc.root(), "title", true);
  device.platform = doc.text(doc.root(), "platform");
  device.library = doc.text(doc.root(), "library");
  device.extends = doc.text(doc.root(), "extends");
  doc.allow_only(doc.root(), {"id", "title", "platform", "library", "extends", "properties", "reference"});
  device.properties = parse_properties(doc, doc.root().get("properties"));
  device.references = parse_references(doc, doc.root());
  if (device.references.empty() && device.extends.empty()) doc.fault(doc.root(), "[[reference]] is missing");
  if (faults.size() != faults_before) return std::nullopt;
  return device;
}

std::optional<ConfigFormat> parse_config(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  const Document doc(file, arena, faults);
  if (!doc.ok()) return std::nullopt;
  const toml::table& root = doc.root();
  doc.allow_only(root, {"id", "title", "syntax", "device", "complete", "signs", "option", "reference"});
  ConfigFormat format;
  format.id = doc.text(root, "id", true);
  check_id(doc, format.id);
  format.title = doc.text(root, "title", true);
  format.syntax = doc.text(root, "syntax", true);
  if (format.syntax != "kconfig" && format.syntax != "macros") doc.fault(root, "syntax is kconfig or macros");
  format.device = doc.text(root, "device", true);
  const toml::node* const complete = root.get("complete");
  format.complete = complete != nullptr && complete->value_or(false);
  format.signs = doc.texts(root.get("signs"));
  if (format.signs.empty()) doc.fault(root, "\"signs\" is missing");
  std::vector<ConfigOption> options;
  for (const toml::table* const table : doc.tables(root, "option")) {
    doc.allow_only(*table, {"name", "on", "off"});
    options.push_back({doc.text(*table, "name", true), doc.texts(table->get("on")), doc.texts(table->get("off"))});
    for (const auto& statements : {options.back().on, options.back().off}) {
      for (const std::string_view statement : statements) {
        if (statement.find(" = ") == std::string_view::npos && statement.find(" += ") == std::string_view::npos && statement.find(" -= ") == std::string_view::npos) {
          doc.fault(*table, "\"" + std::string(statement) + "\" is not \"key = value\", \"key += value\" or \"key -= value\"");
        }
      }
    }
  }
  format.options = arena.keep(std::move(options));
  if (parse_references(doc, root).empty()) doc.fault(root, "[[reference]] is missing");
  if (faults.size() != faults_before) return std::nullopt;
  return format;
}

std::optional<Defect> parse_defect(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const std::size_t faults_before = faults.size();
  const Document doc(file, arena, faults);
  if (!doc.ok()) return std::nullopt;
  const toml::table& root = doc.root();
  doc.allow_only(root, {"id", "title", "library", "platform", "affects", "mended", "symptom", "when", "do", "reference"});
  Defect defect;
  defect.id = doc.text(root, "id", true);
  check_id(doc, defect.id);
  defect.title = doc.text(root, "title", true);
  defect.library = doc.text(root, "library");
  defect.platform = doc.text(root, "platform");
  if (defect.library.empty() && defect.platform.empty()) doc.fault(root, "\"library\" or \"platform\" is missing");
  defect.affects = doc.text(root, "affects", true);
  defect.mended = doc.text(root, "mended");
  defect.symptom = doc.text(root, "symptom", true);
  defect.when = parse_matchers(doc, root.get("when"));
  if (defect.when.empty()) doc.fault(root, "\"when\" is missing");
  defect.action = doc.text(root, "do", true);
  defect.references = parse_references(doc, root);
  if (defect.references.empty()) doc.fault(root, "[[reference]] is missing");
  if (faults.size() != faults_before) return std::nullopt;
  return defect;
}

std::vector<FileFault> parse_file_faults(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const Document doc(file, arena, faults);
  std::vector<FileFault> list;
  if (!doc.ok()) return list;
  doc.allow_only(doc.root(), {"fault"});
  for (const toml::table* const table : doc.tables(doc.root(), "fault")) {
    doc.allow_only(*table, {"id", "severity", "title", "do", "gives"});
    FileFault fault;
    fault.id = doc.text(*table, "id", true);
    fault.severity = doc.text(*table, "severity", true);
    if (fault.severity != "error" && fault.severity != "warning" && fault.severity != "note") doc.fault(*table, "severity is error, warning or note");
    fault.title = doc.text(*table, "title", true);
    fault.action = doc.text(*table, "do", true);
    fault.gives = parse_properties(doc, table->get("gives"));
    list.push_back(fault);
  }
  return list;
}

std::vector<RootNote> parse_roots(const Source& file, Arena& arena, std::vector<std::string>& faults) {
  const Document doc(file, arena, faults);
  std::vector<RootNote> list;
  if (!doc.ok()) return list;
  doc.allow_only(doc.root(), {"root"});
  for (const toml::table* const table : doc.tables(doc.root(), "root")) {
    doc.allow_only(*table, {"id", "name", "until", "note", "reference"});
    list.push_back({doc.text(*table, "id", true), doc.text(*table, "name", true), doc.text(*table, "until"), doc.text(*table, "note", true)});
    if (doc.text(*table, "reference", true).empty()) doc.fault(*table, "a reference is missing");
  }
  return list;
}

}  // namespace tlswhy::knowledge
