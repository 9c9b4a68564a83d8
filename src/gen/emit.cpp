// SPDX-License-Identifier: Apache-2.0
#include "gen/emit.hpp"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>

namespace tlswhy::gen {
namespace {

using namespace knowledge;

// A string literal with its length, so that no embedded byte and no compiler limit on concatenation matters.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '?') {
      out += "\\?";  // no trigraphs
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      char octal[5];  // octal escapes end after three digits; hexadecimal ones swallow what follows
      std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
      out += octal;
    }
  }
  out += '"';
  return text.empty() ? "{}" : out + "sv";
}

// Texts one after the other, each once; the rows hold where they lie.
class Texts {
 public:
  std::string add(std::string_view text) {
    if (text.empty()) return "{}";
    const auto [at, added] = offsets_.emplace(text, size_);
    if (added) {
      const std::string quoted = quote(text);
      body_ += "  " + quoted.substr(0, quoted.size() - std::string_view("sv").size()) + "\n";
      size_ += text.size();
    }
    return "{" + std::to_string(at->second) + "U, " + std::to_string(text.size()) + "U}";
  }
  std::string finish(std::string_view name) const {
    const std::string array = "const char " + std::string(name) + "[]";
    return "namespace tlswhy::knowledge::generated {\nextern " + array + ";\n" + array + " =\n" + (body_.empty() ? "  \"\"" : body_) +
           ";\n}  // namespace tlswhy::knowledge::generated\n";
  }

 private:
  std::map<std::string, std::size_t, std::less<>> offsets_;
  std::string body_;
  std::size_t size_ = 0;
};

// Builds one translation unit: lists become named arrays in the order in which they are needed.
class Unit {
 public:
  // Declares an array of `type` and gives the text of a span over it.
  template <typename T>
  std::string list(std::string_view type, std::span<const T> items, const std::function<std::string(const T&)>& one) {
    if (items.empty()) return "{}";
    std::string rows;
    for (const T& item : items) rows += "  {" + one(item) + "},\n";
    return array(type, items.size(), rows);
  }
  std::string words(std::span<const std::string_view> items) {
    if (items.empty()) return "{}";
    std::string rows;
    for (const std::string_view item : items) rows += "  " + (item.empty() ? std::string("\"\"sv") : quote(item)) + ",\n";
    return array("std::string_view", items.size(), rows);
  }
  template <typename T>
  std::string numbers(std::string_view type, std::span<const T> items) {
    if (items.empty()) return "{}";
    std::string rows;
    for (const T item : items) rows += "  " + std::to_string(item) + "U,\n";
    return array(type, items.size(), rows);
  }
  std::string finish(std::string_view type, std::string_view name, const std::string& span) {
    return finish_one("std::span<const " + std::string(type) + ">", name, span);
  }
  std::string finish_one(std::string_view type, std::string_view name, const std::string& value) {
    return "// Made from data/ by src/gen; do not edit.\n#include <array>\n#include <string_view>\n\n#include \"knowledge/model.hpp\"\n\n"
           "namespace tlswhy::knowledge::generated {\nusing namespace std::string_view_literals;\nnamespace {\n" +
           body_ + "}  // namespace\nextern const " + std::string(type) + " " + std::string(name) + ";\nconst " + std::string(type) + " " +
           std::string(name) + " = " + value + ";\n}  // namespace tlswhy::knowledge::generated\n";
  }

 private:
  std::string array(std::string_view type, std::size_t size, const std::string& rows) {
    const std::string name = "list_" + std::to_string(count_++);
    body_ += "constexpr " + std::string(type) + " " + name + "[" + std::to_string(size) + "] = {\n" + rows + "};\n";
    return name;
  }
  std::string body_;
  std::size_t count_ = 0;
};

