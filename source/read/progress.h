// Tells, every so often, how far a long sync has come.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "cloudquery/log.h"

namespace source {

/// What has been handed over so far. Thread-safe.
struct ProgressCounts {
  std::atomic<int64_t> objects = 0;
  /// Stored (compressed) bytes of the row groups that are done.
  std::atomic<int64_t> bytes = 0;
  std::atomic<int64_t> rows = 0;
};

int64_t MillisecondsSince(std::chrono::steady_clock::time_point start);

/// Seconds until all bytes are done if they go on as they did; none when nothing is known yet.
/// Pure.
std::optional<int64_t> SecondsLeft(int64_t done_bytes, int64_t total_bytes, double elapsed_seconds);

/// Logs one line per interval while it exists. Its own thread; safe to destroy from any other. Logs
/// nothing if the system refuses the thread.
class ProgressLog {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  /// `log` and `counts` must outlive it.
  ProgressLog(cloudquery::Logger& log, const ProgressCounts& counts, int64_t total_objects,
              int64_t total_bytes, std::chrono::milliseconds interval = kInterval);
  ProgressLog(const ProgressLog&) = delete;
  ProgressLog& operator=(const ProgressLog&) = delete;

 private:
  void Report();

  cloudquery::Logger& log_;
  const ProgressCounts& counts_;
  const int64_t total_objects_;
  const int64_t total_bytes_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace source
