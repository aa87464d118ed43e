#include "source/read_pipeline.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/memory_scope.h"
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
// An object up to this size is fetched with one request beside that for its footer.
constexpr int64_t kSmallObjectBytes = int64_t{8} << 20;
// What is decompressed of a small object at a time, for each of its bytes, where no footer tells.
constexpr int64_t kPageBytesPerByte = 8;
// A footer above this share of a small object is not fetched a second time.
constexpr int64_t kLargeFooterShare = 8;
// With a memory_limit up to this, memory is returned to the system after each portion. That costs
// time, but what allocators keep would be more than what is in use.
constexpr int64_t kFrugalBytes = int64_t{128} << 20;
// Objects whose row groups are admitted in turns.
constexpr size_t kOpenObjects = 64;

// What decoding a batch may take, where sizes turn out otherwise than estimated: of batches,
// freely...
constexpr int64_t kStepBatches = 8;
// ... and at most, in quarters of memory_limit.
constexpr int64_t kStepQuarters = 3;
// A row group that wants more than memory_limit though it has not even this part of it was made for
// that; larger ones are just too large.
constexpr int64_t kBombShare = 256;

// One object on its way. Tasks of several threads share it.
struct ObjectRead {
  const TablePlan& table;
  Generation generation;
  std::shared_ptr<const formats::ParquetFile> file;
  std::shared_ptr<arrow::Buffer> content;  // all of a tiny object, or null
  std::shared_ptr<const cloudquery::Normalizer> normalizer;
  int next_group = 0;  // used by the admission thread only

  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  std::atomic<int> groups_left = 0;
  std::atomic<int64_t> rows = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  arrow::Status failure;           // guarded by mutex: the first one
  cloudquery::ConvertStats stats;  // guarded by mutex

  ObjectRead(const TablePlan& its_table, Generation its_generation)
      : table(its_table), generation(std::move(its_generation)) {}

  const s3::ObjectInfo& info() const { return generation.info(); }

  void Fail(const arrow::Status& status) {
    const std::lock_guard lock(mutex);
    if (!failed.exchange(true)) failure = status;
  }
};

