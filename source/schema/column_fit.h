// How a column of an object becomes the column of its table: planned once for each schema, applied
// to each batch. Pure; thread-safe as long as each call has its own ConvertStats.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "arrow/type.h"
#include "cloudquery/types/convert.h"

namespace source {

/// A column, or a field inside structs. Fields are described (cloudquery/types/described_columns.h)
/// and values are as they are sent.
struct ColumnFit {
  enum class How : uint8_t {
    kMissing,  // the object does not have it: null
    kSame,     // it is shared
    kWiden,    // cast to a type that holds all its values
    kConvert,  // cast to the type that `types` gives it; some values may not fit
    kFields,   // a struct whose fields are brought to the table's one by one
    kRescue,   // no value fits
  };
  How how = How::kMissing;
  /// Index among the object's columns, or the fields of its struct.
  int source = -1;
  /// In the object; null where it is missing.
  std::shared_ptr<arrow::Field> from;
  /// In the table; null where that has no such column.
  std::shared_ptr<arrow::Field> to;
  /// The column and the fields below it: "order.price".
  std::string path;
  /// For kFields: those of `to`, in its order, then those that it lacks.
  std::vector<ColumnFit> fields;
};

/// Values of one batch that do not fit.
struct UnfitValues {
  std::string path;
  /// The type that the values have.
  std::shared_ptr<arrow::Field> from;
  /// Indices in the batch, in ascending order.
  std::vector<int64_t> rows;
  /// All values of the batch, or, if `values_of_rows`, only those of `rows`.
  cloudquery::ArrayPtr values;
  bool values_of_rows = false;
};

/// A column of an object beside that of its table.
struct ColumnPair {
  std::shared_ptr<arrow::Field> from;
  /// `from` with the types that `types` gives.
  std::shared_ptr<arrow::Field> decided;
  /// Null: the table has no such column.
  std::shared_ptr<arrow::Field> to;
};

/// Nothing: the table's type does not hold all values of the object's, and neither does `types` say
/// that they are to be cast nor are others rescued.
std::optional<ColumnFit> PlanFit(const ColumnPair& pair, std::string path, int source, bool rescue);

/// `array` as the table's column; null: the object lacks it, and all of `rows` are null. What does
/// not fit is null and added to `unfit`. Returns null where the table has no such column.
[[nodiscard]] arrow::Result<cloudquery::ArrayPtr> FitColumn(
    const ColumnFit& fit, const cloudquery::ArrayPtr& array, int64_t rows,
    const cloudquery::ConvertContext& context, std::vector<UnfitValues>* unfit);

}  // namespace source
