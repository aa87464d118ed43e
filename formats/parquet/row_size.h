// How much memory a row takes once it is decoded, as far as a footer can tell. Thread-safe.
#pragma once

#include <span>

namespace parquet {
class RowGroupMetaData;
}

namespace formats {

/// Estimate of the bytes per row of decoded Arrow arrays, from the types, the number of values and
/// the sizes in the metadata. Long strings that repeat (dictionary-encoded, by a writer that states
/// no unencoded sizes) can be far larger; the estimate is then on the cautious side. `row_group`
/// has rows, and its counts are not negative. `leaves`: the columns that count, without it all.
double EstimateRowBytes(const parquet::RowGroupMetaData& row_group, std::span<const int> leaves);
double EstimateRowBytes(const parquet::RowGroupMetaData& row_group);

}  // namespace formats
