#include "source/sync.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/time.h"
#include "source/read/progress.h"
#include "source/read/read_pipeline.h"
#include "source/spec/format_of_spec.h"
#include "source/state/cursor_codec.h"
#include "source/state/increment.h"
#include "source/state/table_state.h"

namespace source {
namespace {

// No sync has more threads for requests, whatever `concurrency` says; memory allows fewer in most
// cases.
constexpr size_t kMaxIoThreads = 512;

size_t IoThreads(int64_t concurrency) {
  if (concurrency < 0) return kMaxIoThreads;
  return std::min(static_cast<size_t>(concurrency), kMaxIoThreads);
}

// Enough to see what the keys of a bucket look like.
constexpr int kKeysShown = 3;
constexpr size_t kMaxShownKeyBytes = 200;

std::string Where(const SyncOptions& options) {
  const std::string bucket = "bucket \"" + options.bucket + "\"";
  return options.path_prefix.empty() ? bucket
                                     : bucket + " under prefix \"" + options.path_prefix + "\"";
}

CheckpointMode ModeOf(const std::string& checkpoints) {
  if (checkpoints == "off") return CheckpointMode::kOff;
  return checkpoints == "required" ? CheckpointMode::kRequired : CheckpointMode::kAuto;
}

std::vector<std::string> StateTables(const cloudquery::SyncRequest& request) {
  if (!request.backend || request.backend->table_name.empty()) return {};
  return {request.backend->table_name, MarkerTableOf(request.backend->table_name)};
}

// The key of the row of markers is one for each process that may run at the same time.
cloudquery::AcknowledgerOptions AcknowledgerOptionsOf(const cloudquery::SyncRequest& request,
                                                      const std::string& bucket) {
  const cloudquery::Shard shard = request.shard.value_or(cloudquery::Shard{});
  return {.table = MarkerTableOf(request.backend->table_name),
          .key = "s3/" + bucket + "/" + std::to_string(shard.num) + "-of-" +
                 std::to_string(shard.total)};
}

// What there is to read.
struct Work {
  int64_t objects = 0;
  int64_t bytes = 0;
};

Work WorkOf(const std::vector<PlannedTable>& tables) {
  Work work;
  for (const PlannedTable& table : tables) {
    for (const PlannedObject& object : table.objects) {
      if (!object.is_pending() || object.plan == nullptr) continue;
      ++work.objects;
      work.bytes += object.plan->generation.info().size_bytes;
    }
  }
  return work;
}

// A short text that changes with `types` and `rescue`, which decide what is malformed; empty where
// none of them is set.
std::string TypesText(const Spec& spec) {
  std::string all;
  const auto add = [&](const TypeNames& types, bool rescue) {
    for (const auto& [column, type] : types) all += column + '\0' + type + '\n';
    if (rescue) all += "rescue\n";
  };
  add(spec.types, spec.rescue);
  for (const DatasetSpec& dataset : spec.datasets) {
    add(dataset.types.value_or(TypeNames{}), dataset.rescue.value_or(false));
  }
  if (all.empty()) return "";
  const base::Sha256Digest digest = base::Sha256(all);
  return base::ToHex(std::span(digest).first<4>());
}

arrow::Status ArchivedError(const s3::ObjectInfo& object) {
  return base::MakeError(
      {.kind = base::ErrorKind::kArchived, .key = object.key},
      "the object is archived (storage class " + object.storage_class +
          "); restore it, or set on_archived: skip to sync without archived objects");
}

}  // namespace

arrow::Result<SyncOptions> SyncOptionsOf(const Spec& spec, const std::string& version) {
  SyncOptions options{
      .bucket = spec.bucket,
      .path_prefix = spec.path_prefix,
      .rows_per_record = spec.rows_per_record,
      .io_threads = IoThreads(spec.concurrency),
      .cpu_threads = std::max(1U, std::thread::hardware_concurrency()),
      .failures = {.fail_on_malformed = spec.on_malformed == "fail",
                   .fail_on_archived = spec.on_archived == "fail"},
  };
  ARROW_ASSIGN_OR_RAISE(options.rules, TableRules::Make(spec, FormatOf(spec)));
  ARROW_ASSIGN_OR_RAISE(options.memory_limit_bytes, ParseByteSize(spec.memory_limit));
  options.checkpoints.mode = ModeOf(spec.checkpoints);
  ARROW_ASSIGN_OR_RAISE(options.checkpoints.interval,
                        base::ParseDuration(spec.checkpoint_interval));
  options.cursor.conditions = version + ", memory_limit " + spec.memory_limit;
  const std::string types = TypesText(spec);
  if (!types.empty()) options.cursor.conditions += ", types " + types;
  return options;
}

SyncRun::SyncRun(SyncOptions options, std::shared_ptr<s3::ObjectStore> store,
                 cloudquery::Logger& log)
    : options_(std::move(options)),
      store_(std::move(store)),
      log_(log),
      io_(options_.io_threads),
      memory_(DivideMemory(options_.memory_limit_bytes, options_.cpu_threads)) {}

void SyncRun::ReportPassedOver(const Discovery& discovery) const {
  if (discovery.passed_over.keys() > 0) {
    log_.Info("keys passed over: they are not data by the rules of this configuration",
              {{"keys", discovery.passed_over.keys()}, {"why", discovery.passed_over.Text()}});
  }
  if (!discovery.partition_example.empty()) {
    log_.Info(
        "folders look like Hive partitions; hive_partitioning: true would leave them out of table "
        "names and make columns of them",
        {{"folder", discovery.partition_example}});
  }
}

arrow::Status SyncRun::WarnOfNoTables(const Discovery& discovery,
                                      const std::stop_token& stop) const {
  if (!options_.rules->has_datasets()) {
    log_.Warn("no objects whose keys end in " + std::string(options_.rules->format().ending()) +
              " in " + Where(options_) + ", so there are no tables");
    return arrow::Status::OK();
  }
  std::vector<std::string> keys(discovery.unmatched.begin(), discovery.unmatched.end());
  if (keys.empty()) {
    // Nothing begins as the patterns do, so only a wider look shows what keys are like.
    ARROW_ASSIGN_OR_RAISE(
        const s3::ListPage page,
        store_->List({.prefix = options_.path_prefix, .max_keys = kKeysShown}, stop));
    for (const s3::ObjectInfo& object : page.objects) keys.push_back(object.key);
  }
  std::string shown;
  for (const std::string& key : keys) {
    shown += (shown.empty() ? "" : ", ") + ("\"" + base::Shortened(key, kMaxShownKeyBytes) + "\"");
  }
  log_.Warn("no key in " + Where(options_) + " is taken by a dataset, so there are no tables; " +
            (shown.empty() ? "there are no keys" : "keys there are " + shown));
  return arrow::Status::OK();
}

arrow::Result<std::vector<PlannedTable>> SyncRun::Discover(const cloudquery::TableFilter& filter,
                                                           const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(Discovery discovery, DiscoverTables(*store_, options_.rules, io_, stop));
  for (const std::string& warning : discovery.warnings) log_.Warn(warning);
  ReportPassedOver(discovery);
  passed_over_ = discovery.passed_over;
  std::vector<PlannedTable> taken;
  if (discovery.tables.empty()) {
    ARROW_RETURN_NOT_OK(WarnOfNoTables(discovery, stop));
    return taken;
  }
  std::vector<cloudquery::TableName> names;
  for (const PlannedTable& table : discovery.tables) names.push_back({table.name, ""});
  ARROW_ASSIGN_OR_RAISE(const auto selected, cloudquery::SelectTables(names, filter));
  int64_t objects = 0, bytes = 0;
  for (size_t i = 0; i < selected.size(); ++i) {
    if (!selected[i]) continue;
    PlannedTable& table = taken.emplace_back(std::move(discovery.tables[i]));
    objects += static_cast<int64_t>(table.objects.size());
    bytes += table.bytes;
  }
  tables_filtered_out_ = selected.size() - taken.size();
  log_.Info("objects found", {{"tables", taken.size()},
                              {"objects", objects},
                              {"bytes", bytes},
                              {"tables_filtered_out", tables_filtered_out_}});
  for (const PlannedTable& table : taken) {
    log_.Info("table found",
              {{"table", table.name}, {"objects", table.objects.size()}, {"bytes", table.bytes}});
  }
  return taken;
}

void SyncRun::ReportClashes(std::vector<PlannedTable>& tables,
                            const std::vector<std::string>& state_tables,
                            Outcomes& outcomes) const {
  const auto clashes = FindNameClashes(tables, state_tables);
  for (const NameClash& clash : clashes) {
    outcomes.TableFailed(tables[clash.table],
                         base::MakeError(base::ErrorKind::kConfig, clash.message));
  }
  // They are neither planned nor announced.
  std::vector<bool> clashing(tables.size());
  for (const NameClash& clash : clashes) clashing[clash.table] = true;
  size_t index = 0;
  std::erase_if(tables, [&](const PlannedTable&) { return clashing[index++]; });
}

void SyncRun::ReportArchived(std::vector<PlannedTable>& tables, Outcomes& outcomes) const {
  for (PlannedTable& table : tables) {
    for (PlannedObject& object : table.objects) {
      if (object.decision != Decision::kArchived) continue;
      outcomes.Failed(table, object, ArchivedError(object.listing));
    }
  }
}

arrow::Status SyncRun::Plan(std::vector<PlannedTable>& tables, bool incremental, Outcomes& outcomes,
                            const std::stop_token& stop) {
  Planner planner(
      *store_, io_, memory_,
      {.incremental = incremental, .read_small_objects = !is_preview_, .on_layout = on_layout_});
  std::vector<std::string> warnings;
  ARROW_RETURN_NOT_OK(planner.Plan(tables, outcomes, &warnings, stop));
  for (const std::string& warning : warnings) log_.Warn(warning);
  return arrow::Status::OK();
}

arrow::Result<std::vector<cloudquery::Table>> SyncRun::Tables(const cloudquery::TableFilter& filter,
                                                              std::stop_token stop) {
  ARROW_ASSIGN_OR_RAISE(auto tables, Discover(filter, stop));
  Outcomes outcomes(log_, /*sink=*/nullptr, options_.failures);
  ReportClashes(tables, /*state_tables=*/{}, outcomes);
  // Nothing is to be read; the oldest object decides about the columns.
  for (PlannedTable& table : tables) {
    for (PlannedObject& object : table.objects) object.decision = Decision::kKnown;
  }
  ARROW_RETURN_NOT_OK(Plan(tables, /*incremental=*/false, outcomes, stop));
  ARROW_RETURN_NOT_OK(outcomes.Result());
  std::vector<cloudquery::Table> announced;
  for (PlannedTable& table : tables) {
    if (table.announced) announced.push_back(*std::move(table.announced));
  }
  return announced;
}

arrow::Status SyncRun::Read(std::vector<PlannedTable>& tables, bool deterministic_ids,
                            cloudquery::RecordSink& sink, Outcomes& outcomes,
                            ProgressCounts& progress, const std::stop_token& stop) {
  base::ThreadPool cpu(options_.cpu_threads);
  RepeatedIds repeated_ids;
  const Work work = WorkOf(tables);
  {
    const ProgressLog progress_log(log_, progress, work.objects, work.bytes);
    ARROW_RETURN_NOT_OK(ReadObjects(tables,
                                    {.bucket = options_.bucket,
                                     .rows_per_record = options_.rows_per_record,
                                     .batch_bytes = memory_.shares.batch_bytes,
                                     .memory_limit_bytes = options_.memory_limit_bytes,
                                     .deterministic_ids = deterministic_ids,
                                     .repeated_ids = &repeated_ids},
                                    {.store = store_,
                                     .io = io_,
                                     .cpu = cpu,
                                     .memory = memory_,
                                     .sink = sink,
                                     .outcomes = outcomes,
                                     .log = log_,
                                     .progress = progress},
                                    stop));
  }
  for (const PlannedTable& table : tables) {
    if (table.extender != nullptr) {
      for (const std::string& column : table.extender->differing()) {
        log_.Warn("a column of the objects differs from what their keys say, which was sent",
                  {{"table", table.name}, {"column", column}});
      }
    }
    if (const auto id = repeated_ids.Find(table.name)) {
      log_.Warn(
          "ids come more than once, as where several syncs wrote one resource: a destination that "
          "overwrites keeps one row of each id. cq_ids: new gives every row its own",
          {{"table", table.name}, {"id", *id}});
    }
  }
  objects_read_ = progress.objects;
  rows_sent_ = progress.rows;
  return CheckNothingIsPending(tables);
}

arrow::Status SyncRun::Remember(const std::vector<PlannedTable>& tables,
                                const arrow::Status& result, bool acknowledged,
                                Increment& increment, cloudquery::RecordSink& sink,
                                const std::stop_token& stop) const {
  if (!acknowledged) {
    // The CLI drops rows in transit when a sync fails.
    if (!result.ok()) return result;
    ARROW_RETURN_NOT_OK(sink.Drain());
  }
  log_.Info("all records sent, storing the state");
  const arrow::Status stored = increment.Remember(tables, started_, stop);
  if (result.ok()) return stored;
  if (!stored.ok()) log_.Error(base::MessageOf(stored));
  return result;
}

arrow::Status SyncRun::Deliver(std::vector<PlannedTable>& tables,
                               const cloudquery::SyncRequest& request,
                               cloudquery::StateStore* state, Increment& increment,
                               cloudquery::RecordSink& sink, Outcomes& outcomes,
                               const std::stop_token& stop) {
  for (const PlannedTable& table : tables) {
    if (table.announced) ARROW_RETURN_NOT_OK(sink.Migrate(*table.announced));
  }
  ProgressCounts progress;
  std::optional<cloudquery::Acknowledger> acknowledger;
  std::optional<Checkpointer> checkpoints;
  if (state != nullptr && options_.checkpoints.mode != CheckpointMode::kOff &&
      WorkOf(tables).objects > 0) {
    acknowledger.emplace(*state, sink, AcknowledgerOptionsOf(request, options_.bucket));
    checkpoints.emplace(Checkpointer::Parts{.acknowledger = *acknowledger,
                                            .increment = increment,
                                            .outcomes = outcomes,
                                            .progress = progress,
                                            .log = log_},
                        options_.checkpoints);
    ARROW_RETURN_NOT_OK(checkpoints->Announce(stop));
    ARROW_RETURN_NOT_OK(checkpoints->Begin(stop));
  }
  arrow::Status result = Read(tables, request.deterministic_cq_id, sink, outcomes, progress, stop);
  if (stop.stop_requested()) return base::Cancelled();
  if (result.ok()) result = outcomes.Result();
  if (state == nullptr) return result;
  bool acknowledged = false;
  if (checkpoints) {
    ARROW_ASSIGN_OR_RAISE(acknowledged, checkpoints->Finish(stop));
  }
  return Remember(tables, result, acknowledged, increment, sink, stop);
}

Increment SyncRun::IncrementOf(TableState* state, const cloudquery::SyncRequest& request) const {
  return {state,
          {.prefix = options_.path_prefix, .shard = request.shard.value_or(cloudquery::Shard{})},
          options_.cursor,
          log_};
}

FailurePolicy SyncRun::PolicyOf(bool incremental) const {
  FailurePolicy policy = options_.failures;
  if (incremental) policy.fail_on_archived = false;
  return policy;
}

arrow::Result<std::vector<PlannedTable>> SyncRun::Prepare(const cloudquery::SyncRequest& request,
                                                          const Increment& increment,
                                                          bool incremental, Outcomes& outcomes,
                                                          const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto tables, Discover(request.filter, stop));
  ReportClashes(tables, StateTables(request), outcomes);
  ARROW_RETURN_NOT_OK(increment.Decide(tables));
  ReportArchived(tables, outcomes);
  ARROW_RETURN_NOT_OK(Plan(tables, incremental, outcomes, stop));
  return tables;
}

