// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <set>

#include "report/reference.hpp"
#include "report/schema.hpp"

namespace tlswhy::report {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// "string or null", "one of failed, ok", "array".
std::string type_of(const Json& schema) {
  std::string out;
  const auto list = [&](const Json& values, const char* between) {
    for (const Json& value : values) out += (out.empty() ? "" : between) + text_of(value);
  };
  if (schema.contains("const")) return text_of(schema["const"]);
  if (schema.contains("enum")) {
    list(schema["enum"], ", ");
    return "one of " + out;
  }
  if (!schema.contains("type")) return "any";
  if (!schema["type"].is_array()) return text_of(schema["type"]);
  list(schema["type"], " or ");
  return out;
}

// The fields of a schema of the project's own, which is small and refers to definitions that do not refer to themselves.
class Fields {
 public:
  Fields(const Json& root, Document& page) : root_(root), page_(page) {}
  void add(const Json& given, const std::string& path) {
    const Json& schema = resolved(given);
    if (schema.contains("items")) add(schema["items"], path + "[]");
    if (!schema.contains("properties")) return;
    std::set<std::string> required;
    for (const Json& name : schema.value("required", Json::array())) required.insert(name.get<std::string>());
    for (const auto& [name, value] : schema["properties"].items()) {
      const Json& field = resolved(value);
      const std::string where = path.empty() ? name : path + "." + name;
      std::string text = type_of(field) + (required.count(name) != 0 ? "" : "; may be missing");
      if (field.contains("description")) text += ". " + field["description"].get<std::string>();
      page_.term(where, text);
      add(field, where);
    }
  }

 private:
  [[nodiscard]] const Json& resolved(const Json& schema) const {
    if (!schema.contains("$ref")) return schema;
    return root_.at(Json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }

  const Json& root_;
  Document& page_;
};

}  // namespace

Document json_reference() {
  Document page("tlswhy-json", "fields of the JSON that tlswhy writes");
  page.paragraph("Fields are added, never renamed or removed, while the number in the schema's name stays. tlswhy schema NAME prints the schema itself.");
  for (const Schema& schema : schemas()) {
    const Json root = Json::parse(schema.text);
    page.heading(schema.name);
    page.paragraph(root.value("title", std::string()));
    Fields(root, page).add(root, "");
    for (const char* const choice : {"anyOf", "oneOf"}) {
      if (!root.contains(choice)) continue;
      for (const Json& one : root[choice]) {
        page.paragraph(one.value("title", std::string("Or:")));
        Fields(root, page).add(one, "");
      }
    }
  }
  return page;
}

}  // namespace tlswhy::report
