// Stores, while a sync runs, which objects are certainly at the destination, and once more before
// it ends. So a sync that fails, or is killed, does not begin anew.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "arrow/result.h"
#include "cloudquery/acknowledger.h"
#include "cloudquery/log.h"
#include "source/outcomes.h"
#include "source/read/progress.h"
#include "source/state/increment.h"

namespace source {

enum class CheckpointMode {
  kAuto,      // where the state backend is a destination; else the state is stored at the end
  kRequired,  // the sync fails where it is not
  kOff,       // the state is stored at the end
};

struct CheckpointOptions {
  CheckpointMode mode = CheckpointMode::kAuto;
  /// From the end of a checkpoint to the next one...
  std::chrono::nanoseconds interval = std::chrono::minutes(5);
  /// ... or until this many stored bytes were read...
  int64_t interval_bytes = int64_t{2} << 30;
  /// ... but never less than this many times as long as the checkpoint took.
  int pause_factor = 19;
};

/// Name of the table of markers that goes with a state table: at most 63 bytes.
std::string MarkerTableOf(const std::string& state_table);

/// Makes the checkpoints of one sync on a thread of its own. Announce, Begin and Finish are called
/// by the thread of the sync, in this order.
class Checkpointer {
 public:
  /// All must outlive it. `increment` is used by nobody else between Begin and Finish.
  struct Parts {
    cloudquery::Acknowledger& acknowledger;
    Increment& increment;
    Outcomes& outcomes;
    const ProgressCounts& progress;
    cloudquery::Logger& log;
  };
  Checkpointer(Parts parts, CheckpointOptions options) : parts_(parts), options_(options) {}

  /// Announces what checkpoints need; with kRequired, kUnsupported if there can be none. To be
  /// called with the announcements of the tables.
  [[nodiscard]] arrow::Status Announce(std::stop_token stop);

  /// Finds out, while rows are read already, whether the destination can acknowledge; with
  /// kRequired before that, and fails with kUnsupported if it cannot. Then makes checkpoints. To be
  /// called when all tables are announced and before the first row is sent.
  [[nodiscard]] arrow::Status Begin(std::stop_token stop);

  /// To be called when all rows were sent, also those of a sync that is about to fail. True: the
  /// destination has stored the rows of all delivered objects; false: it cannot be known, which is
  /// an error with kRequired.
  [[nodiscard]] arrow::Result<bool> Finish(std::stop_token stop);

 private:
  /// Whether the destination can acknowledge; finds it out at the first call.
  arrow::Status Available(const std::stop_token& stop);
  void Run(const std::stop_token& over, const std::stop_token& stop);
  /// Waits until the next checkpoint is due; false: the sync is over or cancelled.
  bool WaitUntilDue(const std::stop_token& over, const std::stop_token& stop);
  /// Has what was delivered so far acknowledged.
  arrow::Status Confirm(const std::stop_token& stop);
  arrow::Status MakeCheckpoint(const std::stop_token& stop);
  void Warn(const arrow::Status& why);

  const Parts parts_;
  const CheckpointOptions options_;

  // Used by one thread at a time: by `thread_` while it runs.
  std::optional<arrow::Status> available_;
  std::vector<DeliveredObject> unstored_;
  std::chrono::steady_clock::time_point last_end_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration last_took_{};
  int64_t last_bytes_ = 0;
  bool warned_ = false;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace source
