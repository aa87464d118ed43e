// Reads the objects of all tables at once: one thread admits scan tasks against the memory budget,
// IO threads fetch their ranges, CPU threads decode them and hand the rows to the sink.
//
//   admission --reserve--> IO threads --last range--> CPU threads --rows--> RecordSink
//
// Back-pressure runs the other way: a sink that is behind blocks the CPU threads, their scans keep
// their reservations, and so nothing more is admitted.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "arrow/status.h"
#include "base/thread_pool.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "s3/object_store.h"
#include "source/outcomes.h"
#include "source/planned_table.h"
#include "source/read/memory_shares.h"
#include "source/read/progress.h"
#include "source/read/row_sender.h"

namespace source {

/// What a pipeline works with. All must outlive it.
struct ReadContext {
  std::shared_ptr<s3::ObjectStore> store;
  base::ThreadPool& io;
  base::ThreadPool& cpu;
  SyncMemory& memory;
  cloudquery::RecordSink& sink;
  Outcomes& outcomes;
  cloudquery::Logger& log;
  ProgressCounts& progress;
};

/// Hands all rows of all pending objects to the sink and sets their outcomes. Objects that fail are
/// reported, and the others go on. An object that changed is read anew as it is now; one that came
/// damaged is fetched once more, and goes on where it was. Fails itself only when cancelled. Tables
/// take turns, so none waits for another's end. Returns when no task of it runs any more.
[[nodiscard]] arrow::Status ReadObjects(std::vector<PlannedTable>& tables,
                                        const ReadOptions& options, ReadContext context,
                                        std::stop_token stop);

}  // namespace source
