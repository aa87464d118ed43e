#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace base {
namespace {

TEST(ThreadPool, RunsEverythingBeforeItEnds) {
  std::atomic<int> runs{0};
  {
    ThreadPool pool(3);
    for (int i = 0; i < 1000; ++i) pool.Submit([&] { ++runs; });
  }
  EXPECT_EQ(runs, 1000);
}

TEST(ThreadPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  ThreadPool pool(4);
  std::latch all_running(4);
  std::atomic<int> finished{0};
  pool.ForEach(4, [&](size_t) {
    all_running.arrive_and_wait();  // would hang with fewer threads
    ++finished;
  });
  EXPECT_EQ(finished, 4);
}

TEST(ThreadPool, NeverRunsMoreTasksThanItHasThreads) {
  ThreadPool pool(2);
  std::atomic<int> running{0}, most{0};
  pool.ForEach(200, [&](size_t) {
    const int now = ++running;
    int seen = most;
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
    std::this_thread::yield();
    --running;
  });
  EXPECT_LE(most, 2);
}

TEST(ThreadPool, ForEachVisitsEachIndexOnce) {
  ThreadPool pool(5);
  std::vector<std::atomic<int>> visits(1237);
  pool.ForEach(visits.size(), [&](size_t i) { ++visits[i]; });
  for (const auto& count : visits) EXPECT_EQ(count, 1);
  pool.ForEach(0, [&](size_t) { FAIL(); });
}

}  // namespace
}  // namespace base
