#include "source/commands/preview.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/memory_budget.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "cloudquery/table.h"
#include "cloudquery/types/type_rules.h"
#include "source/commands/read_cost.h"
#include "source/read/memory_shares.h"
#include "source/read/progress.h"
#include "source/read/read_pipeline.h"

namespace source {
namespace {

// Sums over the layouts of a table, from many threads.
class LayoutSums {
 public:
  struct OfTable {
    int64_t rows = 0;
    bool rows_unknown = false;
    ReadCost cost;
  };

  explicit LayoutSums(int64_t fetch_bytes) : fetch_bytes_(fetch_bytes) {}

  void Add(const PlannedTable& table, const PlannedObject& object,
           const formats::ObjectLayout& layout) {
    OfTable sums;
    for (int i = 0; i < layout.tasks(); ++i) {
      const auto rows = layout.task(i).rows;
      sums.rows += rows.value_or(0);
      sums.rows_unknown = sums.rows_unknown || !rows;
    }
    Kept kept = Kept::kNothing;
    if (object.plan->layout != nullptr) kept = Kept::kLayout;
    if (object.plan->content_memory.bytes() > 0) kept = Kept::kContent;
    sums.cost = CostOfRows(object.listing, layout, *table.layouts, kept, fetch_bytes_);
    const std::lock_guard lock(mutex_);
    OfTable& all = tables_[table.name];
    all.rows += sums.rows;
    all.rows_unknown = all.rows_unknown || sums.rows_unknown;
    all.cost += sums.cost;
  }

  /// Once no layout is added any more.
  const OfTable& Of(const std::string& table) { return tables_[table]; }

 private:
  const int64_t fetch_bytes_;
  std::mutex mutex_;
  std::map<std::string, OfTable> tables_;  // guarded by mutex_
};

// What lists were made JSON are no lists any more.
constexpr cloudquery::NormalizeOptions kAsSent = {.nested_lists = cloudquery::NestedLists::kList};

std::vector<ColumnPreview> ColumnsOf(const PlannedTable& table) {
  std::vector<ColumnPreview> columns;
  if (!table.announced) return columns;
  for (const cloudquery::Column& column : table.announced->columns) {
    const cloudquery::TypeRule rule = cloudquery::RuleFor(*column.field, kAsSent);
    columns.push_back({column.field->name(), cloudquery::TypeText(rule)});
  }
  return columns;
}

TablePreview PreviewOf(const PlannedTable& table, const LayoutSums::OfTable& sums) {
  TablePreview preview{.name = table.name,
                       .objects = static_cast<int64_t>(table.objects.size()),
                       .bytes = table.bytes,
                       .columns = ColumnsOf(table)};
  for (const PlannedObject& object : table.objects) {
    if (object.is_pending() && object.plan != nullptr) {
      ++preview.objects_to_read;
      preview.bytes_to_read += object.listing.size_bytes;
    } else if (object.decision == Decision::kArchived || object.outcome == Outcome::kArchived) {
      ++preview.objects_archived;
    } else if (object.decision == Decision::kKnown) {
      ++preview.objects_known;
    } else if (object.decision != Decision::kOtherShard) {
      ++preview.objects_failed;
    }
  }
  preview.rows_to_read = sums.rows;
  if (sums.rows_unknown) preview.rows_to_read = std::nullopt;
  return preview;
}

// Keeps the first rows and then ends the reading.
class FirstRowsSink final : public cloudquery::RecordSink {
 public:
  FirstRowsSink(int64_t count, std::vector<std::shared_ptr<arrow::RecordBatch>>* batches)
      : left_(count), batches_(batches) {}

  std::stop_token stop_token() const { return stop_.get_token(); }
  bool full() const { return left_ == 0; }
  void Stop() { stop_.request_stop(); }

  arrow::Status Migrate(const cloudquery::Table& table) override { return arrow::Status::OK(); }
  arrow::Status MigrateAgain(std::string_view table) override { return arrow::Status::OK(); }

  arrow::Status Insert(std::string_view table, const arrow::RecordBatch& rows,
                       int64_t max_rows) override {
    const std::lock_guard lock(mutex_);
    const int64_t taken = std::min(left_, rows.num_rows());
    if (taken > 0) batches_->push_back(rows.Slice(0, taken));
    left_ -= taken;
    if (left_ > 0) return arrow::Status::OK();
    stop_.request_stop();
    return base::Cancelled();
  }

