#include "cloudquery/types/column_names.h"

#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/sha256.h"
#include "base/utf8.h"
#include "cloudquery/table.h"
#include "cloudquery/types/identifiers.h"

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

std::string HashOf(const std::string& name) { return base::ToHex(base::Sha256(name)).substr(0, 8); }

TEST(ColumnNames, NamesThatAreFineStayUntouchedAndGiveNoReason) {
  const std::vector<std::string> names = {"id", "Name", "größe", "a b",
                                          "$x", "a.b",  "1st",   "order"};
  for (const auto& emitted : EmittedColumnNames(names, kInternalColumns))
    EXPECT_EQ(emitted.why, "");
  EXPECT_EQ(Columns(names), names);
}

// The digits are those of `printf %s NAME | sha256sum`.
TEST(ColumnNames, OfNamesThatDifferOnlyInCaseTheFirstStays) {
  EXPECT_THAT(Columns({"Id", "id", "ID"}), ElementsAre("Id", "id_a5614527", "ID_3843971d"));
  EXPECT_THAT(Columns({"id", "ID", "Id"}), ElementsAre("id", "ID_3843971d", "Id_12156e92"));
}

TEST(ColumnNames, ANameThatIsRepeatedGetsAnotherHashEachTime) {
  EXPECT_THAT(Columns({"a", "a", "b", "a"}),
              ElementsAre("a", "a_ca978112", "b", "a_" + HashOf(std::string("a\0001", 3))));
}

TEST(ColumnNames, ANameThatAlreadyEndsInTheHashOfAnotherRenamesNothing) {
  EXPECT_THAT(Columns({"A", "a", "a_ca978112"}),
              ElementsAre("A", "a_ca978112", "a_ca978112_" + HashOf("a_ca978112")));
  EXPECT_THAT(Columns({"A", "A_CA978112", "a"}),
              ElementsAre("A", "A_CA978112", "a_" + HashOf(std::string("a\0001", 3))));
}

TEST(ColumnNames, EmptyNamesBecomeColumnUnlessThatIsTaken) {
  EXPECT_THAT(Columns({"", "x", ""}), ElementsAre("column", "x", "column_e3b0c442"));
  EXPECT_THAT(Columns({"Column", ""}), ElementsAre("Column", "column_e3b0c442"));
}

TEST(ColumnNames, CloudQuerysOwnNamesAreNotToBeHadInAnyCase) {
  EXPECT_THAT(Columns({"_cq_id", "_CQ_Sync_Time", "_cq_client_id"}),
              ElementsAre("_cq_id_99c520c6", "_CQ_Sync_Time_61750940", "_cq_client_id"));
}

TEST(ColumnNames, WhatNoDestinationCanHoldIsReplaced) {
  EXPECT_THAT(Columns({"say \"hi\"", std::string("a\0b", 3), "tab\t", "bad\xFF"}),
              ElementsAre("say _hi_", "a_b", "tab_", "bad\uFFFD"));
}

TEST(ColumnNames, ALongNameIsWhatItIsWhateverIsBesideIt) {
  const std::string exact(63, 'x');
  const std::string a = exact + "a", b = exact + "b";
  EXPECT_THAT(Columns({exact}), ElementsAre(exact));
  EXPECT_THAT(Columns({a}), ElementsAre(CutName(a)));
  EXPECT_THAT(Columns({b, a, exact}), ElementsAre(CutName(b), CutName(a), exact));
  EXPECT_THAT(Columns({a, a}), ElementsAre(CutName(a), std::string(54, 'x') + "_" +
                                                           HashOf(a + std::string("\0001", 2))));
}

TEST(ColumnNames, EveryRenameHasItsReason) {
  const std::vector<std::string> names = {"", "A", "a", "_cq_id", "q\"", std::string(64, 'x')};
  std::vector<std::string> reasons;
  for (const auto& one : EmittedColumnNames(names, kInternalColumns)) reasons.emplace_back(one.why);
  EXPECT_THAT(
      reasons,
      ElementsAre("it is empty", "", "another one has the same name, ignoring case",
                  "that name is reserved for CloudQuery",
                  "it has characters that are not valid in a column name", "it is too long"));
}

