#include "source/checkpointer.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/memory_store.h"
#include "source/s3_source.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;

const cloudquery::SyncRequest kWithState{
    .backend = cloudquery::Backend{.table_name = "state", .connection = "unix:///nowhere"}};

s3::Timestamp At(int64_t seconds) {
  return s3::Timestamp(std::chrono::seconds(1'700'000'000 + seconds));
}

// Whole syncs of a source whose state backend is the destination, unless a test says otherwise.
class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() { state_.destination = &sink_; }
  arrow::Status Init(const std::string& spec = R"({"bucket": "b", "region": "r"})") {
    return source_.Init({.spec_json = spec});
  }
  arrow::Status Sync(const cloudquery::SyncRequest& request) {
    return source_.Sync(request, sink_, {});
  }

  std::shared_ptr<s3::MemoryStore> store_ = std::make_shared<s3::MemoryStore>();
  CapturedLog log_;
  RecordingSink sink_;
  MemoryState state_;
  S3Source source_{
      [this](const Spec&) { return store_; },
      [this](const cloudquery::Backend&, const std::stop_token&)
          -> arrow::Result<std::unique_ptr<cloudquery::StateStore>> { return state_.Open(); },
      log_.logger(), "v1.0.0"};
};

TEST(MarkerTableOf, IsAtMostAsLongAsPostgresqlKeepsNames) {
  EXPECT_EQ(MarkerTableOf("cq_state_s3"), "cq_state_s3_checkpoints");
  EXPECT_EQ(MarkerTableOf(std::string(63, 's')).size(), 63u);
}

TEST_F(CheckpointTest, WhatWasAcknowledgedIsNotSentAgainThoughOneObjectFails) {
  for (int i = 0; i < 9; ++i) {
    store_->Put("t" + std::to_string(i % 3) + "/" + std::to_string(i) + ".parquet",
                ParquetOf(i * 10, 10), At(i));
  }
  store_->Put("t1/bad.parquet", "broken", At(9));
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "on_malformed": "fail"})"), IsOk());
  for (int sync = 1; sync <= 3; ++sync) {
    EXPECT_THAT(Sync(kWithState), IsError(ErrorKind::kCorrupt)) << sync;
    for (const char* table : {"t0", "t1", "t2"}) EXPECT_EQ(sink_.rows(table), 30) << sync;
  }
  store_->Put("t1/bad.parquet", ParquetOf(1000, 10), At(10));
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t1"), 40);
}

TEST_F(CheckpointTest, ABackendThatIsNoDestinationIsWarnedOfOnceAndStateIsStoredAtTheEnd) {
  state_.destination = nullptr;
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  ASSERT_THAT(Init(), IsOk());
  for (int sync = 1; sync <= 2; ++sync) ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 10);
  EXPECT_THAT(log_.Messages("warn"), ElementsAre(testing::HasSubstr("no checkpoint")));
  EXPECT_EQ(sink_.rows("state_checkpoints"), 0) << "a row without a table fails a sync";
}

TEST_F(CheckpointTest, WhereCheckpointsAreRequiredABackendThatIsNoDestinationFailsTheSync) {
  state_.destination = nullptr;
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "checkpoints": "required"})"), IsOk());
  EXPECT_THAT(Sync(kWithState), IsError(ErrorKind::kUnsupported));
  EXPECT_EQ(sink_.rows("t"), 0);
}

TEST_F(CheckpointTest, AStateOfAnotherStoreWithABucketOfTheSameNameIsAnError) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(kWithState), IsOk());
  std::string& record = state_.values["s3/b/t/delivered"];
  const std::string empty = R"("store":"")";
  ASSERT_NE(record.find(empty), std::string::npos);
  record.replace(record.find(empty), empty.size(), R"("store":"elsewhere:9000")");
  const arrow::Status status = Sync(kWithState);
  EXPECT_THAT(status, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(status), testing::HasSubstr("\"elsewhere:9000\""));
  EXPECT_EQ(sink_.rows("t"), 10);
}

TEST_F(CheckpointTest, ADamagedPartOfTheStateIsReadAgainWithAWarning) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(kWithState), IsOk());
  state_.values["s3/b/t/objects/1-of-1/0"] = "";
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 20);
  EXPECT_THAT(log_.Messages("warn"),
              ElementsAre("a part of the state is damaged: the objects in it are read again"));
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 20);
}

}  // namespace
}  // namespace source
