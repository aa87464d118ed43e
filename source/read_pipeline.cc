#include "source/read_pipeline.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "cloudquery/row_ids.h"
#include "formats/memory_file.h"
#include "s3/object_file.h"
#include "source/object_warnings.h"

namespace source {
namespace {

// A row group above this share of the budget is read through windows instead of being fetched
// whole, so that it leaves room for others.
constexpr int64_t kWholeGroupShare = 4;
// All windows of one row group together take at most this share.
constexpr int64_t kWindowsShare = 2;
// One in use and one on its way.
constexpr int64_t kWindowsPerColumn = 2;
constexpr int64_t kMaxWindowBytes = int64_t{8} << 20;
constexpr int64_t kMinWindowBytes = int64_t{64} << 10;
// Decompressed pages that a decoder holds: about one a column, of about this size.
constexpr int64_t kPageBytes = int64_t{1} << 20;
// Objects whose row groups are admitted in turns.
constexpr size_t kOpenObjects = 64;

// One object on its way. Tasks of several threads share it.
struct ObjectRead {
  const TablePlan& table;
  const ObjectPlan& plan;
  std::shared_ptr<const formats::ParquetFile> file;
  int next_group = 0;  // used by the admission thread only

  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::atomic<int> groups_left = 0;
  std::atomic<int64_t> rows = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  arrow::Status failure;           // guarded by mutex: the first one
  cloudquery::ConvertStats stats;  // guarded by mutex

  ObjectRead(const TablePlan& its_table, const ObjectPlan& its_plan)
      : table(its_table), plan(its_plan), file(its_plan.file) {}

  void Fail(const arrow::Status& status) {
    const std::lock_guard lock(mutex);
    if (!failed.exchange(true)) failure = status;
  }
};

// One row group on its way.
struct GroupRead {
  std::shared_ptr<ObjectRead> object;
  int group = 0;
  base::Reservation memory;
  std::vector<formats::FetchedRange> fetched;
  std::atomic<size_t> ranges_left = 0;
};

class Run {
 public:
  Run(const std::vector<TablePlan>& tables, const ReadOptions& options, ReadContext& context,
      std::stop_token stop)
      : tables_(tables), options_(options), context_(context), stop_(std::move(stop)) {}

