#include "source/read/read_pipeline.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/exceptions.h"
#include "base/task_group.h"
#include "formats/ranges_file.h"
#include "s3/object_file.h"
#include "source/read/find_layout.h"
#include "source/read/object_read.h"
#include "source/read/object_warnings.h"
#include "source/read/part_sender.h"
#include "source/read/pending_objects.h"
#include "source/read/range_fetcher.h"
#include "source/read/scan_planner.h"

namespace source {
namespace {

// With a memory_limit up to this, memory is returned to the system after each scan. That costs
// time, but what allocators keep would be more than what is in use.
constexpr int64_t kFrugalBytes = int64_t{128} << 20;
// Objects whose layouts are being found or that wait for their turn.
constexpr size_t kOpenObjects = 64;

class Pipeline {
 public:
  Pipeline(std::vector<PlannedTable>& tables, const ReadOptions& options, ReadContext& context,
           std::stop_token stop)
      : objects_(tables),
        options_(options),
        context_(context),
        group_(std::move(stop)),
        fetcher_(group_, context.io),
        sender_(options, context.sink, context.progress),
        parts_(group_, context.cpu, sender_) {}

  arrow::Status Run() {
    const arrow::Status admitted = base::CatchExceptions([this] { return Admit(); });
    if (!admitted.ok()) group_.RequestStop();
    ARROW_RETURN_NOT_OK(group_.Wait());
    ARROW_RETURN_NOT_OK(admitted);
    return group_.stop_requested() ? base::Cancelled() : arrow::Status::OK();
  }

 private:
  // --- admission: on the thread that called Run ---

  arrow::Status Admit() {
    std::deque<SharedRead> ready;
    next_ = objects_.Next();
    for (;;) {
      if (group_.stop_requested()) return base::Cancelled();
      // In this order: what runs may open one more.
      const bool idle = group_.running() == 0;
      TakeOpened(&ready);
      if (idle && !next_ && ready.empty()) return arrow::Status::OK();
      const auto may_start = [&] {
        return next_ && ready.size() + opening_ < kOpenObjects &&
               HasRoomForLayout(*next_->object->plan);
      };
      if (may_start()) {
        ARROW_RETURN_NOT_OK(Start(*next_));
        next_ = objects_.Next();
      }
      if (!ready.empty()) {
        ARROW_RETURN_NOT_OK(AdmitNext(&ready));
      } else if (!may_start()) {
        group_.WaitFor([&] { return HasOpened() || may_start(); });
      }
    }
  }

  // What is opened holds its layout until its last row is sent.
  bool HasRoomForLayout(const ObjectPlan& plan) const {
    return plan.layout != nullptr || context_.memory.layouts.HasRoomFor(plan.layout_bytes);
  }

  arrow::Status Start(PendingObject place) {
    auto object =
        std::make_shared<ObjectRead>(*place.table, *place.object, std::move(*place.object->plan));
    place.object->plan = nullptr;
    const int64_t size = object->info().size_bytes;
    if (object->plan.layout == nullptr) {
      const int64_t memory_bytes =
          MemoryToReadWhole(size, *place.table->layouts, context_.memory.fetch.limit_bytes());
      if (memory_bytes > 0) return AdmitWhole(std::move(object), memory_bytes);
    }
    ++opening_;
    if (object->plan.layout == nullptr) {
      ARROW_ASSIGN_OR_RAISE(
          object->plan.layout_memory,
          context_.memory.layouts.Acquire(object->plan.layout_bytes, group_.stop_token()));
    }
    if (object->plan.content != nullptr ||
        (object->plan.layout != nullptr && !object->info().whole_checksum)) {
      Opened(object, Open(*object));
    } else {
      SubmitOpen(std::move(object));
    }
    return arrow::Status::OK();
  }

  // A small object whose layout was not kept: all of it, so that its layout costs no request.
  arrow::Status AdmitWhole(SharedRead object, int64_t memory_bytes) {
    auto scan = std::make_shared<Scan>();
    scan->object = std::move(object);
    ARROW_ASSIGN_OR_RAISE(scan->memory,
                          context_.memory.fetch.Acquire(memory_bytes, group_.stop_token()));
    SubmitIo([this, scan] { FetchWhole(scan); });
    return arrow::Status::OK();
  }

