// Reads a scan task in parts, which are found one after the other on one thread and read on all.
#pragma once

#include <functional>
#include <memory>

#include "base/task_group.h"
#include "base/thread_pool.h"
#include "source/read/object_read.h"
#include "source/read/row_sender.h"

namespace source {

/// Thread-safe.
class PartSender {
 public:
  /// All must outlive it and what it reads.
  PartSender(base::TaskGroup& group, base::ThreadPool& cpu, RowSender& sender)
      : group_(group), cpu_(cpu), sender_(sender) {}

  /// Sends the rows of all parts; a failure is that of the object. Returns when the last part was
  /// found. Calls `done` when the last one was read, on the thread that did it.
  void Send(const std::shared_ptr<ObjectRead>& object, int task, formats::TaskDivider& divider,
            std::function<void()> done);

 private:
  struct Parts;
  bool Next(const std::shared_ptr<Parts>& parts, size_t index, formats::TaskDivider& divider);
  void SendOne(Parts& parts, TaskProgress& progress, formats::RowReader& reader);

  base::TaskGroup& group_;
  base::ThreadPool& cpu_;
  RowSender& sender_;
};

}  // namespace source
