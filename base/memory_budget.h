// One budget of bytes for everything a sync holds. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <utility>

#include "arrow/result.h"

namespace base {

class MemoryBudget;

/// Bytes held of a budget; given back when it goes. Movable; not thread-safe.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept
      : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    if (this != &other) {
      Release();
      budget_ = std::exchange(other.budget_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~Reservation() { Release(); }

  int64_t bytes() const { return bytes_; }
  void Release();

 private:
  friend class MemoryBudget;
  Reservation(MemoryBudget* budget, int64_t bytes) : budget_(budget), bytes_(bytes) {}

  MemoryBudget* budget_ = nullptr;
  int64_t bytes_ = 0;
};

/// Hands out bytes in the order in which they are asked for, so that a large request is not starved
/// by small ones. A request above the whole budget is granted when nothing else is held: it is the
/// one that could never be served otherwise.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  int64_t limit_bytes() const { return limit_bytes_; }

  /// Blocks until the bytes are free. kCancelled once `stop` is requested.
  [[nodiscard]] arrow::Result<Reservation> Acquire(int64_t bytes, std::stop_token stop);

  int64_t held_bytes() const;
  /// The most that was ever held at once.
  int64_t peak_bytes() const;

 private:
  friend class Reservation;
  void Release(int64_t bytes);

  const int64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  int64_t held_bytes_ = 0;    // guarded by mutex_
  int64_t peak_bytes_ = 0;    // guarded by mutex_
  uint64_t next_ticket_ = 0;  // guarded by mutex_
  uint64_t now_serving_ = 0;  // guarded by mutex_
};

}  // namespace base
