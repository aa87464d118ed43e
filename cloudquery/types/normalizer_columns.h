// The columns of one schema and what becomes of each; what normalizer.cc and described_columns.cc
// share. Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "arrow/type.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

struct PlannedColumn {
  std::string name;
  /// Index in the schema.
  int index = 0;
  TypeRule rule;
  /// True for `_cq_id` and `_cq_parent_id` of a type that can hold UUIDs. `rule` gives the plain
  /// values, which are parsed as UUIDs.
  bool is_row_id = false;
};

/// The columns that are sent, in the schema's order.
struct ColumnPlan {
  std::vector<PlannedColumn> columns;
  std::vector<std::string> skipped;
};
ColumnPlan PlanColumns(const arrow::Schema& schema, const NormalizeOptions& options);

}  // namespace cloudquery
