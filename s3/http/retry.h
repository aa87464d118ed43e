// When to retry a failed request. The policy is a function over values and does not wait itself.
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
/// least half of each wait is certain). Time ends the retries, not a number of attempts: however
/// quickly a service fails, a request survives any outage shorter than `timeout`.
struct RetryPolicy {
  /// Including the first request.
  int max_attempts = std::numeric_limits<int>::max();
  /// No attempt begins later than this after the first one. With the waits below, there are about
  /// 15 attempts in two minutes.
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  /// Upper bound of the first wait; doubles with each attempt.
  std::chrono::milliseconds base = std::chrono::milliseconds(100);
  /// No jittered wait is longer.
  std::chrono::milliseconds cap = std::chrono::seconds(20);
};

/// How long to wait before the next attempt. Nothing: no further attempt.
///
/// \param failed_attempts attempts made so far, all failed; at least 1
/// \param random uniform in [0, 1)
/// \param retry_after the wait that the service asked for; if it is longer than the rest of the
///     timeout, there is no further attempt
/// \param elapsed time since the first attempt began; the last wait is cut to end with the timeout
std::optional<std::chrono::milliseconds> NextWait(
    const RetryPolicy& policy, int failed_attempts, const base::ErrorInfo& info, double random,
    std::optional<std::chrono::milliseconds> retry_after,
    std::chrono::milliseconds elapsed = std::chrono::milliseconds(0));

/// Upper bound of the retries of one request: if its attempts take no time and all jitter is
/// minimal.
int64_t MaxRetries(const RetryPolicy& policy);

/// Limits the retries of all requests together that do not succeed, so that a service with a long
/// outage does not receive many times its usual requests. It is the token bucket of the AWS SDKs'
/// standard mode (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html) with
/// two differences. First, it has enough tokens to retry every request in flight until its timeout,
/// so an outage that affects all of them at once does not exhaust it. Second, a request that
/// succeeds after retries returns all its tokens, so outages that ended in time cost nothing. Only
/// requests that fail for good keep their tokens: once all requests in flight have failed, the next
/// ones are sent only once each, until successes fill the bucket again. Thread-safe.
class RetryQuota {
 public:
  /// Tokens for a retry. A request that succeeds after retries returns them.
  static constexpr int kRetryCost = 5;
  /// Tokens that a request adds if it succeeds at once.
  static constexpr int kRefill = 1;
  static constexpr int64_t kMinCapacity = 500;

  RetryQuota(int requests_in_flight, const RetryPolicy& policy);

  /// Takes the tokens of one retry. False, and takes none, if there are too few.
  bool Take();
  void GiveBack(int64_t given);

  int64_t capacity() const { return capacity_; }

 private:
  const int64_t capacity_;
  std::atomic<int64_t> tokens_;
};

/// The clock of retries.
using MonotonicClock = std::function<std::chrono::steady_clock::time_point()>;

/// Waits. False if `stop` was requested before the time was over.
using Sleep = std::function<bool(std::chrono::milliseconds, const std::stop_token&)>;

/// Sleep on the real clock.
bool InterruptibleSleep(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace s3
