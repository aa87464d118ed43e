#include "source/s3_source.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/memory_budget.h"
#include "base/thread_pool.h"
#include "source/cursor_codec.h"
#include "source/failures.h"
#include "source/handovers.h"
#include "source/increment.h"
#include "source/memory_shares.h"
#include "source/progress.h"
#include "source/read_pipeline.h"
#include "source/table_plan.h"

namespace source {
namespace {

// Threads for requests when `concurrency` sets no limit; memory allows fewer in most cases.
constexpr size_t kUnlimitedThreads = 512;

size_t IoThreads(const Spec& spec) {
  return spec.concurrency < 0 ? kUnlimitedThreads : static_cast<size_t>(spec.concurrency);
}

size_t CpuThreads() { return std::max(1U, std::thread::hardware_concurrency()); }

PlanOptions PlanOptionsOf(const Spec& spec) {
  PlanOptions options;
  options.normalize.nested_lists =
      spec.nested_lists == "list" ? cloudquery::NestedLists::kList : cloudquery::NestedLists::kJson;
  return options;
}

arrow::Result<CursorOptions> CursorOptionsOf(const Spec& spec) {
  CursorOptions options{.max_known = static_cast<size_t>(spec.cursor_max_known)};
  ARROW_ASSIGN_OR_RAISE(options.lookback, ParseDuration(spec.cursor_lookback));
  return options;
}

std::string Where(const Spec& spec) {
  return spec.path_prefix.empty()
             ? "bucket \"" + spec.bucket + "\""
             : "bucket \"" + spec.bucket + "\" under prefix \"" + spec.path_prefix + "\"";
}

// What the sync's own options rule out, before any work.
arrow::Status CheckRequest(const cloudquery::SyncRequest& request) {
  if (request.backend &&
      request.backend->table_name.empty() != request.backend->connection.empty()) {
    return base::MakeError(
        base::ErrorKind::kConfig,
        "backend_options: table_name and connection must both be set, or neither");
  }
  if (request.shard && (request.shard->num < 1 || request.shard->num > request.shard->total)) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "shard " + std::to_string(request.shard->num) + " of " +
                               std::to_string(request.shard->total) + " does not exist");
  }
  return arrow::Status::OK();
}

// Whether the sync keeps state: the block is there and not empty.
bool HasBackend(const cloudquery::SyncRequest& request) {
  return request.backend && !request.backend->table_name.empty();
}

// What there is to read.
struct Work {
  int64_t objects = 0;
  int64_t bytes = 0;
};

Work WorkOf(const std::vector<TablePlan>& tables) {
  Work work;
  for (const TablePlan& table : tables) {
    work.objects += static_cast<int64_t>(table.objects.size());
    for (const ObjectPlan& object : table.objects) {
      work.bytes += object.generation.info().size_bytes;
    }
  }
  return work;
}

}  // namespace

arrow::Status S3Source::Init(const cloudquery::InitRequest& request) {
  spec_.reset();
  if (IsEmptySpec(request.spec_json)) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(spec_, ParseSpec(request.spec_json));
  return arrow::Status::OK();
}

arrow::Status S3Source::Close() {
  spec_.reset();
  return arrow::Status::OK();
}

arrow::Result<Inventory> S3Source::ListSelected(s3::ObjectStore& store,
                                                const cloudquery::TableFilter& filter,
                                                base::ThreadPool& io, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(Inventory inventory, TakeInventory(store, spec_->path_prefix, io, stop));
  for (const std::string& warning : inventory.warnings) log_.Warn(warning);
  if (inventory.tables.empty()) {
    log_.Warn("no objects whose keys end in .parquet in " + Where(*spec_) +
              ", so there are no tables");
    return inventory;
  }
  std::vector<cloudquery::TableName> names;
  for (const TableObjects& table : inventory.tables) names.push_back({table.name, ""});
  ARROW_ASSIGN_OR_RAISE(const auto selected, cloudquery::SelectTables(names, filter));
  Inventory taken;
  for (size_t i = 0; i < selected.size(); ++i) {
    if (!selected[i]) continue;
    TableObjects& table = inventory.tables[i];
    taken.objects += static_cast<int64_t>(table.objects.size());
    taken.bytes += table.bytes;
    taken.tables.push_back(std::move(table));
  }
  log_.Info("objects found", {{"tables", taken.tables.size()},
                              {"objects", taken.objects},
                              {"bytes", taken.bytes},
                              {"tables_filtered_out", selected.size() - taken.tables.size()}});
  for (const TableObjects& table : taken.tables) {
    log_.Info("table found",
              {{"table", table.name}, {"objects", table.objects.size()}, {"bytes", table.bytes}});
  }
  return taken;
}

