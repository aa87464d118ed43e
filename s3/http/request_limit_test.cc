#include "s3/http/request_limit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

namespace s3 {
namespace {

using Slots = std::vector<std::unique_ptr<RequestLimit::Slot>>;

/// So many requests in flight.
Slots Enter(RequestLimit& limit, int count) {
  Slots slots;
  for (int i = 0; i < count; ++i) slots.emplace_back(new RequestLimit::Slot(limit.Enter({})));
  return slots;
}

void Succeed(RequestLimit& limit, int times) {
  for (int i = 0; i < times; ++i) limit.Enter({}).Succeeded();
}

TEST(RequestLimit, OneMoreThanItAllowsWaitsUntilOneLeaves) {
  RequestLimit limit(3);
  Slots slots = Enter(limit, 3);
  std::atomic<bool> enters = false;
  std::atomic<bool> left = false;
  std::jthread fourth([&] {
    enters = true;
    const auto slot = limit.Enter({});
    EXPECT_TRUE(left);
  });
  while (!enters) std::this_thread::yield();
  left = true;
  slots.pop_back();
  fourth.join();
}

TEST(RequestLimit, AStopEndsTheWait) {
  RequestLimit limit(1);
  const Slots slots = Enter(limit, 1);
  std::stop_source stop;
  std::jthread waiting([&] { const auto slot = limit.Enter(stop.get_token()); });
  stop.request_stop();
  waiting.join();
}

TEST(RequestLimit, AThrottledRequestHalvesWhatIsInFlight) {
  RequestLimit limit(100);
  const Slots slots = Enter(limit, 8);
  slots[0]->Throttled();
  EXPECT_EQ(limit.limit(), 4);
}

TEST(RequestLimit, RequestsThatWereInFlightTogetherHalveItOnce) {
  RequestLimit limit(8);
  Slots slots = Enter(limit, 8);
  for (const auto& slot : slots) slot->Throttled();
  EXPECT_EQ(limit.limit(), 4);
  slots.clear();
  slots = Enter(limit, 4);
  for (const auto& slot : slots) slot->Throttled();
  EXPECT_EQ(limit.limit(), 2);
}

TEST(RequestLimit, NeverFallsBelowOne) {
  RequestLimit limit(8);
  for (int i = 0; i < 10; ++i) limit.Enter({}).Throttled();
  EXPECT_EQ(limit.limit(), 1);
}

TEST(RequestLimit, RecoversByOneForAsManySuccessesAsItAllows) {
  RequestLimit limit(8);
  Enter(limit, 8)[0]->Throttled();
  Succeed(limit, 3);
  EXPECT_EQ(limit.limit(), 4);
  Succeed(limit, 1);
  EXPECT_EQ(limit.limit(), 5);
  Succeed(limit, 5 + 6 + 7);
  EXPECT_EQ(limit.limit(), 8);
  Succeed(limit, 100);
  EXPECT_EQ(limit.limit(), 8);
}

TEST(RequestLimit, ManyThreadsNeverHaveMoreInFlightThanItAllows) {
  RequestLimit limit(4);
  std::atomic<int> in_flight = 0, most = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 500; ++i) {
          auto slot = limit.Enter({});
          const int now = ++in_flight;
          for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
          }
          if ((i + t) % 50 == 0) {
            slot.Throttled();
          } else {
            slot.Succeeded();
          }
          --in_flight;
        }
      });
    }
  }
  EXPECT_LE(most, 4);
  EXPECT_GT(most, 0);
}

}  // namespace
}  // namespace s3
