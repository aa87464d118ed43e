// The pipeline as a whole, from a listing to the sink, over a store that fails on purpose and a
// format that is not Parquet.
#include "source/read/read_pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <numeric>
#include <optional>

#include "base/testing.h"
#include "s3/memory_store.h"
#include "source/sync.h"
#include "source/testing/numbers_format.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Answer = arrow::Result<std::shared_ptr<arrow::Buffer>>;

/// A bucket whose reads can be interfered with.
class FailingStore final : public s3::ObjectStore {
 public:
  arrow::Result<s3::ListPage> List(const s3::ListRequest& request, std::stop_token stop) override {
    return bucket.List(request, std::move(stop));
  }
  Answer Get(const s3::GetRequest& request, std::stop_token stop) override {
    if (auto answer = instead(request)) return *std::move(answer);
    return bucket.Get(request, std::move(stop));
  }
  arrow::Result<std::optional<s3::Checksum>> StoredChecksum(const std::string& key,
                                                            const std::string& etag,
                                                            std::stop_token stop) override {
    return bucket.StoredChecksum(key, etag, std::move(stop));
  }

  s3::MemoryStore bucket;
  /// Asked before each Get, by many threads.
  std::function<std::optional<Answer>(const s3::GetRequest&)> instead = [](const s3::GetRequest&) {
    return std::nullopt;
  };
};

// More than a small object, so that layouts and rows are read one after the other.
constexpr int32_t kValues = 30000;
// So small that few layouts are kept until their objects are read.
constexpr int64_t kTinyBudget = int64_t{10} << 20;

std::string Key(int object) { return "t/" + std::to_string(1000 + object) + ".numbers"; }

class ReadPipelineTest : public testing::Test {
 protected:
  // Object i has the values from i * kValues on.
  void Put(int objects) {
    for (int i = 0; i < objects; ++i) Replace(i, i * kValues);
  }
  void Replace(int object, int32_t first) {
    store_->bucket.Put(Key(object), NumbersOf(first, kValues));
  }

  arrow::Status Sync(std::stop_token stop = {}) {
    SyncRun run({.rules = *TableRules::Make({}, NumbersFormat()),
                 .bucket = "b",
                 .memory_limit_bytes = kTinyBudget,
                 .io_threads = 8,
                 .cpu_threads = 2},
                store_, log_.logger());
    return run.Run({.deterministic_cq_id = deterministic_ids_}, /*state=*/nullptr, sink_,
                   std::move(stop));
  }

  static std::multiset<int64_t> Values(const std::vector<int>& objects) {
    std::multiset<int64_t> values;
    for (const int object : objects) {
      for (int32_t i = 0; i < kValues; ++i) values.insert(object * kValues + i);
    }
    return values;
  }
  static std::vector<int> UpTo(int end) {
    std::vector<int> objects(static_cast<size_t>(end));
    std::iota(objects.begin(), objects.end(), 0);
    return objects;
  }

  std::shared_ptr<FailingStore> store_ = std::make_shared<FailingStore>();
  bool deterministic_ids_ = false;
  CapturedLog log_;
  RecordingSink sink_;
};

TEST_F(ReadPipelineTest, SendsAllRowsOfAllObjectsOnce) {
  Put(50);
  store_->bucket.Put("empty/1.numbers", NumbersOf(0, 0));
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_THAT(sink_.tables(), ElementsAre("empty", "t"));
  EXPECT_EQ(sink_.Numbers("t"), Values(UpTo(50)));
}

TEST_F(ReadPipelineTest, NeighboursThatAreAllGoneDoNotEndIt) {
  Put(300);
  std::vector<int> left = UpTo(50);
  for (int i = 250; i < 300; ++i) left.push_back(i);
  const auto is_gone = [](const std::string& key) { return key >= Key(50) && key < Key(250); };
  // Their layouts are found, their rows are not.
  store_->instead = [&](const s3::GetRequest& request) -> std::optional<Answer> {
    if (!is_gone(request.key) || request.range.length == 8) return std::nullopt;
    return base::MakeError({.kind = ErrorKind::kNotFound, .key = request.key}, "gone");
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Values(left));
  EXPECT_EQ(log_.Messages("warn").size(), 200u);
}

TEST_F(ReadPipelineTest, NoObjectMayBeReadAtAll) {
  Put(200);
  store_->instead = [](const s3::GetRequest& request) -> std::optional<Answer> {
    if (request.range.length == 8) return std::nullopt;
    return base::MakeError({.kind = ErrorKind::kAccess, .key = request.key}, "denied");
  };
  const arrow::Status synced = Sync();
  EXPECT_THAT(synced, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(synced), HasSubstr("200 objects could not be read"));
  EXPECT_EQ(sink_.rows("t"), 0);
  EXPECT_EQ(sink_.errors().size(), 200u);
}

/// Answers the first data read of one object that `matches` with damaged bytes.
std::function<std::optional<Answer>(const s3::GetRequest&)> DamageOnce(s3::MemoryStore& bucket,
                                                                       std::atomic<int>& damaged,
                                                                       const std::string& key) {
  return [&bucket, &damaged, key](const s3::GetRequest& request) -> std::optional<Answer> {
    if (request.key != key || request.range.length == 8 || damaged.exchange(1) == 1) {
      return std::nullopt;
    }
    auto bytes = bucket.Get(request, {}).ValueOrDie()->ToString();
    bytes.replace(bytes.size() / 2 / 4 * 4, 4, "\xff\xff\xff\xff");
    return arrow::Buffer::FromString(std::move(bytes));
  };
}

