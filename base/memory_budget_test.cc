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

TEST(MemoryBudget, TriesWithoutWaiting) {
  MemoryBudget budget(100);
  EXPECT_FALSE(budget.TryAcquire(60, 50));
  auto held = budget.TryAcquire(50, 50);
  ASSERT_TRUE(held);
  EXPECT_EQ(budget.held_bytes(), 50);
  EXPECT_FALSE(budget.TryAcquire(1, 50));
  EXPECT_TRUE(budget.TryAcquire(1, 100));
  EXPECT_TRUE(budget.HasRoomFor(50));
  EXPECT_FALSE(budget.HasRoomFor(51));
  held->Release();
  EXPECT_TRUE(budget.HasRoomFor(1000));
}

TEST(MemoryBudget, ATryDoesNotOvertakeThoseWhoWait) {
  MemoryBudget budget(100);
  auto held = *budget.Acquire(60, {});
  std::stop_source stop;
  std::jthread asker([&] { EXPECT_THAT(budget.Acquire(50, stop.get_token()), IsOk()); });
  while (budget.TryAcquire(1, 100)) std::this_thread::yield();
  held.Release();
  asker.join();
  EXPECT_EQ(budget.held_bytes(), 0);
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
