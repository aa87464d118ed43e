#include "cloudquery/types/convert_json_check.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace cloudquery {
namespace {

TEST(JsonCheck, TakesEveryKindOfValue) {
  for (const std::string text :
       {"null", "true", "false", "0", "-0", "-1.5e-10", "12E+3", "\"\"", "[]", "{}", " [ ] ",
        "\t{\n}\r", "[1, [2, {\"a\": [], \"b\": {}}], null]",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\u20ac\"",
        "{\"a\":1,\"a\":2}", "1e-999", "123456789012345678901234567890"}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
}

TEST(JsonCheck, RefusesWhatIsNotOneValue) {
  for (const std::string text :
       {"",       " ",     "nul",       "True",    "01",       "-",           "+1",
        ".5",     "1.",    "1e",        "1e+",     "0x1",      "NaN",         "Infinity",
        "'a'",    "\"",    "\"a",       "\"\\\"",  "\"\\x\"",  "\"\\u12g4\"", "\"\\u123",
        "\"\t\"", "[",     "[1",        "[1,",     "[1,]",     "[,1]",        "[1 2]",
        "]",      "{",     "{\"a\"",    "{\"a\":", "{\"a\":1", "{\"a\":1,",   "{\"a\":1,}",
        "{a:1}",  "{1:1}", "{\"a\" 1}", "[}",      "{]",       "1 2",         "{} {}",
        "// no",  "[1]//", "1,"}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
}

TEST(JsonCheck, RefusesWhatSomeReadersTakeAndOthersFailOn) {
  EXPECT_FALSE(IsJson("\xEF\xBB\xBF{}"));
  EXPECT_FALSE(IsJson(std::string("{}\0", 3)));
  EXPECT_FALSE(IsJson("\"\xFF\""));
  EXPECT_FALSE(IsJson(R"("\ud800")"));
  EXPECT_FALSE(IsJson(R"("\udc00")"));
  EXPECT_FALSE(IsJson(R"("\ud800\u0041")"));
  EXPECT_FALSE(IsJson("1e999"));
  EXPECT_FALSE(IsJson(std::string(400, '9')));
}

TEST(JsonCheck, DepthHasALimitThatIsReached) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(IsJson(nested(kMaxJsonDepth)));
  EXPECT_FALSE(IsJson(nested(kMaxJsonDepth + 1)));
}

// Texts from few characters, so that many of them are JSON or nearly so.
TEST(JsonCheck, AgreesWithAParserOnRandomTexts) {
  static const std::string kParts[] = {"{",  "}",       "[",    "]", ",", ":", "\"a\"",
                                       "\"", "\\u00e9", "\\",   "1", "0", "-", ".",
                                       "e",  "true",    "null", " ", "a"};
  std::mt19937 random(5);
  int valid = 0;
  for (int round = 0; round < 300000; ++round) {
    std::string text;
    for (size_t parts = 1 + random() % 7; parts > 0; --parts)
      text += kParts[random() % std::size(kParts)];
    const bool expected = nlohmann::json::accept(text);
    ASSERT_EQ(IsJson(text), expected) << text;
    valid += expected ? 1 : 0;
  }
  EXPECT_GT(valid, 1000);
}

}  // namespace
}  // namespace cloudquery