  arrow::Status AdmitNext(std::deque<SharedRead>* ready) {
    SharedRead object = std::move(ready->front());
    ready->pop_front();
    auto scan = std::make_shared<Scan>();
    scan->plan = PlanNext(*object);
    scan->object = object;
    object->next_task += scan->plan.tasks;
    ARROW_ASSIGN_OR_RAISE(
        scan->memory, context_.memory.fetch.Acquire(scan->plan.memory_bytes, group_.stop_token()));
    if (scan->plan.ranges.empty() || object->failed) {
      SubmitDecode(std::move(scan));
    } else {
      fetcher_.Fetch(object->reader, scan->plan.ranges, [this, scan](auto fetched) {
        if (fetched.ok()) {
          scan->fetched = *std::move(fetched);
        } else {
          scan->object->Fail(fetched.status());
        }
        SubmitDecode(scan);
      });
    }
    if (object->next_task < object->tasks()) ready->push_back(std::move(object));
    return arrow::Status::OK();
  }

  ScanPlan PlanNext(const ObjectRead& object) const {
    return PlanScan({.layout = *object.plan.layout,
                     .bytes = object.info().size_bytes,
                     .content_is_there = object.plan.content != nullptr,
                     .has_checksum = object.info().whole_checksum},
                    object.next_task, context_.memory.fetch.limit_bytes());
  }

  // --- opening: IO threads ---

  void SubmitOpen(SharedRead object) {
    SubmitIo([this, object = std::move(object)] { Opened(object, Open(*object)); });
  }

  arrow::Status Open(ObjectRead& object) {
    if (object.plan.layout == nullptr) {
      ARROW_RETURN_NOT_OK(FindTheLayout(object, kTinyObjectBytes));
    } else {
      ARROW_RETURN_NOT_OK(Fit(object));
    }
    return MakeReader(object);
  }

  arrow::Status FindTheLayout(ObjectRead& object, int64_t whole_bytes) {
    ARROW_RETURN_NOT_OK(FindLayout(*context_.store, *object.table.layouts, whole_bytes,
                                   &object.plan, group_.stop_token()));
    return Fit(object);
  }

  static arrow::Status Fit(ObjectRead& object) {
    const formats::ObjectLayout& layout = *object.plan.layout;
    const std::string& key = object.info().key;
    return object.table.schema
        ->Fit(key, object.table.layouts->Settled(key, layout.schema()), HasRows(layout))
        .Value(&object.plan.projection);
  }

  arrow::Status MakeReader(ObjectRead& object) {
    const auto stop = group_.stop_token();
    std::optional<s3::Checksum> checksum;
    if (object.info().whole_checksum && !IsReadWithOneRequest(object)) {
      // Without it the object is read as one that has none.
      const auto stored =
          context_.store->StoredChecksum(object.info().key, object.info().etag, stop);
      if (stored.ok()) checksum = *stored;
    }
    object.reader = std::make_shared<s3::ObjectReader>(context_.store, object.info(),
                                                       object.plan.fresh, checksum, stop);
    return arrow::Status::OK();
  }

  // Then the store verifies its checksum.
  bool IsReadWithOneRequest(const ObjectRead& object) const {
    if (object.plan.content != nullptr || object.tasks() == 0) return true;
    const ScanPlan plan = PlanNext(object);
    return plan.ranges.size() == 1 && plan.ranges[0].length == object.info().size_bytes;
  }

  void Opened(const SharedRead& object, const arrow::Status& status) {
    if (!status.ok()) {
      object->Fail(status);
      Finish(*object);
    } else if (object->tasks() == 0) {
      Finish(*object);
    } else {
      object->Begin();
      const std::lock_guard lock(mutex_);
      opened_.push_back(object);
    }
    --opening_;
  }

  void FetchWhole(const std::shared_ptr<Scan>& scan) {
    const SharedRead& object = scan->object;
    const arrow::Status found = FindTheLayout(*object, object->info().size_bytes);
    if (found.ok() && object->plan.content != nullptr && object->tasks() > 0) {
      object->Begin();
      scan->plan = PlanNext(*object);
      SubmitDecode(scan);
      return;
    }
    scan->memory.Release();
    ++opening_;
    // It has no rows, or is larger now than when it was listed.
    Opened(object, found.ok() ? MakeReader(*object) : found);
  }

