#include "formats/parquet/row_size.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "parquet/metadata.h"
#include "parquet/schema.h"
#include "parquet/size_statistics.h"
#include "parquet/types.h"

namespace formats {
namespace {

// What a dictionary-encoded string is taken to be at least. Dictionaries pay for short strings
// mostly; for longer ones the reader corrects itself after its first batch.
constexpr double kRepeatedValueBytes = 256;

constexpr double kOffsetBytes = 4;
constexpr double kValidityBytes = 1.0 / 8;

std::optional<int64_t> UnencodedBytes(const parquet::ColumnChunkMetaData& chunk) {
  const auto sizes = chunk.size_statistics();
  return sizes == nullptr ? std::nullopt : sizes->unencoded_byte_array_data_bytes;
}

double StringBytes(const parquet::ColumnChunkMetaData& chunk, double values) {
  if (const auto bytes = UnencodedBytes(chunk); bytes.has_value() && *bytes >= 0) {
    return static_cast<double>(*bytes);
  }
  const double stored = static_cast<double>(chunk.total_uncompressed_size());
  return chunk.has_dictionary_page() ? std::max(stored, values * kRepeatedValueBytes) : stored;
}

double FixedBytes(const parquet::ColumnDescriptor& column) {
  if (column.logical_type() != nullptr && column.logical_type()->is_decimal()) {
    return column.type_precision() > 38 ? 32 : 16;
  }
  switch (column.physical_type()) {
    case parquet::Type::BOOLEAN:
      return 1.0 / 8;
    case parquet::Type::INT32:
    case parquet::Type::FLOAT:
      return 4;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return column.type_length();
    case parquet::Type::INT96:
      return 12;
    default:
      return 8;
  }
}

double ChunkBytes(const parquet::ColumnChunkMetaData& chunk,
                  const parquet::ColumnDescriptor& column, double rows) {
  const double values = static_cast<double>(chunk.num_values());
  double bytes = values * kValidityBytes;
  if (column.max_repetition_level() > 0) bytes += rows * kOffsetBytes;
  if (column.physical_type() == parquet::Type::BYTE_ARRAY) {
    return bytes + values * kOffsetBytes + StringBytes(chunk, values);
  }
  return bytes + values * FixedBytes(column);
}

}  // namespace

double EstimateRowBytes(const parquet::RowGroupMetaData& row_group, std::span<const int> leaves) {
  const double rows = static_cast<double>(row_group.num_rows());
  double bytes = 0;
  for (const int leaf : leaves) {
    bytes += ChunkBytes(*row_group.ColumnChunk(leaf), *row_group.schema()->Column(leaf), rows);
  }
  return bytes / rows;
}

double EstimateRowBytes(const parquet::RowGroupMetaData& row_group) {
  std::vector<int> all(static_cast<size_t>(row_group.num_columns()));
  std::iota(all.begin(), all.end(), 0);
  return EstimateRowBytes(row_group, all);
}

}  // namespace formats
