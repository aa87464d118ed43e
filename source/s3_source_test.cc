#include "source/s3_source.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "arrow/array.h"
#include "arrow/array/util.h"
#include "arrow/scalar.h"
#include "base/testing.h"
#include "s3/memory_store.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kSpec[] = R"({"bucket": "b", "region": "r"})";

class S3SourceTest : public testing::Test {
 protected:
  S3SourceTest() { state_.destination = &sink_; }

  arrow::Status Init(const std::string& spec = kSpec) { return source_.Init({.spec_json = spec}); }
  arrow::Status Sync(cloudquery::SyncRequest request = {}, std::stop_token stop = {}) {
    return source_.Sync(request, sink_, stop);
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

TEST_F(S3SourceTest, SendsEveryRowOfEveryObjectOnce) {
  std::multiset<int64_t> expected;
  for (int64_t i = 0; i < 30; ++i) {
    store_->Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i * 1000, 777, 100));
    for (int64_t n = 0; n < 777; ++n) expected.insert(i * 1000 + n);
  }
  store_->Put("u.parquet", ParquetOf(5, 1));
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_THAT(sink_.tables(), ElementsAre("t", "u"));
  EXPECT_EQ(sink_.Numbers("t"), expected);
  EXPECT_EQ(sink_.Numbers("u"), (std::multiset<int64_t>{5}));
}

TEST_F(S3SourceTest, ASmallObjectIsOneRequest) {
  for (int64_t i = 0; i < 100; ++i) {
    store_->Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i * 3000, 3000));
  }
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t").size(), 300'000u);
  EXPECT_EQ(store_->calls().gets, 100);
}

TEST_F(S3SourceTest, ASmallObjectIsAtMostTwoRequestsWhereThereIsNoRoomForAll) {
  constexpr int64_t kObjects = 600;  // some 7 KB of memory each for their footers
  constexpr int64_t kRows = 3000;
  for (int64_t i = 0; i < kObjects; ++i) {
    const std::string content = ParquetOf(i * kRows, kRows);
    ASSERT_GT(content.size(), 16u << 10);
    store_->Put("t/" + std::to_string(i) + ".parquet", content);
  }
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "memory_limit": "10MiB"})"), IsOk());
  ASSERT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.Numbers("t").size(), static_cast<size_t>(kObjects * kRows));
  EXPECT_GT(store_->calls().gets, kObjects + kObjects / 2);
  EXPECT_LE(store_->calls().gets, 2 * kObjects);
}

TEST_F(S3SourceTest, AnEmptyBucketGivesNoTablesAWarningAndSuccess) {
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_THAT(sink_.tables(), IsEmpty());
  EXPECT_THAT(log_.Messages("warn"),
              ElementsAre("no objects whose keys end in .parquet in bucket \"b\", so there are no "
                          "tables"));
}

TEST_F(S3SourceTest, AnEmptyPrefixIsNamedInTheWarning) {
  store_->Put("a/x.parquet", ParquetOf(0, 1));
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "path_prefix": "c/"})"), IsOk());
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_THAT(log_.Messages("warn"),
              ElementsAre("no objects whose keys end in .parquet in bucket \"b\" under prefix "
                          "\"c/\", so there are no tables"));
}

TEST_F(S3SourceTest, AnObjectWithoutRowsMakesItsTable) {
  store_->Put("t/0.parquet", ParquetOf(0, 0));
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_THAT(sink_.tables(), ElementsAre("t"));
  EXPECT_EQ(sink_.rows("t"), 0);
}

TEST_F(S3SourceTest, AFilteredTableCostsNoRequestBeyondTheListing) {
  store_->Put("t/1.parquet", ParquetOf(0, 1));
  store_->Put("u/1.parquet", ParquetOf(0, 1));
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync({.filter = {.tables = {"t"}}}), IsOk());
  EXPECT_THAT(sink_.tables(), ElementsAre("t"));
  EXPECT_EQ(store_->calls().lists, 1);
  EXPECT_EQ(store_->calls().gets, 1);
}

