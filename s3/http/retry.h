// When to send a failed request again. The policy is a function over values; waiting is apart.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <stop_token>

#include "base/error.h"

namespace s3 {

/// Exponential backoff with jitter, as described in
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter": at
/// least half of each wait is sure). What ends it is time, since that is what outages have: however
/// quickly a service fails, an outage that is shorter than `timeout` is outlasted.
struct RetryPolicy {
  /// Requests in all, the first one included.
  int max_attempts = std::numeric_limits<int>::max();
  /// No attempt begins later after the first one. With the waits below, two minutes are about 15
  /// attempts.
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  /// Upper bound of the first wait; doubles with each attempt.
  std::chrono::milliseconds base = std::chrono::milliseconds(100);
  /// No jittered wait is longer.
  std::chrono::milliseconds cap = std::chrono::seconds(20);
};

/// How long to wait before the next attempt; nothing: give up.
///
/// \param failed_attempts attempts made so far, all failed; at least 1
/// \param random uniform in [0, 1)
/// \param retry_after what the service asked for; more than is left of the timeout is not waited
/// for \param elapsed since the first attempt began. The last wait is cut so that it ends with the
/// timeout
std::optional<std::chrono::milliseconds> NextWait(
    const RetryPolicy& policy, int failed_attempts, const base::ErrorInfo& info, double random,
    std::optional<std::chrono::milliseconds> retry_after,
    std::chrono::milliseconds elapsed = std::chrono::milliseconds(0));

/// Upper bound of the retries of one request, if its attempts take no time and all jitter is at its
/// least.
int64_t MostRetries(const RetryPolicy& policy);

/// What all requests together may spend on retries that come to nothing, so that a service in long
/// trouble is not asked many times as much as in health. It is the token bucket of the AWS SDKs'
/// standard mode (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html) with
/// two differences. It holds enough for every request in flight to be retried for all its time, so
/// an outage that meets all of them is outlasted if each of them can outlast it. And a request that
/// succeeds at last gives back all that it took, so outages that were outlasted leave no trace.
/// What stays gone is what failed for good: once all requests in flight have, those after them are
/// sent once each, until successes fill the bucket again. Thread-safe.
class RetryQuota {
 public:
  /// What a retry costs. A request that succeeds at last gives it back for each of its retries.
  static constexpr int kRetryCost = 5;
  /// What a request gives back that succeeds at once.
  static constexpr int kRefill = 1;
  static constexpr int64_t kLeastCapacity = 500;

  RetryQuota(int requests_in_flight, const RetryPolicy& policy);

  /// Takes the cost of one retry; false, and nothing taken, when there is too little.
  bool Take();
  void GiveBack(int64_t given);

  int64_t capacity() const { return capacity_; }

 private:
  const int64_t capacity_;
  std::atomic<int64_t> tokens_;
};

/// The time that retries are measured in.
using MonotonicClock = std::function<std::chrono::steady_clock::time_point()>;

/// Waits; false when `stop` was requested before the time was over.
using Sleep = std::function<bool(std::chrono::milliseconds, const std::stop_token&)>;

/// Sleep on the real clock.
bool InterruptibleSleep(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace s3
