#include "source/read/round_robin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace source {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> All(std::vector<std::vector<int>> groups) {
  RoundRobin<int> turns(std::move(groups));
  std::vector<int> all;
  while (const auto next = turns.Next()) all.push_back(*next);
  EXPECT_EQ(turns.Next(), std::nullopt);
  return all;
}

TEST(RoundRobin, TakesOneOfEachGroupInTurn) {
  EXPECT_THAT(All({{1, 2, 3}, {10}, {20, 21}}), ElementsAre(1, 10, 20, 2, 21, 3));
}

TEST(RoundRobin, PassesOverEmptyGroups) {
  EXPECT_THAT(All({{}, {1, 2}, {}, {}}), ElementsAre(1, 2));
  EXPECT_THAT(All({{}, {}}), IsEmpty());
  EXPECT_THAT(All({}), IsEmpty());
}

}  // namespace
}  // namespace source
