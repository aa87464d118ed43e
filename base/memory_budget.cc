#include "base/memory_budget.h"

#include <algorithm>

#include "base/error.h"

namespace base {

void Reservation::Release() {
  if (budget_ != nullptr) std::exchange(budget_, nullptr)->Release(std::exchange(bytes_, 0));
}

arrow::Result<Reservation> MemoryBudget::Acquire(int64_t bytes, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = next_ticket_++;
  // A cancelled wait keeps its place in the queue until its turn: all waits belong to one sync, and
  // the whole sync is cancelled.
  const bool granted =
      changed_.wait(lock, stop, [&] { return ticket == now_serving_ && Fits(bytes); });
  if (!granted) return Cancelled();
  ++now_serving_;
  Hold(bytes);
  lock.unlock();
  changed_.notify_all();
  return Reservation(this, bytes);
}

std::optional<Reservation> MemoryBudget::TryAcquire(int64_t bytes, int64_t most_held_bytes) {
  const std::lock_guard lock(mutex_);
  if (now_serving_ != next_ticket_ || held_bytes_ + bytes > most_held_bytes) return std::nullopt;
  Hold(bytes);
  return Reservation(this, bytes);
}

bool MemoryBudget::HasRoomFor(int64_t bytes) const {
  const std::lock_guard lock(mutex_);
  return Fits(bytes);
}

void MemoryBudget::Hold(int64_t bytes) {
  held_bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, held_bytes_);
}

void MemoryBudget::Release(int64_t bytes) {
  {
    const std::lock_guard lock(mutex_);
    held_bytes_ -= bytes;
  }
  changed_.notify_all();
}

int64_t MemoryBudget::held_bytes() const {
  const std::lock_guard lock(mutex_);
  return held_bytes_;
}

int64_t MemoryBudget::peak_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_bytes_;
}

}  // namespace base
