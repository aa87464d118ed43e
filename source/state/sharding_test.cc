#include "source/state/sharding.h"

#include <gtest/gtest.h>

#include <string>

namespace source {
namespace {

TEST(IsOfShard, EachKeyBelongsToExactlyOneShard) {
  for (const int total : {1, 2, 3, 7}) {
    std::vector<int> sizes(static_cast<size_t>(total));
    for (int i = 0; i < 1000; ++i) {
      int owners = 0;
      for (int num = 1; num <= total; ++num) {
        const bool mine =
            IsOfShard("t/" + std::to_string(i) + ".parquet", {.num = num, .total = total});
        owners += mine;
        sizes[static_cast<size_t>(num - 1)] += mine;
      }
      EXPECT_EQ(owners, 1);
    }
    for (const int size : sizes) EXPECT_GT(size, 700 / total);
  }
}

TEST(IsOfShard, StaysAsItIs) {
  // SHA-256("t/1.parquet") begins with a2812bf4c24d3421. With another division, shards that keep
  // state would lose track of their objects.
  EXPECT_TRUE(IsOfShard("t/1.parquet", {.num = 5, .total = 5}));
}

}  // namespace
}  // namespace source
