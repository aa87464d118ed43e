#include "source/read/row_sender.h"

#include <gtest/gtest.h>

#include <numeric>

#include "arrow/io/memory.h"
#include "base/testing.h"
#include "cloudquery/types/described_columns.h"
#include "source/testing/numbers_format.h"
#include "source/testing/testing.h"

namespace source {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;

std::multiset<int64_t> Range(int64_t first, int64_t end) {
  std::vector<int64_t> numbers(static_cast<size_t>(end - first));
  std::iota(numbers.begin(), numbers.end(), first);
  return {numbers.begin(), numbers.end()};
}

class RowSenderTest : public testing::Test {
 protected:
  // An object of the values from 0 on, in tasks of 100.
  explicit RowSenderTest(int32_t count = 250) : content_(NumbersOf(0, count)) {
    table_.schema = std::make_shared<TableSchema>("t", SchemaOptions{});
    table_.objects.push_back({.listing = {.key = "t/1.numbers"}});
    object_ = Open();
    sink_.OnInsert([this] {
      if (++inserts_ == stop_after_inserts_) stop_.request_stop();
    });
  }

  std::unique_ptr<ObjectRead> Open() {
    ObjectPlan plan{.generation = {.listed = &table_.objects[0].listing}};
    const auto found = NumbersFormat()->MakeLayoutFinder()->Find(
        "t/1.numbers", static_cast<int64_t>(content_.size()), INT64_MAX,
        [&](arrow::io::ReadRange) { return arrow::Buffer::FromString(content_); });
    plan.layout = found->layout;
    const auto& schema = plan.layout->schema();
    if (table_.schema->columns().sent == nullptr) {
      EXPECT_THAT(table_.schema->Unite({{.columns = cloudquery::DescribeColumns(*schema, {}),
                                         .key = "t/1.numbers"}}),
                  IsOk());
    }
    plan.projection = *table_.schema->Fit("t/1.numbers", schema, /*has_rows=*/true);
    auto object = std::make_unique<ObjectRead>(table_, table_.objects[0], std::move(plan));
    return object;
  }

  arrow::Status Send(int task) {
    auto file = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(content_));
    return sender_.Send(*object_, task, file, /*window_bytes=*/0, stop_.get_token());
  }

  void Damage(int32_t value) {
    const int32_t negative = -1;
    std::memcpy(content_.data() + 8 + 4 * value, &negative, sizeof negative);
  }

  std::string content_;
  PlannedTable table_{.name = "t"};
  RecordingSink sink_;
  ProgressCounts progress_;
  const ReadOptions options_{.bucket = "b", .batch_bytes = 80, .deterministic_ids = true};
  RowSender sender_{options_, sink_, progress_};
  std::unique_ptr<ObjectRead> object_;
  std::stop_source stop_;
  int inserts_ = 0;
  int stop_after_inserts_ = 0;
};

TEST_F(RowSenderTest, SendsTheRowsOfOneTask) {
  object_->Begin();
  ASSERT_THAT(Send(1), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(100, 200));
  EXPECT_TRUE(object_->progress[1].done);
  EXPECT_EQ(object_->rows, 100);
  EXPECT_EQ(progress_.rows, 100);
  EXPECT_EQ(progress_.bytes, 400);
}

TEST_F(RowSenderTest, ATaskThatWasSentIsNotSentAgain) {
  object_->Begin();
  ASSERT_THAT(Send(0), IsOk());
  ASSERT_THAT(Send(0), IsOk());
  EXPECT_EQ(sink_.rows("t"), 100);
}

TEST_F(RowSenderTest, GoesOnBehindTheRowsThatWereSentBeforeAFailureWithTheIdsTheyHaveAnyway) {
  object_->Begin();
  const std::string whole = content_;
  Damage(137);
  EXPECT_THAT(Send(1), IsError(ErrorKind::kCorrupt));
  EXPECT_EQ(sink_.Numbers("t"), Range(100, 130));
  EXPECT_FALSE(object_->progress[1].done);
  content_ = whole;
  auto again = Open();
  again->Resume(*object_);
  again->Begin();
  object_ = std::move(again);
  ASSERT_THAT(Send(1), IsOk());
  EXPECT_EQ(sink_.Numbers("t"), Range(100, 200));
  EXPECT_EQ(object_->rows, 100);
  const auto resumed_ids = sink_.Read("t")->CombineChunks().ValueOrDie()->column(0);
  RecordingSink other;
  RowSender straight(options_, other, progress_);
  const auto once = Open();
  once->Begin();
  auto file = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(content_));
  ASSERT_THAT(straight.Send(*once, 1, file, 0, {}), IsOk());
  EXPECT_TRUE(resumed_ids->Equals(other.Read("t")->CombineChunks().ValueOrDie()->column(0)));
}

TEST_F(RowSenderTest, AnotherLayoutBeginsAnew) {
  object_->Begin();
  ASSERT_THAT(Send(0), IsOk());
  content_ = NumbersOf(0, 350);
  auto again = Open();
  again->Resume(*object_);
  again->Begin();
  EXPECT_EQ(again->progress.size(), 4u);
  EXPECT_FALSE(again->progress[0].done);
}

TEST_F(RowSenderTest, EndsAtTheNextBatchOnceItIsStopped) {
  object_->Begin();
  stop_after_inserts_ = 3;
  EXPECT_THAT(Send(0), IsError(ErrorKind::kCancelled));
  EXPECT_EQ(sink_.rows("t"), 30);
  EXPECT_FALSE(object_->progress[0].done);
}

}  // namespace
}  // namespace source
