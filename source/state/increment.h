// Which objects of a listing a sync reads, and what it leaves for the next one. Without state a
// sync reads all objects of its shard.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/status.h"
#include "cloudquery/log.h"
#include "source/outcomes.h"
#include "source/planned_table.h"
#include "source/state/cursor.h"
#include "source/state/table_state.h"

namespace source {

/// One sync's steps from what was remembered to what will be. Not thread-safe.
class Increment {
 public:
  /// `state` may be null; else it and `log` must outlive it.
  Increment(TableState* state, Scope scope, CursorOptions options, cloudquery::Logger& log)
      : state_(state), scope_(std::move(scope)), options_(std::move(options)), log_(log) {}

  /// Sets each table's cursor, what is remembered of its schema, and each object's decision. Fails
  /// when the state cannot be read.
  [[nodiscard]] arrow::Status Decide(std::vector<PlannedTable>& tables) const;

  /// Stores that objects were delivered: only such that are certainly stored at the destination.
  /// Reads nothing of the tables that changes while they are read.
  [[nodiscard]] arrow::Status Checkpoint(std::span<const DeliveredObject> delivered,
                                         const std::stop_token& stop);

  /// Stores what became of all objects when the sync is over. `now` is when it started.
  [[nodiscard]] arrow::Status Remember(const std::vector<PlannedTable>& tables, s3::Timestamp now,
                                       const std::stop_token& stop);

 private:
  void DecideTable(PlannedTable& table) const;
  Decision DecideObject(const PlannedTable& table, const s3::ObjectInfo& object) const;

  /// What this sync has added to the state of a table.
  struct Progress {
    CursorRecord record;
    std::vector<ObjectHash> delivered;
    /// Made at the end.
    std::optional<TableCursor::Next> last;
  };
  Progress& ProgressOf(const PlannedTable& table);
  Scope ScopeOf(const PlannedTable& table) const;
  void Extend(const PlannedTable& table, std::vector<ObjectHash> delivered, CursorRecord* record);
  TableCursor::Next& LastOf(const PlannedTable& table, s3::Timestamp now);
  arrow::Status SaveSchema(const PlannedTable& table);
  arrow::Status FollowOthers(std::span<const PlannedTable* const> tables);
  arrow::Status Store(std::span<const PlannedTable* const> tables,
                      const std::function<arrow::Status(const PlannedTable&)>& save,
                      const std::stop_token& stop);

  TableState* const state_;
  const Scope scope_;
  const CursorOptions options_;
  cloudquery::Logger& log_;
  std::map<const PlannedTable*, Progress> progress_;
};

}  // namespace source
