// Converts the columns of an object to the columns of its table, with types and names that every
// destination can hold: the types of type_rules.h, the names of column_names.h, valid UTF-8,
// nullable fields, and no metadata but that of CloudQuery's extension types.
//
// Columns are matched by name, in any order. Of several columns with exactly the same name, the
// first is matched with the first, and so on. Data that CloudQuery wrote has columns of
// CloudQuery's own. Those that the CLI adds are skipped. `_cq_id` and `_cq_parent_id` are sent as
// UUIDs, null where the data has no UUID, or under another name if their type cannot hold UUIDs.
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

/// The first column that differs between an object's schema and its table's.
struct ColumnDifference {
  /// Its raw name.
  std::string column;
  /// The type that the table sends, e.g. "list<item: utf8>"; "nothing" if it has no such column.
  std::string expected;
  /// The same of the object.
  std::string actual;

  bool operator==(const ColumnDifference&) const = default;
};

/// Compares two schemas by the columns that are sent of them: first the table's columns in their
/// order, then those that only the object has. Order, nullability, metadata and columns that are
/// skipped do not matter, nor do types that are sent as the same type.
std::optional<ColumnDifference> FindDifference(const arrow::Schema& table,
                                               const arrow::Schema& object,
                                               const NormalizeOptions& options);

/// Turns the batches of objects of one schema into those of a table.
class Normalizer {
 public:
  /// For objects whose schema is `object`. The schema `table`, of the object that the table was
  /// made from, decides the table's columns, their order and their names. kUnsupported:
  /// FindDifference() finds a difference.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Normalizer>> Make(
      const arrow::Schema& table, const arrow::Schema& object, const NormalizeOptions& options);

  /// For objects of the table's own schema.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Normalizer>> Make(
      const arrow::Schema& table, const NormalizeOptions& options) {
    return Make(table, table, options);
  }

  /// The schema of the batches that Convert() returns. Equal for all objects of a table.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// A sentence for each column, or field inside one, that is renamed or skipped.
  const std::vector<std::string>& warnings() const { return warnings_; }

  /// True if Convert() returns columns as they are, except for invalid UTF-8.
  bool identity() const { return identity_; }

  /// `batch` has the columns of the object's schema, in its order. Columns that need no change are
  /// shared, not copied. Convert whole batches and slice the result, since a slice keeps its whole
  /// dictionaries. kLimit, kCorrupt, kUnsupported: a column cannot be converted; the message names
  /// it.
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
