#include "source/tables/table_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "base/testing.h"

namespace source {
namespace {

using base::HasMessage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<const TableRules> Rules(const Spec& spec) {
  return TableRules::Make(spec, formats::FindFormat("parquet")).ValueOrDie();
}

KeyClass ClassOf(const Spec& spec, const std::string& key, int64_t size_bytes = 10) {
  static std::vector<std::shared_ptr<const TableRules>> kept;  // reasons point into them
  kept.push_back(Rules(spec));
  return kept.back()->Classify({.key = key, .size_bytes = size_bytes});
}

std::string TableOf(const Spec& spec, const std::string& key) {
  const KeyClass found = ClassOf(spec, key);
  return found.table ? found.table->name : "(" + std::string(found.reason) + ")";
}

TEST(TableRules, WithoutDatasetsEachFolderIsATableOfTheKeysWithTheEnding) {
  EXPECT_EQ(TableOf({}, "a/b/x.parquet"), "a_b");
  EXPECT_EQ(TableOf({}, "a/b/x.csv"), "(do not end in .parquet)");
  EXPECT_EQ(ClassOf({}, "a/b/", 0).reason, "are folder markers");
  EXPECT_EQ(ClassOf({}, "a/b_$folder$", 0).reason, "are folder markers");
}

TEST(TableRules, WhatEnginesLeaveIsNotData) {
  for (const char* key : {"t/_SUCCESS", "_x.parquet", "t/.x.parquet", "t/_temporary/0/x.parquet",
                          "_temporary/x.parquet", "t/.hive-staging_hive_2024/-ext-10000/x.parquet",
                          "t/_delta_log/1.checkpoint.parquet", "t/_spark_metadata/0.parquet",
                          "t/.hoodie/x.parquet"}) {
    EXPECT_THAT(TableOf({}, key), HasSubstr("of ignore")) << key;
  }
  EXPECT_EQ(TableOf({}, "_private/x.parquet"), "private");
  EXPECT_EQ(TableOf({}, ".hidden/x.parquet"), "hidden");
  EXPECT_EQ(TableOf({}, "t/x//.parquet"), "t_x") << "a name that is only the ending hides nothing";
}

TEST(TableRules, IgnoreReplacesTheDefault) {
  EXPECT_EQ(TableOf({.ignore = {}}, "t/_x.parquet"), "t");
  EXPECT_EQ(TableOf({.ignore = {"t/**"}}, "t/x.parquet"), "(match \"t/**\" of ignore)");
  EXPECT_EQ(TableOf({.ignore = {"**/.*"}}, "t/.parquet"), "(match \"**/.*\" of ignore)");
}

TEST(TableRules, TheFirstDatasetThatMatchesTakesAKeyWhateverItsEnding) {
  const Spec spec{.datasets = {{.table = "flat", .match = {"logs/*/*"}},
                               {.table = "deep", .match = {"logs/**"}},
                               {.table = "{where}", .match = {"in/{where}/{year}/*"}}}};
  EXPECT_EQ(TableOf(spec, "logs/a/x.parq"), "flat");
  EXPECT_EQ(TableOf(spec, "logs/a/deep/x"), "deep");
  EXPECT_EQ(TableOf(spec, "in/e u/2024/part_0"), "e_u");
  EXPECT_EQ(TableOf(spec, "else/x.parquet"), "(match no dataset)");
  EXPECT_EQ(ClassOf(spec, "logs/a/", 0).reason, "are folder markers");
}

TEST(TableRules, ADatasetOverridesWhatTheSpecSays) {
  const Spec spec{.hive_partitioning = true,
                  .metadata_columns = {"row", "key"},
                  .datasets = {{.table = "a",
                                .match = {"a/**"},
                                .hive_partitioning = false,
                                .metadata_columns = std::vector<std::string>{},
                                .ignore = std::vector<std::string>{"**/*.crc"}},
                               {.table = "b", .match = {"b/**"}}}};
  EXPECT_EQ(TableOf(spec, "a/_x"), "a");
  EXPECT_EQ(TableOf(spec, "a/x.crc"), "(match \"**/*.crc\" of ignore)");
  EXPECT_THAT(TableOf(spec, "b/_x"), HasSubstr("of ignore"));
  const auto rules = Rules(spec);
  EXPECT_THAT(rules->metadata(0), IsEmpty());
  EXPECT_THAT(rules->metadata(1), ElementsAre(MetadataColumn::kKey, MetadataColumn::kRow));
  EXPECT_THAT(rules->PathValuesOf("a/dt=1/x"), IsEmpty());
  EXPECT_THAT(rules->PathValuesOf("b/dt=1/x"), ElementsAre(PathValue{"dt", "1"}));
}

TEST(TableRules, CapturesThatDoNotNameTheTableAreColumnsBeforeThePartitions) {
  const auto rules =
      Rules({.hive_partitioning = true,
             .datasets = {{.table = "x_{table}",
                           .match = {"{table}/{b}/dt={dt}/{a}/*", "old/{table}/{c}"}}}});
  EXPECT_THAT(rules->columns(0), ElementsAre("b", "dt", "a", "c"));
  EXPECT_THAT(rules->PathValuesOf("t/1/dt=%32/h=3/x"),
              ElementsAre(PathValue{"b", "1"}, PathValue{"dt", "%32"}, PathValue{"a", "h=3"},
                          PathValue{"h", "3"}));
  EXPECT_THAT(rules->PathValuesOf("old/t/x"), ElementsAre(PathValue{"c", "x"}));
}

TEST(TableRules, HivePartitionsAreNotPartOfTableNames) {
  EXPECT_EQ(TableOf({.hive_partitioning = true}, "sales/dt=1/region=eu/x.parquet"), "sales");
  EXPECT_EQ(TableOf({.hive_partitioning = true}, "plain.parquet"), "plain");
  EXPECT_EQ(TableOf({}, "sales/dt=1/x.parquet"), "sales_dt_1");
}

TEST(TableRules, ListsTheLongestPrefixesNoneOfWhichContainsAnother) {
  const auto prefixes = [](const std::string& path_prefix, std::vector<std::string> match) {
    return Rules({.path_prefix = path_prefix, .datasets = {{.table = "t", .match = match}}})
        ->list_prefixes();
  };
  EXPECT_THAT(prefixes("", {"raw/b*/x", "raw/a/**", "raw/a/b/*", "in/{x}/*"}),
              ElementsAre("in/", "raw/a/", "raw/b"));
  EXPECT_THAT(prefixes("raw/", {"raw/a/**", "**/x", "other/*"}), ElementsAre("raw/"));
  EXPECT_THAT(prefixes("raw/a/b", {"raw/*/x"}), ElementsAre("raw/a/b"));
  EXPECT_THAT(prefixes("raw/", {"other/*"}), IsEmpty());
  EXPECT_THAT(Rules({.path_prefix = "p/"})->list_prefixes(), ElementsAre("p/"));
}

TEST(TableRules, ATableMayUseOnlyCapturesThatAllItsPatternsHave) {
  const Spec spec{
      .datasets = {{.table = "a", .match = {"x"}}, {.table = "{t}", .match = {"{t}/*", "b/*"}}}};
  EXPECT_THAT(TableRules::Make(spec, formats::FindFormat("parquet")).status(),
              HasMessage("spec: datasets[1]: table uses {t}, which a pattern of match does not "
                         "have."));
}

std::string MembershipOf(const Spec& spec, size_t rule = 0) {
  return Rules(spec)->membership(rule);
}

TEST(TableRules, MembershipIsEmptyForWhatTheDefaultsTake) {
  EXPECT_EQ(MembershipOf({}), "");
  EXPECT_EQ(MembershipOf({.metadata_columns = {"key"}}), "");
  EXPECT_NE(MembershipOf({.hive_partitioning = true}), "");
  EXPECT_NE(MembershipOf({.ignore = {}}), "");
}

TEST(TableRules, MembershipChangesWhenKeysMayComeToTheTable) {
  const DatasetSpec a{.table = "a", .match = {"raw/a/**"}};
  const DatasetSpec all{.table = "all", .match = {"raw/**"}};
  const DatasetSpec other{.table = "other", .match = {"other/**"}};
  const std::string before = MembershipOf({.datasets = {a, all}}, 1);
  EXPECT_NE(MembershipOf({.datasets = {all}}, 0), before) << "keys of a come to it";
  EXPECT_EQ(MembershipOf({.datasets = {other, a, all}}, 2), before) << "no key is in both";
  EXPECT_EQ(MembershipOf({.datasets = {a, all, other}}, 1), before);
  DatasetSpec wider = all;
  wider.match.push_back("more/**");
  EXPECT_NE(MembershipOf({.datasets = {a, wider}}, 1), before);
  DatasetSpec same_table = other;
  same_table.table = "all";
  EXPECT_NE(MembershipOf({.datasets = {a, all, same_table}}, 1), before);
}

// Patterns without folders of their own (see KeyPattern's tests) as expressions.
std::regex ExpressionOf(const std::string& pattern) {
  std::string expression;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.compare(i, 2, "**") == 0) {
      expression += "[^]*";
      ++i;
    } else if (pattern[i] == '*') {
      expression += "[^/]*";
    } else if (pattern[i] == '{') {
      expression += "[^/]+";
      i = pattern.find('}', i);
    } else {
      expression += pattern[i];
    }
  }
  return std::regex(expression);
}

