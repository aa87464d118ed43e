#include "base/memory_scope.h"

#include <algorithm>
#include <utility>

namespace base {
namespace {

// Arrow passes no context to a pool, so a pool can identify a step only by its thread.
thread_local MemoryScope* current_scope = nullptr;

}  // namespace

MemoryScope::MemoryScope(StepMemory& memory)
    : memory_(memory), large_(memory.large, std::defer_lock) {
  current_scope = this;
}

MemoryScope::~MemoryScope() { current_scope = nullptr; }

MemoryScope::Pause::Pause() : paused_(std::exchange(current_scope, nullptr)) {}
MemoryScope::Pause::~Pause() { current_scope = paused_; }

arrow::Status MemoryScope::Check(int64_t more_bytes) {
  if (taken_bytes_ + more_bytes > memory_.limit_bytes) {
    return arrow::Status::OutOfMemory("more than ", memory_.limit_bytes,
                                      " bytes are needed at once");
  }
  if (taken_bytes_ + more_bytes > memory_.share_bytes && !large_.owns_lock()) large_.lock();
  return arrow::Status::OK();
}

void MemoryScope::Return(int64_t bytes) {
  // The buffer may be older than the scope.
  taken_bytes_ = std::max<int64_t>(0, taken_bytes_ - bytes);
}

class MeteredMemoryPool : public arrow::MemoryPool {
 public:
  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;

  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override {
    if (current_scope == nullptr) return pool_->Allocate(size, alignment, out);
    ARROW_RETURN_NOT_OK(current_scope->Check(size));
    ARROW_RETURN_NOT_OK(pool_->Allocate(size, alignment, out));
    current_scope->taken_bytes_ += size;
    return arrow::Status::OK();
  }

  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** ptr) override {
    if (current_scope == nullptr) return pool_->Reallocate(old_size, new_size, alignment, ptr);
    // The old memory is kept until its content has been copied.
    if (new_size > old_size) ARROW_RETURN_NOT_OK(current_scope->Check(new_size));
    ARROW_RETURN_NOT_OK(pool_->Reallocate(old_size, new_size, alignment, ptr));
    current_scope->Return(old_size);
    current_scope->taken_bytes_ += new_size;
    return arrow::Status::OK();
  }

  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override {
    pool_->Free(buffer, size, alignment);
    if (current_scope != nullptr) current_scope->Return(size);
  }

  int64_t bytes_allocated() const override { return pool_->bytes_allocated(); }
  int64_t max_memory() const override { return pool_->max_memory(); }
  int64_t total_bytes_allocated() const override { return pool_->total_bytes_allocated(); }
  int64_t num_allocations() const override { return pool_->num_allocations(); }
  std::string backend_name() const override { return pool_->backend_name(); }

 private:
  arrow::MemoryPool* const pool_ = arrow::default_memory_pool();
};

arrow::MemoryPool* MeteredPool() {
  // Never destroyed, as buffers may live until the process ends.
  static auto* const pool = new MeteredMemoryPool;
  return pool;
}

}  // namespace base
