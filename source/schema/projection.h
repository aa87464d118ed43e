// From the batches of an object, as they are read, to batches of the table's schema.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/normalizer.h"
#include "formats/column_selection.h"
#include "formats/format.h"
#include "source/schema/column_fit.h"

namespace source {

/// The columns of a table.
struct TableColumns {
  /// What they are, see cloudquery/types/described_columns.h.
  std::shared_ptr<arrow::Schema> described;
  /// As they are sent; the same order.
  std::shared_ptr<arrow::Schema> sent;
  /// `sent` has one column more, at the end: source/schema/rescued.h.
  bool rescue = false;
};

/// The columns of objects of one schema, as its batches are made ready by `normalizer`.
struct ObjectColumns {
  /// What is wanted of the batches as they are read.
  std::shared_ptr<const formats::ColumnSelection> selection;
  /// Of that.
  std::shared_ptr<const cloudquery::Normalizer> normalizer;
  /// Described, in the order of the normaliser's batches.
  std::shared_ptr<arrow::Schema> own;
  /// The same with the types that `types` gives (source/schema/column_types.h).
  std::shared_ptr<arrow::Schema> decided;
  bool has_rows = true;
};

/// Immutable; thread-safe.
class Projection {
 public:
  /// Columns that the object lacks are null. kConfig when it has a column that the table lacks, or
  /// whose type the table's does not hold though `types` does not give it; the text names all of
  /// them. An object without rows always fits, and so does every one where values are rescued.
  /// `fold_case`: names may differ in case.
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Projection>> Make(
      const ObjectColumns& object, const TableColumns& table, bool fold_case);

  /// Where the object has the table's columns in its order, this is Normalizer::Convert, whose
  /// errors it has; else columns are moved, and those of another type are cast. kCorrupt: a value
  /// does not fit and is not rescued; the text names column, row and the type of the value.
  /// `rescued_of_key`: what else is rescued for each row, as members of a JSON object.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> Convert(
      const formats::RowBatch& batch, cloudquery::ConvertStats* stats, arrow::MemoryPool* pool,
      std::string_view rescued_of_key = {}) const;

  /// True when nothing is moved or cast.
  bool identity() const { return columns_.empty(); }

 private:
  Projection() = default;
  std::string PlanColumns(const ObjectColumns& object, const TableColumns& table, bool fold_case);
  void MakePathsUnique();

  std::shared_ptr<const formats::ColumnSelection> selection_;
  std::shared_ptr<const cloudquery::Normalizer> normalizer_;
  std::shared_ptr<arrow::Schema> sent_;
  bool rescue_ = false;
  /// Those of the table, then those that it lacks.
  std::vector<ColumnFit> columns_;
};

}  // namespace source
