// Which columns of an object are wanted (`columns` of the spec), and which fields inside their
// structs. Immutable; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/type.h"

namespace formats {

/// The place of the field of that name; where none is equal, of the first whose name differs in
/// case only.
std::optional<int> FindField(const arrow::FieldVector& fields, std::string_view name);

class ColumnSelection {
 public:
  /// `names`: of columns or, with dots, of fields inside structs ("order.price"); where none is
  /// equal, one that differs in case only counts. None: all columns are wanted.
  ColumnSelection(std::shared_ptr<arrow::Schema> schema, std::span<const std::string> names);

  /// Nothing is left out.
  bool all() const { return all_; }
  /// For each name: whether the schema has it.
  const std::vector<bool>& found() const { return found_; }
  /// Whether the column at `index` is wanted, at least in part.
  bool Has(int index) const;

  /// What is wanted, in the order of the whole.
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  /// The leaf columns that are wanted: numbers of the whole schema's fields that have no fields
  /// inside, from left to right.
  const std::vector<int>& leaves() const { return leaves_; }

  /// The wanted part of a batch of the whole schema.
  std::shared_ptr<arrow::RecordBatch> Select(
      const std::shared_ptr<arrow::RecordBatch>& batch) const;

 private:
  /// A field that is wanted; as a whole if it has no `fields`.
  struct Wanted {
    int index = 0;
    std::vector<Wanted> fields;
  };

  static bool Add(const arrow::FieldVector& fields, std::string_view name,
                  std::vector<Wanted>* wanted);
  arrow::FieldVector Prune(const arrow::FieldVector& fields, const std::vector<Wanted>& wanted);
  static std::shared_ptr<arrow::ArrayData> Prune(const arrow::ArrayData& data, const Wanted& wanted,
                                                 const std::shared_ptr<arrow::DataType>& type);

  bool all_ = true;
  std::vector<bool> found_;
  std::vector<Wanted> wanted_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> leaves_;
  int next_leaf_ = 0;  // while it is made
};

}  // namespace formats
