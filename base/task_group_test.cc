#include "base/task_group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stop_token>
#include <thread>

#include "base/error.h"
#include "base/testing.h"

namespace base {
namespace {

TEST(TaskGroup, WaitsForTasksThatTasksSubmit) {
  ThreadPool pool(2);
  TaskGroup group({});
  std::atomic<int> done = 0;
  for (int i = 0; i < 10; ++i) {
    group.Submit(pool, [&] {
      group.Submit(pool, [&] {
        ++done;
        return arrow::Status::OK();
      });
      return arrow::Status::OK();
    });
  }
  EXPECT_THAT(group.Wait(), IsOk());
  EXPECT_EQ(done, 10);
  EXPECT_EQ(group.running(), 0u);
}

TEST(TaskGroup, GivesTheFirstFailureAndStopsTheOthers) {
  ThreadPool pool(1);
  TaskGroup group({});
  for (int i = 0; i < 3; ++i) {
    group.Submit(pool, [&group, i] {
      if (i > 0) {
        EXPECT_TRUE(group.stop_requested());
      }
      return MakeError(ErrorKind::kTransport, std::to_string(i));
    });
  }
  EXPECT_THAT(group.Wait(), HasMessage("0"));
}

TEST(TaskGroup, TasksThatAFailureStopsDoNotHideIt) {
  ThreadPool pool(2);
  TaskGroup group({});
  std::atomic<bool> stopped = false;
  group.Submit(pool, [&] {
    stopped.wait(false);
    return MakeError(ErrorKind::kCancelled, "stopped");
  });
  // The stopped task ends before the failed one is done with its request to stop.
  const std::stop_callback on_stop(group.stop_token(), [&] {
    stopped = true;
    stopped.notify_all();
    while (group.running() > 1) std::this_thread::yield();
  });
  group.Submit(pool, [] { return MakeError(ErrorKind::kTransport, "cause"); });
  EXPECT_THAT(group.Wait(), HasMessage("cause"));
}

TEST(TaskGroup, WhatATaskThrowsIsItsFailure) {
  ThreadPool pool(1);
  TaskGroup group({});
  group.Submit(pool, []() -> arrow::Status { throw std::bad_alloc(); });
  EXPECT_THAT(group.Wait(), IsError(ErrorKind::kLimit));
  EXPECT_TRUE(group.stop_requested());
}

TEST(TaskGroup, IsStoppedByItsParent) {
  std::stop_source parent;
  TaskGroup group(parent.get_token());
  EXPECT_FALSE(group.stop_requested());
  parent.request_stop();
  EXPECT_TRUE(group.stop_requested());
  EXPECT_THAT(group.Wait(), IsOk());
}

TEST(TaskGroup, AWaitForAConditionEndsWhenItHoldsOrNothingRuns) {
  ThreadPool pool(2);
  TaskGroup group({});
  std::atomic<bool> holds = false;
  std::atomic<bool> go_on = false;
  group.Submit(pool, [&] {
    go_on.wait(false);
    return arrow::Status::OK();
  });
  group.Submit(pool, [&] {
    holds = true;
    return arrow::Status::OK();
  });
  group.WaitFor([&] { return holds.load(); });
  EXPECT_TRUE(holds);
  go_on = true;
  go_on.notify_all();
  group.WaitFor([] { return false; });
  EXPECT_EQ(group.running(), 0u);
}

}  // namespace
}  // namespace base
