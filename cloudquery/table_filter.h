// Which tables a sync takes: the `tables`, `skip_tables` and `skip_dependent_tables` of a source's
// configuration, with the meaning that CloudQuery's SDK gives them. Pure functions.
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

/// A table's place in the tree of tables. Parents stand before their children.
struct TableName {
  std::string name;
  /// Empty at top level.
  std::string parent;
};

/// True when `pattern` matches all of `name`. `*` stands for any run of characters, also none;
/// nothing else is special, and case counts.
bool GlobMatches(std::string_view pattern, std::string_view name);

/// One flag per table: taken or not. A table is taken when an entry of `tables` matches and none of
/// `skip_tables` does; a skipped table takes its relations with it; a relation is also taken with
/// its parent unless skip_dependent_tables, and a parent with any child. kConfig: an entry matches
/// no table.
[[nodiscard]] arrow::Result<std::vector<bool>> SelectTables(std::span<const TableName> tables,
                                                            const TableFilter& filter);

}  // namespace cloudquery
