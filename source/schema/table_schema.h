// The one schema of a table, and what brings the rows of each of its objects to it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/type_rules.h"
#include "source/schema/column_types.h"
#include "source/schema/projection.h"
#include "source/schema/schema_union.h"

namespace source {

/// What the spec says about the columns of a table.
struct SchemaOptions {
  SchemaMode mode = SchemaMode::kEvolve;
  /// The only columns that are read, by the names of formats::ColumnSelection; none: all.
  std::vector<std::string> columns;
  ColumnTypes types;
  /// What does not fit a column is kept in another one, see source/schema/rescued.h.
  bool rescue = false;
  cloudquery::NormalizeOptions normalize;
};

/// What holds for a table of several datasets: the columns of all of them; the types of the first
/// one that gives a column a type; `strict`, `rescue` and new ids if one of them sets it.
SchemaOptions Merged(SchemaOptions one, const SchemaOptions& other);

/// Thread-safe once Unite() has returned.
class TableSchema {
 public:
  TableSchema(std::string table, SchemaOptions options)
      : table_(std::move(table)), options_(std::move(options)) {}

  /// The columns that are wanted of objects that are read with this schema. Described.
  std::shared_ptr<arrow::Schema> Describe(const std::shared_ptr<arrow::Schema>& read) const;

  /// Decides about the columns, once. kConfig: not all of the schemas can be united; the text names
  /// all that is in the way; or none has any of the columns that are wanted. Without sources there
  /// is no schema.
  [[nodiscard]] arrow::Status Unite(const std::vector<SchemaSource>& sources);

  /// What brings objects of `schema`, as it was read, to the table's columns. Objects of equal
  /// schemas share it while it is in use. kConfig: it does not fit, as when the object `key`
  /// changed after Unite().
  [[nodiscard]] arrow::Result<std::shared_ptr<const Projection>> Fit(
      const std::string& key, const std::shared_ptr<arrow::Schema>& schema, bool has_rows);

  /// Null members: there is no schema.
  const TableColumns& columns() const { return columns_; }
  const SchemaOptions& options() const { return options_; }
  /// For each of the columns that the options name: whether the table has it.
  const std::vector<bool>& columns_found() const { return columns_found_; }
  /// For each of the types that the options give: whether a column of the table has it.
  const std::vector<bool>& types_found() const { return types_found_; }
  /// A sentence for each column that is sent under another name.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  arrow::Status Select(std::vector<SchemaSource>* sources);

  struct Fitted {
    std::shared_ptr<arrow::Schema> schema;
    bool has_rows;
    std::shared_ptr<const Projection> projection;
  };

  const std::string table_;
  const SchemaOptions options_;
  TableColumns columns_;
  std::vector<bool> columns_found_;
  std::vector<bool> types_found_;
  std::string first_key_;
  std::vector<std::string> warnings_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<const Fitted>> fitted_;  // guarded by mutex_: those that are in use
};

}  // namespace source
