#include "source/read/row_sender.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "cloudquery/row_ids.h"
#include "source/read/object_warnings.h"

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
  const int64_t stored_bytes = object.plan.layout->task(task).stored_bytes;
  auto reader = object.plan.layout->Open(task, std::move(file), OptionsFor(window_bytes, stop));
  if (!reader.ok()) return NamingTheLimit(reader.status(), stored_bytes);
  ARROW_RETURN_NOT_OK(SendRows(object, progress, **reader, stored_bytes, stop));
  progress.done = true;
  progress_.bytes += stored_bytes;
  return arrow::Status::OK();
}

formats::ScanOptions RowSender::OptionsFor(int64_t window_bytes,
                                           const std::stop_token& stop) const {
  return {.batch_bytes = options_.batch_bytes,
          .window_bytes = window_bytes,
          .memory_bytes = options_.memory_limit_bytes,
          .pool = base::MeteredPool(),
          .stop = stop};
}

arrow::Result<std::unique_ptr<formats::TaskDivider>> RowSender::Divide(
    ObjectRead& object, int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
    int64_t window_bytes, const std::stop_token& stop) {
  auto divider = object.plan.layout->Divide(task, std::move(file), OptionsFor(window_bytes, stop));
  if (divider.ok()) return divider;
  return DividerError(object, task, divider.status());
}

arrow::Status RowSender::SendPart(ObjectRead& object, int task, TaskProgress& progress,
                                  formats::RowReader& reader, const std::stop_token& stop) {
  if (progress.done) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(
      SendRows(object, progress, reader, object.plan.layout->task(task).stored_bytes, stop));
  progress.done = true;
  return arrow::Status::OK();
}

void RowSender::EndParts(ObjectRead& object, int task) {
  object.progress[static_cast<size_t>(task)].done = true;
  progress_.bytes += object.plan.layout->task(task).stored_bytes;
}

arrow::Status RowSender::DividerError(const ObjectRead& object, int task,
                                      const arrow::Status& status) const {
  return NamingTheLimit(status, object.plan.layout->task(task).stored_bytes);
}

arrow::Status RowSender::SendRows(ObjectRead& object, TaskProgress& progress,
                                  formats::RowReader& reader, int64_t stored_bytes,
                                  const std::stop_token& stop) {
  auto ids = options_.deterministic_ids
                 ? cloudquery::RowIds::Deterministic(options_.bucket + '\0' + object.info().key)
                 : cloudquery::RowIds::Random();
  std::optional<ExtraValues> extras;
  if (object.table.extender != nullptr) {
    ARROW_ASSIGN_OR_RAISE(extras, object.table.extender->ValuesOf(object.info()));
  }
  int64_t rows_to_skip = progress.rows_sent;
  cloudquery::ConvertStats stats;
  formats::SkippedRows skipped;
  while (!stop.stop_requested()) {
    const auto batch = NextRows(object, reader, extras ? &*extras : nullptr, &rows_to_skip, &stats);
    if (!batch.ok()) return NamingTheLimit(batch.status(), stored_bytes);
    skipped.Add(batch->skipped);
    if (batch->rows == nullptr) {
      const std::lock_guard lock(object.mutex);
      object.stats = Sum(object.stats, stats);
      object.skipped.Add(skipped);
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(
        SendBatch(object, progress, *batch, ids, stored_bytes, extras ? &*extras : nullptr));
  }
  return base::Cancelled();
}

// As the table's data has them; null at the end. Without rows where all of a batch was sent before.
arrow::Result<formats::RowBatch> RowSender::NextRows(const ObjectRead& object,
                                                     formats::RowReader& reader,
                                                     const ExtraValues* extras,
                                                     int64_t* rows_to_skip,
                                                     cloudquery::ConvertStats* stats) {
  const base::MemoryScope scope(step_memory_);
  ARROW_ASSIGN_OR_RAISE(formats::RowBatch batch, reader.Next());
  if (batch.rows == nullptr) return batch;
  const int64_t skipped = std::min(*rows_to_skip, batch.rows->num_rows());
  if (skipped > 0) {
    *rows_to_skip -= skipped;
    batch = formats::WithoutFirst(skipped, std::move(batch));
    if (batch.rows->num_rows() == 0) return batch;
  }
  ARROW_ASSIGN_OR_RAISE(
      batch.rows,
      object.plan.projection->Convert(batch, stats, base::MeteredPool(),
                                      extras == nullptr ? std::string_view() : extras->rescued()));
  return batch;
}

// In pieces where long values, such as keys, are repeated for each row: those of a batch of narrow
// rows would take many times the memory of the batch. A piece is a number of whole records.
int64_t RowSender::RowsAtOnce(const ExtraValues& extras) const {
  const int64_t rows = extras.RowsWithin(options_.batch_bytes);
  return rows - (rows > options_.rows_per_record ? rows % options_.rows_per_record : 0);
}

void RowSender::NoteIds(const ObjectRead& object, const arrow::RecordBatch& rows) const {
  if (options_.repeated_ids == nullptr) return;
  const auto ids = rows.GetColumnByName(std::string(cloudquery::kCqId));
  if (ids != nullptr) options_.repeated_ids->Add(object.table.name, *ids);
}

arrow::Status RowSender::SendBatch(ObjectRead& object, TaskProgress& progress,
                                   const formats::RowBatch& batch, cloudquery::RowIds& ids,
                                   int64_t stored_bytes, ExtraValues* extras) {
  NoteIds(object, *batch.rows);
  const int64_t end = batch.rows->num_rows();
  const int64_t at_once = extras == nullptr ? end : RowsAtOnce(*extras);
  for (int64_t begin = 0; begin < end; begin += at_once) {
    const auto piece = at_once < end ? batch.rows->Slice(begin, at_once) : batch.rows;
    const auto completed = Complete(piece, batch.first_row + begin, ids, extras);
    if (!completed.ok()) return NamingTheLimit(completed.status(), stored_bytes);
    const auto& rows = *completed;
    ARROW_RETURN_NOT_OK(sink_.Insert(object.table.name, *rows, options_.rows_per_record));
    progress.rows_sent += rows->num_rows();
    object.rows += rows->num_rows();
    progress_.rows += rows->num_rows();
  }
  return arrow::Status::OK();
}

// With all columns of the table.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> RowSender::Complete(
    std::shared_ptr<arrow::RecordBatch> rows, int64_t first_row, cloudquery::RowIds& ids,
    ExtraValues* extras) {
  const base::MemoryScope scope(step_memory_);
  arrow::MemoryPool* pool = base::MeteredPool();
  if (extras != nullptr) {
    ARROW_ASSIGN_OR_RAISE(rows, extras->Extend(*rows, first_row, pool));
  }
  return cloudquery::AddCqColumns(*rows, ids, first_row, pool);
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
