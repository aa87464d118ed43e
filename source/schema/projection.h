// From the batches of an object, as they are read, to batches of the table's schema.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/normalizer.h"

namespace source {

/// The columns of a table.
struct TableColumns {
  /// What they are, see cloudquery/types/described_columns.h.
  std::shared_ptr<arrow::Schema> described;
  /// As they are sent; the same order.
  std::shared_ptr<arrow::Schema> sent;
};

/// Immutable; thread-safe.
class Projection {
 public:
  /// For objects whose batches `normalizer` makes ready and whose columns are `own`, described.
  /// Columns that the object lacks are null. kConfig when it has a column that the table lacks, or
  /// whose type the table's does not hold; the text names all of them. An object without rows
  /// always fits. `fold_case`: names may differ in case.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Projection>> Make(
      std::shared_ptr<const cloudquery::Normalizer> normalizer, const arrow::Schema& own,
      const TableColumns& table, bool has_rows, bool fold_case);

  /// Where the object has the table's columns in its order, this is Normalizer::Convert, whose
  /// errors it has; else columns are moved, and those of another type are cast. kCorrupt: a value
  /// does not fit; the text names the column.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> Convert(
      const std::shared_ptr<arrow::RecordBatch>& batch, cloudquery::ConvertStats* stats,
      arrow::MemoryPool* pool) const;

  /// True when nothing is moved or cast.
  bool identity() const { return columns_.empty(); }

 private:
  struct Column {
    /// Index in the normaliser's batches; -1: all null.
    int source = -1;
    /// Described; null: the values need no cast.
    std::shared_ptr<arrow::Field> from;
    std::shared_ptr<arrow::Field> to;
  };

  Projection() = default;

  std::shared_ptr<const cloudquery::Normalizer> normalizer_;
  std::shared_ptr<arrow::Schema> sent_;
  std::vector<Column> columns_;
};

}  // namespace source
