// SPDX-License-Identifier: Apache-2.0
#include "knowledge/fact.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace tlswhy::knowledge {

std::string_view Fact::get(std::string_view field) const {
  for (const auto& [key, value] : fields) {
    if (key == field) return value;
  }
  return {};
}

void Fact::set(std::string_view field, std::string value) {
  for (auto& [key, old] : fields) {
    if (key == field) {
      old = std::move(value);
      return;
    }
  }
  fields.emplace_back(std::string(field), std::move(value));
}

std::optional<Fact> parse_fact(std::string_view text) {
  Fact fact;
  text = trim(text);
  const std::size_t name_end = std::min(text.find(' '), text.size());
  fact.name = std::string(text.substr(0, name_end));
  if (fact.name.empty() || fact.name.find('=') != std::string::npos) return std::nullopt;
  text = trim(text.substr(name_end));
  while (!text.empty()) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) return std::nullopt;
    const std::string_view key = text.substr(0, equals);
    if (key.find(' ') != std::string_view::npos) return std::nullopt;
    text.remove_prefix(equals + 1);
    std::size_t end = 0;
    std::string_view value;
    if (!text.empty() && text.front() == '"') {
      end = text.find('"', 1);
      if (end == std::string_view::npos) return std::nullopt;
      value = text.substr(1, end - 1);
      ++end;
    } else {
      end = std::min(text.find(' '), text.size());
      value = text.substr(0, end);
    }
    fact.set(key, std::string(value));
    text = trim(text.substr(end));
  }
  return fact;
}

std::string to_string(const Fact& fact) {
  std::string text = fact.name;
  for (const auto& [key, value] : fact.fields) {
    text += ' ';
    text += key;
    text += '=';
    const bool quote = value.empty() || value.find(' ') != std::string::npos;
    if (quote) text += '"';
    text += value;
    if (quote) text += '"';
  }
  return text;
}

}  // namespace tlswhy::knowledge