TEST_F(S3SourceTest, APatternThatMatchesNoTableFailsTheSync) {
  store_->Put("t/1.parquet", ParquetOf(0, 1));
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync({.filter = {.tables = {"t", "x*"}}}),
              HasMessage("tables include a pattern x* with no matches"));
}

TEST_F(S3SourceTest, WithoutASpecThereAreNoTablesAndNoRequestAndNoSync) {
  ASSERT_THAT(source_.Init({.spec_json = "null", .no_connection = true}), IsOk());
  const auto tables = source_.Tables({}, {});
  ASSERT_THAT(tables, IsOk());
  EXPECT_THAT(*tables, IsEmpty());
  EXPECT_THAT(Sync(), HasMessage("spec: bucket is not set. It must be the name of an S3 bucket."));
  EXPECT_EQ(store_->calls().lists, 0);
}

TEST_F(S3SourceTest, SchemasThatDisagreeFailTheirTableAlone) {
  store_->Put("t/1.parquet", ParquetOf(0, 1));
  const auto other = arrow::schema({arrow::field("n", arrow::utf8())});
  const auto rows = *arrow::MakeArrayFromScalar(arrow::StringScalar("x"), 3);
  store_->Put("t/2.parquet", ParquetOf(*arrow::Table::Make(other, {rows})));
  store_->Put("a/1.parquet", ParquetOf(0, 1));
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync(), IsError(ErrorKind::kConfig));
  EXPECT_THAT(sink_.tables(), ElementsAre("a"));
  EXPECT_EQ(sink_.rows("a"), 1);
}

TEST_F(S3SourceTest, TablesWhoseNamesDifferInCaseOnlyFailAndTheOthersArrive) {
  for (const char* key : {"Data/1.parquet", "data/1.parquet", "other/1.parquet"}) {
    store_->Put(key, ParquetOf(0, 1));
  }
  ASSERT_THAT(Init(), IsOk());
  const arrow::Status synced = Sync();
  EXPECT_THAT(synced, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(synced), testing::HasSubstr("folders \"Data\" and \"data\""));
  EXPECT_THAT(sink_.tables(), ElementsAre("other"));
  ASSERT_THAT(Sync({.filter = {.tables = {"*"}, .skip_tables = {"Data"}}}), IsOk());
}

TEST_F(S3SourceTest, AMalformedObjectIsLeftOutWithAWarningUnlessTheUserWantsAFailure) {
  store_->Put("t/1.parquet", ParquetOf(0, 10));
  std::string broken = ParquetOf(0, 1000);
  for (size_t i = 4; i < 30; ++i) broken[i] = static_cast<char>(~broken[i]);  // a page header
  store_->Put("t/2.parquet", broken);
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync(), IsOk());
  EXPECT_EQ(sink_.rows("t"), 10);
  EXPECT_EQ(log_.Messages("warn").size(), 1u);
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "on_malformed": "fail"})"), IsOk());
  EXPECT_THAT(Sync(), IsError(ErrorKind::kCorrupt));
}

TEST_F(S3SourceTest, DeterministicIdsAreTheSameInEveryRun) {
  for (int i = 0; i < 5; ++i)
    store_->Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i * 100, 100, 30));
  const auto ids_with = [&](const std::string& spec) {
    RecordingSink sink;
    EXPECT_THAT(Init(spec), IsOk());
    EXPECT_THAT(source_.Sync({.deterministic_cq_id = true}, sink, {}), IsOk());
    std::map<int64_t, std::string> ids;
    const auto table = sink.Read("t")->CombineChunks().ValueOrDie();
    const auto& id = static_cast<const arrow::FixedSizeBinaryArray&>(*table->column(0)->chunk(0));
    const auto& n = static_cast<const arrow::Int64Array&>(*table->column(2)->chunk(0));
    for (int64_t i = 0; i < table->num_rows(); ++i) ids[n.Value(i)] = id.GetString(i);
    return ids;
  };
  const auto ids = ids_with(kSpec);
  EXPECT_EQ(ids.size(), 500u);
  EXPECT_EQ(ids,
            ids_with(R"({"bucket": "b", "region": "r", "rows_per_record": 7, "concurrency": 1})"));
  EXPECT_NE(ids, ids_with(R"({"bucket": "other", "region": "r"})"));
}

