// SPDX-License-Identifier: Apache-2.0
#include "knowledge/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "knowledge/parse.hpp"

namespace tlswhy::knowledge {
namespace {

constexpr std::string_view k_cause = R"(
id     = "demo"
family = "trust"
title  = "A title"
owner  = "device"
prior  = "usual"
[explain]
what    = "What."
confirm = ["Look."]
[[evidence]]
id = "one"
grade = "hint"
when = { fact = "heap", free = "<100" }
says = "{free} bytes"
[[fix]]
platform = ["any"]
do = "Do."
[[reference]]
url = "https://example.org"
title = "Reference"
)";

std::vector<std::string> faults_of(std::string text) {
  Arena arena;
  std::vector<std::string> faults;
  (void)parse_cause({"data/causes/demo.toml", text}, arena, faults);
  return faults;
}

std::string changed(std::string_view from, std::string_view to) {
  std::string text(k_cause);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST(Causes, a_complete_file_is_read) {
  Arena arena;
  std::vector<std::string> faults;
  const auto cause = parse_cause({"data/causes/demo.toml", k_cause}, arena, faults);
  ASSERT_TRUE(cause) << faults.front();
  EXPECT_EQ(cause->evidence[0].when[0].conditions[0].op, Operator::less);
  EXPECT_EQ(cause->evidence[0].when[0].conditions[0].values[0], "100");
}

TEST(Causes, faults_name_file_and_line) {
  EXPECT_EQ(faults_of(changed("grade = \"hint\"", "grade = \"maybe\"")).front().substr(0, 25), "data/causes/demo.toml:10:");
  EXPECT_FALSE(faults_of(changed("title  = \"A title\"", "titel = \"A title\"")).empty());
  EXPECT_FALSE(faults_of(changed("id     = \"demo\"", "id = \"other\"")).empty());
  EXPECT_FALSE(faults_of(changed("\"<100\"", "\"<many\"")).empty());
  EXPECT_FALSE(faults_of(changed("prior  = \"usual\"", "prior = ")).empty());
}

TEST(Tables, a_row_with_a_missing_cell_is_refused_with_its_line) {
  Arena arena;
  std::vector<std::string> faults;
  const std::string text = "# library: demo\nvalue\tsymbol\tversions\terror\tfact\tcauses\tmeaning\tnot\n-0x1\tA\tall\tyes\t-\t-\tWhat\t-\n-0x2\tB\tall\n";
  EXPECT_FALSE(parse_codes({"codes/demo.tsv", text}, arena, faults));
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults.front().substr(0, 18), "codes/demo.tsv:4: ");
}

TEST(Overlay, replaces_what_has_the_same_id_and_adds_the_rest) {
  const auto folder = std::filesystem::temp_directory_path() / "tlswhy-overlay-test";
  std::filesystem::create_directories(folder / "causes");
  std::ofstream(folder / "causes" / "demo.toml") << k_cause;
  std::ofstream(folder / "causes" / "broken.toml") << "id = ";
  std::vector<std::string> faults;
  Library library = Library::load(folder.string(), faults);
  EXPECT_EQ(faults.size(), 1U);
  Cause old;
  old.id = "demo";
  old.title = "Old";
  Cause kept;
  kept.id = "kept";
  const std::array<Cause, 2> causes{old, kept};
  Knowledge base;
  base.causes = causes;
  const Knowledge& merged = library.over(base);
  ASSERT_EQ(merged.causes.size(), 2U);
  EXPECT_EQ(merged.cause("demo")->title, "A title");
  EXPECT_NE(merged.cause("kept"), nullptr);
  std::filesystem::remove_all(folder);
}

TEST(Check, finds_facts_fields_and_causes_that_nobody_defines) {
  Arena arena;
  std::vector<std::string> faults;
  const std::array<Cause, 1> causes{*parse_cause({"data/causes/demo.toml", k_cause}, arena, faults)};
  const std::array<FactDefinition, 1> facts{{{"heap", "minimum", {}, {}, "Free heap."}}};
  Knowledge knowledge;
  knowledge.causes = causes;
  knowledge.facts = facts;
  const auto found = check(knowledge);
  ASSERT_EQ(found.size(), 2U);  // the field "free", the family "trust"
  EXPECT_NE(found[0].find("no field \"free\""), std::string::npos);
  EXPECT_NE(found[1].find("no family \"trust\""), std::string::npos);
}

}  // namespace
}  // namespace tlswhy::knowledge
