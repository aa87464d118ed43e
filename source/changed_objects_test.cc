// Objects that are replaced or deleted while a sync reads them.
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "arrow/array/util.h"
#include "arrow/scalar.h"
#include "base/testing.h"
#include "s3/memory_store.h"
#include "source/read/memory_shares.h"
#include "source/s3_source.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kKey[] = "t/1.parquet";

/// So many thousand rows, numbered from so many thousand on: too many for a small object.
std::string Content(int64_t first, int64_t count) { return ParquetOf(first * 1000, count * 1000); }

std::multiset<int64_t> Range(int64_t first, int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(count * 1000));
  std::iota(numbers.begin(), numbers.end(), first * 1000);
  return {numbers.begin(), numbers.end()};
}

/// A bucket in which something may happen before a read.
class BusyStore final : public s3::ObjectStore {
 public:
  arrow::Result<s3::ListPage> List(const s3::ListRequest& request, std::stop_token stop) override {
    return bucket.List(request, std::move(stop));
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const s3::GetRequest& request,
                                                    std::stop_token stop) override {
    before_get(++gets);
    return bucket.Get(request, std::move(stop));
  }

  s3::MemoryStore bucket;
  int gets = 0;
  /// Given the number of the Get, from 1.
  std::function<void(int)> before_get = [](int) {};
};

class ChangedObjectsTest : public testing::Test {
 protected:
  void SetUp() override {
    store_->bucket.Put(kKey, Content(0, 10));
    ASSERT_THAT(source_.Init({.spec_json = R"({"bucket": "b", "region": "r", "concurrency": 1,
                                               "memory_limit": "10MiB"})"}),
                IsOk());
    ASSERT_GT(Content(0, 10).size(),
              static_cast<size_t>(DivideMemory(int64_t{10} << 20, 1).small_object_bytes));
  }

  arrow::Status Sync(bool with_state = false) {
    cloudquery::SyncRequest request;
    if (with_state)
      request.backend = {{.table_name = "state", .connection = "@@plugins.x.connection"}};
    return source_.Sync(request, sink_, {});
  }

  std::shared_ptr<BusyStore> store_ = std::make_shared<BusyStore>();
  CapturedLog log_;
  RecordingSink sink_;
  MemoryState state_;
  S3Source source_{
      [this](const Spec&) { return store_; },
      [this](const cloudquery::Backend&, const std::stop_token&)
          -> arrow::Result<std::unique_ptr<cloudquery::StateStore>> { return state_.Open(); },
      log_.logger(), "v1.0.0"};
};

TEST_F(ChangedObjectsTest, ChangedBeforeItsFooterIsReadGivesTheNewRows) {
  store_->before_get = [this](int get) {
    if (get == 1) store_->bucket.Put(kKey, Content(100, 20));
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(100, 20));
}

TEST_F(ChangedObjectsTest, ChangedBeforeItsRowsAreReadGivesTheNewRowsAndAWarning) {
  store_->before_get = [this](int get) {
    if (get == 2) store_->bucket.Put(kKey, Content(100, 20));
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(100, 20));
  EXPECT_THAT(log_.Messages("warn"), ElementsAre(HasSubstr("changed while it was read")));
}

TEST_F(ChangedObjectsTest, ChangedTwiceGivesTheLastRows) {
  store_->before_get = [this](int get) {
    if (get == 1) store_->bucket.Put(kKey, Content(100, 20));
    if (get == 3) store_->bucket.Put(kKey, Content(200, 30));
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(200, 30));
}

TEST_F(ChangedObjectsTest, ChangedAgainAndAgainFailsAndTheOthersGoOn) {
  store_->bucket.Put("t/2.parquet", Content(50, 5));
  store_->before_get = [this](int get) { store_->bucket.Put(kKey, Content(get * 100, 20)); };
  const arrow::Status synced = Sync();
  EXPECT_THAT(synced, IsError(ErrorKind::kChanged));
  EXPECT_THAT(base::MessageOf(synced), HasSubstr("changed 3 times while it was read"));
  EXPECT_EQ(sink_.Numbers("t"), Range(50, 5));
}

TEST_F(ChangedObjectsTest, DeletedBeforeItsRowsAreReadIsAWarning) {
  store_->bucket.Put("t/2.parquet", Content(50, 5));
  store_->before_get = [this](int get) {
    if (get == 3) store_->bucket.Delete(kKey);
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(50, 5));
  EXPECT_THAT(log_.Messages("warn"), ElementsAre(HasSubstr("object skipped")));
}

TEST_F(ChangedObjectsTest, ReplacedAndThenDeletedIsAWarning) {
  store_->bucket.Put("t/2.parquet", Content(50, 5));
  store_->before_get = [this](int get) {
    if (get == 3) store_->bucket.Put(kKey, Content(100, 20));
    if (get == 4) store_->bucket.Delete(kKey);
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(50, 5));
}

TEST_F(ChangedObjectsTest, NewRowsThatDoNotFitTheAnnouncedTableFailTheSync) {
  store_->before_get = [this](int get) {
    const auto other = arrow::schema({arrow::field("n", arrow::utf8())});
    const auto rows = *arrow::MakeArrayFromScalar(arrow::StringScalar("x"), 3);
    if (get == 2) store_->bucket.Put(kKey, ParquetOf(*arrow::Table::Make(other, {rows})));
  };
  const arrow::Status synced = Sync();
  EXPECT_THAT(synced, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(synced), HasSubstr("column \"n\" is utf8 where the table has int64"));
  EXPECT_EQ(sink_.rows("t"), 0);
}

TEST_F(ChangedObjectsTest, NewRowsOfFewerColumnsAndNarrowerTypesFitTheAnnouncedTable) {
  store_->before_get = [this](int get) {
    const auto fewer = arrow::schema({arrow::field("n", arrow::int32())});
    const auto rows = *arrow::MakeArrayFromScalar(arrow::Int32Scalar(7), 3);
    if (get == 2) store_->bucket.Put(kKey, ParquetOf(*arrow::Table::Make(fewer, {rows})));
  };
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), (std::multiset<int64_t>{7, 7, 7}));
}

TEST_F(ChangedObjectsTest, TheStateRemembersTheRowsThatWereReadAndNotThoseThatWereListed) {
  store_->before_get = [this](int get) {
    if (get == 2) store_->bucket.Put(kKey, Content(100, 20));
  };
  ASSERT_THAT(Sync(/*with_state=*/true), IsOk());
  ASSERT_THAT(Sync(/*with_state=*/true), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(100, 20));
  store_->bucket.Put(kKey, Content(0, 10));
  ASSERT_THAT(Sync(/*with_state=*/true), IsOk());
  EXPECT_EQ(sink_.rows("t"), 30'000);
}

}  // namespace
}  // namespace source
