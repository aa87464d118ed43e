// Tasks that belong together, on any number of thread pools: they end together, and the first one
// that fails stops the others.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>

#include "arrow/status.h"
#include "base/thread_pool.h"

namespace base {

/// Thread-safe. Must outlive its tasks: call Wait() before it goes.
class TaskGroup {
 public:
  /// A stop of `stop` stops the group.
  explicit TaskGroup(std::stop_token stop);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Requested by the parent's token, or by the first task that fails. Tasks look at it themselves.
  std::stop_token stop_token() const { return stop_.get_token(); }
  bool stop_requested() const { return stop_.stop_requested(); }

  void RequestStop();

  /// Runs `task` on `pool`. May be called from a task of the group. What the task throws counts as
  /// its failure.
  void Submit(ThreadPool& pool, std::function<arrow::Status()> task);

  /// Tasks that were submitted and have not ended.
  size_t running() const;

  /// Blocks until `condition` holds or no task runs. `condition` is asked at first, and again after
  /// the end of each task; it must not call this group.
  void WaitFor(const std::function<bool()>& condition);

  /// Blocks until no task runs. The failure of the first task that failed; OK when none did.
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
