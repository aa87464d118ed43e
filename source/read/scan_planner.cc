#include "source/read/scan_planner.h"

#include <algorithm>
#include <utility>

namespace source {
namespace {

// A task above this share of the budget is read through windows instead of being fetched whole, so
// that it leaves room for others.
constexpr int64_t kWholeTaskShare = 4;
// All windows of one task together take at most this share.
constexpr int64_t kWindowsShare = 2;
// One in use and one on its way.
constexpr int64_t kWindowsPerStream = 2;
constexpr int64_t kMaxWindowBytes = int64_t{8} << 20;
constexpr int64_t kMinWindowBytes = int64_t{64} << 10;

int64_t LengthOf(const std::vector<arrow::io::ReadRange>& ranges) {
  int64_t bytes = 0;
  for (const auto& range : ranges) bytes += range.length;
  return bytes;
}

int64_t WindowBytes(int streams, int64_t budget_bytes) {
  const int64_t share = budget_bytes / kWindowsShare / kWindowsPerStream / std::max(1, streams);
  return std::clamp(share, kMinWindowBytes, kMaxWindowBytes);
}

}  // namespace

bool FitsBesideOthers(int64_t bytes, int64_t budget_bytes) {
  return bytes <= budget_bytes / kWholeTaskShare;
}

ScanPlan PlanScan(const ScanObject& object, int first_task, int64_t budget_bytes) {
  const formats::ObjectLayout& layout = object.layout;
  if (object.content_is_there || (first_task == 0 && object.bytes <= kSmallObjectBytes)) {
    formats::ScanTask all = layout.all_tasks();
    ScanPlan plan{.first_task = first_task,
                  .tasks = layout.tasks() - first_task,
                  .memory_bytes = all.decode_bytes};
    if (object.content_is_there) return plan;
    if (FitsBesideOthers(object.bytes + all.decode_bytes, budget_bytes)) {
      plan.ranges = std::move(all.ranges);
      if (object.has_checksum) plan.ranges = {{0, object.bytes}};
      plan.memory_bytes += LengthOf(plan.ranges);
      return plan;
    }
  }
  formats::ScanTask task = layout.task(first_task);
  ScanPlan plan{.first_task = first_task};
  plan.memory_bytes = task.decode_bytes + LengthOf(task.ranges);
  if (FitsBesideOthers(plan.memory_bytes, budget_bytes)) {
    plan.ranges = std::move(task.ranges);
    return plan;
  }
  plan.window_bytes = WindowBytes(task.streams, budget_bytes);
  plan.memory_bytes = task.decode_bytes + kWindowsPerStream * plan.window_bytes * task.streams;
  return plan;
}

int64_t MemoryToReadWhole(int64_t object_bytes, const formats::LayoutFinder& layouts,
                          int64_t budget_bytes) {
  if (object_bytes > kSmallObjectBytes) return 0;
  const int64_t memory_bytes = object_bytes + layouts.DecodeBytes(object_bytes);
  return FitsBesideOthers(memory_bytes, budget_bytes) ? memory_bytes : 0;
}

}  // namespace source
