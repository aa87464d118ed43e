#include "base/sha256.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Sha256, IsTheStandardsFunction) {
  // FIPS 180-4, the example of one block.
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(FirstWord, IsBigEndian) {
  const auto digest = Sha256("abc");
  EXPECT_EQ(FirstWord(std::span(digest).first<8>()), 0xba7816bf8f01cfeaU);
}

}  // namespace
}  // namespace base
