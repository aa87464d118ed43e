// Selects the tables of a sync by the `tables`, `skip_tables` and `skip_dependent_tables` of a
// source's configuration, with the same meaning as in CloudQuery's SDK. Pure functions;
// thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/result.h"

namespace cloudquery {

struct TableFilter {
  std::vector<std::string> tables = {"*"};
  std::vector<std::string> skip_tables;
  bool skip_dependent_tables = false;
};

/// A table and its parent. Parents come before their children.
struct TableName {
  std::string name;
  /// Empty at top level.
  std::string parent;
};

/// True if `pattern` matches all of `name`. `*` matches any characters, including none. Nothing
/// else is special. Case matters.
bool GlobMatches(std::string_view pattern, std::string_view name);

/// One flag for each table, true if it is selected. A table is selected if an entry of `tables`
/// matches it and none of `skip_tables` does. The relations of a skipped table are skipped too. A
/// relation is also selected with its parent, unless skip_dependent_tables is set, and a parent
/// with any of its children. kConfig: an entry matches no table.
[[nodiscard]] arrow::Result<std::vector<bool>> SelectTables(std::span<const TableName> tables,
                                                            const TableFilter& filter);

}  // namespace cloudquery
