// SPDX-License-Identifier: Apache-2.0
#include "diagnose/rules.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tlswhy::diagnose {
namespace {

using knowledge::Cause;
using knowledge::Condition;
using knowledge::Evidence;
using knowledge::Fix;
using knowledge::Grade;
using knowledge::Matcher;
using knowledge::Operator;

LocatedFact fact(std::string_view text, std::uint64_t line, bool inferred = false) {
  LocatedFact located;
  located.fact = *knowledge::parse_fact(text);
  located.source = {SourceKind::log, "a.log", line, std::nullopt};
  located.inferred = inferred;
  return located;
}

// Two causes that share a symptom: a small world with which the arithmetic can be checked by hand.
class Rules : public testing::Test {
 protected:
  static constexpr std::array<std::string_view, 1> k_unknown_ca{"unknown_ca"};
  static constexpr std::array<std::string_view, 1> k_limit{"40000"};
  static constexpr std::array<std::string_view, 1> k_any{"any"};
  static constexpr std::array<std::string_view, 1> k_nodemcu{"nodemcu"};
  static constexpr std::array<Condition, 1> k_alert_conditions{{{"name", Operator::any_of, k_unknown_ca}}};
  static constexpr std::array<Condition, 1> k_heap_conditions{{{"free", Operator::less, k_limit}}};
  static constexpr std::array<Matcher, 1> k_alert{{{"alert", k_alert_conditions}}};
  static constexpr std::array<Matcher, 1> k_alloc{{{"alloc-failed", {}}}};
  static constexpr std::array<Matcher, 1> k_heap{{{"heap", k_heap_conditions}}};
  static constexpr std::array<Matcher, 1> k_ok{{{"ok", {}}}};
  static constexpr std::array<Evidence, 3> k_trust_rules{{{"alert", Grade::strong, k_alert, {}, "alert {name}"},
                                                          {"memory", Grade::against, k_alloc, {}, "memory was short"},
                                                          {"fine", Grade::rules_out, k_ok, {}, "it worked"}}};
  static constexpr std::array<Evidence, 2> k_memory_rules{{{"alloc", Grade::decisive, k_alloc, {}, "{bytes} bytes could not be had"},
                                                           {"heap", Grade::hint, k_heap, k_ok, "only {free} bytes free"}}};
  static constexpr std::array<Fix, 3> k_fixes{{{k_any, "do not verify", "anyone can read along"}, {k_any, "free memory", {}}, {k_nodemcu, "connect first", {}}}};

  Rules() {
    trust_.id = "unknown-ca";
    trust_.family = "trust";
    trust_.evidence = k_trust_rules;
    trust_.fixes = k_fixes;
    memory_.id = "low-memory";
    memory_.family = "resource";
    memory_.evidence = k_memory_rules;
    memory_.fixes = k_fixes;
    causes_ = {trust_, memory_};
    knowledge_.causes = causes_;
  }

  Ranking run(std::vector<LocatedFact> facts, std::vector<CodeHint> codes = {}) {
    facts_ = std::move(facts);
    return rank(facts_, codes, knowledge_, "nodemcu");
  }

