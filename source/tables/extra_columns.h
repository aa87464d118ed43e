// Columns of a table that its objects do not hold: those that follow from keys (captures of a
// dataset's pattern, partitions) and those that say where a row comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/scalar.h"
#include "arrow/type.h"
#include "s3/object_store.h"
#include "source/schema/column_types.h"
#include "source/tables/table_rules.h"

namespace source {

/// Which ones a table has. A value.
struct ExtraColumns {
  std::shared_ptr<const TableRules> rules;
  /// Captures, then partitions, by their names in keys; they differ by more than case.
  std::vector<std::string> path_columns;
  /// In the order of MetadataColumn.
  std::vector<MetadataColumn> metadata;
  /// Of path columns: the others are text.
  ColumnTypes types;
  /// What does not fit them is kept, see ExtraValues::rescued.
  bool rescue = false;

  /// Whether the path gives a column of that name.
  bool has(std::string_view name) const;
  bool empty() const { return path_columns.empty() && metadata.empty(); }
};

/// Adds them to the rows of one object whose key has given them. Not thread-safe.
class ExtraValues {
 public:
  /// How many rows are extended at once, so that their extra columns take about `bytes`. At
  /// least 1.
  int64_t RowsWithin(int64_t bytes) const;

  /// What the key has that does not fit its columns: members of a JSON object
  /// (source/schema/rescued.h).
  const std::string& rescued() const { return rescued_; }

  /// `first_row`: position of the batch's first row in the object.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> Extend(
      const arrow::RecordBatch& batch, int64_t first_row, arrow::MemoryPool* pool);

 private:
  friend class RowExtender;
  ExtraValues() = default;

  std::shared_ptr<const class RowExtender> extender_;
  /// One for each extra column; null for the position of the row.
  std::vector<std::shared_ptr<arrow::Scalar>> constants_;
  /// Each of one value, as long as the longest batch so far.
  std::vector<std::shared_ptr<arrow::Array>> arrays_;
  std::string rescued_;
  bool compared_ = false;
};

/// Puts the extra columns of a table behind those of its data. A column of the data that has the
/// name of a path's column gives way to it; one that has the name of a metadata column is renamed.
/// Thread-safe.
class RowExtender : public std::enable_shared_from_this<RowExtender> {
 public:
  /// `data`: the columns of the data as they are sent. Adds sentences to `warnings`.
  [[nodiscard]] static std::shared_ptr<const RowExtender> Make(const ExtraColumns& extras,
                                                               const arrow::Schema& data,
                                                               std::vector<std::string>* warnings);

  /// Of the rows that Extend returns.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// kCorrupt: a part of the key does not fit the type that `types` gives, and is not rescued; the
  /// text names the column.
  [[nodiscard]] arrow::Result<ExtraValues> ValuesOf(const s3::ObjectInfo& object) const;

  /// The columns of the data that gave way and had another value than the key of their object, as
  /// far as the first value of each object tells, when all rows have been extended.
  std::set<std::string> differing() const;

 private:
  friend class ExtraValues;
  RowExtender() = default;
  /// A column of the data that gives way to one of the path. Indices of both.
  struct Replaced {
    int data = 0;
    size_t path = 0;
    std::shared_ptr<arrow::Field> field;
  };

  void AddPathColumns(const std::vector<std::string>& reserved);
  void Compare(const Replaced& column, const arrow::Array& values,
               const arrow::Scalar& of_key) const;
  void AddDataColumns(const arrow::Schema& data, const std::vector<std::string>& metadata_names,
                      std::vector<std::string>* warnings);

  ExtraColumns extras_;
  std::vector<std::string> path_names_;  // as they are sent
  arrow::FieldVector path_types_;        // described
  std::vector<int> kept_;                // columns of the data
  std::vector<Replaced> replaced_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> differing_;  // guarded by mutex_
  std::shared_ptr<arrow::Schema> schema_;
  arrow::FieldVector fields_;  // of schema_, while it is made
};

}  // namespace source