TEST_F(ReadPipelineTest, WhatCameDamagedIsFetchedAgainAndNoRowIsSentTwice) {
  Put(3);
  std::atomic<int> damaged = 0;
  store_->instead = DamageOnce(store_->bucket, damaged, Key(1));
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_EQ(damaged, 1);
  EXPECT_EQ(sink_.Numbers("t"), Values(UpTo(3)));
  EXPECT_THAT(log_.Messages("warn"), IsEmpty());
}

TEST_F(ReadPipelineTest, TheSecondFetchTakesNoConnectionThatWasKept) {
  Put(1);
  std::atomic<int> damaged = 0, fresh = 0;
  const auto damage = DamageOnce(store_->bucket, damaged, Key(0));
  store_->instead = [&](const s3::GetRequest& request) {
    EXPECT_EQ(request.fresh_connection, damaged == 1);
    fresh += request.fresh_connection ? 1 : 0;
    return damage(request);
  };
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_GT(fresh, 0);
}

TEST_F(ReadPipelineTest, WhatIsStoredDamagedIsSkippedAfterTwoReads) {
  Put(2);
  std::string content = NumbersOf(0, kValues);
  content.replace(8 + 4 * 555, 4, "\xff\xff\xff\xff");
  store_->bucket.Put(Key(0), content);
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_THAT(log_.Messages("warn"), ElementsAre(HasSubstr("a negative value")));
  const auto values = sink_.Numbers("t");
  for (const int64_t value : values) EXPECT_EQ(values.count(value), 1u) << value;
  EXPECT_EQ(values.count(kValues), 1u);
}

/// Objects of more than 8 MiB, which are read in parts.
class StoredChecksumTest : public ReadPipelineTest {
 protected:
  static constexpr int32_t kLargeCount = 2'200'000;

  void SetUp() override {
    store_->bucket.Put(Key(0), NumbersOf(0, kLargeCount, 500'000));
    store_->bucket.StoreChecksumOf(Key(0), s3::ChecksumAlgorithm::kCrc64Nvme);
  }

  // Flips a bit of a value in each answer that has it.
  void DamageWhile(const std::function<bool()>& holds) {
    constexpr int64_t kPlace = 8 + 4 * 1'234'567;
    store_->instead = [this, holds](const s3::GetRequest& request) -> std::optional<Answer> {
      const auto& range = request.range;
      if (kPlace < range.offset || kPlace >= range.offset + range.length || !holds()) {
        return std::nullopt;
      }
      auto bytes = store_->bucket.Get(request, {}).ValueOrDie()->ToString();
      bytes[static_cast<size_t>(kPlace - range.offset)] ^= 1;
      return arrow::Buffer::FromString(std::move(bytes));
    };
  }
};

TEST_F(StoredChecksumTest, IsVerifiedOverRangesAndCostsOneRequest) {
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.rows("t"), kLargeCount);
  EXPECT_EQ(store_->bucket.calls().heads, 1);
}

TEST_F(StoredChecksumTest, OfWhatWasDamagedOnceLetsAllRowsBeSentAgainWhereTheyReplaceTheWrongOnes) {
  deterministic_ids_ = true;
  std::atomic<int> damaged = 0;
  DamageWhile([&] { return damaged.exchange(1) == 0; });
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_EQ(damaged, 1);
  EXPECT_EQ(sink_.rows("t"), 2 * kLargeCount);
  EXPECT_EQ(sink_.Numbers("t").count(1'234'567), 1u);
  EXPECT_THAT(log_.Messages("warn"), ElementsAre(HasSubstr("all its rows are sent again")));
}

TEST_F(StoredChecksumTest, OfWhatWasDamagedOnceFailsTheSyncWhereTheWrongRowsWouldStay) {
  std::atomic<int> damaged = 0;
  DamageWhile([&] { return damaged.exchange(1) == 0; });
  EXPECT_THAT(Sync(), IsError(ErrorKind::kTransport));
  EXPECT_EQ(sink_.rows("t"), kLargeCount);
}

TEST_F(StoredChecksumTest, OfWhatIsDamagedEachTimeFailsTheSync) {
  deterministic_ids_ = true;
  DamageWhile([] { return true; });
  const arrow::Status synced = Sync();
  EXPECT_THAT(synced, IsError(ErrorKind::kTransport));
  EXPECT_THAT(base::MessageOf(synced), HasSubstr("does not have the checksum"));
}

TEST_F(ReadPipelineTest, AnObjectThatChangesIsReadAsItIsNow) {
  Put(3);
  std::atomic<bool> replaced = false;
  store_->instead = [&](const s3::GetRequest& request) -> std::optional<Answer> {
    if (request.key == Key(1) && request.range.length != 8 && !replaced.exchange(true)) {
      Replace(1, 50 * kValues);
    }
    return std::nullopt;
  };
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Values({0, 2, 50}));
}

TEST_F(ReadPipelineTest, EndsSoonOnceItIsStopped) {
  Put(500);
  std::stop_source stop;
  sink_.OnInsert([&] { stop.request_stop(); });
  EXPECT_THAT(Sync(stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_LT(sink_.rows("t"), 500 * kValues);
}

}  // namespace
}  // namespace source
