// Names of columns and fields that every destination can tell apart. Destinations compare the names
// of a table's columns without regard to case, and refuse empty ones. Pure functions; thread-safe.
//
// A column keeps a short name that no column before it has. Any other name gets a suffix, which is
// a hash of the name and not a number. A name depends only on itself and on the columns before it,
// so a column that is added at the end never renames another. Columns have the order of the table,
// which is that of its oldest object; other objects may have theirs in any order.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cloudquery {

struct EmittedName {
  std::string name;
  /// Why it differs from the raw name, e.g. "it is empty"; empty if it does not.
  std::string_view why;

  bool operator==(const EmittedName&) const = default;
};

/// Names of a table's columns, in the order of the raw `names`. Invalid UTF-8 is replaced, double
/// quotes and control characters become `_`, and an empty name becomes `column`. A name that is
/// longer than kMaxIdentifierBytes is cut and ends in `_` and the first 8 hex digits of the SHA-256
/// of the raw name. A name that equals one before it, or one of `reserved`, ignoring case, gets the
/// same suffix. If the result is taken too, as when a name occurs three times, the hash is that of
/// the raw name, a NUL and 1, 2, 3, ...
std::vector<EmittedName> EmittedColumnNames(std::span<const std::string> names,
                                            std::span<const std::string_view> reserved);

/// Names of a struct's fields. They may have any length and no name is reserved. Their order does
/// not matter, except for names that are exactly equal, since objects may order fields differently.
/// Of names that differ only in case, the one that sorts last by its bytes (the lower-case one)
/// keeps its name.
std::vector<EmittedName> EmittedFieldNames(std::span<const std::string> names);

}  // namespace cloudquery
