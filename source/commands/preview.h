// What a sync would do, found out by the code of a sync up to the point where it reads rows.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/record_batch.h"
#include "arrow/result.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "cloudquery/state.h"
#include "s3/object_store.h"
#include "source/commands/counting_store.h"
#include "source/sync.h"
#include "source/tables/passed_over.h"

namespace source {

struct ColumnPreview {
  std::string name;
  /// As docs/types.md names types.
  std::string type;

  bool operator==(const ColumnPreview&) const = default;
};

struct TablePreview {
  std::string name;
  int64_t objects = 0;
  int64_t bytes = 0;
  /// What a sync reads of it now.
  int64_t objects_to_read = 0;
  int64_t bytes_to_read = 0;
  /// Of the objects to read; unset: not all of them tell without being read.
  std::optional<int64_t> rows_to_read = 0;
  /// Objects that an earlier sync delivered.
  int64_t objects_known = 0;
  int64_t objects_archived = 0;
  /// Objects whose layout cannot be read; the log says why.
  int64_t objects_failed = 0;
  /// Empty: no object could be read, or the table failed; the log says why.
  std::vector<ColumnPreview> columns;
};

/// Requests of a whole sync.
struct SyncCost {
  int64_t lists = 0;
  int64_t gets = 0;
  int64_t bytes = 0;
};

struct Preview {
  std::vector<TablePreview> tables;
  PassedOver passed_over;
  int64_t tables_filtered_out = 0;
  SyncCost cost;
};

/// Rows of a table as a sync sends them, in the order of keys.
struct FirstRows {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};

/// One preview. Not thread-safe.
class PreviewRun {
 public:
  /// `log` must outlive it; what a sync would report goes there. So must `counts`, which are kept
  /// up to date for those who show progress.
  PreviewRun(SyncOptions options, std::shared_ptr<s3::ObjectStore> store, cloudquery::Logger& log,
             RequestCounts& counts);

  /// What a sync would do. `state` may be null: then it reads everything. Reads only keys and
  /// layouts.
  [[nodiscard]] arrow::Result<Preview> Run(const cloudquery::SyncRequest& request,
                                           cloudquery::StateStore* state, std::stop_token stop);

  /// The first `count` rows that the sync of Run would send of the table; decodes none beyond
  /// them. To be called once. kConfig: there is no such table.
  [[nodiscard]] arrow::Result<FirstRows> Rows(const std::string& table, int64_t count,
                                              std::stop_token stop);

 private:
  const SyncOptions options_;
  const std::shared_ptr<s3::ObjectStore> store_;
  cloudquery::Logger& log_;
  RequestCounts& counts_;
  // What plan_ is made by; emplaced anew by each Run.
  std::optional<SyncRun> sync_;
  SyncPlan plan_;
};

}  // namespace source
