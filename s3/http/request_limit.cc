#include "s3/http/request_limit.h"

#include <algorithm>

namespace s3 {

RequestLimit::RequestLimit(int most) : most_(std::max(1, most)), limit_(most_) {}

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
  if (limit_ == most_ || ++successes_ < limit_) return;
  successes_ = 0;
  ++limit_;
  room_.notify_one();
}

void RequestLimit::Throttled(uint64_t era) {
  const std::lock_guard lock(mutex_);
  if (era != era_) return;
  ++era_;
  successes_ = 0;
  // Half of what the service had to bear, which may be less than what was allowed.
  limit_ = std::max(1, std::min(limit_, in_flight_) / 2);
}

}  // namespace s3
