#include "source/commands/yaml_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace source {
namespace {

using Json = nlohmann::ordered_json;

arrow::Result<std::string> Lookup(size_t document, const std::string& name) {
  static const std::map<std::string, std::string> kValues = {
      {"N", "7"}, {"TEXT", "a: b"}, {"WORD", "word"}, {"LINES", "one\ntwo"}, {"TRUE", "true"}};
  const auto found = kValues.find(name);
  if (found == kValues.end()) return base::MakeError(base::ErrorKind::kConfig, "no " + name);
  return found->second;
}

Json Parse(const std::string& yaml) { return ParseYaml(yaml, Lookup).ValueOrDie().at(0); }

TEST(ParseYaml, GivesPlainScalarsTheTypesOfYaml11) {
  EXPECT_EQ(Parse("{a: yes, b: off, c: 12, d: -0x1F, e: 1.5, f: ~, g: 010, h: 1_000, i: True}"),
            Json::parse(R"({"a": true, "b": false, "c": 12, "d": -31, "e": 1.5, "f": null, "g": 8,
                            "h": 1000, "i": true})"));
  EXPECT_EQ(Parse("{a: 'yes', b: \"12\", c: yEs, d: 2024-01-01, f: 1.2.3, g: !!str 5}"),
            Json::parse(R"({"a": "yes", "b": "12", "c": "yEs", "d": "2024-01-01", 
                            "f": "1.2.3", "g": "5"})"));
}

TEST(ParseYaml, ReadsAPlainScalarAgainOnceItsVariablesAreThere) {
  EXPECT_EQ(Parse("{a: ${N}, b: \"${N}\", c: x${N}, d: ${TRUE}, e: -${N}}"),
            Json::parse(R"({"a": 7, "b": "7", "c": "x7", "d": true, "e": -7})"));
  EXPECT_EQ(Parse("a: ${TEXT}\nb: '${TEXT}'\nc: ${LINES}\n${WORD}: d"),
            Json::parse(R"({"a": {"a": "b"}, "b": "a: b", "c": "one\ntwo", "word": "d"})"));
}

TEST(ParseYaml, LooksUpNoVariableInACommentAndPassesErrorsOn) {
  EXPECT_EQ(Parse("a: 1 # ${MISSING}\n# ${MISSING}"), Json::parse(R"({"a": 1})"));
  EXPECT_EQ(base::MessageOf(ParseYaml("a: ${MISSING}", Lookup).status()), "no MISSING");
  EXPECT_EQ(ParseYaml("a: ${MISSING}", KeepVariable).ValueOrDie()[0]["a"], "${MISSING}");
}

TEST(ParseYaml, UnderstandsAnchorsMergesAndSeveralDocuments) {
  EXPECT_EQ(Parse("base: &b {x: 1, y: 2}\nmore: {<<: *b, y: 3}"),
            Json::parse(R"({"base": {"x": 1, "y": 2}, "more": {"y": 3, "x": 1}})"));
  const auto documents = ParseYaml("a: 1\n---\n---\nb: [1, {c: d}]\n", Lookup).ValueOrDie();
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_TRUE(documents[1].is_null());
  EXPECT_EQ(documents[2], Json::parse(R"({"b": [1, {"c": "d"}]})"));
}

TEST(ParseYaml, NamesTheLineOfWhatIsWrong) {
  const auto error = [](const std::string& yaml) {
    return base::MessageOf(ParseYaml(yaml, Lookup).status());
  };
  EXPECT_THAT(error("a: 1\nb: [1"), testing::StartsWith("line "));
  EXPECT_EQ(error("a: 1\na: 2"), "line 2: key \"a\" comes twice");
  EXPECT_THAT(error("a: 1\n[1]: 2"), testing::HasSubstr("a key must be a text"));
  EXPECT_THAT(error(std::string(200, '[') + std::string(200, ']')),
              testing::HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace source
