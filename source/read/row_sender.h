// Decodes scan tasks and hands their rows to the sink: decoded by the format, brought to the
// table's columns, given ids. Runs on the thread that calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "arrow/io/interfaces.h"
#include "arrow/status.h"
#include "base/memory_scope.h"
#include "cloudquery/row_ids.h"
#include "cloudquery/source.h"
#include "source/read/object_read.h"
#include "source/read/progress.h"
#include "source/read/repeated_ids.h"

namespace source {

struct ReadOptions {
  std::string bucket;
  int64_t rows_per_record = 500;
  /// Decoded size that batches aim at.
  int64_t batch_bytes = int64_t{8} << 20;
  /// The option of that name: what no object may make the reader exceed.
  int64_t memory_limit_bytes = int64_t{256} << 20;
  bool deterministic_ids = false;
  /// Is told the ids that objects have. Null: nobody is. Must outlive the reading.
  RepeatedIds* repeated_ids = nullptr;
};

/// Thread-safe.
class RowSender {
 public:
  /// All must outlive it.
  RowSender(const ReadOptions& options, cloudquery::RecordSink& sink, ProgressCounts& progress);

  /// Sends the rows of one task that were not sent before, and notes them in the object's progress.
  /// `window_bytes`: see formats::ScanOptions. Errors are those of the format, of the file, of the
  /// projection and of the sink; kLimit or kCorrupt when a batch takes more memory than it may.
  [[nodiscard]] arrow::Status Send(ObjectRead& object, int task,
                                   std::shared_ptr<arrow::io::RandomAccessFile> file,
                                   int64_t window_bytes, const std::stop_token& stop);

  /// What divides a task; null: it is not read in parts.
  [[nodiscard]] arrow::Result<std::unique_ptr<formats::TaskDivider>> Divide(
      ObjectRead& object, int task, std::shared_ptr<arrow::io::RandomAccessFile> file,
      int64_t window_bytes, const std::stop_token& stop);

  /// Sends the rows of a part that were not sent before. Errors as for Send.
  [[nodiscard]] arrow::Status SendPart(ObjectRead& object, int task, TaskProgress& progress,
                                       formats::RowReader& reader, const std::stop_token& stop);

  /// All parts of a task were sent.
  void EndParts(ObjectRead& object, int task);

  /// An error of a divider, as Send gives it.
  arrow::Status DividerError(const ObjectRead& object, int task, const arrow::Status& status) const;

 private:
  formats::ScanOptions OptionsFor(int64_t window_bytes, const std::stop_token& stop) const;
  arrow::Status SendRows(ObjectRead& object, TaskProgress& progress, formats::RowReader& reader,
                         int64_t stored_bytes, const std::stop_token& stop);
  arrow::Result<formats::RowBatch> NextRows(const ObjectRead& object, formats::RowReader& reader,
                                            const ExtraValues* extras, int64_t* rows_to_skip,
                                            cloudquery::ConvertStats* stats);
  arrow::Status SendBatch(ObjectRead& object, TaskProgress& progress,
                          const formats::RowBatch& batch, cloudquery::RowIds& ids,
                          int64_t stored_bytes, ExtraValues* extras);
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Complete(
      std::shared_ptr<arrow::RecordBatch> rows, int64_t first_row, cloudquery::RowIds& ids,
      ExtraValues* extras);
  void NoteIds(const ObjectRead& object, const arrow::RecordBatch& rows) const;
  int64_t RowsAtOnce(const ExtraValues& extras) const;
  arrow::Status NamingTheLimit(const arrow::Status& status, int64_t stored_bytes) const;

  const ReadOptions& options_;
  cloudquery::RecordSink& sink_;
  ProgressCounts& progress_;
  base::StepMemory step_memory_;
};

}  // namespace source
