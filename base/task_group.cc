#include "base/task_group.h"

#include <utility>

#include "base/exceptions.h"

namespace base {

TaskGroup::TaskGroup(std::stop_token stop)
    : on_parent_stop_(std::move(stop), [this] { stop_.request_stop(); }) {}

void TaskGroup::Submit(ThreadPool& pool, std::function<arrow::Status()> task) {
  {
    const std::lock_guard lock(mutex_);
    ++running_;
  }
  pool.Submit([this, task = std::move(task)]() mutable {
    const arrow::Status status = CatchExceptions(task);
    // What the task holds goes before its end is told.
    task = nullptr;
    End(status);
  });
}

void TaskGroup::End(const arrow::Status& status) {
  if (!status.ok()) {
    {
      const std::lock_guard lock(mutex_);
      if (failure_.ok()) failure_ = status;
    }
    // Only now: tasks that end because of this stop must not be the first failure.
    stop_.request_stop();
  }
  const std::lock_guard lock(mutex_);
  --running_;
  // Under the lock: Wait may return, and with it `this` go, right after.
  ended_.notify_all();
}

void TaskGroup::RequestStop() { stop_.request_stop(); }

size_t TaskGroup::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

void TaskGroup::WaitFor(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return running_ == 0 || condition(); });
}

arrow::Status TaskGroup::Wait() {
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return running_ == 0; });
  return failure_;
}

}  // namespace base
