#include "source/read/progress.h"

#include <algorithm>
#include <stop_token>

#include "base/thread.h"

namespace source {
namespace {

constexpr double kMiB = 1 << 20;

}  // namespace

int64_t MillisecondsSince(std::chrono::steady_clock::time_point start) {
  const auto elapsed = std::chrono::steady_clock::now() - start;
  return std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count();
}

std::optional<int64_t> SecondsLeft(int64_t done_bytes, int64_t total_bytes,
                                   double elapsed_seconds) {
  if (done_bytes <= 0) return std::nullopt;
  const double left = static_cast<double>(std::max<int64_t>(0, total_bytes - done_bytes));
  return static_cast<int64_t>(left * elapsed_seconds / static_cast<double>(done_bytes));
}

ProgressLog::ProgressLog(cloudquery::Logger& log, const ProgressCounts& counts,
                         int64_t total_objects, int64_t total_bytes,
                         std::chrono::milliseconds interval)
    : log_(log),
      counts_(counts),
      total_objects_(total_objects),
      total_bytes_(total_bytes),
      thread_(base::TryStartThread([this, interval](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
          if (stop.stop_requested()) return;
          Report();
        }
      })) {}

void ProgressLog::Report() {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const int64_t bytes = counts_.bytes, rows = counts_.rows;
  log_.Info("sync in progress",
            {{"objects", counts_.objects.load()},
             {"objects_total", total_objects_},
             {"bytes", bytes},
             {"bytes_total", total_bytes_},
             {"rows", rows},
             {"rows_per_second", static_cast<int64_t>(static_cast<double>(rows) / seconds)},
             {"mib_per_second", static_cast<double>(bytes) / kMiB / seconds},
             {"seconds_left", SecondsLeft(bytes, total_bytes_, seconds).value_or(-1)}});
}

}  // namespace source
