// The order in which the objects of a sync are read. Not thread-safe.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "source/planned_table.h"
#include "source/read/round_robin.h"

namespace source {

struct PendingObject {
  PlannedTable* table;
  PlannedObject* object;
};

/// The pending objects of all tables, one of each table in turn. Those that planning kept something
/// of come first, and of these the ones whose content it kept: an object that waits for memory must
/// never wait for what a later one keeps.
class PendingObjects {
 public:
  /// The tables must outlive it.
  explicit PendingObjects(std::vector<PlannedTable>& tables);

  /// None is left: nothing.
  std::optional<PendingObject> Next();

 private:
  std::deque<RoundRobin<PendingObject>> stages_;
};

}  // namespace source