std::string enumerator(IsError error) {
  return error == IsError::yes ? "IsError::yes" : error == IsError::no ? "IsError::no" : "IsError::maybe";
}
std::string enumerator(Grade grade) {
  switch (grade) {
    case Grade::decisive: return "Grade::decisive";
    case Grade::strong: return "Grade::strong";
    case Grade::hint: return "Grade::hint";
    case Grade::note: return "Grade::note";
    case Grade::against: return "Grade::against";
    case Grade::rules_out: return "Grade::rules_out";
  }
  return {};
}
std::string enumerator(Operator op) {
  switch (op) {
    case Operator::any_of: return "Operator::any_of";
    case Operator::less: return "Operator::less";
    case Operator::less_equal: return "Operator::less_equal";
    case Operator::greater: return "Operator::greater";
    case Operator::greater_equal: return "Operator::greater_equal";
    case Operator::present: return "Operator::present";
    case Operator::none_of: return "Operator::none_of";
  }
  return {};
}
std::string enumerator(Prior prior) {
  return prior == Prior::common ? "Prior::common" : prior == Prior::rare ? "Prior::rare" : "Prior::usual";
}

std::string emit_conditions(Unit& unit, std::span<const Condition> conditions) {
  return unit.list<Condition>("Condition", conditions, [&](const Condition& condition) {
    return quote(condition.field) + ", " + enumerator(condition.op) + ", " + unit.words(condition.values);
  });
}

std::string emit_matchers(Unit& unit, std::span<const Matcher> matchers) {
  return unit.list<Matcher>("Matcher", matchers,
                            [&](const Matcher& matcher) { return quote(matcher.fact) + ", " + emit_conditions(unit, matcher.conditions); });
}

std::string emit_evidence(Unit& unit, std::span<const Evidence> evidence) {
  return unit.list<Evidence>("Evidence", evidence, [&](const Evidence& item) {
    const std::string when = emit_matchers(unit, item.when);
    const std::string unless = emit_matchers(unit, item.unless);
    return quote(item.id) + ", " + enumerator(item.grade) + ", " + when + ", " + unless + ", " + quote(item.says);
  });
}

std::string emit_patterns(Unit& unit, std::span<const Pattern> patterns) {
  return unit.list<Pattern>("Pattern", patterns, [&](const Pattern& pattern) {
    const std::string match = unit.words(pattern.match);
    const std::string facts = unit.words(pattern.facts);
    const std::string samples = unit.words(pattern.samples);
    return quote(pattern.id) + ", " + match + ", " + quote(pattern.kind) + ", " + quote(pattern.code_library) + ", " + facts + ", " +
           samples;
  });
}

}  // namespace

std::string emit_facts(const Knowledge& knowledge) {
  Unit unit;
  const std::string span = unit.list<FactDefinition>("FactDefinition", knowledge.facts, [&](const FactDefinition& fact) {
    const auto sense = [&](const Sense& of) {
      return std::string("Sense{") + (of.possible ? "true, " : "false, ") + emit_conditions(unit, of.conditions) + "}";
    };
    const std::string failure = sense(fact.failure);
    const std::string success = sense(fact.success);
    return quote(fact.name) + ", " + quote(fact.fields) + ", " + failure + ", " + success + ", " + quote(fact.meaning);
  });
  return unit.finish("FactDefinition", "facts", span);
}

std::string emit_codes(const Knowledge& knowledge) {
  Unit unit;
  Texts texts;
  const auto text = [&](std::string_view piece) { return texts.add(piece); };
  const std::string span = unit.list<CodeLibrary>("CodeLibrary", knowledge.code_libraries, [&](const CodeLibrary& library) {
    const std::string codes = unit.list<Code>("Code", library.codes, [&](const Code& code) {
      return text(code.library) + ", " + std::to_string(code.value) + ", " + (code.has_value ? "true" : "false") + ", " +
             text(code.symbol) + ", " + text(code.versions) + ", " + enumerator(code.error) + ", " + text(code.fact) + ", " +
             text(code.causes) + ", " + text(code.meaning) + ", " + text(code.not_this);
    });
    return quote(library.id) + ", " + quote(library.stack) + ", " + quote(library.name) + ", " + quote(library.source) + ", " +
           quote(library.platforms) + ", " + std::to_string(library.common) + ", " + quote(library.prints) + ", " + quote(library.words) +
           ", " + quote(library.rare) + ", " + quote(library.seen) + ", " + codes;
  });
  return unit.finish("CodeLibrary", "code_libraries", span) + texts.finish("code_texts");
}

