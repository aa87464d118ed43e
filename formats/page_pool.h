// Memory for decompressed pages, with a limit for each allocation.
#pragma once

#include <cstdint>
#include <string>

#include "arrow/memory_pool.h"

namespace formats {

/// Passes everything on to `pool`, except that a single allocation of more than `limit_bytes` fails
/// with kCorrupt: the header of a page, which no checksum covers, says how much memory to take for
/// it, up to 2 GiB. Thread-safe as `pool` is.
class PagePool : public arrow::MemoryPool {
 public:
  PagePool(arrow::MemoryPool* pool, int64_t limit_bytes) : pool_(pool), limit_bytes_(limit_bytes) {}

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;
  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override;
  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** ptr) override;
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    pool_->Free(buffer, size, alignment);
  }
  int64_t bytes_allocated() const override { return pool_->bytes_allocated(); }
  int64_t max_memory() const override { return pool_->max_memory(); }
  int64_t total_bytes_allocated() const override { return pool_->total_bytes_allocated(); }
  int64_t num_allocations() const override { return pool_->num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  arrow::Status Check(int64_t size) const;

  arrow::MemoryPool* const pool_;
  const int64_t limit_bytes_;
};

}  // namespace formats
