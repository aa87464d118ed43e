// Functions that only the files implementing convert.h share.
#pragma once

#include "cloudquery/types/convert.h"

namespace cloudquery {

// The array's buffers as an array of another type with the same layout.
ArrayPtr Retype(const arrow::Array& array, const std::shared_ptr<arrow::DataType>& type);

// The validity bits of an array, for a new one that begins at offset 0; null when all values are
// valid.
arrow::Result<std::shared_ptr<arrow::Buffer>> ValidityOf(const arrow::Array& array,
                                                         arrow::MemoryPool* pool);

// The same array, or one with nulls in place of decimals with too many digits and of times that are
// not within one day.
arrow::Result<ArrayPtr> KeepInRange(const ArrayPtr& array, const ConvertContext& context);

// The values at `indices`, which may be null. `values` is of a type that is sent.
arrow::Result<ArrayPtr> TakeValues(const ArrayPtr& values, const ArrayPtr& indices,
                                   const ConvertContext& context);

// One function for each group of Conversion.
arrow::Result<ArrayPtr> ConvertInt96(const TypeRule& rule, const arrow::Array& array,
                                     const ConvertContext& context);
arrow::Result<ArrayPtr> ConvertScalars(const TypeRule& rule, const ArrayPtr& array,
                                       const ConvertContext& context);
arrow::Result<ArrayPtr> ConvertText(const TypeRule& rule, const ArrayPtr& array,
                                    const ConvertContext& context);
arrow::Result<ArrayPtr> ConvertList(const TypeRule& rule, const ArrayPtr& array,
                                    const ConvertContext& context);
arrow::Result<ArrayPtr> ConvertStruct(const TypeRule& rule, const ArrayPtr& array,
                                      const ConvertContext& context);
arrow::Result<ArrayPtr> ConvertDictionary(const TypeRule& rule, const ArrayPtr& array,
                                          const ConvertContext& context);
arrow::Result<ArrayPtr> ConvertRunEnds(const TypeRule& rule, const ArrayPtr& array,
                                       const ConvertContext& context);

}  // namespace cloudquery
