// Which objects of a listing a sync reads, and what it leaves for the next one. Without state a
// sync reads all objects of its shard.
#pragma once

#include <string>
#include <vector>

#include "arrow/status.h"
#include "cloudquery/log.h"
#include "source/planned_table.h"
#include "source/state/cursor.h"
#include "source/state/table_state.h"

namespace source {

/// One sync's step from what was remembered to what will be. Not thread-safe.
class Increment {
 public:
  /// `state` may be null; else it and `log` must outlive it.
  Increment(TableState* state, Scope scope, CursorOptions options, cloudquery::Logger& log)
      : state_(state), scope_(std::move(scope)), options_(std::move(options)), log_(log) {}

  /// Sets each table's cursor, what is remembered of its schema, and each object's decision. Fails
  /// when the state cannot be read.
  [[nodiscard]] arrow::Status Decide(std::vector<PlannedTable>& tables) const;

  /// Puts what became of the objects, and the tables' schemas, into the state. `now` is when the
  /// sync started.
  [[nodiscard]] arrow::Status Remember(const std::vector<PlannedTable>& tables,
                                       s3::Timestamp now) const;

 private:
  void DecideTable(PlannedTable& table) const;
  Decision DecideObject(const PlannedTable& table, const s3::ObjectInfo& object) const;

  TableState* const state_;
  const Scope scope_;
  const CursorOptions options_;
  cloudquery::Logger& log_;
};

}  // namespace source
