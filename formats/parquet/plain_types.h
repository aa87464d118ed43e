// Arrow types without the metadata that a file hangs on their fields (field ids, pandas notes,
// leftovers of a stored Arrow schema), so that two files with the same columns have equal schemas.
// Pure functions, thread-safe.
#pragma once

#include <memory>

#include "arrow/array/data.h"
#include "arrow/type.h"

namespace formats {

/// `schema` without metadata of its own and of its fields at any depth. Names, types, nullability
/// and extension types stay.
std::shared_ptr<arrow::Schema> PlainSchema(const arrow::Schema& schema);

/// `data` as an array of `type`, which must have the same layout as its own type: the two differ in
/// metadata, or as readable_schema.h says. Copies no values.
std::shared_ptr<arrow::ArrayData> WithType(const std::shared_ptr<arrow::ArrayData>& data,
                                           const std::shared_ptr<arrow::DataType>& type);

}  // namespace formats