TEST_F(S3SourceTest, ShardsSendAllTablesAndDivideTheRows) {
  for (int i = 0; i < 20; ++i) {
    store_->Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i * 10, 10));
  }
  ASSERT_THAT(Init(), IsOk());
  std::multiset<int64_t> expected, before;
  for (int64_t n = 0; n < 200; ++n) expected.insert(n);
  for (int num = 1; num <= 3; ++num) {
    ASSERT_THAT(Sync({.shard = cloudquery::Shard{.num = num, .total = 3}}), IsOk());
    EXPECT_EQ(sink_.tables().size(), static_cast<size_t>(num));
    EXPECT_GT(sink_.Numbers("t").size(), before.size());
    before = sink_.Numbers("t");
  }
  EXPECT_EQ(before, expected);
}

TEST_F(S3SourceTest, OnlyOneOfTheBackendOptionsIsAnErrorBeforeAnyRequest) {
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(
      Sync({.backend = cloudquery::Backend{.table_name = "state"}}),
      HasMessage("backend_options: table_name and connection must both be set, or neither"));
  EXPECT_EQ(store_->calls().lists, 0);
}

const cloudquery::SyncRequest kWithState{
    .backend = cloudquery::Backend{.table_name = "state", .connection = "unix:///nowhere"}};

s3::Timestamp At(int64_t seconds) {
  return s3::Timestamp(std::chrono::seconds(1'700'000'000 + seconds));
}

TEST_F(S3SourceTest, TheSecondSyncOverAnUnchangedBucketCostsTheListingAlone) {
  for (int i = 0; i < 20; ++i) {
    store_->Put("t/" + std::to_string(i) + ".parquet", ParquetOf(i * 10, 10), At(i));
    store_->Put("u/" + std::to_string(i) + ".parquet", ParquetOf(i * 10, 10), At(i));
  }
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 200);
  const auto before = store_->calls();
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 200);
  EXPECT_EQ(store_->calls().lists - before.lists, 1);
  EXPECT_EQ(store_->calls().gets - before.gets, 0);
  // Both are announced twice, the markers only where there is something to send.
  EXPECT_THAT(sink_.tables(), ElementsAre("t", "u", "state_checkpoints", "t", "u"));
}

TEST_F(S3SourceTest, ReadsWhatIsNewWhatWasReplacedAndWhatCameLate) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  store_->Put("t/2.parquet", ParquetOf(100, 10), At(5000));
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(kWithState), IsOk());
  store_->Put("t/1.parquet", ParquetOf(200, 7), At(0));
  store_->Put("t/3.parquet", ParquetOf(300, 5), At(-1'000'000));
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 20 + 7 + 5);
}

TEST_F(S3SourceTest, AStateOfThePlainCursorAloneIsTakenOver) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  store_->Put("t/2.parquet", ParquetOf(100, 10), At(1));
  state_.values["s3/b/t/last_modified_cursor"] = "2023-11-14T22:13:20Z";  // At(0)
  ASSERT_THAT(Init(), IsOk());
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.Numbers("t").count(0), 0u);
  EXPECT_EQ(sink_.rows("t"), 10);
  EXPECT_EQ(state_.values["s3/b/t/last_modified_cursor"], "2023-11-14T22:13:21.000000000Z");
}

