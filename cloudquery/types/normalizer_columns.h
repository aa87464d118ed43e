// The columns of one schema and how each is sent, for making a Normalizer and for comparing
// schemas. Pure functions; thread-safe.
#pragma once

#include <compare>
#include <string>
#include <vector>

#include "arrow/type.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

/// Identifies a column of a schema.
struct ColumnKey {
  std::string name;
  /// 0 for the first column with the name.
  int occurrence = 0;

  auto operator<=>(const ColumnKey&) const = default;
};

struct PlannedColumn {
  ColumnKey key;
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

/// The type that a column is sent as.
std::string ColumnTypeText(const PlannedColumn& column);
bool SameColumnEmission(const PlannedColumn& a, const PlannedColumn& b);

}  // namespace cloudquery
