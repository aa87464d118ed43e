#include "cloudquery/table_filter.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace cloudquery {
namespace {

using base::HasMessage;
using Flags = std::vector<bool>;

const std::vector<TableName> kTables = {
    {"users", ""}, {"user_roles", "users"}, {"role_grants", "user_roles"}, {"orders", ""}};

arrow::Result<Flags> Select(TableFilter filter) { return SelectTables(kTables, filter); }

TEST(Glob, AStarStandsForAnyRunAlsoNone) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("a*", "a"));
  EXPECT_TRUE(GlobMatches("a*c*e", "abcde"));
  EXPECT_TRUE(GlobMatches("*_2024*", "data_2024_01"));
  EXPECT_TRUE(GlobMatches("**", "x"));
  EXPECT_TRUE(GlobMatches("a*ab", "aaab"));
  EXPECT_FALSE(GlobMatches("a*c", "abcd"));
}

TEST(Glob, NothingElseIsSpecialAndCaseCounts) {
  EXPECT_FALSE(GlobMatches("a?c", "abc"));
  EXPECT_FALSE(GlobMatches("a.c", "abc"));
  EXPECT_FALSE(GlobMatches("Abc", "abc"));
  EXPECT_TRUE(GlobMatches("a?c", "a?c"));
  EXPECT_FALSE(GlobMatches("", "a"));
}

TEST(SelectTables, TakesWhatIsIncludedAndNotSkipped) {
  EXPECT_EQ(*Select({.tables = {"*"}}), (Flags{true, true, true, true}));
  EXPECT_EQ(*Select({.tables = {"orders"}}), (Flags{false, false, false, true}));
  EXPECT_EQ(*Select({.tables = {"*"}, .skip_tables = {"orders"}}),
            (Flags{true, true, true, false}));
}

TEST(SelectTables, SkippingATableSkipsItsRelations) {
  EXPECT_EQ(*Select({.tables = {"*"}, .skip_tables = {"users"}}),
            (Flags{false, false, false, true}));
}

TEST(SelectTables, ARelationComesWithItsParentUnlessDependentTablesAreSkipped) {
  EXPECT_EQ(*Select({.tables = {"users"}}), (Flags{true, true, true, false}));
  EXPECT_EQ(*Select({.tables = {"users"}, .skip_dependent_tables = true}),
            (Flags{true, false, false, false}));
}

TEST(SelectTables, AParentIsKeptForItsChild) {
  EXPECT_EQ(*Select({.tables = {"role_grants"}, .skip_dependent_tables = true}),
            (Flags{true, true, true, false}));
}

TEST(SelectTables, APatternWithoutAMatchIsAnErrorThatNamesIt) {
  EXPECT_THAT(Select({.tables = {"orders", "nothing*"}}),
              HasMessage("tables include a pattern nothing* with no matches"));
  EXPECT_THAT(Select({.tables = {"*"}, .skip_tables = {"nope"}}),
              HasMessage("skip_tables include a pattern nope with no matches"));
  EXPECT_THAT(Select({.tables = {"nope"}}), base::IsError(base::ErrorKind::kConfig));
}

}  // namespace
}  // namespace cloudquery
