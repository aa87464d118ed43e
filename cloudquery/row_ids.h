// The `_cq_id` and `_cq_parent_id` columns. RowIds is a value; one per stream of rows, not shared
// between threads.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "arrow/array.h"
#include "arrow/memory_pool.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "cloudquery/table.h"

namespace cloudquery {

/// Makes the `_cq_id`s of rows.
///
/// Random: UUID version 4. Deterministic: UUID version 8 (RFC 9562, section 5.8), whose 122 free
/// bits are the first ones of the SHA-256 of the stream's identity plus the row's position in it.
/// Rows of one stream never share an id; two streams would, only if their hashes fell within a
/// stream's length of each other.
class RowIds {
 public:
  static constexpr int kIdBytes = 16;

  static RowIds Random();
  /// `identity` names the stream of rows, e.g. bucket and key.
  static RowIds Deterministic(std::string_view identity);

  /// Ids of `rows` rows, the first of which is at `first_row` of the stream. Where `existing` (may
  /// be null; FixedSizeBinary(16) of `rows` values) has a value, that one is kept.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::Array>> Make(int64_t first_row, int64_t rows,
                                                                  const arrow::Array* existing,
                                                                  arrow::MemoryPool* pool);

 private:
  RowIds() = default;
  void Fill(int64_t row, uint8_t* id);

  uint64_t NextRandom();

  bool random_ = false;
  std::array<uint64_t, 4> random_state_ = {};
  uint64_t base_high_ = 0;  // the 122 free bits: 60 high ones here,
  uint64_t base_low_ = 0;   // 62 low ones here
};

/// `rows` nulls of FixedSizeBinary(16): the parents of top-level rows. All such arrays share their
/// memory.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::Array>> NullIds(int64_t rows);

/// `batch` with `_cq_id` and `_cq_parent_id` as its first columns. Where it has them already (as
/// FixedSizeBinary(16)), their values are kept and only missing ids are made.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> AddCqColumns(
    const arrow::RecordBatch& batch, RowIds& ids, int64_t first_row, arrow::MemoryPool* pool);

/// The fields of AddCqColumns' batches as columns of a table, with the ids' constraints.
std::vector<Column> WithCqColumns(const arrow::Schema& schema);

}  // namespace cloudquery
