#include "source/read/repeated_ids.h"

#include <gtest/gtest.h>

#include "arrow/array/builder_binary.h"
#include "arrow/type.h"

namespace source {
namespace {

// Ids that count from `first` on; null where they are divisible by a million.
std::shared_ptr<arrow::Array> Ids(int64_t first, int64_t count) {
  arrow::FixedSizeBinaryBuilder builder(arrow::fixed_size_binary(16));
  for (int64_t id = first; id < first + count; ++id) {
    std::string bytes(16, '\0');
    for (int i = 0; i < 8; ++i) bytes[15 - i] = static_cast<char>(id >> (8 * i));
    EXPECT_TRUE((id % 1'000'000 == 0 ? builder.AppendNull() : builder.Append(bytes)).ok());
  }
  return *builder.Finish();
}

TEST(RepeatedIds, AreFoundInTheirTable) {
  RepeatedIds ids;
  ids.Add("t", *Ids(1, 1000));
  ids.Add("u", *Ids(1, 1000));
  ids.Add("t", *Ids(1001, 1000));
  EXPECT_FALSE(ids.Find("t"));
  ids.Add("t", *Ids(2000, 1));
  EXPECT_EQ(ids.Find("t"), "00000000-0000-0000-0000-0000000007d0");
  EXPECT_FALSE(ids.Find("u"));
  EXPECT_FALSE(ids.Find("v"));
}

TEST(RepeatedIds, NullsAreNone) {
  RepeatedIds ids;
  ids.Add("t", *Ids(0, 1));
  ids.Add("t", *Ids(0, 1));
  EXPECT_FALSE(ids.Find("t"));
}

TEST(RepeatedIds, OfTablesOfAnySizeAreFoundInASampleWhenAllComeTwice) {
  RepeatedIds ids(/*max_ids=*/100);
  for (int64_t first = 1; first < 200'000; first += 1000) ids.Add("t", *Ids(first, 1000));
  EXPECT_FALSE(ids.Find("t"));
  for (int64_t first = 1; first < 200'000; first += 1000) ids.Add("t", *Ids(first, 1000));
  EXPECT_TRUE(ids.Find("t"));
}

}  // namespace
}  // namespace source
