// A line on a terminal that says how far a preview is, drawn over and over.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "source/commands/counting_store.h"

namespace source {

/// Draws on standard error while it exists, and then takes the line away. Draws nothing where that
/// is no terminal.
class ProgressLine {
 public:
  /// `counts` must outlive it.
  explicit ProgressLine(const RequestCounts& counts);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  const RequestCounts& counts_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace source
