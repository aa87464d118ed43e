#include "s3/http/retry.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

const ErrorInfo kTransient = {.kind = ErrorKind::kTransport, .retryable = true};
constexpr double kAlmostOne = 0.999999;

TEST(NextWait, NeverRepeatsWhatARetryCannotHelp) {
  EXPECT_EQ(NextWait({}, 1, {.kind = ErrorKind::kAccess}, 0.5, {}), std::nullopt);
  EXPECT_EQ(NextWait({}, 1, {.kind = ErrorKind::kAccess}, 0.5, seconds(1)), std::nullopt);
}

TEST(NextWait, GivesUpAfterTheLastAttempt) {
  EXPECT_NE(NextWait({.max_attempts = 3}, 2, kTransient, 0.5, {}), std::nullopt);
  EXPECT_EQ(NextWait({.max_attempts = 3}, 3, kTransient, 0.5, {}), std::nullopt);
}

TEST(NextWait, GivesUpOnceTheTimeIsOver) {
  const RetryPolicy policy{.timeout = seconds(60)};
  EXPECT_NE(NextWait(policy, 1000, kTransient, 0.5, {}, milliseconds(59'999)), std::nullopt);
  EXPECT_EQ(NextWait(policy, 1, kTransient, 0.5, {}, seconds(60)), std::nullopt);
  EXPECT_EQ(NextWait({.timeout = seconds(0)}, 1, kTransient, 0.5, {}), std::nullopt);
}

TEST(NextWait, TheLastWaitEndsWithTheTime) {
  const RetryPolicy policy{.timeout = seconds(60)};
  EXPECT_EQ(NextWait(policy, 20, kTransient, 0.5, {}, milliseconds(59'000)), milliseconds(1000));
}

TEST(NextWait, DoublesItsUpperBoundUpToTheCap) {
  const RetryPolicy policy{.max_attempts = 100};
  const std::vector<int> bounds = {100,  200,   400,   800,   1600, 3200,
                                   6400, 12800, 20000, 20000, 20000};
  for (size_t i = 0; i < bounds.size(); ++i) {
    const auto wait = NextWait(policy, static_cast<int>(i) + 1, kTransient, kAlmostOne, {});
    EXPECT_NEAR(static_cast<double>(wait->count()), bounds[i], 1.0);
  }
  EXPECT_NEAR(static_cast<double>(NextWait(policy, 99, kTransient, kAlmostOne, {})->count()), 20000,
              1.0);
}

TEST(NextWait, SpreadsOverTheUpperHalfOfTheSpan) {
  EXPECT_EQ(NextWait({}, 4, kTransient, 0.0, {}), milliseconds(400));
  EXPECT_EQ(NextWait({}, 4, kTransient, 0.5, {}), milliseconds(600));
}

TEST(NextWait, WaitsAtLeastAsLongAsTheServiceAsks) {
  EXPECT_EQ(NextWait({}, 1, kTransient, 0.5, seconds(5)), seconds(5));
  EXPECT_EQ(NextWait({}, 4, kTransient, 0.5, milliseconds(1)), milliseconds(600));
}

TEST(NextWait, GivesUpWhenTheServiceAsksForTooLongAWait) {
  EXPECT_NE(NextWait({}, 1, kTransient, 0.5, seconds(120)), std::nullopt);
  EXPECT_EQ(NextWait({}, 1, kTransient, 0.5, seconds(121)), std::nullopt);
  EXPECT_EQ(NextWait({}, 1, kTransient, 0.5, seconds(61), seconds(60)), std::nullopt);
}

TEST(NextWait, StaysWithinItsBoundsForAnyInput) {
  std::mt19937 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const RetryPolicy policy{.max_attempts = static_cast<int>(random() % 60),
                             .base = milliseconds(random() % 1000),
                             .cap = milliseconds(random() % 30'000)};
    const int failed = static_cast<int>(random() % 70) + 1;
    const auto wait =
        NextWait(policy, failed, kTransient, static_cast<double>(random() % 1000) / 1000.0, {});
    EXPECT_EQ(wait.has_value(), failed < policy.max_attempts);
    if (wait) {
      EXPECT_GE(wait->count(), 0);
      EXPECT_LE(*wait, policy.cap);
    }
  }
}

TEST(MaxRetries, IsNeverLessThanARequestMakes) {
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    const RetryPolicy policy{.timeout = milliseconds(random() % 600'000),
                             .base = milliseconds(10 + random() % 1000),
                             .cap = milliseconds(1000 + random() % 30'000)};
    int retries = 0;
    milliseconds elapsed{0};
    while (const auto wait = NextWait(policy, retries + 1, kTransient, 0.0, {}, elapsed)) {
      elapsed += *wait;
      ++retries;
    }
    EXPECT_EQ(elapsed, policy.timeout);
    EXPECT_GE(MaxRetries(policy), retries);
    EXPECT_LE(MaxRetries(policy), retries + 1);
  }
}

TEST(MaxRetries, IsQuicklyKnownForTheLongestTimeoutToo) {
  const std::chrono::hours century(24 * 36525);
  EXPECT_NEAR(static_cast<double>(MaxRetries({.timeout = century})), 3.16e8, 1e7);
  EXPECT_EQ(MaxRetries({.max_attempts = 3, .timeout = century}), 2);
  EXPECT_EQ(MaxRetries({.timeout = milliseconds(0)}), 0);
}

TEST(RetryQuota, LastsForAllRetriesOfAllRequestsInFlight) {
  const RetryPolicy policy;
  RetryQuota quota(/*requests_in_flight=*/50, policy);
  const int64_t retries = 50 * MaxRetries(policy);
  for (int64_t i = 0; i < retries; ++i) EXPECT_TRUE(quota.Take()) << i;
  EXPECT_FALSE(quota.Take());
}

TEST(RetryQuota, IsFilledUpBySuccesses) {
  RetryQuota quota(1, {});
  while (quota.Take()) {
  }
  for (int i = 0; i < RetryQuota::kRetryCost; ++i) {
    EXPECT_FALSE(quota.Take()) << i;
    quota.GiveBack(RetryQuota::kRefill);
  }
  EXPECT_TRUE(quota.Take());
}

TEST(RetryQuota, HoldsNoMoreThanItsCapacity) {
  RetryQuota quota(1, {});
  for (int i = 0; i < 1000; ++i) quota.GiveBack(RetryQuota::kRetryCost);
  int64_t taken = 0;
  while (quota.Take()) ++taken;
  EXPECT_EQ(taken * RetryQuota::kRetryCost, quota.capacity());
}

TEST(InterruptibleSleep, WaitsItsTime) {
  const auto start = steady_clock::now();
  EXPECT_TRUE(InterruptibleSleep(milliseconds(20), {}));
  EXPECT_GE(steady_clock::now() - start, milliseconds(20));
}

TEST(InterruptibleSleep, EndsAtOnceWhenStopped) {
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  const auto start = steady_clock::now();
  EXPECT_FALSE(InterruptibleSleep(seconds(30), stop.get_token()));
  EXPECT_LT(steady_clock::now() - start, seconds(5));
}

}  // namespace
}  // namespace s3
