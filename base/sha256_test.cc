#include "base/sha256.h"

#include "base/text.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Sha256, IsTheStandardsFunction) {
  // FIPS 180-4, the example of one block.
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(HmacSha256, IsTheStandardsFunction) {
  // RFC 4231, test case 2.
  const std::string key = "Jefe";
  EXPECT_EQ(ToHex(HmacSha256({reinterpret_cast<const uint8_t*>(key.data()), key.size()},
                             "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(FirstWord, IsBigEndian) {
  const auto digest = Sha256("abc");
  EXPECT_EQ(FirstWord(std::span(digest).first<8>()), 0xba7816bf8f01cfeaU);
}

}  // namespace
}  // namespace base
