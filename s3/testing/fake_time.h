// For tests: a clock that only the store's waits advance.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <stop_token>

#include "s3/s3_store.h"

namespace s3 {

/// Thread-safe.
class FakeTime {
 public:
  /// The store's waits take no time, but advance its clock.
  static std::shared_ptr<FakeTime> For(S3Options& options) {
    auto time = std::make_shared<FakeTime>();
    options.sleep = [time](std::chrono::milliseconds wait, const std::stop_token&) {
      time->passed_ += wait.count();
      return true;
    };
    options.now = [time] { return std::chrono::steady_clock::time_point(time->passed()); };
    return time;
  }

  std::chrono::milliseconds passed() const { return std::chrono::milliseconds(passed_.load()); }

 private:
  std::atomic<std::chrono::milliseconds::rep> passed_ = 0;
};

}  // namespace s3
