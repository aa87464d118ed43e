// How the next part of an object is read: which of its scan tasks together, which bytes at once,
// and how much memory that takes. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "arrow/io/interfaces.h"
#include "formats/format.h"

namespace source {

/// An object up to this size is fetched with one request beside that for its layout.
inline constexpr int64_t kSmallObjectBytes = int64_t{8} << 20;

/// Scan tasks that are fetched and decoded in one go.
struct ScanPlan {
  int first_task = 0;
  int tasks = 1;
  /// Fetched before anything is decoded. Empty: all bytes are there, or come through windows.
  std::vector<arrow::io::ReadRange> ranges;
  /// Not 0: the task is read through windows of this size while it is decoded.
  int64_t window_bytes = 0;
  /// To be reserved of the budget.
  int64_t memory_bytes = 0;

  bool operator==(const ScanPlan&) const = default;
};

/// An object whose layout is there.
struct ScanObject {
  const formats::ObjectLayout& layout;
  int64_t bytes = 0;
  /// All of it is in memory.
  bool content_is_there = false;
  /// A checksum is stored with it: read with one request, it is verified before anything is
  /// decoded.
  bool has_checksum = false;
};

/// What to read next of an object, from `first_task` on. `budget_bytes`: what all objects share.
ScanPlan PlanScan(const ScanObject& object, int first_task, int64_t budget_bytes);

/// Whether so much of the budget leaves room for others.
bool FitsBesideOthers(int64_t bytes, int64_t budget_bytes);

/// The memory for an object that is fetched whole before its layout is known, so that the layout
/// costs no request of its own; 0: it is too large for that.
int64_t MemoryToReadWhole(int64_t object_bytes, const formats::LayoutFinder& layouts,
                          int64_t budget_bytes);

}  // namespace source