// What is fetched and decoded in one go: one row group, or all of a small object.
struct Portion {
  std::shared_ptr<ObjectRead> object;
  int first_group = 0;
  int groups = 1;
  // Whether its ranges are fetched before it is decoded, or through windows meanwhile.
  bool whole = true;
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
      bool started = false;
      if (ready.size() + opening() < kOpenObjects) {
        ARROW_ASSIGN_OR_RAISE(started, StartNextObject());
      }
      if (ready.empty()) {
        if (!started && !WaitForOpened()) return arrow::Status::OK();
        continue;
      }
      auto object = std::move(ready.front());
      ready.pop_front();
      ARROW_RETURN_NOT_OK(AdmitNext(object));
      if (object->next_group < object->file->row_groups()) ready.push_back(std::move(object));
    }
  }

  // The next object, one of each table in turn; false when there is none left.
  arrow::Result<bool> StartNextObject() {
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
    auto object = std::make_shared<ObjectRead>(*table, plan->generation);
    const int64_t size = object->info().size_bytes;
    if (plan->file == nullptr && size <= kSmallObjectBytes && Fits(UnopenedMemory(size))) {
      ARROW_RETURN_NOT_OK(AdmitUnopened(object, size));
      return true;
    }
    Begin(&opening_);
    if (plan->file != nullptr) {
      object->file = plan->file;
      object->content = plan->content;
      object->normalizer = plan->normalizer;
      Opened(object);
    } else {
      context_.io.Submit([this, object] { Open(object); });
    }
    return true;
  }

  // A small object whose footer was not kept: all of it, so that its footer costs no request.
  arrow::Status AdmitUnopened(const std::shared_ptr<ObjectRead>& object, int64_t size) {
    auto portion = std::make_shared<Portion>();
    portion->object = object;
    ARROW_ASSIGN_OR_RAISE(portion->memory, context_.memory.Acquire(UnopenedMemory(size), stop_));
    Begin(&reading_);
    context_.io.Submit([this, portion, size] { FetchUnopened(portion, size); });
    return arrow::Status::OK();
  }

  // For the object and its decompressed pages.
  static int64_t UnopenedMemory(int64_t size) { return size * (1 + kPageBytesPerByte); }

  arrow::Status AdmitNext(const std::shared_ptr<ObjectRead>& object) {
    auto portion = std::make_shared<Portion>();
    portion->object = object;
    portion->first_group = object->next_group;
    std::vector<arrow::io::ReadRange> ranges;
    int64_t bytes = 0;
    if (object->content != nullptr) {
      portion->groups = object->file->row_groups();
      portion->fetched.push_back({.offset = 0, .bytes = std::move(object->content)});
      bytes = PageMemory(*object->file);
    } else if (IsSmall(*object->file)) {
      portion->groups = object->file->row_groups();
      ranges = {RangeOfAll(*object->file)};
      bytes = ranges[0].length + PageMemory(*object->file);
    } else {
      ranges = object->file->Ranges(portion->first_group);
      const int64_t pages = PageMemory(*object->file, portion->first_group);
      bytes = pages;
      for (const auto& range : ranges) bytes += range.length;
      portion->whole = Fits(bytes);
      if (!portion->whole) {
        bytes =
            pages + kWindowsPerColumn * WindowBytes(*object->file) * object->file->leaf_columns();
      }
    }
    object->next_group += portion->groups;
    ARROW_ASSIGN_OR_RAISE(portion->memory, context_.memory.Acquire(bytes, stop_));
    Begin(&reading_);
    if (portion->whole && !ranges.empty()) {
      Fetch(portion, ranges);
    } else {
      context_.cpu.Submit([this, portion] { Decode(*portion); });
    }
    return arrow::Status::OK();
  }

  bool Fits(int64_t bytes) const {
    return bytes <= context_.memory.limit_bytes() / kWholeGroupShare;
  }

  // Fetched with one request, whatever its row groups.
  bool IsSmall(const formats::ParquetFile& file) const {
    return file.object_bytes() <= kSmallObjectBytes && Fits(file.object_bytes() + PageMemory(file));
  }

  // All of the object, so that its checksum can be checked; without the footer where that is much
  // of it and was fetched before.
  static arrow::io::ReadRange RangeOfAll(const formats::ParquetFile& file) {
    const bool large_footer = file.footer_bytes() > file.object_bytes() / kLargeFooterShare;
    return {0, file.object_bytes() - (large_footer ? file.footer_bytes() : 0)};
  }

  static int64_t PageMemory(const formats::ParquetFile& file) {
    int64_t most = 0;
    for (int group = 0; group < file.row_groups(); ++group) {
      most = std::max(most, PageMemory(file, group));
    }
    return most;
  }

  static int64_t PageMemory(const formats::ParquetFile& file, int group) {
    return std::min(file.row_group(group).uncompressed_bytes, file.leaf_columns() * kPageBytes);
  }

  int64_t WindowBytes(const formats::ParquetFile& file) const {
    const int64_t share = context_.memory.limit_bytes() / kWindowsShare;
    return std::clamp(share / kWindowsPerColumn / std::max(1, file.leaf_columns()), kMinWindowBytes,
                      kMaxWindowBytes);
  }

  // --- opening and fetching: IO threads ---

  void Open(const std::shared_ptr<ObjectRead>& object) {
    const arrow::Status opened = ReadFooter(*object, kTinyObjectBytes);
    if (opened.ok()) {
      Opened(object);
    } else {
      object->Fail(opened);
      Finish(*object);
      End(&opening_);
    }
  }

  // And the rest of the object with it, if it is no larger than `whole_bytes`.
  arrow::Status ReadFooter(ObjectRead& object, int64_t whole_bytes) {
    ARROW_ASSIGN_OR_RAISE(
        Footer footer, FetchFooter(*context_.store, object.generation, *object.table.footer_guess,
                                   whole_bytes, stop_));
    object.file = std::move(footer.file);
    object.content = std::move(footer.content);
    return object.table.schema->Add(object.info().key, object.file->schema())
        .Value(&object.normalizer);
  }

  void FetchUnopened(const std::shared_ptr<Portion>& portion, int64_t size) {
    ObjectRead& object = *portion->object;
    const arrow::Status opened = ReadFooter(object, size);
    if (opened.ok() && object.content != nullptr && object.file->row_groups() > 0) {
      portion->groups = object.file->row_groups();
      object.groups_left = portion->groups;
      portion->fetched.push_back({.offset = 0, .bytes = std::move(object.content)});
      context_.cpu.Submit([this, portion] { Decode(*portion); });
      return;
    }
    portion->memory.Release();
    if (!opened.ok()) {
      object.Fail(opened);
      Finish(object);
    } else {
      // It has no rows, or is larger now than when it was listed.
      Begin(&opening_);
      Opened(portion->object);
    }
    End(&reading_);
  }

  // An object that changed while it was read: from its start, as it is now.
  void Reopen(const std::shared_ptr<ObjectRead>& old) {
    auto object = std::make_shared<ObjectRead>(old->table, old->generation);
    const arrow::Status renewed = Renew(*context_.store, object->generation, stop_);
    if (renewed.ok()) {
      context_.log.Warn("object changed while it was read; it is read again as it is now",
                        {{"table", object->table.table.name},
                         {"key", object->info().key},
                         {"rows_sent_before", old->rows.load()}});
      Open(object);
    } else {
      object->Fail(renewed);
      Finish(*object);
      End(&opening_);
    }
  }

  void Fetch(const std::shared_ptr<Portion>& portion,
             const std::vector<arrow::io::ReadRange>& ranges) {
    portion->fetched.resize(ranges.size());
    portion->ranges_left = ranges.size();
    for (size_t i = 0; i < ranges.size(); ++i) {
      context_.io.Submit([this, portion, i, range = ranges[i]] {
        FetchRange(*portion, i, range);
        if (--portion->ranges_left == 0) {
          context_.cpu.Submit([this, portion] { Decode(*portion); });
        }
      });
    }
  }

  void FetchRange(Portion& portion, size_t index, const arrow::io::ReadRange& range) {
    if (portion.object->failed || stop_.stop_requested()) return;
    const s3::ObjectInfo& info = portion.object->info();
    auto bytes = context_.store->Get({.key = info.key,
                                      .range = {.offset = range.offset, .length = range.length},
                                      .if_match = info.etag,
                                      .whole = range.length == info.size_bytes},
                                     stop_);
    if (bytes.ok()) {
      portion.fetched[index] = {.offset = range.offset, .bytes = *std::move(bytes)};
    } else {
      portion.object->Fail(bytes.status());
    }
  }

  // --- decoding: CPU threads ---

  void Decode(Portion& portion) {
    ObjectRead& object = *portion.object;
    if (!object.failed && !stop_.stop_requested()) {
      const arrow::Status status = SendGroups(portion);
      if (!status.ok()) object.Fail(status);
    }
    portion.fetched.clear();
    if (options_.memory_limit_bytes <= kFrugalBytes) ReturnUnusedMemory();
    portion.memory.Release();
    if ((object.groups_left -= portion.groups) == 0) Close(portion.object);
    End(&reading_);
  }

  // What is free is otherwise kept for a second, in case it is needed again.
  static void ReturnUnusedMemory() {
    arrow::default_memory_pool()->ReleaseUnused();
    arrow::system_memory_pool()->ReleaseUnused();
  }

  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenFile(Portion& portion) {
    const s3::ObjectInfo& info = portion.object->info();
    if (portion.whole) {
      return formats::RangesFile::Make(info.size_bytes, std::move(portion.fetched));
    }
    return std::make_shared<s3::ObjectFile>(context_.store, info, context_.io, stop_);
  }

  arrow::Status SendGroups(Portion& portion) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, OpenFile(portion));
    ObjectRead& object = *portion.object;
    const formats::ReadOptions options{
        .batch_bytes = options_.batch_bytes,
        .window_bytes = portion.whole ? 0 : WindowBytes(*object.file),
        .page_memory_bytes = options_.memory_limit_bytes,
        .pool = base::MeteredPool(),
        .stop = stop_};
    for (int i = 0; i < portion.groups && !stop_.stop_requested(); ++i) {
      const int group = portion.first_group + i;
      ARROW_ASSIGN_OR_RAISE(const auto reader, object.file->Read(group, bytes, options));
      ARROW_RETURN_NOT_OK(SendRows(object, group, *reader));
    }
    return arrow::Status::OK();
  }

  arrow::Status SendRows(ObjectRead& object, int group, arrow::RecordBatchReader& reader) {
    auto ids = options_.deterministic_ids
                   ? cloudquery::RowIds::Deterministic(options_.bucket + '\0' + object.info().key)
                   : cloudquery::RowIds::Random();
    int64_t row = object.file->row_group(group).first_row;
    cloudquery::ConvertStats stats;
    for (;;) {
      auto next = NextRows(object, reader, ids, row, &stats);
      if (!next.ok()) return NamingTheLimit(next.status(), object.file->row_group(group));
      const auto batch = *std::move(next);
      if (batch == nullptr) break;
      ARROW_RETURN_NOT_OK(
          context_.sink.Insert(object.table.table.name, *batch, options_.rows_per_record));
      row += batch->num_rows();
      object.rows += batch->num_rows();
      context_.progress.rows += batch->num_rows();
    }
    context_.progress.bytes += object.file->row_group(group).compressed_bytes;
    const std::lock_guard lock(object.mutex);
    object.stats = Sum(object.stats, stats);
    return arrow::Status::OK();
  }

  // As they are sent; null at the end.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> NextRows(const ObjectRead& object,
                                                              arrow::RecordBatchReader& reader,
                                                              cloudquery::RowIds& ids, int64_t row,
                                                              cloudquery::ConvertStats* stats) {
    const base::MemoryScope scope(step_memory_);
    ARROW_ASSIGN_OR_RAISE(auto batch, reader.Next());
    if (batch == nullptr) return nullptr;
    arrow::MemoryPool* pool = base::MeteredPool();
    ARROW_ASSIGN_OR_RAISE(batch, object.normalizer->Convert(batch, stats, pool));
    return cloudquery::AddCqColumns(*batch, ids, row, pool);
  }

  // What is too large has rows that must not be missed in silence, a bomb has none worth having.
  arrow::Status NamingTheLimit(const arrow::Status& status,
                               const formats::RowGroupInfo& group) const {
    if (!status.IsOutOfMemory() && base::KindOf(status) != base::ErrorKind::kLimit) return status;
    const bool bomb = group.compressed_bytes < options_.memory_limit_bytes / kBombShare;
    return base::MakeError(bomb ? base::ErrorKind::kCorrupt : base::ErrorKind::kLimit,
                           base::MessageOf(status) + " to decode " +
                               std::to_string(group.compressed_bytes) +
                               "; memory_limit allows no more");
  }

  // --- the end of an object: whichever thread comes last ---

  void Close(const std::shared_ptr<ObjectRead>& object) {
    if (object->failed && base::KindOf(object->failure) == base::ErrorKind::kChanged) {
      Begin(&opening_);
      context_.io.Submit([this, object] { Reopen(object); });
    } else {
      Finish(*object);
    }
  }

  void Finish(ObjectRead& object) {
    const std::string& table = object.table.table.name;
    const std::string& key = object.info().key;
    const std::lock_guard object_lock(object.mutex);
    if (object.failed) {
      context_.failures.Report(table, key, NamingRowsSent(object.failure, object.rows));
    } else {
      context_.log.Debug("object read", {{"table", table},
                                         {"key", key},
                                         {"bytes", object.info().size_bytes},
                                         {"rows", object.rows.load()},
                                         {"duration_ms", MillisecondsSince(object.start)}});
      if (const std::string warning = WarningOf(object.stats); !warning.empty()) {
        context_.log.Warn(warning, {{"table", table}, {"key", key}});
      }
    }
    if (object.failed) return;
    context_.handovers.Add(object.generation);
    ++context_.progress.objects;
  }

  static arrow::Status NamingRowsSent(const arrow::Status& failure, int64_t rows) {
    if (rows == 0) return failure;
    return base::MakeError(
        base::InfoOf(failure),
        base::MessageOf(failure) + "; " + std::to_string(rows) + " rows of it were sent before");
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
    if (object->groups_left == 0) {
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
  size_t opening() {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(opening_);
  }
  // False when none will come: an object that is being read may still have to be opened again.
  bool WaitForOpened() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !opened_.empty() || (opening_ == 0 && reading_ == 0); });
    return !opened_.empty();
  }

  const std::vector<TablePlan>& tables_;
  const ReadOptions& options_;
  ReadContext& context_;
  const std::stop_token stop_;
  base::StepMemory step_memory_{.share_bytes = kStepBatches * options_.batch_bytes,
                                .limit_bytes = options_.memory_limit_bytes / 4 * kStepQuarters};

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
