#include "formats/text/type_guess.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace formats {
namespace {

std::string TypeOf(const std::vector<std::string>& texts) {
  TypeGuess guess;
  for (const std::string& text : texts) guess.AddText(text);
  return guess.type()->ToString();
}

TEST(TypeGuess, GivesATypeOnlyWhereTheTextsComeBack) {
  EXPECT_EQ(TypeOf({}), "null");
  EXPECT_EQ(TypeOf({"1", "-9223372036854775808", "9223372036854775807"}), "int64");
  EXPECT_EQ(TypeOf({"9223372036854775808"}), "string");
  EXPECT_EQ(TypeOf({"1", "01"}), "string");
  EXPECT_EQ(TypeOf({"-0"}), "string");
  EXPECT_EQ(TypeOf({"+1"}), "string");
  EXPECT_EQ(TypeOf({" 1"}), "string");
  EXPECT_EQ(TypeOf({"1,000"}), "string");
  EXPECT_EQ(TypeOf({"0x1f"}), "string");
  EXPECT_EQ(TypeOf({"1.5", "2", "-0.25"}), "double");
  EXPECT_EQ(TypeOf({"1.5", "2.0"}), "double");
  EXPECT_EQ(TypeOf({"2", "2.0"}), "string");
  EXPECT_EQ(TypeOf({"2.50", "3.00"}), "double");
  EXPECT_EQ(TypeOf({"1.10", "1.1"}), "string");
  EXPECT_EQ(TypeOf({"1234567890123456", "0.5"}), "string");
  EXPECT_EQ(TypeOf({"0.30000000000000004", "1e-05"}), "double");
  EXPECT_EQ(TypeOf({"0.12345678901234567890"}), "string");
  EXPECT_EQ(TypeOf({"1e5"}), "string");
  EXPECT_EQ(TypeOf({"1e+400"}), "string");
  EXPECT_EQ(TypeOf({"NaN"}), "string");
  EXPECT_EQ(TypeOf({"true", "false"}), "bool");
  EXPECT_EQ(TypeOf({"True", "False"}), "bool");
  EXPECT_EQ(TypeOf({"true", "FALSE"}), "string");
  EXPECT_EQ(TypeOf({"true", "1"}), "string");
  EXPECT_EQ(TypeOf({"2024-02-29", "0001-01-01"}), "date32[day]");
  EXPECT_EQ(TypeOf({"2023-02-29"}), "string");
  EXPECT_EQ(TypeOf({"2024-1-1"}), "string");
  EXPECT_EQ(TypeOf({"01/02/2024"}), "string");
  EXPECT_EQ(TypeOf({"2024-01-01T00:00:00", "2024-01-01T00:00:00.5"}), "timestamp[us]");
  EXPECT_EQ(TypeOf({"2024-01-01 00:00:00Z"}), "timestamp[us, tz=UTC]");
  EXPECT_EQ(TypeOf({"2024-01-01 00:00:00.123456789"}), "timestamp[ns]");
  EXPECT_EQ(TypeOf({"1500-01-01 00:00:00.123456789"}), "string");
  EXPECT_EQ(TypeOf({"2024-01-01T00:00:00", "2024-01-01 00:00:00"}), "string");
  EXPECT_EQ(TypeOf({"2024-01-01T00:00:00Z", "2024-01-01T00:00:00"}), "string");
  EXPECT_EQ(TypeOf({"2024-01-01T00:00:00+02:00"}), "string");
  EXPECT_EQ(TypeOf({"2024-01-01", "2024-01-01T00:00:00"}), "string");
  EXPECT_EQ(TypeOf({"2024-01-01T24:00:00"}), "string");
}

TEST(TypeGuess, OfJsonNumbersDependsOnTheirDigitsOnly) {
  const auto of = [](const std::vector<std::string>& numbers) {
    TypeGuess guess;
    for (const std::string& number : numbers) guess.AddNumber(number);
    return guess.type() == nullptr ? "none" : guess.type()->ToString();
  };
  EXPECT_EQ(of({"1", "2"}), "int64");
  EXPECT_EQ(of({"1", "2.50", "2.5", "1e5"}), "double");
  EXPECT_EQ(of({"9007199254740993", "0.5"}), "none");
  EXPECT_EQ(of({"123456789012345678901"}), "none");
  EXPECT_EQ(of({"0.1234567890123456789"}), "none");
}

TEST(TypeGuess, DoesNotDependOnTheOrderInWhichGuessesAreMerged) {
  const std::vector<std::vector<std::string>> parts = {{"1"}, {"2.5"}, {"3.0"}, {}};
  TypeGuess forward, backward;
  for (size_t i = 0; i < parts.size(); ++i) {
    TypeGuess one, other;
    for (const std::string& text : parts[i]) one.AddText(text);
    for (const std::string& text : parts[parts.size() - 1 - i]) other.AddText(text);
    forward.Merge(one);
    backward.Merge(other);
  }
  EXPECT_EQ(forward.type()->ToString(), "string");
  EXPECT_EQ(backward.type()->ToString(), "string");
}

}  // namespace
}  // namespace formats
