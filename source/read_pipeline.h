// Reads the objects of all tables at once: one thread admits row groups against the memory budget,
// IO threads fetch their ranges, CPU threads decode them and hand the rows to the sink.
//
//   admission --reserve--> IO pool --last range--> CPU pool --rows--> RecordSink
//
// Back-pressure runs the other way: a sink that is behind blocks the CPU threads, their row groups
// keep their reservations, and so nothing more is admitted.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "s3/object_store.h"
#include "source/failures.h"
#include "source/handovers.h"
#include "source/progress.h"
#include "source/table_plan.h"

namespace source {

struct ReadOptions {
  std::string bucket;
  int64_t rows_per_record = 500;
  /// Decoded size that batches aim at.
  int64_t batch_bytes = int64_t{8} << 20;
  /// The option of that name: what no object may make the reader exceed.
  int64_t memory_limit_bytes = int64_t{256} << 20;
  bool deterministic_ids = false;
};

/// What a pipeline works with. All must outlive it.
struct ReadContext {
  std::shared_ptr<s3::ObjectStore> store;
  base::ThreadPool& io;
  base::ThreadPool& cpu;
  base::MemoryBudget& memory;
  cloudquery::RecordSink& sink;
  Failures& failures;
  cloudquery::Logger& log;
  ProgressCounts& progress;
  Handovers& handovers;
};

/// Hands all rows of all objects to the sink. Objects that fail are reported to `failures`, and the
/// others go on; fails itself only when cancelled. Tables take turns, so none waits for another's
/// end. Returns when no task of it runs any more.
[[nodiscard]] arrow::Status ReadObjects(const std::vector<TablePlan>& tables,
                                        const ReadOptions& options, ReadContext context,
                                        std::stop_token stop);

}  // namespace source
