// Encodes record batches and schemas as the IPC streams that CloudQuery's messages carry. Immutable
// after Make; thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "cloudquery/ipc/record_memory.h"

namespace cloudquery {

/// The Go side drops larger messages and only logs it (plugin-sdk,
/// internal/servers/plugin/v3/plugin.go: 100 MiB). A little is left for the framing.
inline constexpr int64_t kMaxRecordBytes = 100 * 1024 * 1024 - 64 * 1024;

/// A record of several rows is cut if it is larger than this.
inline constexpr int64_t kTargetRecordBytes = 16 * 1024 * 1024;

/// A complete IPC stream (schema, one batch, end) in consecutive pieces. It has one piece, unless
/// columns are so large that the batch's own buffers are used instead of copies.
struct EncodedRecord {
  arrow::BufferVector pieces;
  int64_t size_bytes = 0;
  int64_t rows = 0;
};

/// How batches are cut into records.
struct RecordLimits {
  int64_t max_rows = 500;
  int64_t target_bytes = kTargetRecordBytes;
  int64_t max_bytes = kMaxRecordBytes;
};

/// Encodes the batches of one table. Encodes the schema only once.
class RecordEncoder {
 public:
  /// kUnsupported: Normalizer does not emit the type of a column.
  [[nodiscard]] static arrow::Result<RecordEncoder> Make(
      const std::shared_ptr<arrow::Schema>& schema,
      std::shared_ptr<ChunkPool> memory = ChunkPool::Make());

  /// Cuts the batch by rows and bytes and calls `emit` with one record after the other. Stops at
  /// the first error of `emit`. The batch has the columns of the schema; its own metadata is
  /// ignored. A batch without rows gives no record. kLimit: a single row needs more than max_bytes.
  [[nodiscard]] arrow::Status Encode(const arrow::RecordBatch& batch, const RecordLimits& limits,
                                     const std::function<arrow::Status(EncodedRecord)>& emit) const;

 private:
  class Run;
  RecordEncoder() = default;

  std::shared_ptr<arrow::Buffer> schema_message_;
  std::shared_ptr<ChunkPool> memory_;
};

/// The IPC stream of a schema alone.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(
    const std::shared_ptr<arrow::Schema>& schema);

}  // namespace cloudquery
