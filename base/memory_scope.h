// A limit for what one step of work takes from Arrow's allocator, for work whose need is known only
// once it is done: a few bytes of a compressed file may decode to any number.
#pragma once

#include <cstdint>
#include <mutex>

#include "arrow/memory_pool.h"
#include "arrow/status.h"

namespace base {

/// What several threads may take, each for one step at a time. Thread-safe.
struct StepMemory {
  /// Taken by every thread as it likes.
  int64_t share_bytes = 0;
  /// Taken by one thread at a time, the others wait for the end of its step.
  int64_t limit_bytes = 0;
  std::mutex large;
};

/// While one is open, what its thread has taken from MeteredPool() and not given back counts: above
/// `memory.limit_bytes`, allocations fail as out of memory. Not thread-safe; at most one a thread,
/// which must not wait for other threads' steps while it is open.
class MemoryScope {
 public:
  explicit MemoryScope(StepMemory& memory);
  ~MemoryScope();
  MemoryScope(const MemoryScope&) = delete;
  MemoryScope& operator=(const MemoryScope&) = delete;

  /// While one is open, its thread's scope does not count: for what has a limit of its own.
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

/// Arrow's default pool, seen by the scopes. Its buffers may outlive the scope and be freed on any
/// thread. Thread-safe.
arrow::MemoryPool* MeteredPool();

}  // namespace base
