// Text that repeats: columns whose values come from a small dictionary. The Parquet library lays
// such values out one by one, at about 20 ns each; to have it decode their indices only and to lay
// the values out here takes a third of that, and tells how large they get before memory is taken
// for them. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "arrow/array/data.h"
#include "arrow/memory_pool.h"
#include "arrow/result.h"
#include "arrow/type.h"

namespace parquet {
class ColumnChunkMetaData;
class ColumnDescriptor;
}  // namespace parquet

namespace formats {

/// Whether a column chunk is better decoded by way of its dictionary: strings or binaries at the
/// top level, whose pages all use it, and which repeat enough.
bool IsRepetitive(const parquet::ColumnChunkMetaData& chunk,
                  const parquet::ColumnDescriptor& column);

/// dictionary<int32, type>: what such a column of `type`, utf8 or binary, is decoded to.
std::shared_ptr<arrow::DataType> DictionaryOf(const std::shared_ptr<arrow::DataType>& type);

/// Size of the longest value in the dictionary of a DictionaryOf array.
int64_t LongestValueBytes(const arrow::ArrayData& column);

/// A DictionaryOf array as an array of the dictionary's type. kCorrupt when it refers to values
/// that the dictionary does not have; kLimit when the values take 2 GiB or more.
arrow::Result<std::shared_ptr<arrow::ArrayData>> Expand(const arrow::ArrayData& column,
                                                        arrow::MemoryPool* pool);

}  // namespace formats
