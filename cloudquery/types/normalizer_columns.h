// The columns of one schema and what becomes of each; what normalizer.cc and its schema comparison
// share. Pure functions; thread-safe.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

/// What tells the columns of a schema apart.
struct ColumnKey {
  std::string name;
  /// 0 for the first column of that name.
  int occurrence = 0;

  auto operator<=>(const ColumnKey&) const = default;
};

struct PlannedColumn {
  ColumnKey key;
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

/// The type that is sent for a column.
std::string ColumnTypeText(const PlannedColumn& column);
bool SameColumnEmission(const PlannedColumn& a, const PlannedColumn& b);

}  // namespace cloudquery
