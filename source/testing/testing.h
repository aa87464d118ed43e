// Test doubles of the room: a log and a record sink that remember, and Parquet objects.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/table.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "cloudquery/state.h"

namespace source {

/// Keeps every line. Thread-safe.
class CapturedLog {
 public:
  CapturedLog();
  cloudquery::Logger& logger() { return *logger_; }
  /// The messages of a level ("warn"), in the order they came.
  std::vector<std::string> Messages(std::string_view level) const;

 private:
  struct Lines;
  class Output;
  std::shared_ptr<Lines> lines_;
  std::unique_ptr<cloudquery::Logger> logger_;
};

/// Keeps what a sync sends. Thread-safe.
class RecordingSink : public cloudquery::RecordSink {
 public:
  arrow::Status Migrate(const cloudquery::Table& table) override;
  arrow::Status MigrateAgain(std::string_view table) override;
  arrow::Status Insert(std::string_view table, const arrow::RecordBatch& rows,
                       int64_t max_rows) override;
  arrow::Status Drain() override { return arrow::Status::OK(); }
  arrow::Status Error(std::string_view table, std::string_view message) override;

  std::vector<std::string> tables() const;
  bool Has(std::string_view table) const;
  /// "table: message".
  std::vector<std::string> errors() const;
  int64_t rows(const std::string& table) const;
  /// All rows of a table as one; null when there were none.
  std::shared_ptr<arrow::Table> Read(const std::string& table) const;
  /// Values of the column `n` of a table.
  std::multiset<int64_t> Numbers(const std::string& table) const;
  /// Called before each Insert returns.
  void OnInsert(std::function<void()> hook) { on_insert_ = std::move(hook); }
  /// The versions of the rows of a table that has the form of a state table, by their key. Only
  /// those before the last MigrateAgain of the table.
  std::vector<uint64_t> Versions(const std::string& table, std::string_view key) const;

 private:
  mutable std::mutex mutex_;
  std::vector<cloudquery::Table> tables_;
  std::vector<std::string> errors_;
  std::map<std::string, std::vector<std::shared_ptr<arrow::RecordBatch>>> batches_;
  std::map<std::string, size_t, std::less<>> stored_;  // batches that the destination has stored
  std::function<void()> on_insert_;
};

/// State in memory, which survives the stores opened on it. Thread-safe.
class MemoryState {
 public:
  std::unique_ptr<cloudquery::StateStore> Open();
  /// What has been flushed.
  std::map<std::string, std::string, std::less<>> values;
  int flushes = 0;
  /// The destination whose tables VersionsIn reads; null: there is none.
  const RecordingSink* destination = nullptr;
  /// Called before a flush stores anything; an error is that of the flush.
  std::function<arrow::Status()> on_flush;

 private:
  class Store;
};

/// A Parquet file of one int64 column `n` with the values first … first + rows - 1, and a utf8
/// column `s`.
std::string ParquetOf(int64_t first, int64_t rows, int64_t rows_per_group = 1000);
/// Any table as a Parquet file.
std::string ParquetOf(const arrow::Table& table, int64_t rows_per_group = 1000);

}  // namespace source
