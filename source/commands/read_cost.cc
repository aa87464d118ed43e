#include "source/commands/read_cost.h"

#include "source/read/scan_planner.h"

namespace source {
namespace {

ReadCost CostOfScan(const ScanPlan& plan, const formats::ObjectLayout& layout) {
  ReadCost cost;
  for (const auto& range : plan.ranges) cost += {1, range.length};
  if (plan.window_bytes == 0) return cost;
  for (const auto& range : layout.task(plan.first_task).ranges) {
    cost += {(range.length + plan.window_bytes - 1) / plan.window_bytes, range.length};
  }
  return cost;
}

}  // namespace

ReadCost CostOfRows(const s3::ObjectInfo& object, const formats::ObjectLayout& layout,
                    const formats::LayoutFinder& finder, Kept kept, int64_t budget_bytes) {
  // Planning reads it whole instead of its layout, with one request.
  if (kept == Kept::kContent) return {0, object.size_bytes};
  ReadCost cost;
  if (kept == Kept::kNothing) {
    if (MemoryToReadWhole(object.size_bytes, finder, budget_bytes) > 0) {
      return {1, object.size_bytes};
    }
    cost.requests = 1;
  }
  const ScanObject scan{
      .layout = layout, .bytes = object.size_bytes, .has_checksum = object.whole_checksum};
  ReadCost rows;
  for (int task = 0; task < layout.tasks();) {
    const ScanPlan plan = PlanScan(scan, task, budget_bytes);
    rows += CostOfScan(plan, layout);
    task += plan.tasks;
  }
  const bool verified_by_the_read = rows == ReadCost{1, object.size_bytes};
  if (object.whole_checksum && layout.tasks() > 0 && !verified_by_the_read) ++cost.requests;
  return cost += rows;
}

}  // namespace source
