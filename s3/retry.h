// When to send a failed request again. The policy is a function over values; waiting is apart.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "base/error.h"

namespace s3 {

/// Exponential backoff with jitter, as described in
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter": at
/// least half of each wait is sure, so that a request outlasts an outage of a known length).
struct RetryPolicy {
  /// Requests in all, the first one included. With the waits below, 8 last between 6 and 13 s
  /// beside the requests themselves.
  int max_attempts = 8;
  /// Upper bound of the first wait; doubles with each attempt.
  std::chrono::milliseconds base = std::chrono::milliseconds(100);
  /// No jittered wait is longer.
  std::chrono::milliseconds cap = std::chrono::seconds(20);
  /// A service that asks for a longer wait (Retry-After) is not waited for.
  std::chrono::milliseconds longest_retry_after = std::chrono::minutes(2);
};

/// How long to wait before the next attempt; nothing: give up.
///
/// \param failed_attempts attempts made so far, all failed; at least 1
/// \param random uniform in [0, 1)
/// \param retry_after what the service asked for
std::optional<std::chrono::milliseconds> NextWait(
    const RetryPolicy& policy, int failed_attempts, const base::ErrorInfo& info, double random,
    std::optional<std::chrono::milliseconds> retry_after);

/// What all requests together may spend on retries, so that a service in trouble is not asked many
/// times as much as in health. It is the token bucket of the AWS SDKs' standard mode
/// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html) with one
/// difference: it holds enough for every request in flight to use all its attempts, so that a short
/// outage which meets all of them is outlasted. Thread-safe.
class RetryQuota {
 public:
  /// What a retry costs, and what a request gives back that succeeds at last.
  static constexpr int kRetryCost = 5;
  /// What a request gives back that succeeds at once.
  static constexpr int kRefill = 1;
  static constexpr int kLeastCapacity = 500;

  RetryQuota(int requests_in_flight, const RetryPolicy& policy);

  /// Takes the cost of one retry; false, and nothing taken, when there is too little.
  bool Take();
  void GiveBack(int given);

  int capacity() const { return capacity_; }

 private:
  const int capacity_;
  std::atomic<int> tokens_;
};

/// Waits; false when `stop` was requested before the time was over.
using Sleep = std::function<bool(std::chrono::milliseconds, const std::stop_token&)>;

/// Sleep on the real clock.
bool InterruptibleSleep(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace s3
