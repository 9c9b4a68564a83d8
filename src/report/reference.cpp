// SPDX-License-Identifier: Apache-2.0
#include "report/reference.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/layout.hpp"

namespace tlswhy::report {
namespace {

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

// The body of a cause's page; `folder` leads from the page to those of other causes.
void add_cause(const knowledge::Cause& cause, Document& page) {
  page.paragraph(cause.what);
  page.paragraph(fmt::format("Family: {}. To be mended by: {}.", cause.family, cause.owner));
  page.subheading("How to confirm");
  for (const std::string_view check : cause.confirm) page.bullet(check);
  page.subheading("What to do");
  for (const bool weakens : {false, true}) {
    for (const knowledge::Fix& fix : cause.fixes) {
      if (fix.weakens.empty() == weakens) continue;
      page.term(joined(fix.platforms), std::string(fix.action) + (weakens ? " WARNING: " + std::string(fix.weakens) : ""));
    }
  }
  if (!cause.confused_with.empty()) page.subheading("Confused with");
  for (const knowledge::Confusion& other : cause.confused_with)
    page.term(other.cause, std::string(other.tell) + (other.check.empty() ? "" : " " + std::string(other.check)), std::string(other.cause) + ".md");
  if (!cause.references.empty()) page.subheading("References");
  for (const knowledge::Reference& reference : cause.references) page.bullet(reference.title, reference.url);
}

}  // namespace

Document cause_page(const knowledge::Cause& cause) {
  Document page{std::string(cause.id), std::string(cause.title)};
  add_cause(cause, page);
  return page;
}

Document causes_reference(const knowledge::Knowledge& knowledge) {
  Document page("tlswhy-causes", "root causes of failed TLS handshakes that tlswhy can name");
  page.heading("Causes");
  for (const knowledge::Cause& cause : knowledge.causes) page.term(cause.id, cause.title, "causes/" + std::string(cause.id) + ".md");
  return page;
}

Document code_table_page(const knowledge::CodeLibrary& table) {
  Document page{std::string(table.id), "Codes of " + std::string(table.name)};
  if (!table.seen.empty()) page.paragraph("Met: " + std::string(table.seen) + ".");
  page.paragraph("Source of the numbers: " + std::string(table.source) + ".");
  page.heading("Codes");
  for (const knowledge::Code& code : table.codes) {
    const std::string_view symbol = code.symbol;
    const std::string_view meaning = code.meaning;
    const std::string_view not_this = code.not_this;
    std::string text = code.has_value ? fmt::format("{} ({}{:#x})", code.value, code.value < 0 ? "-" : "", code.value < 0 ? -code.value : code.value) : std::string();
    if (std::string_view(code.versions) != "all") text += (text.empty() ? "" : ", ") + versions_in_words(code.versions);
    if (!meaning.empty()) text += (text.empty() ? "" : ". ") + std::string(meaning);
    if (!not_this.empty()) text += " Not: " + std::string(not_this);
    page.term(symbol, text);
    if (!std::string_view(code.causes).empty()) {
      for (const std::string_view cause : split(code.causes, ',')) page.bullet("cause: " + std::string(cause), "../causes/" + std::string(cause) + ".md");
    }
  }
  return page;
}

Document codes_reference(const knowledge::Knowledge& knowledge) {
  Document page("tlswhy-codes", "tables of error codes that tlswhy can explain");
  page.paragraph("tlswhy codes TABLE prints the rows of one table, tlswhy explain CODE searches all of them.");
  page.heading("Tables");
  for (const knowledge::CodeLibrary& table : knowledge.code_libraries)
    page.term(table.id, fmt::format("{}, {} codes{}{}", table.name, table.codes.size(), table.seen.empty() ? "" : ": ", table.seen), "codes/" + std::string(table.id) + ".md");
  return page;
}

Document devices_reference(const knowledge::Knowledge& knowledge) {
  Document page("tlswhy-devices", "device profiles for tlswhy --device");
  page.paragraph("A profile says what the TLS stack of a device can do. It adds to the profile it extends.");
  for (const knowledge::Device& device : knowledge.devices) {
    page.heading(device.id);
    page.paragraph(device.title);
    if (!device.extends.empty()) page.term("extends", device.extends);
    for (const knowledge::Property& property : device.properties) {
      if (!property.values.empty()) page.term(property.key, joined(property.values));
    }
    for (const knowledge::Reference& reference : device.references) page.bullet(reference.title, reference.url);
  }
  return page;
}

Document dialects_reference(const knowledge::Knowledge& knowledge) {
  Document page("tlswhy-dialects", "products whose log lines tlswhy understands");
  for (const knowledge::Dialect& dialect : knowledge.dialects) {
    page.heading(dialect.id);
    page.paragraph(fmt::format("{}. {} kinds of lines, for example:", dialect.title, dialect.patterns.size()));
    std::size_t shown = 0;
    constexpr std::size_t k_samples = 5;  // enough to recognise the product by
    for (const knowledge::Pattern& pattern : dialect.patterns) {
      if (shown == k_samples) break;
      if (pattern.samples.empty() || pattern.kind == "harmless") continue;
      page.term(pattern.id, printable(pattern.samples.front()));
      ++shown;
    }
  }
  return page;
}

}  // namespace tlswhy::report