TEST_F(S3SourceTest, ASyncThatFailsWithoutCheckpointsOrIsCancelledLeavesTheStateAsItWas) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  store_->Put("t/2.parquet", "broken", At(1));
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "on_malformed": "fail",
                       "checkpoints": "off"})"),
              IsOk());
  EXPECT_THAT(Sync(kWithState), IsError(ErrorKind::kCorrupt));
  ASSERT_THAT(Init(), IsOk());
  std::stop_source stop;
  sink_.OnInsert([&] { stop.request_stop(); });
  EXPECT_THAT(Sync(kWithState, stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_EQ(state_.flushes, 0);
  EXPECT_THAT(state_.values, IsEmpty());
}

TEST_F(S3SourceTest, AStateThatCannotBeReadIsAnErrorThatSaysHowToStartAnew) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  ASSERT_THAT(Init(), IsOk());
  state_.values["s3/b/t/last_modified_cursor"] = "yesterday";
  EXPECT_THAT(
      Sync(kWithState),
      HasMessage("state: the value of \"s3/b/t/last_modified_cursor\" cannot be used: "
                 "\"yesterday\" is not a valid RFC 3339 time. Restore it, or delete all keys that "
                 "begin with \"s3/b/t/\" from the state table to read the whole table "
                 "anew."));
  state_.values.erase("s3/b/t/last_modified_cursor");
  ASSERT_THAT(Sync(kWithState), IsOk());
  state_.values.erase("s3/b/t/last_modified_cursor");
  EXPECT_THAT(Sync(kWithState), IsError(ErrorKind::kConfig));
  EXPECT_EQ(sink_.rows("t"), 10);
}

TEST_F(S3SourceTest, AMalformedObjectIsTriedAgainAndThenRestsWithAWarningEachTime) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  store_->Put("t/2.parquet", "broken", At(1));
  ASSERT_THAT(Init(), IsOk());
  for (size_t sync = 1; sync <= 6; ++sync) {
    const auto before = store_->calls().gets;
    ASSERT_THAT(Sync(kWithState), IsOk());
    EXPECT_EQ(log_.Messages("warn").size(), sync);
    // t/1 at first, t/2 while it is tried, twice each time.
    EXPECT_EQ(store_->calls().gets - before, sync == 1 ? 3 : sync <= 4 ? 2 : 0) << sync;
  }
  store_->Put("t/2.parquet", ParquetOf(10, 10), At(1));
  ASSERT_THAT(Sync(kWithState), IsOk());
  EXPECT_EQ(sink_.rows("t"), 20);
}

TEST_F(S3SourceTest, AMalformedObjectThatRestsIsTriedAgainWithAnotherVersionOrMemoryLimit) {
  store_->Put("t/1.parquet", ParquetOf(0, 10), At(0));
  store_->Put("t/2.parquet", "broken", At(1));
  const auto gets_of_sync = [&](S3Source& source, const std::string& spec) {
    EXPECT_THAT(source.Init({.spec_json = spec}), IsOk());
    const auto before = store_->calls().gets;
    EXPECT_THAT(source.Sync(kWithState, sink_, {}), IsOk());
    return store_->calls().gets - before;
  };
  EXPECT_EQ(gets_of_sync(source_, kSpec), 3);
  for (int sync = 2; sync <= 4; ++sync) EXPECT_EQ(gets_of_sync(source_, kSpec), 2);
  EXPECT_EQ(gets_of_sync(source_, kSpec), 0);
  const std::string larger = R"({"bucket": "b", "region": "r", "memory_limit": "1GiB"})";
  EXPECT_EQ(gets_of_sync(source_, larger), 2);
  S3Source newer(
      [this](const Spec&) { return store_; },
      [this](const cloudquery::Backend&, const std::stop_token&)
          -> arrow::Result<std::unique_ptr<cloudquery::StateStore>> { return state_.Open(); },
      log_.logger(), "v2.0.0");
  EXPECT_EQ(gets_of_sync(newer, larger), 2);
}

TEST_F(S3SourceTest, AnArchivedObjectFailsASyncWithoutStateOnceAllElseIsRead) {
  store_->Put("t/cold.parquet", ParquetOf(0, 10), At(0), "GLACIER");
  store_->Put("t/warm.parquet", ParquetOf(10, 10), At(1));
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync(), IsError(ErrorKind::kArchived));
  EXPECT_EQ(sink_.rows("t"), 10);
  ASSERT_THAT(Init(R"({"bucket": "b", "region": "r", "on_archived": "skip"})"), IsOk());
  EXPECT_THAT(Sync(), IsOk());
}

