#include "cloudquery/column_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include "cloudquery/internal_columns.h"
#include "cloudquery/utf8.h"

namespace cloudquery {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Names(std::span<const EmittedName> emitted) {
  std::vector<std::string> names;
  for (const auto& one : emitted) names.push_back(one.name);
  return names;
}

std::vector<std::string> Columns(const std::vector<std::string>& names) {
  return Names(EmittedColumnNames(names, kInternalColumns));
}

TEST(ColumnNames, NamesThatAreFineStayUntouchedAndGiveNoReason) {
  const std::vector<std::string> names = {"id", "Name", "größe", "a b",
                                          "$x", "a.b",  "1st",   "order"};
  for (const auto& emitted : EmittedColumnNames(names, kInternalColumns))
    EXPECT_EQ(emitted.why, "");
  EXPECT_EQ(Columns(names), names);
}

TEST(ColumnNames, OfNamesThatDifferOnlyInCaseTheLowerCaseOneStays) {
  EXPECT_THAT(Columns({"Id", "id", "ID"}), ElementsAre("Id_2", "id", "ID_3"));
}

TEST(ColumnNames, RepeatedNamesAreNumberedInTheirOrder) {
  EXPECT_THAT(Columns({"a", "a", "b", "a"}), ElementsAre("a", "a_2", "b", "a_3"));
}

TEST(ColumnNames, ANumberedNameNeverTakesOneThatExists) {
  EXPECT_THAT(Columns({"a", "a", "A_2", "a"}), ElementsAre("a", "a_3", "A_2", "a_4"));
}

TEST(ColumnNames, EmptyNamesBecomeColumnUnlessThatIsTaken) {
  EXPECT_THAT(Columns({"", "x", ""}), ElementsAre("column", "x", "column_2"));
  EXPECT_THAT(Columns({"", "Column"}), ElementsAre("column_2", "Column"));
}

TEST(ColumnNames, CloudQuerysOwnNamesAreNotToBeHadInAnyCase) {
  EXPECT_THAT(Columns({"_cq_id", "_CQ_Sync_Time", "_cq_client_id"}),
              ElementsAre("_cq_id_2", "_CQ_Sync_Time_2", "_cq_client_id"));
}

TEST(ColumnNames, WhatNoDestinationCanHoldIsReplaced) {
  EXPECT_THAT(Columns({"say \"hi\"", std::string("a\0b", 3), "tab\t", "bad\xFF"}),
              ElementsAre("say _hi_", "a_b", "tab_", "bad\uFFFD"));
}

TEST(ColumnNames, LongNamesAreCutBetweenCharactersAndStayApart) {
  const std::string exact(63, 'x');
  EXPECT_THAT(Columns({exact}), ElementsAre(exact));
  EXPECT_THAT(Columns({exact + "b", exact + "a", exact}),
              ElementsAre(std::string(61, 'x') + "_2", std::string(61, 'x') + "_3", exact));
  EXPECT_THAT(Columns({std::string(62, 'x') + "\u20ac"}), ElementsAre(std::string(62, 'x')));
}

TEST(ColumnNames, EveryRenameHasItsReason) {
  const std::vector<std::string> names = {"", "A", "a", "_cq_id", "q\"", std::string(64, 'x')};
  std::vector<std::string> reasons;
  for (const auto& one : EmittedColumnNames(names, kInternalColumns)) reasons.emplace_back(one.why);
  EXPECT_THAT(reasons,
              ElementsAre("it is empty", "another one has it, but for its case", "",
                          "that name is CloudQuery's own",
                          "it holds characters that no column may have", "it is too long"));
}

TEST(ColumnNames, FieldsOfAStructMayBeLongAndHaveCloudQuerysNames) {
  const std::vector<std::string> names = {std::string(80, 'x'), "_cq_id", "A", "a", ""};
  EXPECT_THAT(Names(EmittedFieldNames(names)),
              ElementsAre(std::string(80, 'x'), "_cq_id", "A_2", "a", "column"));
}

// Few distinct names, chosen so that they run into each other.
std::vector<std::string> RandomNames(std::mt19937& random) {
  static const std::vector<std::string> kPool = {"a",
                                                 "A",
                                                 "a_2",
                                                 "A_2",
                                                 "a_3",
                                                 "",
                                                 "column",
                                                 "Column",
                                                 "_cq_id",
                                                 "_CQ_ID",
                                                 "_cq_id_2",
                                                 "q\"",
                                                 "q_",
                                                 "\xFF",
                                                 "\uFFFD",
                                                 "column_2",
                                                 std::string(63, 'n'),
                                                 std::string(70, 'n'),
                                                 std::string(61, 'n') + "_2"};
  std::vector<std::string> names(random() % 12);
  for (auto& name : names) name = kPool[random() % kPool.size()];
  return names;
}

TEST(ColumnNames, AnyNamesComeOutFitDistinctAndIndependentOfTheirOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const auto names = RandomNames(random);
    const auto emitted = Columns(names);

    std::vector<std::string> folded;
    for (const auto& name : emitted) {
      EXPECT_TRUE(!name.empty() && name.size() <= kMaxColumnNameBytes && IsValidUtf8(name));
      folded.push_back(FoldCase(name));
    }
    folded.insert(folded.end(), kInternalColumns.begin(), kInternalColumns.end());
    std::sort(folded.begin(), folded.end());
    EXPECT_EQ(std::adjacent_find(folded.begin(), folded.end()), folded.end());

    std::vector<size_t> order(names.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    std::vector<std::string> shuffled;
    for (const size_t i : order) shuffled.push_back(names[i]);
    std::multimap<std::string, std::string> before, after;
    for (size_t i = 0; i < names.size(); ++i) before.emplace(names[i], emitted[i]);
    const auto emitted_shuffled = Columns(shuffled);
    for (size_t i = 0; i < names.size(); ++i) after.emplace(shuffled[i], emitted_shuffled[i]);
    EXPECT_THAT(after, ::testing::UnorderedElementsAreArray(before));
  }
}

}  // namespace
}  // namespace cloudquery
