// Names that every destination can tell apart. Destinations compare the names of a table's columns
// without regard to case, and cannot hold an empty one.
//
// What is promised: a name that is fine stays as it is; the others are decided by the names alone,
// so the same columns get the same names in whatever order they come (columns of exactly equal
// names are told apart by their order). Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cloudquery {

/// PostgreSQL cuts a longer identifier, and then finds its column missing at the next sync.
inline constexpr size_t kMaxColumnNameBytes = 63;

struct EmittedName {
  std::string name;
  /// Why it is not the name that came in, e.g. "it is empty"; empty when it is.
  std::string_view why;

  bool operator==(const EmittedName&) const = default;
};

/// Names of a table's columns, in the order of `names`. Of names that differ only in case, the one
/// that sorts last by its bytes (the lower-case one) stays; the others become `name_2`, `name_3`,
/// ... An empty name becomes `column`, `column_2`, ... Names are made valid UTF-8, double quotes
/// and control characters become `_`, and at most kMaxColumnNameBytes are kept. No result equals
/// one of `reserved`, whatever the case.
std::vector<EmittedName> EmittedColumnNames(std::span<const std::string> names,
                                            std::span<const std::string_view> reserved);

/// Names of the fields of a struct: the same, of any length, and nothing is reserved.
std::vector<EmittedName> EmittedFieldNames(std::span<const std::string> names);

/// ASCII lower case: the comparison that sqlite and DuckDB make.
std::string FoldCase(std::string_view name);

}  // namespace cloudquery