TEST(ColumnNames, FieldsOfAStructMayBeLongAndHaveCloudQuerysNames) {
  const std::vector<std::string> names = {std::string(80, 'x'), "_cq_id", "A", "a", ""};
  EXPECT_THAT(Names(EmittedFieldNames(names)),
              ElementsAre(std::string(80, 'x'), "_cq_id", "A_559aead0", "a", "column"));
}

TEST(ColumnNames, FieldsOfAStructHaveTheSameNamesInAnyOrder) {
  std::vector<std::string> names = {"A", "a", "aB", "ab", "q\"", "q_", ""};
  std::map<std::string, std::string> expected;
  const auto emitted = Names(EmittedFieldNames(names));
  for (size_t i = 0; i < names.size(); ++i) expected[names[i]] = emitted[i];
  EXPECT_EQ(expected["q_"], "q_");
  EXPECT_EQ(expected["q\""], "q__" + HashOf("q\""));
  std::sort(names.begin(), names.end());
  do {
    const auto shuffled = Names(EmittedFieldNames(names));
    for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(shuffled[i], expected[names[i]]);
  } while (std::next_permutation(names.begin(), names.end()));
}

// Few distinct names, chosen so that they run into each other.
std::vector<std::string> RandomNames(std::mt19937& random) {
  static const std::vector<std::string> kPool = {"a",
                                                 "A",
                                                 "a_ca978112",
                                                 "A_CA978112",
                                                 "a_559aead0",
                                                 "a_" + HashOf(std::string("a\0001", 3)),
                                                 "",
                                                 "column",
                                                 "Column",
                                                 "column_e3b0c442",
                                                 "_cq_id",
                                                 "_CQ_ID",
                                                 "_cq_id_99c520c6",
                                                 "q\"",
                                                 "q_",
                                                 "\xFF",
                                                 "\uFFFD",
                                                 std::string(63, 'n'),
                                                 std::string(70, 'n'),
                                                 CutName(std::string(70, 'n'))};
  std::vector<std::string> names(random() % 12);
  for (auto& name : names) name = kPool[random() % kPool.size()];
  return names;
}

TEST(ColumnNames, AnyNamesComeOutFitAndDistinct) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> folded;
    for (const auto& name : Columns(RandomNames(random))) {
      EXPECT_TRUE(!name.empty() && name.size() <= kMaxIdentifierBytes && base::IsValidUtf8(name));
      folded.push_back(FoldCase(name));
    }
    folded.insert(folded.end(), kInternalColumns.begin(), kInternalColumns.end());
    std::sort(folded.begin(), folded.end());
    EXPECT_EQ(std::adjacent_find(folded.begin(), folded.end()), folded.end());
  }
}

TEST(ColumnNames, ColumnsThatAreAddedAtTheEndNeverRenameAnother) {
  std::mt19937 random(8);
  for (int round = 0; round < 5000; ++round) {
    const auto names = RandomNames(random);
    const auto all = Columns(names);
    for (size_t count = 0; count <= names.size(); ++count) {
      const std::vector<std::string> before(names.begin(), names.begin() + count);
      EXPECT_EQ(Columns(before), std::vector<std::string>(all.begin(), all.begin() + count));
    }
  }
}

TEST(ColumnNames, NamesThatNeedNoSuffixAreTheSameInAnyOrder) {
  std::vector<std::string> names = {"a", "b", "", "q\"", std::string(64, 'x'), "z\xFF"};
  std::map<std::string, std::string> expected;
  const auto emitted = Columns(names);
  for (size_t i = 0; i < names.size(); ++i) expected[names[i]] = emitted[i];
  std::sort(names.begin(), names.end());
  do {
    const auto shuffled = Columns(names);
    for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(shuffled[i], expected[names[i]]);
  } while (std::next_permutation(names.begin(), names.end()));
}

}  // namespace
}  // namespace cloudquery
