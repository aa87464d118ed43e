#include "source/read/scan_planner.h"

#include <gtest/gtest.h>

#include <utility>

namespace source {
namespace {

using arrow::io::ReadRange;
using formats::ScanTask;

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int64_t kBudget = 160 * kMiB;

// Tasks of one range each, one after the other.
class Layout final : public formats::ObjectLayout {
 public:
  Layout(int tasks, int64_t task_bytes, int64_t decode_bytes, int streams = 1)
      : tasks_(tasks), task_bytes_(task_bytes), decode_bytes_(decode_bytes), streams_(streams) {}

  int64_t object_bytes() const { return tasks_ * task_bytes_; }

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<std::string>& warnings() const override { return warnings_; }
  int64_t memory_bytes() const override { return 0; }
  int tasks() const override { return tasks_; }
  ScanTask task(int index) const override {
    return {.ranges = {{index * task_bytes_, task_bytes_}},
            .decode_bytes = decode_bytes_,
            .streams = streams_};
  }
  ScanTask all_tasks() const override {
    return {.ranges = {{0, object_bytes()}}, .decode_bytes = decode_bytes_};
  }
  arrow::Result<std::unique_ptr<formats::RowReader>> Open(
      int, std::shared_ptr<arrow::io::RandomAccessFile>,
      const formats::ScanOptions&) const override {
    return arrow::Status::NotImplemented("a layout alone");
  }

 private:
  const int tasks_;
  const int64_t task_bytes_, decode_bytes_;
  const int streams_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::vector<std::string> warnings_;
};

ScanPlan Plan(const Layout& layout, int first_task = 0, bool content_is_there = false) {
  return PlanScan(
      {.layout = layout, .bytes = layout.object_bytes(), .content_is_there = content_is_there},
      first_task, kBudget);
}

TEST(PlanScan, ASmallObjectIsOneScanOfAllItsTasks) {
  EXPECT_EQ(Plan(Layout(4, kMiB, kMiB)),
            (ScanPlan{.tasks = 4, .ranges = {{0, 4 * kMiB}}, .memory_bytes = 5 * kMiB}));
}

TEST(PlanScan, ASmallObjectWithAChecksumIsReadToItsLastByte) {
  const Layout layout(2, kMiB, 0);
  const int64_t bytes = layout.object_bytes() + 100;  // what no task needs
  const auto ranges_with = [&](bool has_checksum) {
    return PlanScan({.layout = layout, .bytes = bytes, .has_checksum = has_checksum}, 0, kBudget)
        .ranges;
  };
  EXPECT_EQ(ranges_with(false), (std::vector<ReadRange>{{0, bytes - 100}}));
  EXPECT_EQ(ranges_with(true), (std::vector<ReadRange>{{0, bytes}}));
}

TEST(PlanScan, WhatIsInMemoryIsNotFetched) {
  EXPECT_EQ(Plan(Layout(4, kMiB, kMiB), 0, /*content_is_there=*/true),
            (ScanPlan{.tasks = 4, .memory_bytes = kMiB}));
}

TEST(PlanScan, ALargeObjectIsReadTaskByTask) {
  EXPECT_EQ(
      Plan(Layout(4, 5 * kMiB, kMiB), 2),
      (ScanPlan{.first_task = 2, .ranges = {{10 * kMiB, 5 * kMiB}}, .memory_bytes = 6 * kMiB}));
}

TEST(PlanScan, ATaskAboveAQuarterOfTheBudgetIsReadThroughWindows) {
  const ScanPlan plan = Plan(Layout(2, 41 * kMiB, 0));
  EXPECT_TRUE(plan.ranges.empty());
  EXPECT_EQ(plan.tasks, 1);
  EXPECT_EQ(plan.window_bytes, 8 * kMiB);
  EXPECT_EQ(plan.memory_bytes, 16 * kMiB);
}

TEST(PlanScan, ManyStreamsShareHalfOfTheBudget) {
  const ScanPlan plan = Plan(Layout(2, 41 * kMiB, 0, /*streams=*/40));
  EXPECT_EQ(plan.window_bytes, kMiB);
  EXPECT_EQ(plan.memory_bytes, kBudget / 2);
}

TEST(PlanScan, ASmallObjectThatTakesMuchToDecodeIsReadTaskByTask) {
  const ScanPlan plan = Plan(Layout(4, kMiB, 50 * kMiB));
  EXPECT_EQ(plan.tasks, 1);
  EXPECT_GT(plan.window_bytes, 0);
}

class Layouts final : public formats::LayoutFinder {
 public:
  arrow::Result<formats::FoundLayout> Find(std::string_view, int64_t, int64_t,
                                           const formats::ReadBytes&) override {
    return arrow::Status::NotImplemented("an estimate alone");
  }
  int64_t DecodeBytes(int64_t object_bytes) const override { return 9 * object_bytes; }
};

TEST(MemoryToReadWhole, IsThatOfASmallObjectAndItsDecoding) {
  EXPECT_EQ(MemoryToReadWhole(4 * kMiB, Layouts(), kBudget), 40 * kMiB);
  EXPECT_EQ(MemoryToReadWhole(5 * kMiB, Layouts(), kBudget), 0);
  EXPECT_EQ(MemoryToReadWhole(9 * kMiB, Layouts(), 100 * kBudget), 0);
}

}  // namespace
}  // namespace source
