#include "s3/listing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <random>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/testing.h"
#include "s3/memory_store.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

// Passes listings on to a store, counts them, and has requests and answers changed.
class WatchedStore : public ObjectStore {
 public:
  explicit WatchedStore(ObjectStore& store) : store_(store) {}

  arrow::Result<ListPage> List(const ListRequest& asked, std::stop_token stop) override {
    ++lists;
    ListRequest request = asked;
    if (before) before(request);
    auto page = store_.List(request, std::move(stop));
    if (page.ok() && after) after(*page);
    return page;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                    std::stop_token stop) override {
    return store_.Get(request, std::move(stop));
  }

  std::atomic<int> lists = 0;
  std::function<void(ListRequest&)> before;
  std::function<void(ListPage&)> after;

 private:
  ObjectStore& store_;
};

class ListingTest : public testing::Test {
 protected:
  arrow::Status List(ListOptions options, size_t threads = 8) {
    base::ThreadPool io(threads);
    listed_.clear();
    return ListAll(
        watched_, options, io,
        [&](std::vector<ObjectInfo> page) {
          for (auto& object : page) listed_.push_back(std::move(object.key));
        },
        stop_.get_token());
  }

  void ExpectListed(std::set<std::string> keys) {
    std::ranges::sort(listed_);
    EXPECT_EQ(listed_, std::vector(keys.begin(), keys.end()));
  }

  MemoryStore store_;
  WatchedStore watched_{store_};
  std::stop_source stop_;
  std::vector<std::string> listed_;
};

TEST_F(ListingTest, AListingOfOnePageIsOneRequest) {
  for (int i = 0; i < 10; ++i) store_.Put(std::to_string(i % 5) + "/" + std::to_string(i), "x");
  ASSERT_THAT(List({.page_keys = 10}), IsOk());
  EXPECT_EQ(listed_.size(), 10u);
  EXPECT_EQ(watched_.lists, 1);
}

TEST_F(ListingTest, RandomTreesAreListedWholeAndEachKeyOnce) {
  std::mt19937 random(7);
  const auto below = [&](unsigned n) { return random() % n; };
  int divided = 0;
  std::set<std::string> keys;
  for (int round = 0; round < 300; ++round) {
    for (const auto& key : keys) store_.Delete(key);
    keys.clear();
    const unsigned names = 1 + below(12), depth = below(5);
    for (unsigned i = below(400); i > 0; --i) {
      std::string key;
      for (unsigned d = below(depth + 1); d > 0; --d) {
        key += std::string(1 + below(2), static_cast<char>('+' + below(names))) + "/";
      }
      key += std::to_string(below(500));
      if (below(20) == 0) key += "/";
      keys.insert(key);
    }
    for (const auto& key : keys) store_.Put(key, "x");
    const std::string prefix = round % 3 == 0 && !keys.empty() ? keys.begin()->substr(0, 2) : "";
    std::set<std::string> expected = keys;
    std::erase_if(expected, [&](const std::string& key) { return !key.starts_with(prefix); });
    const int page_keys = 1 + static_cast<int>(below(20));
    watched_.lists = 0;
    ASSERT_THAT(List({.prefix = prefix, .page_keys = page_keys}, 1 + below(8)), IsOk());
    ExpectListed(expected);
    const int pages = static_cast<int>(expected.size()) / page_keys + 1;
    divided += watched_.lists > pages;
  }
  EXPECT_GT(divided, 100);
}

TEST_F(ListingTest, KeyRangesAreListedSideBySide) {
  for (int i = 0; i < 400; ++i) store_.Put(std::to_string(i % 4) + "/" + std::to_string(i), "x");
  // The upper half and what follows in the lower one wait for each other, so this ends only when
  // both are under way at the same time.
  std::latch both(2);
  std::atomic<bool> lower_goes_on = false;
  watched_.before = [&](ListRequest& request) {
    const bool upper = request.delimiter.empty() && request.start_after == "2/";
    const bool lower = !request.continuation.empty() && !lower_goes_on.exchange(true);
    if (upper || lower) both.arrive_and_wait();
  };
  ASSERT_THAT(List({.page_keys = 10}), IsOk());
  EXPECT_EQ(listed_.size(), 400u);
  EXPECT_TRUE(both.try_wait());
}

TEST_F(ListingTest, DivisionsCostNoMoreRequestsThanThePagesThemselves) {
  for (int i = 0; i < 5000; ++i) store_.Put(std::to_string(i) + "/x", "x");
  ASSERT_THAT(List({.page_keys = 100}), IsOk());
  EXPECT_EQ(listed_.size(), 5000u);
  EXPECT_LE(watched_.lists, 2 * 50 + 10);
}

TEST_F(ListingTest, FoldersWithoutFoldersBesideThemAreSearchedForMoreAndMoreRarely) {
  for (int i = 0; i < 5000; ++i) store_.Put("a/b/c/" + std::to_string(i), "x");
  ASSERT_THAT(List({.page_keys = 10}), IsOk());
  EXPECT_EQ(listed_.size(), 5000u);
  EXPECT_LE(watched_.lists, 500 + 4 * 10);
}

TEST_F(ListingTest, AServerThatIgnoresWhereToStartCostsTimeButNoKey) {
  std::set<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.insert(std::to_string(i % 7) + "/" + std::to_string(i));
  for (const auto& key : keys) store_.Put(key, "x");
  watched_.before = [](ListRequest& request) { request.start_after.clear(); };
  ASSERT_THAT(List({.page_keys = 10}, 4), IsOk());
  ExpectListed(keys);
}

TEST_F(ListingTest, AServerThatListsInNoOrderIsListedPageByPage) {
  for (int i = 0; i < 300; ++i) store_.Put(std::to_string(i % 7) + "/" + std::to_string(i), "x");
  watched_.after = [](ListPage& page) { std::ranges::reverse(page.objects); };
  ASSERT_THAT(List({.page_keys = 10}), IsOk());
  EXPECT_EQ(listed_.size(), 300u);
  EXPECT_EQ(watched_.lists, 30);
}

TEST_F(ListingTest, OrderThatEndsAfterADivisionIsAnError) {
  for (int i = 0; i < 300; ++i) store_.Put(std::to_string(i % 7) + "/" + std::to_string(i), "x");
  std::atomic<int> pages = 0;
  watched_.after = [&](ListPage& page) {
    if (++pages > 6) std::ranges::reverse(page.objects);
  };
  EXPECT_THAT(List({.page_keys = 10}), IsError(ErrorKind::kUnsupported));
}

TEST_F(ListingTest, AFailureEndsAllKeyRanges) {
  for (int i = 0; i < 3000; ++i) store_.Put(std::to_string(i % 7) + "/" + std::to_string(i), "x");
  watched_.before = [&](ListRequest& request) {
    if (request.start_after == "4/") store_.DeleteBucket();
  };
  EXPECT_THAT(List({.page_keys = 10}), IsError(ErrorKind::kNotFound));
}

TEST_F(ListingTest, StopsWhenAskedTo) {
  for (int i = 0; i < 3000; ++i) store_.Put(std::to_string(i % 7) + "/" + std::to_string(i), "x");
  watched_.before = [&](ListRequest& request) {
    if (request.start_after == "4/") stop_.request_stop();
  };
  EXPECT_THAT(List({.page_keys = 10}), IsError(ErrorKind::kCancelled));
}

}  // namespace
}  // namespace s3
