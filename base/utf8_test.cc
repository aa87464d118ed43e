#include "base/utf8.h"

#include <gtest/gtest.h>

namespace base {
namespace {

const std::string kBad = "\xEF\xBF\xBD";

TEST(Utf8, ValidTextOfEveryLengthOfCharacterStaysAsItIs) {
  for (const std::string text :
       {"", "plain", "\u00e9", "\u20ac", "\U0001F600", "a\u00e9\u20ac\U0001F600z", "\uFFFD"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
    EXPECT_EQ(ReplaceInvalidUtf8(text), text);
  }
}

TEST(Utf8, EachMaximalInvalidSubpartBecomesOneReplacementCharacter) {
  struct Case {
    std::string in, out;
  };
  const Case cases[] = {
      {"a\x80z", "a" + kBad + "z"},                             // continuation without a lead
      {"a\xFFz", "a" + kBad + "z"},                             // byte that begins nothing
      {"\xC3", kBad},                                           // cut after the lead byte
      {"\xE2\x82", kBad},                                       // one byte short
      {"\xE2\x82z", kBad + "z"},                                // one byte short, then text
      {"\xF0\x9F\x98", kBad},                                   // one byte short of four
      {"\xC0\x80", kBad + kBad},                                // overlong
      {"\xE0\x80\x80", kBad + kBad + kBad},                     // overlong
      {"\xED\xA0\x80", kBad + kBad + kBad},                     // surrogate
      {"\xF4\x90\x80\x80", kBad + kBad + kBad + kBad},          // above U+10FFFF
      {"\xE2\x82\xE2\x82\xAC", kBad + "\u20ac"},                // broken, then whole
      {"\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64",  // the Standard's own example
       "a" + kBad + kBad + kBad + "b" + kBad + "c" + kBad + kBad + "d"},
  };
  for (const Case& c : cases) {
    EXPECT_FALSE(IsValidUtf8(c.in));
    EXPECT_EQ(ReplaceInvalidUtf8(c.in), c.out);
    EXPECT_TRUE(IsValidUtf8(ReplaceInvalidUtf8(c.in)));
  }
}

TEST(Utf8, APrefixCutsNoCharacter) {
  EXPECT_EQ(CutAtCharacter("abc", 3), "abc");
  EXPECT_EQ(CutAtCharacter("abc", 2), "ab");
  EXPECT_EQ(CutAtCharacter("a\u20ac", 4), "a\u20ac");
  EXPECT_EQ(CutAtCharacter("a\u20ac", 3), "a");
  EXPECT_EQ(CutAtCharacter("a\u20ac", 2), "a");
  EXPECT_EQ(CutAtCharacter("\U0001F600", 3), "");
  EXPECT_EQ(CutAtCharacter("", 0), "");
}

TEST(Utf8, APrefixOfTextThatIsNotUtf8IsNotMuchShorterThanAsked) {
  EXPECT_EQ(CutAtCharacter(std::string(100, '\x80'), 50).size(), 50);
  EXPECT_EQ(CutAtCharacter("\xFF\xFF\xFF", 2), "\xFF\xFF");
}

}  // namespace
}  // namespace base
