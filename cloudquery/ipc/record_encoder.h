// Record batches and schemas as the IPC streams that CloudQuery's messages carry. Immutable after
// Make; thread-safe.
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

/// The Go side drops a larger message with no more than a log line (plugin-sdk,
/// internal/servers/plugin/v3/plugin.go: 100 MiB); a little is kept back for its framing.
inline constexpr int64_t kMaxRecordBytes = 100 * 1024 * 1024 - 64 * 1024;

/// A record is cut before it grows past this, if it has more than one row.
inline constexpr int64_t kTargetRecordBytes = 16 * 1024 * 1024;

/// A complete IPC stream (schema, one batch, end) as consecutive pieces: one, but for columns so
/// large that the batch's own buffers are taken instead of copies.
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

/// Encodes the batches of one table. The schema's bytes are made once.
class RecordEncoder {
 public:
  /// kUnsupported: a column's type is none of those that Normalizer emits.
  [[nodiscard]] static arrow::Result<RecordEncoder> Make(
      std::shared_ptr<arrow::Schema> schema, std::shared_ptr<ChunkPool> memory = ChunkPool::Make());

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// Cuts the batch by rows and bytes and hands on one record after the other; stops at the first
  /// error of `emit`. The batch has the columns of schema(), whatever its own metadata. kLimit: a
  /// single row needs more than max_bytes. No rows: no record.
  [[nodiscard]] arrow::Status Encode(const arrow::RecordBatch& batch, const RecordLimits& limits,
                                     const std::function<arrow::Status(EncodedRecord)>& emit) const;

 private:
  class Run;
  RecordEncoder() = default;

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Buffer> schema_message_;
  std::shared_ptr<ChunkPool> memory_;
};

/// The IPC stream of a schema alone.
[[nodiscard]] arrow::Result<std::shared_ptr<arrow::Buffer>> EncodeSchema(
    const std::shared_ptr<arrow::Schema>& schema);

}  // namespace cloudquery
