// A group of tasks on any number of thread pools. The first task that fails stops the others, and
// the caller waits for all of them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>

#include "arrow/status.h"
#include "base/thread_pool.h"

namespace base {

/// Thread-safe. Must outlive its tasks: call Wait() before it is destroyed.
class TaskGroup {
 public:
  /// A stop of `stop` stops the group.
  explicit TaskGroup(std::stop_token stop);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// A stop is requested by the parent's token or by the first task that fails. Tasks must check it
  /// themselves.
  std::stop_token stop_token() const { return stop_.get_token(); }
  bool stop_requested() const { return stop_.stop_requested(); }

  void RequestStop();

  /// Runs `task` on `pool`. May be called from a task of the group. An exception of the task counts
  /// as its failure.
  void Submit(ThreadPool& pool, std::function<arrow::Status()> task);

  /// Tasks that were submitted and have not ended.
  size_t running() const;

  /// Blocks until `condition` is true or no task runs. `condition` is checked first, and again
  /// after the end of each task; it must not call this group.
  void WaitFor(const std::function<bool()>& condition);

  /// Blocks until no task runs. Returns the first failure; OK if no task failed.
  [[nodiscard]] arrow::Status Wait();

 private:
  void End(const arrow::Status& status);

  std::stop_source stop_;
  const std::stop_callback<std::function<void()>> on_parent_stop_;
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  size_t running_ = 0;     // guarded by mutex_
  arrow::Status failure_;  // guarded by mutex_
};

}  // namespace base