  arrow::Status Execute() {
    const arrow::Status admitted = Admit();
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return opening_ == 0 && reading_ == 0; });
    }
    ARROW_RETURN_NOT_OK(admitted);
    if (stop_.stop_requested()) return base::Cancelled();
    return arrow::Status::OK();
  }

 private:
  // --- admission: on the thread that called Execute ---

  arrow::Status Admit() {
    std::deque<std::shared_ptr<ObjectRead>> ready;
    for (;;) {
      if (stop_.stop_requested()) return base::Cancelled();
      TakeOpened(&ready);
      if (ready.size() + opening() < kOpenObjects && StartNextObject()) continue;
      if (ready.empty()) {
        if (opening() == 0 && !HasOpened()) return arrow::Status::OK();
        WaitForOpened();
        continue;
      }
      auto object = std::move(ready.front());
      ready.pop_front();
      const int group = object->next_group++;
      ARROW_RETURN_NOT_OK(AdmitGroup(object, group));
      if (object->next_group < object->file->row_groups()) ready.push_back(std::move(object));
    }
  }

  // The next object, one of each table in turn; false when there is none left.
  bool StartNextObject() {
    const ObjectPlan* plan = nullptr;
    const TablePlan* table = nullptr;
    for (; plan == nullptr; ++next_table_) {
      if (next_table_ == tables_.size()) {
        if (!any_in_round_) return false;
        any_in_round_ = false;
        next_table_ = 0;
        ++round_;
      }
      if (round_ < tables_[next_table_].objects.size()) {
        any_in_round_ = true;
        table = &tables_[next_table_];
        plan = &table->objects[round_];
      }
    }
    auto object = std::make_shared<ObjectRead>(*table, *plan);
    Begin(&opening_);
    if (object->file != nullptr) {
      Opened(std::move(object));
      return true;
    }
    context_.io.Submit([this, object = std::move(object)]() mutable {
      auto file =
          FetchFooter(*context_.store, *object->plan.info, *object->table.footer_guess, stop_);
      if (file.ok()) {
        object->file = *std::move(file);
        Opened(std::move(object));
      } else {
        object->Fail(file.status());
        Finish(*object);
        End(&opening_);
      }
    });
    return true;
  }

  arrow::Status AdmitGroup(const std::shared_ptr<ObjectRead>& object, int group) {
    auto read = std::make_shared<GroupRead>();
    read->object = object;
    read->group = group;
    const auto ranges = object->file->Ranges(group);
    int64_t bytes = PageMemory(*object->file, group);
    for (const auto& range : ranges) bytes += range.length;
    const bool whole = bytes <= context_.memory.limit_bytes() / kWholeGroupShare;
    if (!whole)
      bytes = kWindowsPerColumn * WindowBytes(*object->file) * object->file->leaf_columns();
    ARROW_ASSIGN_OR_RAISE(read->memory, context_.memory.Acquire(bytes, stop_));
    Begin(&reading_);
    if (whole && !ranges.empty()) {
      Fetch(read, ranges);
    } else {
      context_.cpu.Submit([this, read, whole] { Decode(*read, whole); });
    }
    return arrow::Status::OK();
  }

  static int64_t PageMemory(const formats::ParquetFile& file, int group) {
    return std::min(file.row_group(group).uncompressed_bytes, file.leaf_columns() * kPageBytes);
  }

  int64_t WindowBytes(const formats::ParquetFile& file) const {
    const int64_t share = context_.memory.limit_bytes() / kWindowsShare;
    return std::clamp(share / kWindowsPerColumn / std::max(1, file.leaf_columns()), kMinWindowBytes,
                      kMaxWindowBytes);
  }

  // --- fetching: IO threads ---

  void Fetch(const std::shared_ptr<GroupRead>& read,
             const std::vector<arrow::io::ReadRange>& ranges) {
    read->fetched.resize(ranges.size());
    read->ranges_left = ranges.size();
    for (size_t i = 0; i < ranges.size(); ++i) {
      context_.io.Submit([this, read, i, range = ranges[i]] {
        FetchRange(*read, i, range);
        if (--read->ranges_left == 0) {
          context_.cpu.Submit([this, read] { Decode(*read, /*whole=*/true); });
        }
      });
    }
  }

  void FetchRange(GroupRead& read, size_t index, const arrow::io::ReadRange& range) {
    if (read.object->failed || stop_.stop_requested()) return;
    const s3::ObjectInfo& info = *read.object->plan.info;
    auto bytes = context_.store->Get({.key = info.key,
                                      .range = {.offset = range.offset, .length = range.length},
                                      .if_match = info.etag},
                                     stop_);
    if (bytes.ok()) {
      read.fetched[index] = {.offset = range.offset, .bytes = *std::move(bytes)};
    } else {
      read.object->Fail(bytes.status());
    }
  }

  // --- decoding: CPU threads ---

  void Decode(GroupRead& read, bool whole) {
    ObjectRead& object = *read.object;
    if (!object.failed && !stop_.stop_requested()) {
      const arrow::Status status = SendRows(read, whole);
      if (!status.ok()) object.Fail(status);
    }
    read.fetched.clear();
    read.memory.Release();
    if (--object.groups_left == 0) Finish(object);
    End(&reading_);
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> OpenGroup(GroupRead& read, bool whole) {
    const ObjectRead& object = *read.object;
    formats::ReadOptions options{.batch_bytes = options_.batch_bytes};
    if (!whole) {
      options.window_bytes = WindowBytes(*object.file);
      return object.file->Read(
          read.group,
          std::make_shared<s3::ObjectFile>(context_.store, *object.plan.info, context_.io, stop_),
          options);
    }
    ARROW_ASSIGN_OR_RAISE(auto file, formats::RangesFile::Make(object.plan.info->size_bytes,
                                                               std::move(read.fetched)));
    return object.file->Read(read.group, std::move(file), options);
  }

  arrow::Status SendRows(GroupRead& read, bool whole) {
    ObjectRead& object = *read.object;
    ARROW_ASSIGN_OR_RAISE(const auto reader, OpenGroup(read, whole));
    auto ids =
        options_.deterministic_ids
            ? cloudquery::RowIds::Deterministic(options_.bucket + '\0' + object.plan.info->key)
            : cloudquery::RowIds::Random();
    int64_t row = object.file->row_group(read.group).first_row;
    cloudquery::ConvertStats stats;
    arrow::MemoryPool* pool = arrow::default_memory_pool();
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(auto batch, reader->Next());
      if (batch == nullptr) break;
      ARROW_ASSIGN_OR_RAISE(batch, object.plan.normalizer->Convert(batch, &stats, pool));
      ARROW_ASSIGN_OR_RAISE(batch, cloudquery::AddCqColumns(*batch, ids, row, pool));
      ARROW_RETURN_NOT_OK(
          context_.sink.Insert(object.table.table.name, *batch, options_.rows_per_record));
      row += batch->num_rows();
      object.rows += batch->num_rows();
      context_.progress.rows += batch->num_rows();
    }
    context_.progress.bytes += object.file->row_group(read.group).compressed_bytes;
    const std::lock_guard lock(object.mutex);
    object.stats = Sum(object.stats, stats);
    return arrow::Status::OK();
  }

  // --- the end of an object: whichever thread comes last ---

  void Finish(ObjectRead& object) {
    const std::string& table = object.table.table.name;
    const std::string& key = object.plan.info->key;
    const std::lock_guard object_lock(object.mutex);
    if (object.failed) {
      context_.failures.Report(table, key, object.failure);
    } else {
      context_.log.Debug("object read", {{"table", table},
                                         {"key", key},
                                         {"bytes", object.plan.info->size_bytes},
                                         {"rows", object.rows.load()},
                                         {"duration_ms", MillisecondsSince(object.start)}});
      if (const std::string warning = WarningOf(object.stats); !warning.empty()) {
        context_.log.Warn(warning, {{"table", table}, {"key", key}});
      }
    }
    if (object.failed) return;
    context_.handovers.Add(*object.plan.info);
    ++context_.progress.objects;
  }

  // --- what is under way ---

  void Begin(int* counter) {
    const std::lock_guard lock(mutex_);
    ++*counter;
  }
  void End(int* counter) {
    const std::lock_guard lock(mutex_);
    --*counter;
    changed_
        .notify_all();  // under the lock: Execute may return, and with it `this` go, right after
  }
  void Opened(std::shared_ptr<ObjectRead> object) {
    object->groups_left = object->file->row_groups();
    if (object->file->row_groups() == 0) {
      Finish(*object);
    } else {
      const std::lock_guard lock(mutex_);
      opened_.push_back(std::move(object));
    }
    End(&opening_);
  }
  void TakeOpened(std::deque<std::shared_ptr<ObjectRead>>* ready) {
    const std::lock_guard lock(mutex_);
    for (auto& object : opened_) ready->push_back(std::move(object));
    opened_.clear();
  }
  bool HasOpened() {
    const std::lock_guard lock(mutex_);
    return !opened_.empty();
  }
  size_t opening() {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(opening_);
  }
  void WaitForOpened() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !opened_.empty() || opening_ == 0; });
  }

  const std::vector<TablePlan>& tables_;
  const ReadOptions& options_;
  ReadContext& context_;
  const std::stop_token stop_;

  // Used by the admission thread only: objects come round by round, one of each table.
  size_t round_ = 0;
  size_t next_table_ = 0;
  bool any_in_round_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  int opening_ = 0;                                 // guarded by mutex_
  int reading_ = 0;                                 // guarded by mutex_
  std::deque<std::shared_ptr<ObjectRead>> opened_;  // guarded by mutex_
};

}  // namespace

arrow::Status ReadObjects(const std::vector<TablePlan>& tables, const ReadOptions& options,
                          ReadContext context, std::stop_token stop) {
  return Run(tables, options, context, std::move(stop)).Execute();
}

}  // namespace source
