#include "s3/http/request_limit.h"

#include <algorithm>

namespace s3 {

RequestLimit::RequestLimit(int max) : max_(std::max(1, max)), limit_(max_) {}

RequestLimit::Slot RequestLimit::Enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, stop, [this] { return in_flight_ < limit_; });
  ++in_flight_;
  return Slot(*this, era_);
}

int RequestLimit::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

void RequestLimit::Leave() {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  room_.notify_one();
}

void RequestLimit::Succeeded() {
  const std::lock_guard lock(mutex_);
  if (limit_ == max_ || ++successes_ < limit_) return;
  successes_ = 0;
  ++limit_;
  room_.notify_one();
}

void RequestLimit::Throttled(uint64_t era) {
  const std::lock_guard lock(mutex_);
  if (era != era_) return;
  ++era_;
  successes_ = 0;
  // Half of the requests that were in flight, which may be fewer than the limit.
  limit_ = std::max(1, std::min(limit_, in_flight_) / 2);
}

}  // namespace s3
