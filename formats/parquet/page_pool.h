// Memory for decompressed pages, with a limit for each allocation and one for all together.
#pragma once

#include <cstdint>
#include <string>

#include "arrow/memory_pool.h"

namespace formats {

/// Passes everything on to `pool`, except that a single allocation of more than `page_bytes` fails
/// with kCorrupt: the header of a page, which no checksum covers, says how much memory to take for
/// it, up to 2 GiB. What would make more than `total_bytes` together fails
/// with kLimit. No base::MemoryScope counts it. Not thread-safe.
class PagePool : public arrow::MemoryPool {
 public:
  PagePool(arrow::MemoryPool* pool, int64_t page_bytes, int64_t total_bytes)
      : pool_(pool), page_bytes_(page_bytes), total_bytes_(total_bytes) {}

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;
  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override;
  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** ptr) override;
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override;
  int64_t bytes_allocated() const override { return pool_->bytes_allocated(); }
  int64_t max_memory() const override { return pool_->max_memory(); }
  int64_t total_bytes_allocated() const override { return pool_->total_bytes_allocated(); }
  int64_t num_allocations() const override { return pool_->num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  arrow::Status Check(int64_t old_size, int64_t new_size) const;

  arrow::MemoryPool* const pool_;
  const int64_t page_bytes_;
  const int64_t total_bytes_;
  int64_t held_bytes_ = 0;
};

}  // namespace formats