TEST_F(S3SourceTest, AnArchivedObjectIsWarnedOfByEachSyncWithStateAndReadOnceItIsRestored) {
  store_->Put("t/cold.parquet", ParquetOf(0, 10), At(0), "GLACIER");
  store_->Put("t/warm.parquet", ParquetOf(10, 10), At(100'000));
  ASSERT_THAT(Init(), IsOk());
  for (size_t sync = 1; sync <= 6; ++sync) {
    ASSERT_THAT(Sync(kWithState), IsOk());
    EXPECT_EQ(log_.Messages("warn").size(), sync);
    EXPECT_EQ(sink_.rows("t"), 10);
  }
  store_->Restore("t/cold.parquet");
  for (int sync = 0; sync < 2; ++sync) {
    ASSERT_THAT(Sync(kWithState), IsOk());
    EXPECT_EQ(sink_.rows("t"), 20);
  }
}

TEST_F(S3SourceTest, ATableNamedLikeThatOfTheStateFails) {
  store_->Put("State/1.parquet", ParquetOf(0, 10));
  store_->Put("t/1.parquet", ParquetOf(0, 10));
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync(kWithState), IsError(ErrorKind::kConfig));
  EXPECT_THAT(sink_.tables(), ElementsAre("t", "state_checkpoints"));
}

TEST_F(S3SourceTest, AnotherNumberOfShardsReadsNothingTwiceAndMissesNothing) {
  const auto sync_with = [&](int total) {
    for (int num = 1; num <= total; ++num) {
      auto request = kWithState;
      request.shard = cloudquery::Shard{.num = num, .total = total};
      ASSERT_THAT(Sync(request), IsOk());
    }
  };
  ASSERT_THAT(Init(), IsOk());
  int64_t expected = 0;
  for (const int total : {4, 2, 3, 1}) {
    for (int i = 0; i < 20; ++i) {
      store_->Put("t/" + std::to_string(total) + "-" + std::to_string(i) + ".parquet",
                  ParquetOf(expected, 10), At(total));
      expected += 10;
    }
    sync_with(total);
    EXPECT_EQ(sink_.Numbers("t").size(), static_cast<size_t>(expected));
    EXPECT_EQ(*sink_.Numbers("t").rbegin(), expected - 1);
  }
}

TEST_F(S3SourceTest, ACancelledSyncEndsAtOnce) {
  for (int i = 0; i < 200; ++i)
    store_->Put("t/" + std::to_string(i) + ".parquet", ParquetOf(0, 100));
  std::stop_source stop;
  sink_.OnInsert([&] { stop.request_stop(); });
  ASSERT_THAT(Init(), IsOk());
  EXPECT_THAT(Sync({}, stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_LT(sink_.rows("t"), 200 * 100);
}

TEST_F(S3SourceTest, TestConnectionReadsOneObjectOfTheBucket) {
  store_->Put("t/1.parquet", ParquetOf(0, 1));
  const auto test = source_.TestConnection(kSpec, {});
  ASSERT_THAT(test, IsOk());
  EXPECT_TRUE(test->success);
  EXPECT_EQ(store_->calls().bytes, 1);
}

TEST_F(S3SourceTest, TestConnectionReadsAnObjectThatIsNotArchived) {
  store_->Put("a/folder/", "");
  store_->Put("a/readme.txt", "text");
  store_->Put("t/1.parquet", ParquetOf(0, 1), {}, "GLACIER");
  store_->Put("t/2.parquet", ParquetOf(0, 1));
  EXPECT_TRUE(source_.TestConnection(kSpec, {})->success);
  EXPECT_EQ(store_->calls().bytes, 1);
}

TEST_F(S3SourceTest, TestConnectionTellsWhatIsWrong) {
  EXPECT_EQ(source_.TestConnection("{}", {})->failure_code, "INVALID_SPEC");
  store_->DeleteBucket();
  const auto test = source_.TestConnection(kSpec, {});
  EXPECT_FALSE(test->success);
  EXPECT_EQ(test->failure_code, "BUCKET_NOT_FOUND");
  EXPECT_FALSE(test->failure_description.empty());
}

}  // namespace
}  // namespace source
