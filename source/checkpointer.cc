#include "source/checkpointer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/thread.h"

namespace source {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kMarkerSuffix = "_checkpoints";
// PostgreSQL keeps no longer names.
constexpr size_t kMaxNameBytes = 63;
// Between two looks at the bytes that were read.
constexpr std::chrono::milliseconds kLook{500};

}  // namespace

std::string MarkerTableOf(const std::string& state_table) {
  return state_table.substr(0, kMaxNameBytes - kMarkerSuffix.size()) + std::string(kMarkerSuffix);
}

arrow::Status Checkpointer::Announce(std::stop_token stop) {
  const arrow::Status announced = parts_.acknowledger.Announce(stop);
  if (base::KindOf(announced) != base::ErrorKind::kUnsupported) return announced;
  if (options_.mode == CheckpointMode::kRequired) return announced;
  available_ = announced;
  Warn(announced);
  return arrow::Status::OK();
}

arrow::Status Checkpointer::Begin(std::stop_token stop) {
  if (options_.mode == CheckpointMode::kRequired) ARROW_RETURN_NOT_OK(Available(stop));
  // Without the thread there is only the last checkpoint.
  thread_ = base::TryStartThread(
      [this, stop = std::move(stop)](const std::stop_token& over) { Run(over, stop); });
  return arrow::Status::OK();
}

arrow::Status Checkpointer::Available(const std::stop_token& stop) {
  if (available_) return *available_;
  available_ = parts_.acknowledger.Probe(stop);
  if (!available_->ok() && !stop.stop_requested()) Warn(*available_);
  return *available_;
}

void Checkpointer::Run(const std::stop_token& over, const std::stop_token& stop) {
  if (!Available(stop).ok()) return;
  while (WaitUntilDue(over, stop)) {
    const auto start = Clock::now();
    const arrow::Status made = MakeCheckpoint(stop);
    if (!made.ok() && !stop.stop_requested()) Warn(made);
    last_end_ = Clock::now();
    last_took_ = last_end_ - start;
    last_bytes_ = parts_.progress.bytes;
  }
}

bool Checkpointer::WaitUntilDue(const std::stop_token& over, const std::stop_token& stop) {
  const Clock::duration pause = options_.pause_factor * last_took_;
  const auto by_time =
      last_end_ + std::max<Clock::duration>(
                      std::chrono::duration_cast<Clock::duration>(options_.interval), pause);
  std::unique_lock lock(mutex_);
  const std::stop_callback cancelled(stop, [this] { wake_.notify_all(); });
  const auto is_stopped = [&] { return stop.stop_requested(); };
  for (;;) {
    const auto now = Clock::now();
    const int64_t bytes = parts_.progress.bytes - last_bytes_;
    const bool due =
        now >= by_time || (bytes >= options_.interval_bytes && now >= last_end_ + pause);
    if (over.stop_requested() || is_stopped()) return false;
    if (due) return true;
    wake_.wait_until(lock, over, std::min<Clock::time_point>(by_time, now + kLook), is_stopped);
  }
}

arrow::Status Checkpointer::Confirm(const std::stop_token& stop) {
  // First of all: what is delivered from now on is not behind the marker.
  const auto delivered = parts_.outcomes.TakeDelivered();
  unstored_.insert(unstored_.end(), delivered.begin(), delivered.end());
  if (unstored_.empty()) return arrow::Status::OK();
  std::set<std::string> tables;
  for (const DeliveredObject& object : unstored_) tables.insert(object.table->name);
  const std::vector<std::string> names(tables.begin(), tables.end());
  return parts_.acknowledger.Confirm(names, stop);
}

arrow::Status Checkpointer::MakeCheckpoint(const std::stop_token& stop) {
  const auto start = Clock::now();
  ARROW_RETURN_NOT_OK(Confirm(stop));
  if (unstored_.empty()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(parts_.increment.Checkpoint(unstored_, stop));
  parts_.log.Info("checkpoint: the destination has stored these objects",
                  {{"objects", unstored_.size()}, {"duration_ms", MillisecondsSince(start)}});
  unstored_.clear();
  return arrow::Status::OK();
}

void Checkpointer::Warn(const arrow::Status& why) {
  if (options_.mode == CheckpointMode::kRequired || std::exchange(warned_, true)) return;
  parts_.log.Warn(
      "no checkpoint, so what this sync delivers may be sent again if it fails; checkpoints: off "
      "avoids this warning",
      {{"reason", base::MessageOf(why)}});
}

arrow::Result<bool> Checkpointer::Finish(std::stop_token stop) {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  if (stop.stop_requested()) return base::Cancelled();
  if (!Available(stop).ok()) return false;
  const arrow::Status confirmed = Confirm(stop);
  if (confirmed.ok()) return true;
  if (stop.stop_requested()) return base::Cancelled();
  if (options_.mode == CheckpointMode::kRequired) return confirmed;
  Warn(confirmed);
  return false;
}

}  // namespace source
