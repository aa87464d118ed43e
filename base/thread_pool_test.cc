#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <latch>

#include "base/testing/refuse_threads.h"

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

TEST(ThreadPool, RunsTasksOnTheCallersThreadWhenTheSystemRefusesAllThreads) {
  const RefuseThreads refuse;
  ThreadPool pool(4);
  std::vector<std::thread::id> ran_on;
  for (int i = 0; i < 3; ++i) pool.Submit([&] { ran_on.push_back(std::this_thread::get_id()); });
  EXPECT_EQ(ran_on, std::vector(3, std::this_thread::get_id()));

  std::vector<size_t> visits;
  pool.ForEach(10, [&](size_t i) { visits.push_back(i); });
  EXPECT_EQ(visits.size(), 10);
}

TEST(ThreadPool, ATaskThatRunsOnTheCallersThreadMaySubmitAnother) {
  const RefuseThreads refuse;
  ThreadPool pool(2);
  bool ran = false;
  pool.Submit([&] { pool.Submit([&] { ran = true; }); });
  EXPECT_TRUE(ran);
}

TEST(ThreadPool, GoesOnWithTheThreadsItHasWhenTheSystemRefusesMore) {
  std::atomic<int> runs{0};
  {
    ThreadPool pool(8);
    std::latch running(1), go_on(1);
    pool.Submit([&] {
      running.count_down();
      go_on.wait();
    });
    running.wait();
    const RefuseThreads refuse;
    const auto caller = std::this_thread::get_id();
    for (int i = 0; i < 100; ++i) {
      pool.Submit([&] {
        EXPECT_NE(std::this_thread::get_id(), caller);
        ++runs;
      });
    }
    EXPECT_EQ(runs, 0);  // its one thread is busy
    go_on.count_down();
    pool.ForEach(50, [&](size_t) { ++runs; });
  }
  EXPECT_EQ(runs, 150);
}

// While it exists, the process may take this much more address space than it has.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(rlim_t more_bytes) {
    rlim_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    EXPECT_EQ(getrlimit(RLIMIT_AS, &before_), 0);
    Set({.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + more_bytes,
         .rlim_max = before_.rlim_max});
  }
  ~AddressSpaceLimit() { Set(before_); }

 private:
  static void Set(const rlimit& limit) { EXPECT_EQ(setrlimit(RLIMIT_AS, &limit), 0); }
  rlimit before_{};
};

TEST(ThreadPool, LeavesAddressSpaceForTheWork) {
  std::thread::id first, second;
  {
    ThreadPool pool(2);
    std::latch running(1), go_on(1);
    pool.Submit([&] {
      first = std::this_thread::get_id();
      running.count_down();
      go_on.wait();
    });
    running.wait();
    const AddressSpaceLimit limit(rlim_t{256} << 20);  // enough for many threads, and no more
    pool.Submit([&] { second = std::this_thread::get_id(); });
    go_on.count_down();
  }
  EXPECT_EQ(first, second);
}

TEST(ThreadPool, StartsItsThreadsLaterWhenTheFirstWasRefused) {
  ThreadPool pool(2);
  {
    const RefuseThreads refuse;
    pool.Submit([] {});
  }
  std::latch both(2);
  pool.ForEach(2, [&](size_t) { both.arrive_and_wait(); });  // would hang with fewer threads
}

}  // namespace
}  // namespace base
