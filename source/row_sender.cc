#include "source/row_sender.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "cloudquery/row_ids.h"
#include "source/object_warnings.h"

namespace source {
namespace {

// What decoding a batch may take, where sizes turn out otherwise than estimated: of batches,
// freely...
constexpr int64_t kStepBatches = 8;
// ... and at most, in quarters of memory_limit.
constexpr int64_t kStepQuarters = 3;
// A task that wants more than memory_limit though it has not even this part of it was made for
// that; larger ones are just too large.
constexpr int64_t kBombShare = 256;

}  // namespace

RowSender::RowSender(const ReadOptions& options, cloudquery::RecordSink& sink,
                     ProgressCounts& progress)
    : options_(options),
      sink_(sink),
      progress_(progress),
      step_memory_{.share_bytes = kStepBatches * options.batch_bytes,
                   .limit_bytes = options.memory_limit_bytes / 4 * kStepQuarters} {}

arrow::Status RowSender::Send(ObjectRead& object, int task,
                              std::shared_ptr<arrow::io::RandomAccessFile> file,
                              int64_t window_bytes, const std::stop_token& stop) {
  TaskProgress& progress = object.progress[static_cast<size_t>(task)];
  if (progress.done) return arrow::Status::OK();
  const formats::ScanOptions scan{.batch_bytes = options_.batch_bytes,
                                  .window_bytes = window_bytes,
                                  .memory_bytes = options_.memory_limit_bytes,
                                  .pool = base::MeteredPool(),
                                  .stop = stop};
  const int64_t stored_bytes = object.plan.layout->task(task).stored_bytes;
  auto reader = object.plan.layout->Open(task, std::move(file), scan);
  if (!reader.ok()) return NamingTheLimit(reader.status(), stored_bytes);
  ARROW_RETURN_NOT_OK(SendRows(object, progress, **reader, stored_bytes, stop));
  progress.done = true;
  progress_.bytes += stored_bytes;
  return arrow::Status::OK();
}

arrow::Status RowSender::SendRows(ObjectRead& object, TaskProgress& progress,
                                  formats::RowReader& reader, int64_t stored_bytes,
                                  const std::stop_token& stop) {
  auto ids = options_.deterministic_ids
                 ? cloudquery::RowIds::Deterministic(options_.bucket + '\0' + object.info().key)
                 : cloudquery::RowIds::Random();
  int64_t rows_to_skip = progress.rows_sent;
  cloudquery::ConvertStats stats;
  while (!stop.stop_requested()) {
    const auto next = NextRows(object, reader, &rows_to_skip, ids, &stats);
    if (!next.ok()) return NamingTheLimit(next.status(), stored_bytes);
    const auto& rows = *next;
    if (rows == nullptr) {
      const std::lock_guard lock(object.mutex);
      object.stats = Sum(object.stats, stats);
      return arrow::Status::OK();
    }
    if (rows->num_rows() == 0) continue;
    ARROW_RETURN_NOT_OK(sink_.Insert(object.table.name, *rows, options_.rows_per_record));
    progress.rows_sent += rows->num_rows();
    object.rows += rows->num_rows();
    progress_.rows += rows->num_rows();
  }
  return base::Cancelled();
}

// As they are sent; null at the end. Without rows where all of a batch was sent before.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> RowSender::NextRows(
    const ObjectRead& object, formats::RowReader& reader, int64_t* rows_to_skip,
    cloudquery::RowIds& ids, cloudquery::ConvertStats* stats) {
  const base::MemoryScope scope(step_memory_);
  ARROW_ASSIGN_OR_RAISE(formats::RowBatch batch, reader.Next());
  if (batch.rows == nullptr) return nullptr;
  const int64_t skipped = std::min(*rows_to_skip, batch.rows->num_rows());
  if (skipped > 0) {
    *rows_to_skip -= skipped;
    batch = {.rows = batch.rows->Slice(skipped), .first_row = batch.first_row + skipped};
    if (batch.rows->num_rows() == 0) return batch.rows;
  }
  arrow::MemoryPool* pool = base::MeteredPool();
  ARROW_ASSIGN_OR_RAISE(auto rows, object.plan.projection->Convert(batch.rows, stats, pool));
  return cloudquery::AddCqColumns(*rows, ids, batch.first_row, pool);
}

// What is too large has rows that must not be missed in silence, a bomb has none worth having.
arrow::Status RowSender::NamingTheLimit(const arrow::Status& status, int64_t stored_bytes) const {
  if (!status.IsOutOfMemory() && base::KindOf(status) != base::ErrorKind::kLimit) return status;
  const bool bomb = stored_bytes < options_.memory_limit_bytes / kBombShare;
  return base::MakeError(bomb ? base::ErrorKind::kCorrupt : base::ErrorKind::kLimit,
                         base::MessageOf(status) + " to decode " + std::to_string(stored_bytes) +
                             " bytes; memory_limit allows no more");
}

}  // namespace source
