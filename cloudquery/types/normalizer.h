// What Parquet and Arrow can hold becomes what CloudQuery's destinations can hold: the columns of
// an object, made ready to be sent. The output has types that every destination takes, names that
// every destination can tell apart, valid UTF-8, nullable fields, and no metadata but that of
// CloudQuery's extension types. It knows one schema alone; what the objects
// of a table have in common is found elsewhere.
//
// CloudQuery's own columns, which data has that was once written by CloudQuery, are not passed on
// as they are: those that the CLI adds are dropped, `_cq_id` and
// `_cq_parent_id` come back as UUIDs (null where there is none), or under another name when their
// type cannot hold one.
//
// A Normalizer is immutable after Make; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"
#include "cloudquery/types/type_rules.h"

namespace cloudquery {

/// Turns the batches of objects of one schema into those that are sent.
class Normalizer {
 public:
  [[nodiscard]] static arrow::Result<std::shared_ptr<const Normalizer>> Make(
      const arrow::Schema& schema, const NormalizeOptions& options);

  /// What Convert() returns batches of: the columns that described_columns.h describes.
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
