#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

#include "base/testing.h"

namespace base {
namespace {

TEST(MemoryBudget, GivesBackWhatAReservationHeld) {
  MemoryBudget budget(100);
  {
    auto first = *budget.Acquire(60, {});
    auto second = *budget.Acquire(40, {});
    EXPECT_EQ(budget.held_bytes(), 100);
    Reservation moved = std::move(first);
    EXPECT_EQ(moved.bytes(), 60);
    moved = std::move(second);
    EXPECT_EQ(budget.held_bytes(), 40);
  }
  EXPECT_EQ(budget.held_bytes(), 0);
  EXPECT_EQ(budget.peak_bytes(), 100);
}

TEST(MemoryBudget, ARequestAboveTheLimitIsServedAlone) {
  MemoryBudget budget(100);
  auto held = *budget.Acquire(1, {});
  std::atomic<bool> asks{false};
  std::atomic<bool> released{false};
  std::jthread asker([&] {
    asks = true;
    const auto large = budget.Acquire(1000, {});
    EXPECT_THAT(large, IsOk());
    EXPECT_TRUE(released);
  });
  while (!asks) std::this_thread::yield();
  released = true;
  held.Release();
  asker.join();
  EXPECT_EQ(budget.peak_bytes(), 1000);
}

TEST(MemoryBudget, ACancelledWaitEnds) {
  MemoryBudget budget(100);
  const auto held = *budget.Acquire(100, {});
  std::stop_source stop;
  std::jthread canceller([&] { stop.request_stop(); });
  EXPECT_THAT(budget.Acquire(1, stop.get_token()), IsError(ErrorKind::kCancelled));
}

TEST(MemoryBudget, ManyThreadsNeverHoldMoreThanTheLimit) {
  MemoryBudget budget(1000);
  std::vector<std::jthread> threads;
  for (unsigned seed = 0; seed < 8; ++seed) {
    threads.emplace_back([&budget, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 500; ++i) {
        const auto held = *budget.Acquire(std::uniform_int_distribution<int>(1, 400)(random), {});
        EXPECT_LE(budget.held_bytes(), 1000);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(budget.held_bytes(), 0);
  EXPECT_LE(budget.peak_bytes(), 1000);
}

}  // namespace
}  // namespace base
