// Which byte ranges to fetch so that a set of pieces of an object is covered with few requests of a
// good size. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "arrow/io/interfaces.h"

namespace formats {

/// How pieces become ranges. The defaults suit S3, where a request costs about as long as the
/// transfer of some MiB: a hole is cheaper fetched than skipped, and a range is long enough to be
/// worth its request yet short enough that several of them run side by side.
struct RangeOptions {
  /// Pieces are merged when at most this many unused bytes lie between them.
  int64_t hole_bytes = int64_t{1} << 20;
  /// Length that ranges are cut to, more or less: evenly, into between 2/3 and 3/2 of it. Shorter
  /// where there is no more to fetch.
  int64_t target_bytes = int64_t{8} << 20;
  /// No range is longer; wins over target_bytes.
  int64_t max_bytes = int64_t{16} << 20;
};

/// Ranges that cover every byte of `pieces`, in ascending order, none empty, none overlapping.
/// `pieces` may come in any order, overlap and be empty. All options must be positive, hole_bytes
/// may be zero.
std::vector<arrow::io::ReadRange> CoverPieces(std::vector<arrow::io::ReadRange> pieces,
                                              const RangeOptions& options);

}  // namespace formats