  // --- decoding: CPU threads ---

  void SubmitDecode(std::shared_ptr<Scan> scan) {
    group_.Submit(context_.cpu, [this, scan = std::move(scan)] {
      Decode(scan);
      return arrow::Status::OK();
    });
  }

  void Decode(const std::shared_ptr<Scan>& scan) {
    ObjectRead& object = *scan->object;
    if (!object.failed && !group_.stop_requested()) {
      auto divider = Divide(*scan);
      if (divider.ok() && *divider != nullptr) {
        parts_.Send(scan->object, scan->plan.first_task, **divider,
                    [this, scan] { EndScan(*scan); });
        return;
      }
      const arrow::Status status = divider.ok() ? SendTasks(*scan) : divider.status();
      if (!status.ok()) object.Fail(status);
    }
    EndScan(*scan);
  }

  void EndScan(Scan& scan) {
    scan.file = nullptr;
    scan.fetched.clear();
    ObjectPlan& plan = scan.object->plan;
    if (plan.content == nullptr) plan.content_memory.Release();
    if (options_.memory_limit_bytes <= kFrugalBytes) ReturnUnusedMemory();
    scan.memory.Release();
    if ((scan.object->tasks_left -= scan.plan.tasks) == 0) Close(scan.object);
  }

  // Only a task that is read alone is divided.
  arrow::Result<std::unique_ptr<formats::TaskDivider>> Divide(Scan& scan) {
    ARROW_ASSIGN_OR_RAISE(scan.file, OpenFile(scan));
    const int task = scan.plan.first_task;
    if (scan.plan.tasks != 1 || scan.object->progress[static_cast<size_t>(task)].done)
      return nullptr;
    return sender_.Divide(*scan.object, task, scan.file, scan.plan.window_bytes,
                          group_.stop_token());
  }

  // What is free is otherwise kept for a second, in case it is needed again.
  static void ReturnUnusedMemory() {
    arrow::default_memory_pool()->ReleaseUnused();
    arrow::system_memory_pool()->ReleaseUnused();
  }