std::string emit_products(const Knowledge& knowledge) {
  Unit unit;
  const std::string span = unit.list<Product>("Product", knowledge.products, [&](const Product& product) {
    return quote(product.product) + ", " + quote(product.versions) + ", " + quote(product.library) + ", " + quote(product.library_version);
  });
  return unit.finish("Product", "products", span);
}

std::string emit_registries(const Knowledge& knowledge) {
  Unit unit;
  const std::string span = unit.list<Registry>("Registry", knowledge.registries, [&](const Registry& registry) {
    return quote(registry.id) + ", " + unit.list<RegistryEntry>("RegistryEntry", registry.entries, [&](const RegistryEntry& entry) {
      return std::to_string(entry.value) + ", " + quote(entry.name) + ", " + quote(entry.note) + ", " + quote(entry.key_exchange) + ", " +
             quote(entry.authentication) + ", " + quote(entry.encryption);
    });
  });
  return unit.finish("Registry", "registries", span);
}

std::string emit_dialects(const Knowledge& knowledge) {
  Unit unit;
  const std::string span = unit.list<Dialect>("Dialect", knowledge.dialects, [&](const Dialect& dialect) {
    const std::string prefixes = emit_patterns(unit, dialect.prefixes);
    const std::string patterns = emit_patterns(unit, dialect.patterns);
    return quote(dialect.id) + ", " + quote(dialect.title) + ", " + quote(dialect.platform) + ", " + quote(dialect.library) + ", " +
           quote(dialect.role) + ", " + prefixes + ", " + patterns;
  });
  return unit.finish("Dialect", "dialects", span);
}

std::string emit_causes(const Knowledge& knowledge) {
  Unit unit;
  const std::string families = unit.list<Family>("Family", knowledge.families, [&](const Family& family) {
    return quote(family.id) + ", " + quote(family.title) + ", " + emit_evidence(unit, family.evidence);
  });
  const std::string causes = unit.list<Cause>("Cause", knowledge.causes, [&](const Cause& cause) {
    const std::string confirm = unit.words(cause.confirm);
    const std::string confusions = unit.list<Confusion>("Confusion", cause.confused_with, [&](const Confusion& confusion) {
      return quote(confusion.cause) + ", " + quote(confusion.tell) + ", " + quote(confusion.check);
    });
    const std::string evidence = emit_evidence(unit, cause.evidence);
    const std::string fixes = unit.list<Fix>("Fix", cause.fixes, [&](const Fix& fix) {
      return unit.words(fix.platforms) + ", " + quote(fix.action) + ", " + quote(fix.weakens);
    });
    const std::string references = unit.list<Reference>(
        "Reference", cause.references, [&](const Reference& reference) { return quote(reference.url) + ", " + quote(reference.title); });
    return quote(cause.id) + ", " + quote(cause.family) + ", " + quote(cause.title) + ", " + quote(cause.owner) + ", " +
           enumerator(cause.prior) + ", " + quote(cause.what) + ", " + confirm + ", " + confusions + ", " + evidence + ", " + fixes + ", " +
           references;
  });
  std::string text = unit.finish("Cause", "causes", causes);
  text +=
      "namespace tlswhy::knowledge::generated {\nextern const std::span<const Family> families;\nconst std::span<const Family> families "
      "= " +
      families + ";\n}  // namespace tlswhy::knowledge::generated\n";
  return text;
}

namespace {

std::string emit_properties(Unit& unit, std::span<const Property> properties) {
  return unit.list<Property>("Property", properties, [&](const Property& property) { return quote(property.key) + ", " + unit.words(property.values); });
}

std::string emit_references(Unit& unit, std::span<const Reference> references) {
  return unit.list<Reference>("Reference", references, [&](const Reference& reference) { return quote(reference.url) + ", " + quote(reference.title); });
}

std::string emit_device_list(Unit& unit, std::span<const Device> devices) {
  return unit.list<Device>("Device", devices, [&](const Device& device) {
    const std::string properties = emit_properties(unit, device.properties);
    return quote(device.id) + ", " + quote(device.title) + ", " + quote(device.platform) + ", " + quote(device.library) + ", " + quote(device.extends) + ", " +
           properties + ", " + emit_references(unit, device.references);
  });
}

}  // namespace

