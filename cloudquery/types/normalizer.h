// What Parquet and Arrow can hold becomes what CloudQuery's destinations can hold: the columns of
// an object, made ready for the table that they go into. The output has types that every
// destination takes, names that every destination can tell apart, valid UTF-8, nullable fields, and
// no metadata but that of CloudQuery's extension types.
//
// Columns are matched by name, whatever their order; of columns with exactly equal names, the first
// is matched with the first, and so on. CloudQuery's own columns, which data has that was once
// written by CloudQuery, are not passed on as they are: those that the CLI adds are dropped,
// `_cq_id` and
// `_cq_parent_id` come back as UUIDs (null where there is none), or under another name when their
// type cannot hold one.
//
// A Normalizer is immutable after Make; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

/// The first column in which an object's schema does not agree with the table's.
struct ColumnDifference {
  /// As the schemas have it, before any renaming.
  std::string column;
  /// The type that is sent, e.g. "list<item: utf8>"; "nothing" when the table has no such column.
  std::string expected;
  /// The same; "nothing" when the object has no such column.
  std::string actual;

  bool operator==(const ColumnDifference&) const = default;
};

/// Compares two schemas as they were read by the columns that are sent: name by name, in the
/// table's order first. Order, nullability, metadata and columns that are dropped play no part, nor
/// do types that are sent as the same type.
std::optional<ColumnDifference> FindDifference(const arrow::Schema& table,
                                               const arrow::Schema& object,
                                               const NormalizeOptions& options);

/// Turns the batches of objects of one schema into those of a table.
class Normalizer {
 public:
  /// For objects whose schema is `object`, in a table whose columns, their order and their names
  /// are decided by `table` (the schema of the object that the table was made from). kUnsupported:
  /// FindDifference() finds one.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Normalizer>> Make(
      const arrow::Schema& table, const arrow::Schema& object, const NormalizeOptions& options);

  /// For objects that decide it themselves.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Normalizer>> Make(
      const arrow::Schema& table, const NormalizeOptions& options) {
    return Make(table, table, options);
  }

  /// What Convert() returns batches of; equal for all objects of a table.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// A sentence for each column, or field inside one, that is renamed or dropped.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// True when Convert() returns columns as they are, but for invalid UTF-8.
  bool identity() const { return identity_; }

  /// `batch` has the columns of the object's schema, in its order. Columns that need no change are
  /// shared, not copied. Convert batches as they are read and slice them afterwards: a slice does
  /// not make its dictionaries smaller. kLimit, kCorrupt, kUnsupported: a column cannot be
  /// converted; the message names it.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> Convert(
      const std::shared_ptr<arrow::RecordBatch>& batch, ConvertStats* stats,
      arrow::MemoryPool* pool) const;

 private:
  struct Column {
    int source;  // its index in the object's schema
    TypeRule rule;
    bool is_row_id;
  };

  Normalizer() = default;

  std::vector<Column> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::string> warnings_;
  bool identity_ = false;
};

}  // namespace cloudquery