  arrow::Status Drain() override { return arrow::Status::OK(); }
  arrow::Status Error(std::string_view table, std::string_view message) override {
    return arrow::Status::OK();
  }

 private:
  std::mutex mutex_;
  int64_t left_;  // guarded by mutex_ while rows are read
  std::vector<std::shared_ptr<arrow::RecordBatch>>* const batches_;
  std::stop_source stop_;
};

// Enough to fetch and decode a few rows; more would only be fetched ahead.
constexpr int64_t kMemoryForRows = int64_t{10} << 20;
constexpr size_t kThreadsForRows = 4;

}  // namespace

PreviewRun::PreviewRun(SyncOptions options, std::shared_ptr<s3::ObjectStore> store,
                       cloudquery::Logger& log, RequestCounts& counts)
    : options_(std::move(options)),
      store_(std::make_shared<CountingStore>(std::move(store), counts)),
      log_(log),
      counts_(counts) {}

arrow::Result<Preview> PreviewRun::Run(const cloudquery::SyncRequest& request,
                                       cloudquery::StateStore* state, std::stop_token stop) {
  LayoutSums sums(DivideMemory(options_.memory_limit_bytes, options_.cpu_threads).fetch_bytes);
  sync_.emplace(options_, store_, log_);
  ARROW_ASSIGN_OR_RAISE(
      plan_, sync_->Preview(
                 request, state,
                 [&sums](const PlannedTable& table, const PlannedObject& object,
                         const formats::ObjectLayout& layout) { sums.Add(table, object, layout); },
                 std::move(stop)));
  Preview preview{.passed_over = plan_.passed_over,
                  .tables_filtered_out = static_cast<int64_t>(plan_.tables_filtered_out),
                  .cost = {.lists = counts_.lists, .gets = counts_.gets, .bytes = counts_.bytes}};
  for (const PlannedTable& table : plan_.tables) {
    const LayoutSums::OfTable& of_table = sums.Of(table.name);
    preview.tables.push_back(PreviewOf(table, of_table));
    preview.cost.gets += of_table.cost.requests;
    preview.cost.bytes += of_table.cost.bytes;
  }
  return preview;
}

arrow::Result<FirstRows> PreviewRun::Rows(const std::string& table, int64_t count,
                                          std::stop_token stop) {
  std::erase_if(plan_.tables, [&](const PlannedTable& planned) {
    return planned.name != table || !planned.announced;
  });
  if (plan_.tables.empty()) {
    return base::MakeError(base::ErrorKind::kConfig,
                           "table " + base::Quoted(table) + " has no object that can be read");
  }
  PlannedTable& planned = plan_.tables[0];
  FirstRows rows{.schema = cloudquery::ToArrowSchema(*planned.announced)};
  FirstRowsSink sink(count, &rows.batches);
  const std::stop_callback pass_on(stop, [&sink] { sink.Stop(); });
  Outcomes outcomes(log_, &sink, options_.failures);
  base::ThreadPool io(kThreadsForRows);
  base::ThreadPool cpu(1);
  SyncMemory memory({.fetch_bytes = kMemoryForRows, .layout_bytes = kMemoryForRows});
  ProgressCounts progress;
  const ReadOptions options{.bucket = options_.bucket,
                            .rows_per_record = count,
                            .batch_bytes = 1,  // one row at a time
                            .memory_limit_bytes = options_.memory_limit_bytes,
                            .deterministic_ids = true};
  // Object by object, so that nothing is fetched of those that are not needed.
  std::vector<PlannedObject*> pending;
  for (PlannedObject& object : planned.objects) {
    if (object.is_pending() && object.plan != nullptr) pending.push_back(&object);
    object.decision = Decision::kKnown;
  }
  for (PlannedObject* object : pending) {
    if (sink.full()) break;
    object->decision = Decision::kRead;
    const arrow::Status read = ReadObjects(plan_.tables, options,
                                           {.store = store_,
                                            .io = io,
                                            .cpu = cpu,
                                            .memory = memory,
                                            .sink = sink,
                                            .outcomes = outcomes,
                                            .log = log_,
                                            .progress = progress},
                                           sink.stop_token());
    if (!read.ok() && !sink.full()) return read;
    object->decision = Decision::kKnown;
  }
  return rows;
}

}  // namespace source
