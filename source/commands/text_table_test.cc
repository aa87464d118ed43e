#include "source/commands/text_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace source {
namespace {

TEST(FormatTable, SetsTextLeftAndNumbersRight) {
  EXPECT_EQ(FormatTable({{"name", {"a", "long name"}}, {"n", {"1", "1,000"}, true}}, 0),
            "name           n\n"
            "a              1\n"
            "long name  1,000\n");
}

TEST(FormatTable, CutsTheWidestColumnUntilALineFits) {
  EXPECT_EQ(FormatTable({{"a", {"1234567"}}, {"b", {"abcdefghijklmnopqrstuvwxyz"}}}, 20),
            "a        b\n"
            "1234567  abcdefghij…\n");
}

TEST(FormatTable, LeavesOutColumnsForWhichThereIsNoRoom) {
  EXPECT_EQ(FormatTable({{"aaaaaa", {"1"}}, {"bbbbbb", {"2"}}, {"cccccc", {"3"}}}, 15),
            "aaaaaa  bbbbbb\n"
            "1       2\n"
            "(1 more columns)\n");
}

TEST(FormatTable, KeepsEveryLineWithinTheWidthWhateverTheCharacters) {
  const std::vector<TextColumn> columns = {{"日本語の題", {"é", "日本", ""}},
                                           {"x", {"ünïcödé text", "\xff\xfe", "y"}},
                                           {"z", {std::string(300, 'w'), "1", "2"}, true}};
  for (size_t width = 20; width < 90; ++width) {
    std::istringstream lines(FormatTable(columns, width));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(DisplayWidth(line), width) << line;
    }
  }
}

TEST(DisplayWidth, CountsColumnsOfATerminal) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("日本"), 4U);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1U);
  EXPECT_EQ(FitWidth("日本語", 4), "日…");
}

}  // namespace
}  // namespace source