  arrow::Status SendTasks(Scan& scan) {
    ObjectRead& object = *scan.object;
    const int end = scan.plan.first_task + scan.plan.tasks;
    for (int task = scan.plan.first_task; task < end; ++task) {
      ARROW_RETURN_NOT_OK(
          sender_.Send(object, task, scan.file, scan.plan.window_bytes, group_.stop_token()));
    }
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenFile(Scan& scan) {
    ObjectRead& object = *scan.object;
    if (scan.plan.window_bytes > 0) {
      return std::make_shared<s3::ObjectFile>(object.reader, context_.io);
    }
    // Its plan is the only one of the object then.
    if (object.plan.content != nullptr) {
      scan.fetched.push_back({.offset = 0, .bytes = std::move(object.plan.content)});
    }
    return formats::RangesFile::Make(object.info().size_bytes, std::move(scan.fetched));
  }

  // --- the end of a reading: whichever thread comes last ---

  void Close(const SharedRead& object) {
    if (object->failed) {
      Settle(object);
    } else if (object->reader == nullptr || !object->reader->has_checksum()) {
      Finish(*object);
    } else {
      SubmitIo([this, object] { Verify(object); });
    }
  }

  // All rows were sent, but they may be those of damaged bytes.
  void Verify(const SharedRead& object) {
    const arrow::Status verified = object->reader->Verify();
    if (base::KindOf(verified) == base::ErrorKind::kCorrupt) {
      // Nobody knows which rows are wrong, so all of them are sent again.
      object->progress.clear();
      const bool replaceable = options_.deterministic_ids && !object->plan.fresh;
      object->Fail(replaceable ? verified : WrongRowsSent(verified));
    } else if (!verified.ok()) {
      object->Fail(verified);
    }
    Settle(object);
  }

  void Settle(const SharedRead& object) {
    if (!object->failed) {
      Finish(*object);
    } else if (base::KindOf(object->failure) == base::ErrorKind::kChanged) {
      SubmitIo([this, object] { ReadAnew(*object); });
    } else if (MayBeDamage(object->failure) && !object->plan.fresh) {
      ReadAgain(*object);
    } else {
      Finish(*object);
    }
  }

  // An object that changed while it was read: from its start, as it is now.
  void ReadAnew(ObjectRead& old) {
    auto object = std::make_shared<ObjectRead>(old.table, old.object,
                                               ObjectPlan{.generation = old.plan.generation});
    object->plan.layout_memory = std::move(old.plan.layout_memory);
    const arrow::Status renewed =
        s3::Relist(*context_.store, object->plan.generation, group_.stop_token());
    if (!renewed.ok()) {
      object->Fail(renewed);
      Finish(*object);
      return;
    }
    context_.log.Warn("object changed while it was read; it is read again as it is now",
                      {{"table", object->table.name},
                       {"key", object->info().key},
                       {"rows_sent_before", old.rows.load()}});
    ++opening_;
    SubmitOpen(std::move(object));
  }

  // An object whose bytes may have been damaged on their way: once more, past the connections that
  // served it. Tasks that came to their end, and rows that were sent, are not sent again.
  void ReadAgain(ObjectRead& old) {
    auto object = std::make_shared<ObjectRead>(
        old.table, old.object, ObjectPlan{.generation = old.plan.generation, .fresh = true});
    object->plan.layout_memory = std::move(old.plan.layout_memory);
    object->Resume(old);
    const std::string reason = base::MessageOf(old.failure);
    if (object->progress.empty() && old.rows > 0) {
      context_.log.Warn("object came damaged; all its rows are sent again",
                        {{"table", object->table.name},
                         {"key", object->info().key},
                         {"reason", reason},
                         {"rows_sent_before", old.rows.load()}});
    } else {
      context_.log.Info(
          "object came damaged; it is fetched once more",
          {{"table", object->table.name}, {"key", object->info().key}, {"reason", reason}});
    }
    ++opening_;
    SubmitOpen(std::move(object));
  }

  void Finish(ObjectRead& object) {
    const std::string& key = object.info().key;
    const std::lock_guard object_lock(object.mutex);
    if (object.failed) {
      context_.outcomes.Failed(object.table, object.object,
                               NamingRowsSent(object.failure, object.rows));
      return;
    }
    context_.log.Debug("object read", {{"table", object.table.name},
                                       {"key", key},
                                       {"bytes", object.info().size_bytes},
                                       {"rows", object.rows.load()},
                                       {"duration_ms", MillisecondsSince(object.start)}});
    for (const auto& text : {WarningOf(object.stats), WarningOf(object.skipped)}) {
      if (!text.empty()) context_.log.Warn(text, {{"table", object.table.name}, {"key", key}});
    }
    context_.outcomes.Delivered(object.table, object.object, object.plan.generation);
    ++context_.progress.objects;
  }

  // --- what is under way ---

  void SubmitIo(std::function<void()> task) {
    group_.Submit(context_.io, [task = std::move(task)] {
      task();
      return arrow::Status::OK();
    });
  }

  void TakeOpened(std::deque<SharedRead>* ready) {
    const std::lock_guard lock(mutex_);
    for (auto& object : opened_) ready->push_back(std::move(object));
    opened_.clear();
  }
  bool HasOpened() {
    const std::lock_guard lock(mutex_);
    return !opened_.empty();
  }

  // Used by the admission thread only.
  PendingObjects objects_;
  std::optional<PendingObject> next_;
  const ReadOptions& options_;
  ReadContext& context_;
  base::TaskGroup group_;
  RangeFetcher fetcher_;
  RowSender sender_;
  PartSender parts_;

  std::atomic<size_t> opening_ = 0;
  std::mutex mutex_;
  std::deque<SharedRead> opened_;  // guarded by mutex_
};

}  // namespace

arrow::Status ReadObjects(std::vector<PlannedTable>& tables, const ReadOptions& options,
                          ReadContext context, std::stop_token stop) {
  return Pipeline(tables, options, context, std::move(stop)).Run();
}

}  // namespace source
