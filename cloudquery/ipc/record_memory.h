// Memory for encoded records, used again once they are sent (docs/memory.md). Thread-safe, except
// for RecordMemory, which belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "arrow/buffer.h"
#include "arrow/result.h"

namespace cloudquery {

/// Records are encoded on one thread and freed on gRPC's threads. An allocator would serve them
/// with fresh pages, which the kernel must clear one by one; chunks that are used again are cleared
/// once. Holds as many chunks as were ever in use at a time, until the pool and all of its buffers
/// are gone.
class ChunkPool : public std::enable_shared_from_this<ChunkPool> {
 public:
  static constexpr int64_t kChunkBytes = 1024 * 1024;

  static std::shared_ptr<ChunkPool> Make();

  /// A mutable buffer of kChunkBytes with undefined contents. Its memory returns to the pool when
  /// its last reference goes.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::Buffer>> Take();

 private:
  class Chunk;
  using Memory = std::unique_ptr<arrow::Buffer>;

  ChunkPool() = default;
  void Return(Memory memory);

  std::mutex mutex_;
  std::vector<Memory> free_;  // guarded by mutex_; the last one returned is taken first
};

/// Cuts chunks into the memory of one record after the other.
class RecordMemory {
 public:
  explicit RecordMemory(ChunkPool& pool) : pool_(pool) {}

  /// A mutable buffer with undefined contents. A buffer larger than a chunk has memory of its own.
  [[nodiscard]] arrow::Result<std::shared_ptr<arrow::Buffer>> Allocate(int64_t bytes);

 private:
  ChunkPool& pool_;
  std::shared_ptr<arrow::Buffer> chunk_;
  int64_t used_bytes_ = 0;
};

}  // namespace cloudquery
