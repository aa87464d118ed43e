#include "source/read/range_fetcher.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/memory_store.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

class RangeFetcherTest : public testing::Test {
 protected:
  RangeFetcherTest() { store_->Put("k", "0123456789"); }

  arrow::Result<std::vector<formats::FetchedRange>> Fetch(
      std::vector<arrow::io::ReadRange> ranges) {
    const auto listed = store_->List({}, {})->objects.at(0);
    if (replaced_) store_->Put("k", "other");
    auto reader = std::make_shared<s3::ObjectReader>(store_, listed, /*fresh_connections=*/false,
                                                     std::nullopt, std::stop_token());
    base::TaskGroup group(stop_.get_token());
    arrow::Result<std::vector<formats::FetchedRange>> result;
    RangeFetcher(group, io_).Fetch(reader, std::move(ranges), [&](auto fetched) {
      result = std::move(fetched);
      ++calls_;
    });
    EXPECT_THAT(group.Wait(), IsOk());
    EXPECT_EQ(calls_, 1);
    return result;
  }

  std::shared_ptr<s3::MemoryStore> store_ = std::make_shared<s3::MemoryStore>();
  base::ThreadPool io_{2};
  std::stop_source stop_;
  bool replaced_ = false;
  int calls_ = 0;
};

TEST_F(RangeFetcherTest, GivesTheRangesInTheirOrder) {
  const auto fetched = Fetch({{7, 2}, {0, 1}, {3, 3}});
  ASSERT_THAT(fetched, IsOk());
  ASSERT_EQ(fetched->size(), 3u);
  EXPECT_EQ(fetched->at(0).offset, 7);
  EXPECT_EQ(fetched->at(0).bytes->ToString(), "78");
  EXPECT_EQ(fetched->at(1).bytes->ToString(), "0");
  EXPECT_EQ(fetched->at(2).bytes->ToString(), "345");
}

TEST_F(RangeFetcherTest, GivesTheFirstFailureOnce) {
  replaced_ = true;
  EXPECT_THAT(Fetch({{0, 1}, {1, 1}, {2, 1}}), IsError(ErrorKind::kChanged));
}

TEST_F(RangeFetcherTest, FetchesNothingOnceItIsStopped) {
  stop_.request_stop();
  EXPECT_THAT(Fetch({{0, 1}, {1, 1}}), IsError(ErrorKind::kCancelled));
  EXPECT_EQ(store_->calls().gets, 0);
}

}  // namespace
}  // namespace source
