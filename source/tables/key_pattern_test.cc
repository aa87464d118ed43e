#include "source/tables/key_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "base/testing.h"

namespace source {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool Matches(std::string_view pattern, std::string_view key) {
  return KeyPattern::Make(pattern).ValueOrDie().Matches(key);
}

std::vector<std::string> Captured(std::string_view pattern, std::string_view key) {
  std::vector<std::string_view> values;
  const KeyPattern made = KeyPattern::Make(pattern).ValueOrDie();
  if (!made.Match(key, &values)) return {"no match"};
  return {values.begin(), values.end()};
}

TEST(KeyPattern, WithoutWildcardsMatchesThatKeyAlone) {
  EXPECT_TRUE(Matches("a/b.parquet", "a/b.parquet"));
  EXPECT_FALSE(Matches("a/b.parquet", "a/b.parquet2"));
  EXPECT_FALSE(Matches("a/b.parquet", "x/a/b.parquet"));
}

TEST(KeyPattern, AStarStaysWithinASegment) {
  EXPECT_TRUE(Matches("logs/*/*", "logs/a/x.parquet"));
  EXPECT_TRUE(Matches("logs/*", "logs/"));
  EXPECT_FALSE(Matches("logs/*/*", "logs/a/deep/x.parquet"));
  EXPECT_FALSE(Matches("*", "a/b"));
}

TEST(KeyPattern, TwoStarsGoOverSegments) {
  EXPECT_TRUE(Matches("raw/**", "raw/a/b/c"));
  EXPECT_FALSE(Matches("raw/**", "raws/a"));
  EXPECT_TRUE(Matches("raw**.parquet", "raws/a/b.parquet"));
  EXPECT_TRUE(Matches("**", ""));
}

TEST(KeyPattern, TwoStarsBetweenSlashesAreAnyNumberOfFolders) {
  for (const char* key : {"a/b", "a/x/b", "a/x/y/b", "a//b"}) EXPECT_TRUE(Matches("a/**/b", key));
  for (const char* key : {"a/xb", "ab", "a/b/c", "xa/b"}) EXPECT_FALSE(Matches("a/**/b", key));
  EXPECT_TRUE(Matches("**/_*", "_SUCCESS"));
  EXPECT_TRUE(Matches("**/_*", "a/b/_SUCCESS"));
  EXPECT_FALSE(Matches("**/_*", "_private/x"));
  EXPECT_FALSE(Matches("**/_*", "a/x_y"));
}

TEST(KeyPattern, FoldersAreTriedAgainWhenWhatFollowsFitsInTwoPlaces) {
  EXPECT_TRUE(Matches("x/**/b**", "x/ab/bb"));
  EXPECT_TRUE(Matches("**/t/*.p**", "t/t/a.p/b/c.p"));
}

TEST(KeyPattern, AQuestionMarkIsOneCharacterOfUtf8) {
  EXPECT_TRUE(Matches("a?c", "abc"));
  EXPECT_TRUE(Matches("a?c", "aéc"));
  EXPECT_TRUE(Matches("a?", "a日"));
  EXPECT_FALSE(Matches("a?c", "a/c"));
  EXPECT_FALSE(Matches("a?c", "ac"));
}

TEST(KeyPattern, CapturesWithinASegment) {
  EXPECT_THAT(Captured("in/{where}/{year}/*", "in/eu/2024/part_0"), ElementsAre("eu", "2024"));
  EXPECT_THAT(Captured("in/{where}/*", "in//x"), ElementsAre("no match"));
  EXPECT_THAT(Captured("{a}", "日本"), ElementsAre("日本"));
  EXPECT_THAT(Captured("?{a}", "日本"), ElementsAre("本"));
}

TEST(KeyPattern, WildcardsToTheLeftTakeAsMuchAsTheyCan) {
  EXPECT_THAT(Captured("{table}_{day}.parquet", "order_items_2024.parquet"),
              ElementsAre("order_items", "2024"));
}

TEST(KeyPattern, KnowsWhatEveryMatchBeginsWith) {
  EXPECT_EQ(KeyPattern::Make("raw/orders/**")->literal_prefix(), "raw/orders/");
  EXPECT_EQ(KeyPattern::Make("raw/o?.parquet")->literal_prefix(), "raw/o");
  EXPECT_EQ(KeyPattern::Make("a/b")->literal_prefix(), "a/b");
  EXPECT_EQ(KeyPattern::Make("{x}/b")->literal_prefix(), "");
}

TEST(KeyPattern, SaysWhereAPatternIsWrong) {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "it is empty"},
      {"s3://bucket/x", "at character 1: it is a URL"},
      {"日/***", "at character 5: more than two asterisks"},
      {"a/{b", "at character 3: no \"}\" closes this \"{\""},
      {"a/b}", "at character 4: no \"{\" stands before this \"}\""},
      {"a/{}", "at character 3: the name in braces must begin with a letter"},
      {"a/{1x}", "at character 3: the name in braces must begin with a letter"},
      {"a/{b,c}", "at character 3: the name in braces must begin with a letter"},
      {"{" + std::string(64, 'x') + "}", "at character 1: the name in braces"},
      {"{a}/{b}/{a}", "at character 9: {a} is there twice"},
      {"{a}{b}", "at character 4: nothing separates"},
      {"*{a}", "at character 2: nothing separates"},
      {"{a}**", "at character 4: nothing separates"},
  };
  const std::regex right{std::string(kKeyPatternPattern)};
  const std::regex not_right{std::string(kNotAKeyPatternPattern)};
  for (const auto& [pattern, problem] : wrong) {
    EXPECT_THAT(KeyPattern::ProblemOf(pattern), HasSubstr(problem)) << pattern;
    EXPECT_THAT(KeyPattern::Make(pattern), base::IsError(base::ErrorKind::kConfig));
    if (problem.ends_with("is there twice")) continue;
    EXPECT_TRUE(!std::regex_search(pattern, right) || std::regex_search(pattern, not_right))
        << pattern;
  }
}

