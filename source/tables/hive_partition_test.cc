#include "source/tables/hive_partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace source {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(HivePartitions, AreTheFoldersWithAnEqualsSign) {
  EXPECT_THAT(HivePartitionsOf("sales/dt=2024-01-01/region=eu/x=1.parquet"),
              ElementsAre(PathValue{"dt", "2024-01-01"}, PathValue{"region", "eu"}));
  EXPECT_THAT(HivePartitionsOf("sales/=x/y.parquet"), IsEmpty());
  EXPECT_THAT(HivePartitionsOf("x=1.parquet"), IsEmpty());
}

TEST(HivePartitions, AreDecoded) {
  EXPECT_THAT(HivePartitionsOf("a%3Ab=us%20east%2F1/x"),
              ElementsAre(PathValue{"a:b", "us east/1"}));
  EXPECT_THAT(HivePartitionsOf("p=100%/q=%4/r=%zz/x"),
              ElementsAre(PathValue{"p", "100%"}, PathValue{"q", "%4"}, PathValue{"r", "%zz"}));
  EXPECT_THAT(HivePartitionsOf("p=%FF/x"), ElementsAre(PathValue{"p", "\uFFFD"}));
  EXPECT_THAT(HivePartitionsOf("p=a=b/x"), ElementsAre(PathValue{"p", "a=b"}));
}

TEST(HivePartitions, TheDefaultPartitionIsNullAndAnEmptyValueIsAnEmptyText) {
  EXPECT_THAT(HivePartitionsOf("p=__HIVE_DEFAULT_PARTITION__/q=/x"),
              ElementsAre(PathValue{"p", std::nullopt}, PathValue{"q", ""}));
}

TEST(HivePartitions, OfANameThatComesAgainTheLastIsTaken) {
  EXPECT_THAT(HivePartitionsOf("dt=1/q=2/DT=3/x"),
              ElementsAre(PathValue{"dt", "3"}, PathValue{"q", "2"}));
}

TEST(HivePartitions, AreNotPartOfTheFolder) {
  EXPECT_EQ(FolderWithoutPartitions("sales/dt=1/eu/h=2/x.parquet"), "sales/eu");
  EXPECT_EQ(FolderWithoutPartitions("dt=1/x.parquet"), "");
  EXPECT_EQ(FolderWithoutPartitions("a//dt=1/x"), "a/");
}

}  // namespace
}  // namespace source
