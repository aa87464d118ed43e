#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <latch>
#include <utility>

#include "base/thread.h"

namespace base {
namespace {

// The address space that threads leave for the data of a sync and the arenas that allocators
// reserve for it. A thread takes the 8 MiB of its stack.
constexpr size_t kSpareAddressSpace = size_t{512} << 20;

}  // namespace

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  threads_.clear();
}

void ThreadPool::Submit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > idle_) AddThread();
    task = nullptr;
    // No thread would ever run it.
    if (threads_.empty()) {
      task = std::move(tasks_.back());
      tasks_.pop_back();
    }
  }
  if (task != nullptr) {
    task();
  } else {
    wake_.notify_one();
  }
}

void ThreadPool::AddThread() {
  if (threads_.size() >= max_threads_ || (refused_ && !threads_.empty())) return;
  if (!threads_.empty() && !HasAddressSpace(kSpareAddressSpace)) {
    refused_ = true;
    return;
  }
  std::jthread& thread = threads_.emplace_back();
  thread = TryStartThread([this](const std::stop_token&) { Work(); });
  refused_ = !thread.joinable();
  if (refused_) threads_.pop_back();
}

void ThreadPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
    --idle_;
    if (tasks_.empty()) return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // frees what the task holds before this thread waits
    lock.lock();
  }
}

void ThreadPool::ForEach(size_t count, const std::function<void(size_t)>& body) {
  const size_t workers = std::min(count, max_threads_);
  std::atomic<size_t> next{0};
  std::latch done(static_cast<std::ptrdiff_t>(workers));
  for (size_t worker = 0; worker < workers; ++worker) {
    Submit([&] {
      for (size_t i = next++; i < count; i = next++) body(i);
      done.count_down();
    });
  }
  done.wait();
}

}  // namespace base
