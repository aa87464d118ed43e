// The columns of one schema and what becomes of each; what normalizer.cc and described_columns.cc
// share. Pure functions; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "arrow/type.h"
#include "cloudquery/type_rules.h"

namespace cloudquery {

struct PlannedColumn {
  std::string name;
  /// Index in the schema.
  int index = 0;
  TypeRule rule;
  /// `_cq_id` or `_cq_parent_id` of a type that can hold a UUID; `rule` gives its plain values,
  /// from which the UUIDs are made.
  bool is_row_id = false;
};

/// The columns that are sent, in the schema's order.
struct ColumnPlan {
  std::vector<PlannedColumn> columns;
  std::vector<std::string> dropped;
};
ColumnPlan PlanColumns(const arrow::Schema& schema, const NormalizeOptions& options);

}  // namespace cloudquery
