// One budget of bytes for all data that a sync holds in memory. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "arrow/result.h"

namespace base {

class MemoryBudget;

/// Bytes taken from a budget; its destructor returns them. Movable; not thread-safe.
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

/// Grants requests in the order in which they arrive, so that small requests do not starve a large
/// one. A request larger than the whole budget is granted when nothing else is held, because it
/// could never be granted otherwise.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  int64_t limit_bytes() const { return limit_bytes_; }

  /// Blocks until the bytes are available. kCancelled if `stop` is requested.
  [[nodiscard]] arrow::Result<Reservation> Acquire(int64_t bytes, std::stop_token stop);

  /// Without waiting, as long as no more than `most_held_bytes` are held afterwards, and nobody
  /// waits.
  std::optional<Reservation> TryAcquire(int64_t bytes, int64_t most_held_bytes);

  /// Whether Acquire would not wait, if this thread is the only one that calls it.
  bool HasRoomFor(int64_t bytes) const;

  int64_t held_bytes() const;
  /// The maximum of held_bytes() so far.
  int64_t peak_bytes() const;

 private:
  friend class Reservation;
  // Under mutex_.
  bool Fits(int64_t bytes) const { return held_bytes_ == 0 || held_bytes_ + bytes <= limit_bytes_; }
  void Hold(int64_t bytes);
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
