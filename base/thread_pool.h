// A limited number of threads that run tasks in the order of their submission. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace base {

/// A thread is started when a task is submitted and no thread is idle, up to the maximum. All but
/// the first are started only while the process's limit of address space leaves enough for their
/// work. If the system refuses a thread, the pool continues with those it has. The queue is not
/// bounded: callers hold a reservation (base/memory_budget.h) or know the number of their tasks.
class ThreadPool {
 public:
  explicit ThreadPool(size_t max_threads) : max_threads_(max_threads) {}
  /// Runs what was submitted, then ends the threads.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t max_threads() const { return max_threads_; }

  /// The task must not throw and must not wait for a later task of the same pool. If the pool could
  /// not start any thread, Submit runs the task itself, so the caller must not hold a lock that the
  /// task takes.
  void Submit(std::function<void()> task);

  /// Runs body(0) … body(count - 1) on the pool's threads, started in ascending order, and returns
  /// when all are done. Must not be called from a task of the pool.
  void ForEach(size_t count, const std::function<void(size_t)>& body);

 private:
  void AddThread();
  void Work();

  const size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;  // guarded by mutex_
  size_t idle_ = 0;                          // guarded by mutex_
  bool closing_ = false;                     // guarded by mutex_
  bool refused_ = false;                     // guarded by mutex_: the last attempt to start one
  std::vector<std::jthread> threads_;        // guarded by mutex_ until closing_
};

}  // namespace base
