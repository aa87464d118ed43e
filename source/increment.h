// Which objects of a listing a sync reads, and what it leaves for the next one. Without state a
// sync reads all objects of its shard.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/log.h"
#include "source/cursor.h"
#include "source/failures.h"
#include "source/handovers.h"
#include "source/inventory.h"
#include "source/table_plan.h"
#include "source/table_state.h"

namespace source {

/// One sync's step from what was remembered to what will be. Not thread-safe.
class Increment {
 public:
  /// `state` may be null; else it and `log` must outlive it.
  Increment(TableState* state, Scope scope, CursorOptions options, cloudquery::Logger& log)
      : state_(state), scope_(std::move(scope)), options_(options), log_(log) {}

  /// For each table which of its objects are to be read. Fails when the state cannot be read.
  [[nodiscard]] arrow::Result<std::vector<ReadSet>> Select(const std::vector<TableObjects>& tables);

  /// Puts what became of the selected objects into the state. `tables` and `reads` are those of
  /// Select; `now` is when the sync started.
  void Remember(const std::vector<TableObjects>& tables, const std::vector<ReadSet>& reads,
                const Failures& failures, const Handovers& handovers, s3::Timestamp now);

 private:
  ReadSet SelectOf(const TableObjects& table, const TableCursor& cursor);

  TableState* const state_;
  const Scope scope_;
  const CursorOptions options_;
  cloudquery::Logger& log_;
  // After Select:
  std::vector<TableCursor> cursors_;  // one per table
  std::unordered_set<const s3::ObjectInfo*> resting_;
};

}  // namespace source
