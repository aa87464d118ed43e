#include "s3/http/retry.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace s3 {

using std::chrono::milliseconds;

std::optional<milliseconds> NextWait(const RetryPolicy& policy, int failed_attempts,
                                     const base::ErrorInfo& info, double random,
                                     std::optional<milliseconds> retry_after,
                                     milliseconds elapsed) {
  if (!info.retryable || failed_attempts >= policy.max_attempts) return std::nullopt;
  const milliseconds left = policy.timeout - elapsed;
  if (left <= milliseconds(0) || retry_after > left) return std::nullopt;
  milliseconds bound = policy.base;
  for (int i = 1; i < failed_attempts && bound < policy.cap; ++i) bound *= 2;
  bound = std::min(bound, policy.cap);
  const double share = 0.5 + random / 2;
  const milliseconds jittered(static_cast<int64_t>(static_cast<double>(bound.count()) * share));
  return std::min(left, std::max(jittered, retry_after.value_or(milliseconds(0))));
}

int64_t MaxRetries(const RetryPolicy& policy) {
  int64_t retries = 0;
  milliseconds elapsed{0};
  milliseconds bound = std::max(policy.base, milliseconds(2));
  for (; elapsed < policy.timeout && bound < policy.cap; bound *= 2, ++retries) {
    elapsed += bound / 2;
  }
  if (elapsed < policy.timeout) {
    const milliseconds min_wait = std::max(policy.cap, milliseconds(2)) / 2;
    retries += (policy.timeout - elapsed - milliseconds(1)) / min_wait + 1;
  }
  return std::min(retries, int64_t{policy.max_attempts} - 1);
}

RetryQuota::RetryQuota(int requests_in_flight, const RetryPolicy& policy)
    : capacity_(std::max(kMinCapacity, kRetryCost * MaxRetries(policy) * requests_in_flight)),
      tokens_(capacity_) {}

bool RetryQuota::Take() {
  int64_t tokens = tokens_;
  while (tokens >= kRetryCost) {
    if (tokens_.compare_exchange_weak(tokens, tokens - kRetryCost)) return true;
  }
  return false;
}

void RetryQuota::GiveBack(int64_t given) {
  int64_t tokens = tokens_;
  // A full bucket, the usual case, is not written to.
  while (tokens < capacity_) {
    if (tokens_.compare_exchange_weak(tokens, std::min(capacity_, tokens + given))) return;
  }
}

bool InterruptibleSleep(milliseconds duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace s3