  Cause trust_;
  Cause memory_;
  std::array<Cause, 2> causes_;
  knowledge::Knowledge knowledge_;
  std::vector<LocatedFact> facts_;
};

TEST_F(Rules, a_cause_without_evidence_is_not_listed) { EXPECT_TRUE(run({fact("step name=start", 1)}).causes.empty()); }

TEST_F(Rules, the_symptom_alone_gives_the_obvious_cause) {
  const Ranking ranking = run({fact("alert name=unknown_ca", 3)});
  ASSERT_EQ(ranking.causes.size(), 1U);
  EXPECT_EQ(ranking.causes[0].cause->id, "unknown-ca");
  EXPECT_EQ(ranking.causes[0].evidence[0].says, "alert unknown_ca");
  EXPECT_EQ(ranking.causes[0].evidence[0].source.line, 3U);
}

TEST_F(Rules, a_decisive_item_of_another_cause_turns_the_order) {
  const Ranking ranking = run({fact("alert name=unknown_ca", 3), fact("alloc-failed bytes=544", 2)});
  ASSERT_EQ(ranking.causes.size(), 2U);
  EXPECT_EQ(ranking.causes[0].cause->id, "low-memory");
  EXPECT_EQ(ranking.causes[0].evidence[0].says, "544 bytes could not be had");
  EXPECT_EQ(ranking.causes[1].against.size(), 1U);
  EXPECT_GT(ranking.causes[0].confidence, 0.8);
  EXPECT_LT(ranking.causes[0].confidence + ranking.causes[1].confidence, 1.0);
}

TEST_F(Rules, numbers_are_compared_and_unless_is_heeded) {
  EXPECT_EQ(run({fact("heap free=10000", 1)}).causes.size(), 1U);
  EXPECT_TRUE(run({fact("heap free=50000", 1)}).causes.empty());
  EXPECT_TRUE(run({fact("heap free=lots", 1)}).causes.empty());
  EXPECT_TRUE(run({fact("heap free=10000", 1), fact("ok what=handshake", 2)}).causes.empty());
}

TEST_F(Rules, what_is_ruled_out_is_listed_apart_with_its_reason) {
  const Ranking ranking = run({fact("alert name=unknown_ca", 3), fact("ok what=handshake", 9)});
  EXPECT_TRUE(ranking.causes.empty());
  ASSERT_EQ(ranking.ruled_out.size(), 1U);
  EXPECT_EQ(ranking.ruled_out[0].why.says, "it worked");
  EXPECT_EQ(ranking.ruled_out[0].why.source.line, 9U);
}

TEST_F(Rules, inferred_facts_weigh_less_than_seen_ones) {
  const double seen = run({fact("alert name=unknown_ca", 3)}).causes[0].score;
  const double inferred = run({fact("alert name=unknown_ca", 3, true)}).causes[0].score;
  EXPECT_LT(inferred, seen);
}

TEST_F(Rules, codes_point_to_causes_in_the_order_of_their_list) {
  const Ranking ranking = run({}, {{"SOME_CODE", "Something failed.", "low-memory,unknown-ca", {SourceKind::log, "a.log", 5, std::nullopt}, "line"}});
  ASSERT_EQ(ranking.causes.size(), 2U);
  EXPECT_EQ(ranking.causes[0].cause->id, "low-memory");
  EXPECT_GT(ranking.causes[0].score, ranking.causes[1].score);
}

TEST_F(Rules, fixes_that_fit_the_platform_keep_their_order_and_weakening_ones_come_last) {
  const Ranking ranking = run({fact("alloc-failed bytes=1", 1)});
  const auto& fixes = ranking.causes[0].fixes;
  ASSERT_EQ(fixes.size(), 3U);
  EXPECT_EQ(fixes[0]->action, "free memory");
  EXPECT_EQ(fixes[1]->action, "connect first");
  EXPECT_EQ(fixes[2]->action, "do not verify");
}

TEST(Fact, text_goes_both_ways) {
  const auto parsed = knowledge::parse_fact("alert name=unknown_ca by=client text=\"two words\"");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->get("by"), "client");
  EXPECT_EQ(parsed->get("text"), "two words");
  EXPECT_EQ(parsed->get("absent"), "");
  EXPECT_EQ(knowledge::to_string(*parsed), "alert name=unknown_ca by=client text=\"two words\"");
  EXPECT_FALSE(knowledge::parse_fact("name=value"));
  EXPECT_FALSE(knowledge::parse_fact("fact =value"));
  EXPECT_FALSE(knowledge::parse_fact("fact key=\"open"));
}

}  // namespace
}  // namespace tlswhy::diagnose
