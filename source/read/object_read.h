// One object on its way from its plan to its outcome.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "arrow/status.h"
#include "base/memory_budget.h"
#include "cloudquery/types/convert.h"
#include "formats/ranges_file.h"
#include "s3/object_reader.h"
#include "source/planned_table.h"
#include "source/read/scan_planner.h"

namespace source {

/// How far a scan task has come. Used by one thread at a time.
struct TaskProgress {
  int64_t rows_sent = 0;
  bool done = false;
};

/// The same for a part of a scan task that is divided.
struct PartProgress {
  TaskProgress progress;
  /// What tells the part from others.
  int64_t first_row = 0;
  int64_t rows = 0;
};

/// One reading of one content of an object. The threads that read parts of it share it.
struct ObjectRead {
  ObjectRead(PlannedTable& its_table, PlannedObject& its_object, ObjectPlan its_plan)
      : table(its_table), object(its_object), plan(std::move(its_plan)) {}

  PlannedTable& table;
  PlannedObject& object;
  /// Written while the object is opened, read afterwards.
  ObjectPlan plan;
  std::shared_ptr<s3::ObjectReader> reader;
  /// One for each scan task of the layout.
  std::vector<TaskProgress> progress;
  /// Those of the task that is read in parts, in their order; there is only one such task. Each
  /// stays where it is. Grows on the thread that divides the task.
  std::deque<PartProgress> parts;
  /// The layout that `progress` is about; null: this one's.
  std::shared_ptr<const formats::ObjectLayout> resumed;
  /// Used by the admission thread only.
  int next_task = 0;

  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::atomic<int> tasks_left = 0;
  std::atomic<int64_t> rows = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  arrow::Status failure;           // guarded by mutex: the first one
  cloudquery::ConvertStats stats;  // guarded by mutex
  formats::SkippedRows skipped;    // guarded by mutex

  const s3::ObjectInfo& info() const { return plan.generation.info(); }
  int tasks() const { return plan.layout->tasks(); }

  /// To be called when the layout is there and no task has begun.
  void Begin();

  /// Goes on where an earlier reading of the same content ended: what it sent is not sent again.
  void Resume(ObjectRead& earlier);

  /// Of the part with that index, which is the next one, or was known to an earlier reading.
  /// kCorrupt: it was divided otherwise then, so nobody knows which rows were sent.
  [[nodiscard]] arrow::Result<TaskProgress*> ProgressOf(size_t index,
                                                        const formats::TaskPart& part);

  void Fail(const arrow::Status& status) {
    const std::lock_guard lock(mutex);
    if (!failed.exchange(true)) failure = status;
  }
};

using SharedRead = std::shared_ptr<ObjectRead>;

/// Scan tasks of an object on their way through the pipeline.
struct Scan {
  SharedRead object;
  ScanPlan plan;
  base::Reservation memory;
  std::vector<formats::FetchedRange> fetched;
  std::shared_ptr<arrow::io::RandomAccessFile> file;
};

}  // namespace source
