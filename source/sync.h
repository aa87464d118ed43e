// One sync, from the listing to the state: the stages of source/planned_table.h in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "base/thread_pool.h"
#include "cloudquery/log.h"
#include "cloudquery/source.h"
#include "cloudquery/state.h"
#include "s3/object_store.h"
#include "source/checkpointer.h"
#include "source/outcomes.h"
#include "source/planner.h"
#include "source/read/progress.h"
#include "source/spec/spec.h"
#include "source/state/cursor.h"
#include "source/state/increment.h"
#include "source/tables/discovery.h"
#include "source/tables/table_rules.h"

namespace source {

struct SyncOptions {
  std::shared_ptr<const TableRules> rules;
  std::string bucket;
  std::string path_prefix;
  int64_t rows_per_record = 500;
  int64_t memory_limit_bytes = int64_t{256} << 20;
  size_t io_threads = 50;
  size_t cpu_threads = 1;
  CursorOptions cursor;
  CheckpointOptions checkpoints;
  /// Without state; with it an archived object is no failure, since the next sync tries it again.
  FailurePolicy failures;
};

/// `version`: of the plugin; a malformed object is tried again when it changes. kConfig when a
/// value cannot be used.
[[nodiscard]] arrow::Result<SyncOptions> SyncOptionsOf(const Spec& spec,
                                                       const std::string& version);

/// What a sync knows before it reads rows.
struct SyncPlan {
  /// Those that the filter takes and that do not clash, with decisions, plans and schemas.
  std::vector<PlannedTable> tables;
  PassedOver passed_over;
  size_t tables_filtered_out = 0;
};

/// Not thread-safe.
class SyncRun {
 public:
  /// `log` must outlive it.
  SyncRun(SyncOptions options, std::shared_ptr<s3::ObjectStore> store, cloudquery::Logger& log);

  /// The tables that the filter takes.
  [[nodiscard]] arrow::Result<std::vector<cloudquery::Table>> Tables(
      const cloudquery::TableFilter& filter, std::stop_token stop);

  /// Sends all tables, then all rows, and stores the state. `state` may be null. When objects fail,
  /// the state holds what the destination has acknowledged; if it cannot acknowledge, the state
  /// stays as it was, since the CLI drops rows that were handed to it before.
  [[nodiscard]] arrow::Status Run(const cloudquery::SyncRequest& request,
                                  cloudquery::StateStore* state, cloudquery::RecordSink& sink,
                                  std::stop_token stop);

  /// What Run would read; must not outlive this. Requests are those that Run makes for keys and
  /// layouts; what it would report goes to the log alone. `observer` may be empty, see PlanOptions.
  [[nodiscard]] arrow::Result<SyncPlan> Preview(const cloudquery::SyncRequest& request,
                                                cloudquery::StateStore* state,
                                                LayoutObserver observer, std::stop_token stop);

 private:
  Increment IncrementOf(TableState* state, const cloudquery::SyncRequest& request) const;
  /// With state an archived object is no failure, since the next sync tries it again.
  FailurePolicy PolicyOf(bool incremental) const;
  /// The stages up to the plan: what is to be read, and the schema of each table.
  arrow::Result<std::vector<PlannedTable>> Prepare(const cloudquery::SyncRequest& request,
                                                   const Increment& increment, bool incremental,
                                                   Outcomes& outcomes, const std::stop_token& stop);
  /// The tables of the bucket that the filter takes.
  arrow::Result<std::vector<PlannedTable>> Discover(const cloudquery::TableFilter& filter,
                                                    const std::stop_token& stop);
  void ReportPassedOver(const Discovery& discovery) const;
  arrow::Status WarnOfNoTables(const Discovery& discovery, const std::stop_token& stop) const;
  void ReportClashes(std::vector<PlannedTable>& tables,
                     const std::vector<std::string>& state_tables, Outcomes& outcomes) const;
  void ReportArchived(std::vector<PlannedTable>& tables, Outcomes& outcomes) const;
  arrow::Status Plan(std::vector<PlannedTable>& tables, bool incremental, Outcomes& outcomes,
                     const std::stop_token& stop);
  arrow::Status Read(std::vector<PlannedTable>& tables, bool deterministic_ids,
                     cloudquery::RecordSink& sink, Outcomes& outcomes, ProgressCounts& progress,
                     const std::stop_token& stop);
  /// Announces the tables, sends their rows and stores the state.
  arrow::Status Deliver(std::vector<PlannedTable>& tables, const cloudquery::SyncRequest& request,
                        cloudquery::StateStore* state, Increment& increment,
                        cloudquery::RecordSink& sink, Outcomes& outcomes,
                        const std::stop_token& stop);
  /// `acknowledged`: the destination has stored all that was delivered.
  arrow::Status Remember(const std::vector<PlannedTable>& tables, const arrow::Status& result,
                         bool acknowledged, Increment& increment, cloudquery::RecordSink& sink,
                         const std::stop_token& stop) const;

  const SyncOptions options_;
  const std::shared_ptr<s3::ObjectStore> store_;
  cloudquery::Logger& log_;
  base::ThreadPool io_;
  s3::Timestamp started_{};
  SyncMemory memory_;
  bool is_preview_ = false;
  LayoutObserver on_layout_;
  /// Of the last Discover.
  PassedOver passed_over_;
  size_t tables_filtered_out_ = 0;
  int64_t objects_read_ = 0;
  int64_t rows_sent_ = 0;
};

}  // namespace source
