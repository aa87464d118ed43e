// When to send a failed request again. The policy is a function over values; waiting is apart.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "base/error.h"

namespace s3 {

/// Exponential backoff with full jitter, as described in
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
struct RetryPolicy {
  /// Requests in all, the first one included. With the waits below, 8 last about 6 s on average and
  /// 13 s at most beside the requests themselves.
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

/// Waits; false when `stop` was requested before the time was over.
using Sleep = std::function<bool(std::chrono::milliseconds, const std::stop_token&)>;

/// Sleep on the real clock.
bool InterruptibleSleep(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace s3
