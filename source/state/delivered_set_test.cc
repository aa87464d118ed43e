#include "source/state/delivered_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/testing.h"

namespace source {
namespace {

using base::IsError;

std::vector<ObjectHash> Range(uint64_t begin, uint64_t end) {
  std::vector<ObjectHash> hashes;
  for (uint64_t hash = begin; hash < end; ++hash) hashes.push_back(hash);
  return hashes;
}

std::multiset<ObjectHash> AllOf(const DeliveredSet& set) {
  std::multiset<ObjectHash> all;
  for (const HashPart& part : set.parts()) all.insert(part.hashes.begin(), part.hashes.end());
  return all;
}

TEST(Hashes, ComeBackAsTheyWereAndNothingElseIsTaken) {
  const std::vector<ObjectHash> hashes = {3, 1, ~uint64_t{0}, 0};
  EXPECT_EQ(*ParseHashes(FormatHashes(hashes)), hashes);
  EXPECT_EQ(ParseHashes("")->size(), 0u);
  for (const char* wrong : {"AAAA", "not base64!", "AAAAAAAAAAE"}) {
    EXPECT_THAT(ParseHashes(wrong), IsError(base::ErrorKind::kCorrupt)) << wrong;
  }
}

TEST(DeliveredSet, AddingChangesTheLastPartOnlyAndThatAtItsEnd) {
  DeliveredSet set;
  set.Add(Range(0, DeliveredSet::kMaxPartHashes + 10));
  const auto before = set.parts();
  ASSERT_EQ(before.size(), 2u);
  set.Add(Range(0, DeliveredSet::kMaxPartHashes + 20));
  ASSERT_EQ(set.parts().size(), 2u);
  EXPECT_EQ(set.parts()[0], before[0]);
  EXPECT_EQ(set.parts()[1].hashes.size(), 20u);
  EXPECT_TRUE(
      std::equal(before[1].hashes.begin(), before[1].hashes.end(), set.parts()[1].hashes.begin()));
}

TEST(DeliveredSet, RemovingMovesWhatIsLeftOfAPartToAnotherRow) {
  DeliveredSet set;
  set.Add(Range(0, 2 * DeliveredSet::kMaxPartHashes));
  set.parts()[0].row = 0;
  set.parts()[1].row = 1;
  const HashPart second = set.parts()[1];
  const std::vector<ObjectHash> gone = {5, 7};
  set.Remove(gone);
  ASSERT_EQ(set.parts().size(), 2u);
  EXPECT_EQ(set.parts()[0], second);
  EXPECT_EQ(set.parts()[1].row, HashPart::kNoRow);
  EXPECT_EQ(set.parts()[1].hashes.size(), DeliveredSet::kMaxPartHashes - 2);
  EXPECT_FALSE(set.Contains(5));
  EXPECT_TRUE(set.Contains(6));
}

TEST(DeliveredSet, IsASetOverRandomOperationsAndItsPartsStayFew) {
  std::mt19937_64 random(7);
  for (int history = 0; history < 200; ++history) {
    DeliveredSet set;
    std::set<ObjectHash> reference;
    for (int step = 0; step < 30; ++step) {
      std::vector<ObjectHash> some;
      for (int i = 0; i < 20; ++i) some.push_back(random() % 200);
      if (random() % 2 == 0) {
        reference.insert(some.begin(), some.end());
        set.Add(some);
      } else {
        std::sort(some.begin(), some.end());
        for (const ObjectHash hash : some) reference.erase(hash);
        set.Remove(some);
      }
      ASSERT_EQ(AllOf(set), std::multiset<ObjectHash>(reference.begin(), reference.end()));
      ASSERT_TRUE(std::ranges::equal(set.hashes(), reference));
      ASSERT_LE(set.parts().size(), 1u);
    }
  }
}

}  // namespace
}  // namespace source