arrow::Result<SyncPlan> SyncRun::Preview(const cloudquery::SyncRequest& request,
                                         cloudquery::StateStore* state, LayoutObserver observer,
                                         std::stop_token stop) {
  std::optional<TableState> table_state;
  if (state != nullptr) table_state.emplace(*state, options_.bucket, store_->Name());
  const Increment increment = IncrementOf(table_state ? &*table_state : nullptr, request);
  Outcomes outcomes(log_, /*sink=*/nullptr, PolicyOf(state != nullptr));
  is_preview_ = true;
  on_layout_ = std::move(observer);
  SyncPlan plan;
  ARROW_ASSIGN_OR_RAISE(plan.tables, Prepare(request, increment, state != nullptr, outcomes, stop));
  plan.passed_over = passed_over_;
  plan.tables_filtered_out = tables_filtered_out_;
  return plan;
}

arrow::Status SyncRun::Run(const cloudquery::SyncRequest& request, cloudquery::StateStore* state,
                           cloudquery::RecordSink& sink, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  started_ = std::chrono::system_clock::now();
  std::optional<TableState> table_state;
  if (state != nullptr) table_state.emplace(*state, options_.bucket, store_->Name());
  Increment increment = IncrementOf(table_state ? &*table_state : nullptr, request);
  Outcomes outcomes(log_, &sink, PolicyOf(state != nullptr));

  ARROW_ASSIGN_OR_RAISE(auto tables, Prepare(request, increment, state != nullptr, outcomes, stop));
  const arrow::Status result = Deliver(tables, request, state, increment, sink, outcomes, stop);
  log_.Info("sync finished",
            {{"tables", std::ranges::count_if(
                            tables, [](const auto& table) { return table.announced.has_value(); })},
             {"objects", objects_read_},
             {"rows", rows_sent_},
             {"objects_skipped", outcomes.warnings()},
             {"objects_failed", outcomes.failures()},
             {"duration_ms", MillisecondsSince(start)}});
  return result;
}

}  // namespace source