std::string RandomPattern(std::mt19937& random) {
  static const std::vector<std::string> kParts = {"a", "b", "/", "*", "x**", "{c}", "a/", "b/"};
  for (;;) {
    std::string pattern;
    for (size_t size = 1 + random() % 4; size > 0; --size)
      pattern += kParts[random() % kParts.size()];
    const bool has_folders =
        pattern.starts_with("**/") || pattern.find("/**/") != std::string::npos;
    if (!has_folders && KeyPattern::ProblemOf(pattern).empty()) return pattern;
  }
}

TEST(TableRules, OfRandomDatasetsTheFirstThatMatchesTakesEachKeyAndItIsListed) {
  std::mt19937 random(1);
  int taken = 0;
  for (int i = 0; i < 300; ++i) {
    Spec spec{.ignore = {}};
    std::vector<std::vector<std::regex>> expressions;
    for (size_t d = 1 + random() % 4; d > 0; --d) {
      DatasetSpec dataset{.table = "t" + std::to_string(d)};
      expressions.emplace_back();
      for (size_t m = 1 + random() % 2; m > 0; --m) {
        dataset.match.push_back(RandomPattern(random));
        expressions.back().push_back(ExpressionOf(dataset.match.back()));
      }
      spec.datasets.push_back(std::move(dataset));
    }
    const auto rules = Rules(spec);
    for (int j = 0; j < 30; ++j) {
      std::string key;
      for (size_t size = random() % 7; size > 0; --size) key += "aabx//"[random() % 6];
      const auto expected = std::ranges::find_if(expressions, [&](const auto& of_dataset) {
        return std::ranges::any_of(of_dataset,
                                   [&](const auto& e) { return std::regex_match(key, e); });
      });
      const KeyClass found = rules->Classify({.key = key, .size_bytes = 1});
      ASSERT_EQ(found.table.has_value(), expected != expressions.end()) << key;
      if (!found.table) continue;
      ++taken;
      EXPECT_EQ(found.rule, static_cast<size_t>(expected - expressions.begin())) << key;
      const auto lists_it = [&](const auto& prefix) { return key.starts_with(prefix); };
      EXPECT_EQ(std::ranges::count_if(rules->list_prefixes(), lists_it), 1) << key;
    }
  }
  EXPECT_GT(taken, 1000);
}

}  // namespace
}  // namespace source
