#include "cloudquery/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "base/testing.h"

namespace cloudquery {
namespace {

using testing::MatchesRegex;

class Lines : public Logger::Output {
 public:
  explicit Lines(std::vector<std::string>* lines) : lines_(lines) {}
  void Write(std::string_view line) override { lines_->emplace_back(line); }

 private:
  std::vector<std::string>* lines_;
};

class LoggerTest : public testing::Test {
 protected:
  nlohmann::json Last() { return nlohmann::json::parse(lines_.at(lines_.size() - 1)); }

  std::vector<std::string> lines_;
  Logger log_{"s3-source", LogLevel::kInfo, LogFormat::kJson, std::make_unique<Lines>(&lines_)};
};

TEST_F(LoggerTest, ALineIsOneJsonObjectWithLevelModuleAndMessage) {
  log_.Warn("odd \"thing\"", {{"table", "users"}, {"rows", 12}, {"share", 0.5}, {"done", true}});
  EXPECT_EQ(Last(), nlohmann::json({{"level", "warn"},
                                    {"module", "s3-source"},
                                    {"message", "odd \"thing\""},
                                    {"table", "users"},
                                    {"rows", 12},
                                    {"share", 0.5},
                                    {"done", true}}));
}

TEST_F(LoggerTest, LevelsBelowItsOwnAreLeftOut) {
  log_.Debug("x");
  EXPECT_TRUE(lines_.empty());
}

TEST_F(LoggerTest, TheInvocationIdIsOnEveryLaterLine) {
  log_.SetInvocationId("abc");
  log_.Info("x");
  EXPECT_EQ(Last()["invocation_id"], "abc");
}

TEST_F(LoggerTest, NoLineIsLongerThanTheCliReadsAndItsLevelSurvives) {
  for (const std::string& piece :
       {std::string("x"), std::string("\""), std::string("\x01"), std::string("\xff"),
        std::string("日"), std::string("\U0001F600")}) {
    std::string longer;
    while (longer.size() < 20000) longer += piece;
    log_.Error(longer, {{"key", longer}, {"table", "users"}});
    EXPECT_LT(lines_.back().size(), kMaxLogLineBytes);
    EXPECT_EQ(Last()["level"], "error");
    EXPECT_EQ(Last()["table"], "users");
    if (piece == "\xff") continue;
    const auto message = Last()["message"].get<std::string>();
    EXPECT_EQ(message.find("\uFFFD"), std::string::npos) << "cut inside a character";
    EXPECT_TRUE(message.ends_with("..."));
  }
}

TEST_F(LoggerTest, ALineHasNoTimeOfItsOwnBecauseTheCliAddsOne) {
  log_.Info("x", {{"rows", 1}});
  EXPECT_EQ(lines_.back(), R"({"level":"info","module":"s3-source","message":"x","rows":1})");
}

constexpr char kOddKey[] = "t/\x1b[31mred\n\xff\u009b\u202e";
constexpr char kShownKey[] = "t/\\x1b[31mred\\n\uFFFD\\u009b\\u202e";

TEST_F(LoggerTest, NothingInALineCanDoAnythingToATerminal) {
  log_.SetInvocationId(kOddKey);
  log_.Error(kOddKey, {{"key", kOddKey}});
  EXPECT_EQ(Last()["message"], kShownKey);
  EXPECT_EQ(Last()["key"], kShownKey);
  EXPECT_EQ(Last()["invocation_id"], kShownKey);
}

TEST(TextLog, NothingInALineCanDoAnythingToATerminal) {
  std::vector<std::string> lines;
  Logger log("s3-source", LogLevel::kInfo, LogFormat::kText, std::make_unique<Lines>(&lines));
  log.Error(kOddKey, {{"key", kOddKey}});
  ASSERT_EQ(lines.size(), 1);
  for (const std::string_view odd : {"\x1b", "\n", "\xff", "\u009b", "\u202e"}) {
    EXPECT_EQ(lines[0].find(odd), std::string::npos) << lines[0];
  }
  EXPECT_TRUE(lines[0].starts_with(std::string("error ") + kShownKey)) << lines[0];
}

TEST(ParseLogLevel, KnowsTheFiveNamesOnly) {
  EXPECT_EQ(*ParseLogLevel("warn"), LogLevel::kWarn);
  EXPECT_THAT(ParseLogLevel("warning"),
              base::HasMessage(
                  "\"warning\" is not a valid log level; use trace, debug, info, warn or error"));
}

TEST(StandardOutputTest, TextLinesBeginWithTheLocalTimeAndItsOffset) {
  testing::internal::CaptureStdout();
  Logger log("s3-source", LogLevel::kInfo, LogFormat::kText);
  log.Info("one");
  log.Info("two");
  EXPECT_THAT(testing::internal::GetCapturedStdout(),
              MatchesRegex("([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:"
                           "[0-9]{2} info (one|two)\n){2}"));
}

TEST(StandardOutputTest, JsonLinesAreObjectsAlone) {
  testing::internal::CaptureStdout();
  Logger log("s3-source", LogLevel::kInfo, LogFormat::kJson);
  log.Info("one");
  EXPECT_EQ(testing::internal::GetCapturedStdout(),
            "{\"level\":\"info\",\"module\":\"s3-source\",\"message\":\"one\"}\n");
}

}  // namespace
}  // namespace cloudquery
