// The one schema of a table whose objects need not have the same columns. Pure functions over
// described columns (cloudquery/types/described_columns.h); thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/status.h"
#include "arrow/type.h"

namespace source {

/// Which schemas the objects of a table may have.
enum class SchemaMode : uint8_t {
  kEvolve,  // those that can be united without losing a value
  kStrict,  // all the same columns and types
};

/// The type of a column that only objects without rows have; a note on its field. It gives way to
/// any other type.
inline constexpr std::string_view kWithoutRowsKey = "cq:without_rows";

/// Objects of one schema, or what earlier syncs remembered.
struct SchemaSource {
  /// Described.
  std::shared_ptr<arrow::Schema> columns;
  /// The first of the objects, or the key of the state.
  std::string key;
  int64_t objects = 1;
  bool has_rows = true;
  /// By the state: its columns stay.
  bool remembered = false;
};

struct ColumnConflict {
  std::string column;
  struct Type {
    /// "nothing" when the column is missing.
    std::string text;
    /// Indices of the sources.
    std::vector<size_t> sources;
  };
  /// In the order of the sources.
  std::vector<Type> types;
};

/// `columns` is null when there are conflicts.
struct SchemaUnion {
  std::shared_ptr<arrow::Schema> columns;
  std::vector<ColumnConflict> conflicts;
};

/// Unites schemas: the columns of the first source in its order, then those that each later one
/// adds. Sources without rows decide about a column only where no other source has it, and add a
/// column only if no source has rows. kStrict: conflicts unless all sources are equal. `rescue`:
/// with kEvolve there are no conflicts; a column has the type of the first source that has it, and
/// of those that have something in common with it.
SchemaUnion UniteSchemas(const std::vector<SchemaSource>& sources, SchemaMode mode,
                         bool rescue = false);

/// kConfig: names the table and all conflicts, with an object of each type and how many there are,
/// and tells what to do.
[[nodiscard]] arrow::Status ConflictError(const std::string& table, SchemaMode mode,
                                          const std::vector<SchemaSource>& sources,
                                          const std::vector<ColumnConflict>& conflicts);

/// One sentence on the columns of `before` that have another type in `after`; empty: there are
/// none.
std::string TypesWidened(const arrow::Schema& before, const arrow::Schema& after);

}  // namespace source