arrow::Result<std::vector<cloudquery::Table>> S3Source::Tables(
    const cloudquery::TableFilter& filter, std::stop_token stop) {
  if (!spec_) return std::vector<cloudquery::Table>{};
  ARROW_ASSIGN_OR_RAISE(const auto store, make_store_(*spec_));
  base::ThreadPool io(IoThreads(*spec_));
  ARROW_ASSIGN_OR_RAISE(const Inventory inventory, ListSelected(*store, filter, io, stop));
  Planner planner(*store, io, PlanOptionsOf(*spec_));
  Failures failures(log_, /*sink=*/nullptr, spec_->on_malformed == "fail");
  ARROW_ASSIGN_OR_RAISE(auto tables, planner.PlanTables(inventory.tables, failures, stop));
  ARROW_RETURN_NOT_OK(failures.Outcome());
  return tables;
}

arrow::Result<std::unique_ptr<cloudquery::StateStore>> S3Source::OpenState(
    const cloudquery::SyncRequest& request, const std::stop_token& stop) {
  if (!HasBackend(request)) return nullptr;
  return open_state_(*request.backend, stop);
}

arrow::Status S3Source::Sync(const cloudquery::SyncRequest& request, cloudquery::RecordSink& sink,
                             std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  const s3::Timestamp now = std::chrono::system_clock::now();
  // An empty spec is what Init alone must put up with.
  if (!spec_) return ParseSpec("{}").status();
  ARROW_RETURN_NOT_OK(CheckRequest(request));
  ARROW_ASSIGN_OR_RAISE(const auto state, OpenState(request, stop));
  std::optional<TableState> table_state;
  if (state != nullptr) table_state.emplace(*state, spec_->bucket);
  ARROW_ASSIGN_OR_RAISE(const CursorOptions cursor_options, CursorOptionsOf(*spec_));
  ARROW_ASSIGN_OR_RAISE(const int64_t memory_limit, ParseByteSize(spec_->memory_limit));
  const MemoryShares shares = DivideMemory(memory_limit, CpuThreads());
  Increment increment(
      table_state ? &*table_state : nullptr,
      {.prefix = spec_->path_prefix, .shard = request.shard.value_or(cloudquery::Shard{})},
      cursor_options, log_);

  ARROW_ASSIGN_OR_RAISE(const auto store, make_store_(*spec_));
  base::ThreadPool io(IoThreads(*spec_));
  ARROW_ASSIGN_OR_RAISE(const Inventory inventory, ListSelected(*store, request.filter, io, stop));
  ARROW_ASSIGN_OR_RAISE(const auto reads, increment.Select(inventory.tables));

  base::ThreadPool cpu(CpuThreads());
  Failures failures(log_, &sink, spec_->on_malformed == "fail");
  PlanOptions plan_options = PlanOptionsOf(*spec_);
  plan_options.incremental = state != nullptr;
  plan_options.footer_cache_bytes = shares.footer_bytes;
  Planner planner(*store, io, plan_options);
  std::vector<std::string> warnings;
  ARROW_ASSIGN_OR_RAISE(const auto tables,
                        planner.PlanAll(inventory.tables, reads, failures, &warnings, stop));
  for (const std::string& warning : warnings) log_.Warn(warning);
  for (const TablePlan& table : tables) ARROW_RETURN_NOT_OK(sink.Migrate(table.table));

  base::MemoryBudget memory(shares.fetch_bytes);
  ProgressCounts progress;
  Handovers handovers;
  {
    const Work work = WorkOf(tables);
    const ProgressLog progress_log(log_, progress, work.objects, work.bytes);
    ARROW_RETURN_NOT_OK(ReadObjects(tables,
                                    {.bucket = spec_->bucket,
                                     .rows_per_record = spec_->rows_per_record,
                                     .batch_bytes = shares.batch_bytes,
                                     .memory_limit_bytes = memory_limit,
                                     .deterministic_ids = request.deterministic_cq_id},
                                    {.store = store,
                                     .io = io,
                                     .cpu = cpu,
                                     .memory = memory,
                                     .sink = sink,
                                     .failures = failures,
                                     .log = log_,
                                     .progress = progress,
                                     .handovers = handovers},
                                    stop));
  }
  // After a failed sync the CLI drops rows that were handed over, so nothing may be remembered.
  arrow::Status outcome = failures.Outcome();
  if (outcome.ok() && state != nullptr) {
    increment.Remember(inventory.tables, reads, failures, handovers, now);
    ARROW_RETURN_NOT_OK(sink.Drain());
    log_.Info("all records sent, storing the state");
    outcome = state->Flush(stop);
  }
  log_.Info("sync finished", {{"tables", tables.size()},
                              {"objects", progress.objects.load()},
                              {"rows", progress.rows.load()},
                              {"objects_left_out", failures.warnings()},
                              {"objects_failed", failures.failures()},
                              {"duration_ms", MillisecondsSince(start)}});
  return outcome;
}

arrow::Result<cloudquery::ConnectionTest> S3Source::TestConnection(std::string_view spec_json,
                                                                   std::stop_token stop) {
  return TestSpec(spec_json, make_store_, stop);
}

}  // namespace source
