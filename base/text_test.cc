#include "base/text.h"

#include <gtest/gtest.h>

#include <random>

#include "base/utf8.h"

namespace base {
namespace {

TEST(Text, WhatIsHarmlessStaysAsItIs) {
  for (const std::string text : {"", "plain text", "gr\u00f6\u00dfe", "\u65e5\u672c", "\U0001F600",
                                 "back\\slash \\n", "\u00a0", "\uFFFD", "\u05d0\u05d1"}) {
    EXPECT_EQ(SafeForTerminal(text), text);
  }
}

TEST(Text, ControlCharactersAreEscaped) {
  EXPECT_EQ(SafeForTerminal("t/\x1b[31mred\n\r\t"), "t/\\x1b[31mred\\n\\r\\t");
  EXPECT_EQ(SafeForTerminal(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(SafeForTerminal("\x7f\u0080\u009b"
                            "2J\u009f"),
            "\\x7f\\u0080\\u009b2J\\u009f");
}

TEST(Text, CharactersThatChangeTheDirectionOrTheLineAreEscaped) {
  EXPECT_EQ(SafeForTerminal("a\u202egpj.exe"), "a\\u202egpj.exe");
  EXPECT_EQ(SafeForTerminal("\u061c\u200e\u200f\u2028\u2029\u2066\u2069"),
            "\\u061c\\u200e\\u200f\\u2028\\u2029\\u2066\\u2069");
}

TEST(Text, InvalidUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(SafeForTerminal("a\xff"
                            "b\xe2\x82"),
            "a\uFFFD"
            "b\uFFFD");
  // A C1 control as the single byte of Latin-1, which some terminals obey.
  EXPECT_EQ(SafeForTerminal("\x9b"
                            "31m"),
            "\uFFFD"
            "31m");
}

TEST(Text, AnyBytesBecomeSafeAndAreThenLeftAlone) {
  std::mt19937 random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 12, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string safe = SafeForTerminal(bytes);
    EXPECT_TRUE(IsValidUtf8(safe));
    for (const char c : safe) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
    EXPECT_EQ(safe.find("\u009b"), std::string::npos);
    EXPECT_EQ(SafeForTerminal(safe), safe);
  }
}

TEST(Text, WhatIsTooLongIsCutAtACharacterAndMarked) {
  EXPECT_EQ(Shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(Shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(Shortened("ab\u20acdefg", 6), "ab...");
  EXPECT_EQ(Shortened("abcdefg", 3), "...");
}

TEST(Text, QuotingAddsQuotationMarksAndChangesNothingElse) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("a \"b\""), "\"a \"b\"\"");
}

TEST(Text, TrimmingTakesBlanksOffBothEndsOnly) {
  EXPECT_EQ(Trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trimmed("ab"), "ab");
  EXPECT_EQ(Trimmed(" \n "), "");
}

TEST(Text, LettersOfAsciiAloneHaveCase) {
  EXPECT_EQ(ToLowerAscii("AZaz09-\u00c4"), "azaz09-\u00c4");
  EXPECT_TRUE(EqualsIgnoringAsciiCase("Content-LENGTH", "content-length"));
  EXPECT_FALSE(EqualsIgnoringAsciiCase("etag", "etags"));
  EXPECT_FALSE(EqualsIgnoringAsciiCase("[", "{"));
}

TEST(Text, HexadecimalDigitsAreWrittenInLowerCaseAndReadInBoth) {
  constexpr uint8_t kBytes[] = {0x00, 0x9a, 0xff};
  EXPECT_EQ(ToHex(kBytes), "009aff");
  EXPECT_EQ(HexDigitValue('9'), 9);
  EXPECT_EQ(HexDigitValue('f'), 15);
  EXPECT_EQ(HexDigitValue('A'), 10);
  for (const char c : {'g', 'G', '/', ':', '@', '`', '\0'}) EXPECT_EQ(HexDigitValue(c), -1);
}

}  // namespace
}  // namespace base