// A pattern and the expression that says the same, written independently of the matcher.
struct Twin {
  std::string pattern;
  std::string expression;
};

Twin RandomTwin(std::mt19937& random) {
  static const std::vector<Twin> kParts = {
      {"a", "a"},    {"b", "b"},     {"/", "/"},     {"ab", "ab"},        {"/a", "/a"},
      {"?", "[^/]"}, {"*", "[^/]*"}, {"**", "[^]*"}, {"{x1}", "([^/]+)"}, {"/**/", "/(?:[^]*/)?"},
  };
  Twin twin;
  int captures = 0;
  const int parts = 1 + static_cast<int>(random() % 7);
  for (int i = 0; i < parts; ++i) {
    Twin part = kParts[random() % kParts.size()];
    if (part.pattern == "{x1}") part.pattern = "{x" + std::to_string(++captures) + "}";
    Twin longer{twin.pattern + part.pattern, twin.expression + part.expression};
    // What stands side by side may mean something else together.
    const bool joins =
        (part.pattern == "**" && (twin.pattern.empty() || twin.pattern.back() == '/')) ||
        (part.pattern[0] == '*' && twin.pattern.ends_with('*'));
    const bool splits = part.pattern[0] == '/' && twin.pattern.ends_with("**");
    if (joins || splits || !KeyPattern::ProblemOf(longer.pattern).empty()) continue;
    twin = std::move(longer);
  }
  return twin.pattern.empty() ? Twin{"a", "a"} : twin;
}

TEST(KeyPattern, MatchesAndCapturesAsAnExpressionOfTheSameMeaning) {
  std::mt19937 random(1);
  int matches = 0;
  for (int i = 0; i < 4000; ++i) {
    const Twin twin = RandomTwin(random);
    const KeyPattern pattern = KeyPattern::Make(twin.pattern).ValueOrDie();
    const std::regex expression(twin.expression);
    for (int j = 0; j < 20; ++j) {
      std::string key;
      for (size_t size = random() % 9; size > 0; --size) key += "aab//"[random() % 5];
      std::smatch expected;
      std::vector<std::string_view> values;
      const bool is_match = std::regex_match(key, expected, expression);
      ASSERT_EQ(pattern.Match(key, &values), is_match) << twin.pattern << " on " << key;
      if (!is_match) continue;
      ++matches;
      EXPECT_TRUE(key.starts_with(pattern.literal_prefix()));
      for (size_t k = 0; k < values.size(); ++k) {
        EXPECT_EQ(values[k], expected[k + 1].str()) << twin.pattern << " on " << key;
      }
    }
  }
  EXPECT_GT(matches, 2000);
}

TEST(KeyPattern, TheExpressionOfTheSchemaTakesThePatternsThatAreRight) {
  std::mt19937 random(2);
  const std::regex right{std::string(kKeyPatternPattern)};
  const std::regex not_right{std::string(kNotAKeyPatternPattern)};
  const std::vector<std::string> parts = {"*", "{a}", "{b}", "{", "}", "/", "x", "?", "é"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (size_t size = random() % 6; size > 0; --size) text += parts[random() % parts.size()];
    const std::string problem = KeyPattern::ProblemOf(text);
    if (problem.ends_with("is there twice")) continue;
    EXPECT_EQ(problem.empty(),
              std::regex_search(text, right) && !std::regex_search(text, not_right))
        << text;
  }
}

}  // namespace
}  // namespace source
