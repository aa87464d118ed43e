#include "cloudquery/types/identifiers.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace cloudquery {
namespace {

// As `printf %s TEXT | sha256sum | cut -c 1-8` has it.
constexpr char kHashOf64X[] = "7ce10097";

TEST(Identifiers, NamesThatFitStayAsTheyAre) {
  EXPECT_EQ(CutName(""), "");
  EXPECT_EQ(CutName("data_2024"), "data_2024");
  EXPECT_EQ(CutName(std::string(63, 'x')), std::string(63, 'x'));
}

TEST(Identifiers, ALongNameIsCutAndEndsInAHashOfAllOfIt) {
  EXPECT_EQ(CutName(std::string(64, 'x')), std::string(54, 'x') + "_" + kHashOf64X);
  EXPECT_NE(CutName(std::string(64, 'x') + "a"), CutName(std::string(64, 'x') + "b"));
}

TEST(Identifiers, ACutNameHasNoPartOfACharacter) {
  for (size_t lead = 50; lead <= 54; ++lead) {
    for (const std::string character : {"\u00e9", "\u20ac", "\U0001F600"}) {
      std::string name(lead, 'x');
      while (name.size() < 70) name += character;
      const std::string cut = CutName(name);
      EXPECT_LE(cut.size(), kMaxIdentifierBytes);
      EXPECT_GT(cut.size(), kMaxIdentifierBytes - character.size());
      EXPECT_TRUE(base::IsValidUtf8(cut)) << cut;
    }
  }
}

TEST(Identifiers, TheLimitCanBeAnother) {
  EXPECT_EQ(CutName("abcdefghijkl", 12), "abcdefghijkl");
  EXPECT_EQ(CutName("abcdefghijklm", 12).substr(0, 4), "abc_");
  EXPECT_EQ(CutName("abcdefghijklm", 12).size(), 12);
}

TEST(Identifiers, CaseIsFoldedInAsciiAlone) {
  EXPECT_EQ(FoldCase("aBZ_09[\u00c4"), "abz_09[\u00c4");
}

}  // namespace
}  // namespace cloudquery
