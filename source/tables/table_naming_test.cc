#include "source/tables/table_naming.h"

#include <gtest/gtest.h>

#include <random>

namespace source {
namespace {

std::string Name(std::string_view key) { return TableNameOf(key).name; }

TEST(TableName, IsTheFolderWithUnderscores) {
  EXPECT_EQ(Name("data/2024/f.parquet"), "data_2024");
  EXPECT_EQ(Name("my data/x.parquet"), "my_data");
  EXPECT_EQ(Name("Data/x.parquet"), "Data");
}

TEST(TableName, OfAnObjectWithoutFolderIsItsFileNameWithoutTheLastExtension) {
  EXPECT_EQ(Name("datafile_0.parquet"), "datafile_0");
  EXPECT_EQ(Name("data.v2.parquet"), "data_v2");
}

TEST(TableName, HasNoRunsOfUnderscoresAndNoneAtItsEnds) {
  EXPECT_EQ(Name("data//2024///f.parquet"), "data_2024");
  EXPECT_EQ(Name("_private/x.parquet"), "private");
  EXPECT_EQ(Name("a_-_b_/x.parquet"), "a_b");
  EXPECT_EQ(Name("/a/x.parquet"), "a");
}

TEST(TableName, IsAHashWhenNothingIsLeft) {
  // printf 日本 | sha256sum
  EXPECT_EQ(TableNameOf("日本/x.parquet"),
            (TableName{.name = "t_cf2abf0c", .folder = "日本", .hashed = true}));
  EXPECT_EQ(Name("/x.parquet"), "t_e3b0c442");  // the empty folder
  EXPECT_NE(Name("日本/x.parquet"), Name("中国/x.parquet"));
}

TEST(TableName, OfAnyKeyIsAValidName) {
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::string key;
    for (int n = std::uniform_int_distribution<int>(0, 12)(random); n > 0; --n) {
      key += "ab/_.Z0 \xe6%"[std::uniform_int_distribution<int>(0, 9)(random)];
    }
    key += ".parquet";
    const std::string name = Name(key);
    ASSERT_FALSE(name.empty()) << key;
    EXPECT_NE(name.front(), '_') << key;
    EXPECT_NE(name.back(), '_') << key;
    EXPECT_EQ(name.find("__"), std::string::npos) << key;
    EXPECT_EQ(name.find_first_not_of("abZ0_tcdef123456789"), std::string::npos) << key;
  }
}

TEST(TableName, OfMoreThan63BytesIsCutAndEndsInAHashOfTheWholeName) {
  const std::string fits(63, 'x'), longer(64, 'x');
  EXPECT_EQ(Name(fits + "/1.parquet"), fits);
  // printf 'x%.0s' {1..64} | sha256sum
  EXPECT_EQ(Name(longer + "/1.parquet").size(), 63u);
  EXPECT_EQ(Name(longer + "/1.parquet").substr(0, 54), fits.substr(0, 54));
  EXPECT_NE(Name(longer + "/1.parquet"), Name(longer + "y/1.parquet"));
}

}  // namespace
}  // namespace source
