// Limits the memory that one step of work may allocate with Arrow's allocator, for work whose need
// is not known in advance: a few bytes of a compressed file may decode to any number of bytes.
#pragma once

#include <cstdint>
#include <mutex>

#include "arrow/memory_pool.h"
#include "arrow/status.h"

namespace base {

/// The memory of several threads that each do one step at a time. Thread-safe.
struct StepMemory {
  /// What every thread may allocate at any time.
  int64_t share_bytes = 0;
  /// What one thread at a time may allocate; others that need more than their share wait for the
  /// end of its step.
  int64_t limit_bytes = 0;
  std::mutex large;
};

/// While a scope is open, it counts the memory that its thread has allocated from MeteredPool() and
/// not freed. Allocations above `memory.limit_bytes` fail as out of memory. Not thread-safe; at
/// most one for each thread, which must not wait for other threads' steps while it is open.
class MemoryScope {
 public:
  explicit MemoryScope(StepMemory& memory);
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

  /// While a pause is open, its thread's scope does not count: for allocations with their own
  /// limit.
  class Pause {
   public:
    Pause();
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    MemoryScope* const paused_;
  };

 private:
  friend class MeteredMemoryPool;
  arrow::Status Check(int64_t more_bytes);
  void Return(int64_t bytes);

  StepMemory& memory_;
  std::unique_lock<std::mutex> large_;
  int64_t taken_bytes_ = 0;
};

/// Arrow's default pool, whose allocations the scopes count. Its buffers may outlive the scope and
/// may be freed on any thread. Thread-safe.
arrow::MemoryPool* MeteredPool();

}  // namespace base
