#include "source/commands/progress_line.h"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <string>

#include "base/thread.h"

namespace source {
namespace {

constexpr std::chrono::milliseconds kInterval{200};
// To the beginning of the line, and clear it.
constexpr char kClear[] = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(const RequestCounts& counts) : counts_(counts) {
  if (isatty(STDERR_FILENO) == 0) return;
  thread_ = base::TryStartThread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, stop, kInterval, [&] { return stop.stop_requested(); })) {
      if (stop.stop_requested()) break;
      std::cerr << kClear << std::to_string(counts_.keys) << " keys listed, "
                << std::to_string(counts_.gets) << " reads, "
                << std::to_string(counts_.bytes / 1024) << " KiB" << std::flush;
    }
    std::cerr << kClear << std::flush;
  });
}

ProgressLine::~ProgressLine() = default;

}  // namespace source
