// The `_cq_id` and `_cq_parent_id` columns. RowIds is a value: use one for each stream of rows, and
// do not share it between threads.
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
/// Random ids are UUIDs of version 4. Deterministic ids are UUIDs of version 8 (RFC 9562, section
/// 5.8): their 122 free bits are the first bits of the SHA-256 of the stream's identity, plus the
/// position of the row in the stream. Rows of one stream never share an id. Rows of two streams
/// share one only if the two hashes differ by less than the length of a stream.
class RowIds {
 public:
  static constexpr int kIdBytes = 16;

  static RowIds Random();
  /// `identity` names the stream of rows, e.g. bucket and key.
  static RowIds Deterministic(std::string_view identity);

  /// Ids of the rows from `first_row` of the stream on. Keeps the values of `existing`, which may
  /// be null or a FixedSizeBinary(16) of `rows` values.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::Array>> Make(int64_t first_row, int64_t rows,
                                                                  const arrow::Array* existing,
                                                                  arrow::MemoryPool* pool);

 private:
  RowIds() = default;
  void Fill(int64_t row, uint8_t* id);

  uint64_t NextRandom();

  bool random_ = false;
  std::array<uint64_t, 4> random_state_ = {};
  uint64_t base_high_ = 0;  // the upper 60 of the 122 free bits
  uint64_t base_low_ = 0;   // the lower 62
};

/// `rows` nulls of FixedSizeBinary(16), the parent ids of top-level rows. All such arrays share
/// their memory.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::Array>> NullIds(int64_t rows);

/// `batch` with `_cq_id` and `_cq_parent_id` as its first columns. If it has them already, as
/// FixedSizeBinary(16), their values are kept and only the missing ids are made.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::RecordBatch>> AddCqColumns(
    const arrow::RecordBatch& batch, RowIds& ids, int64_t first_row, arrow::MemoryPool* pool);

/// The columns of a table whose batches come from AddCqColumns, with the constraints of the ids.
std::vector<Column> WithCqColumns(const arrow::Schema& schema);

}  // namespace cloudquery