std::string emit_devices(const Knowledge& knowledge) {
  Unit unit;
  const std::string devices = emit_device_list(unit, knowledge.devices);
  const std::string servers = emit_device_list(unit, knowledge.servers);
  const std::string configs = unit.list<ConfigFormat>("ConfigFormat", knowledge.configs, [&](const ConfigFormat& format) {
    const std::string signs = unit.words(format.signs);
    const std::string options = unit.list<ConfigOption>("ConfigOption", format.options, [&](const ConfigOption& option) {
      const std::string on = unit.words(option.on);
      return quote(option.name) + ", " + on + ", " + unit.words(option.off);
    });
    return quote(format.id) + ", " + quote(format.title) + ", " + quote(format.syntax) + ", " + quote(format.device) + ", " + (format.complete ? "true" : "false") + ", " +
           signs + ", " + options;
  });
  const std::string defects = unit.list<Defect>("Defect", knowledge.defects, [&](const Defect& defect) {
    const std::string when = emit_matchers(unit, defect.when);
    const std::string references = emit_references(unit, defect.references);
    return quote(defect.id) + ", " + quote(defect.title) + ", " + quote(defect.library) + ", " + quote(defect.platform) + ", " + quote(defect.affects) + ", " +
           quote(defect.mended) + ", " + quote(defect.symptom) + ", " + when + ", " + quote(defect.action) + ", " + references;
  });
  const std::string faults = unit.list<FileFault>("FileFault", knowledge.file_faults, [&](const FileFault& fault) {
    return quote(fault.id) + ", " + quote(fault.severity) + ", " + quote(fault.title) + ", " + quote(fault.action) + ", " + emit_properties(unit, fault.gives);
  });
  const std::string roots = unit.list<RootNote>("RootNote", knowledge.roots, [&](const RootNote& root) {
    return quote(root.id) + ", " + quote(root.name) + ", " + quote(root.until) + ", " + quote(root.note) + ", " + quote(root.kind);
  });
  std::string text = unit.finish("Device", "devices", devices);
  const auto more = [&](std::string_view type, std::string_view name, const std::string& span) {
    text += "namespace tlswhy::knowledge::generated {\nextern const std::span<const " + std::string(type) + "> " + std::string(name) + ";\nconst std::span<const " +
            std::string(type) + "> " + std::string(name) + " = " + span + ";\n}  // namespace tlswhy::knowledge::generated\n";
  };
  more("Device", "servers", servers);
  more("ConfigFormat", "configs", configs);
  more("Defect", "defects", defects);
  more("FileFault", "file_faults", faults);
  more("RootNote", "roots", roots);
  return text;
}

std::string emit_log_index(const LogIndex& index) {
  Unit unit;
  const auto place = [](const RulePlace& rule) {
    return std::to_string(rule.dialect) + ", " + std::to_string(rule.pattern) + ", " + std::to_string(rule.spelling);
  };
  const std::string rules = unit.list<RulePlace>("RulePlace", index.rules, place);
  const std::string prefixes = unit.list<RulePlace>("RulePlace", index.prefixes, place);
  const std::string bitmap = unit.numbers<std::uint32_t>("std::uint32_t", index.bitmap);
  const std::string grams = unit.list<GramPlace>("GramPlace", index.grams, [](const GramPlace& gram) {
    return std::to_string(gram.gram) + "U, " + std::to_string(gram.first) + ", " + std::to_string(gram.count);
  });
  const std::string users = unit.list<GramUser>("GramUser", index.users, [](const GramUser& user) {
    return std::to_string(user.rule) + ", " + std::to_string(user.gram_at) + ", " + std::to_string(user.text_at) + ", " + std::to_string(user.text_size);
  });
  const std::string symbols = unit.numbers<std::uint64_t>("std::uint64_t", index.symbols);
  return unit.finish_one("LogIndex", "log_index",
                         "{" + rules + ", " + prefixes + ", " + bitmap + ", " + grams + ", " + quote(index.texts) + ", " + users + ", " + symbols + "}");
}

}  // namespace tlswhy::gen
