// Names that every destination can tell apart. Destinations compare the names of a table's columns
// without regard to case, and cannot hold an empty one.
//
// What is promised of columns: a short name that no column before it has stays as it is. Any other
// gets a suffix from a hash of itself, not a number. A name depends on itself and on the columns
// before it alone, so columns that are added at the end never rename another. The order is that of
// the table, which is that of its oldest object; other objects may have theirs in any order. Pure
// functions; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cloudquery {

struct EmittedName {
  std::string name;
  /// Why it is not the name that came in, e.g. "it is empty"; empty when it is.
  std::string_view why;

  bool operator==(const EmittedName&) const = default;
};

/// Names of a table's columns, in the order of `names`. Names are made valid UTF-8, double quotes
/// and control characters become `_`, an empty name becomes `column`, and one that is longer than
/// kMaxIdentifierBytes is cut and ends in `_` and the first 8 hex digits of the SHA-256 of the name
/// that came in. A name that a column before it has, or one of `reserved`, whatever the case, gets
/// the same suffix; if that is taken as well, as when a name is there three times, the digits are
/// those of the name, a NUL and 1, 2, 3, ...
std::vector<EmittedName> EmittedColumnNames(std::span<const std::string> names,
                                            std::span<const std::string_view> reserved);

/// Names of the fields of a struct: the same, but of any length, nothing is reserved, and each
/// object names its own, so the order plays no part but for names that are exactly equal. Of names
/// that differ only in case, the one that sorts last by its bytes (the lower-case one) stays.
std::vector<EmittedName> EmittedFieldNames(std::span<const std::string> names);

}  // namespace cloudquery
