#include "source/read/part_sender.h"

#include <atomic>
#include <utility>

#include "base/exceptions.h"

namespace source {

// The parts that are being read. Whoever lets go of it last ends the task.
struct PartSender::Parts {
  Parts(RowSender& its_sender, std::shared_ptr<ObjectRead> its_object, int its_task,
        std::function<void()> its_end)
      : sender(its_sender),
        object(std::move(its_object)),
        task(its_task),
        done(std::move(its_end)) {}
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts() {
    if (all_were_found && !object->failed) sender.EndParts(*object, task);
    done();
  }

  RowSender& sender;
  const std::shared_ptr<ObjectRead> object;
  const int task;
  const std::function<void()> done;
  std::atomic<int> open = 0;
  bool all_were_found = false;
};

void PartSender::Send(const std::shared_ptr<ObjectRead>& object, int task,
                      formats::TaskDivider& divider, std::function<void()> done) {
  const auto parts = std::make_shared<Parts>(sender_, object, task, std::move(done));
  for (size_t index = 0; !object->failed && !group_.stop_requested(); ++index) {
    if (!Next(parts, index, divider)) return;
  }
}

// False: there is no more.
bool PartSender::Next(const std::shared_ptr<Parts>& parts, size_t index,
                      formats::TaskDivider& divider) {
  ObjectRead& object = *parts->object;
  auto part = divider.Next();
  if (!part.ok()) {
    object.Fail(sender_.DividerError(object, parts->task, part.status()));
    return false;
  }
  if (part->reader == nullptr) {
    parts->all_were_found = true;
    return false;
  }
  const auto progress = object.ProgressOf(index, *part);
  if (!progress.ok()) {
    object.Fail(progress.status());
    return false;
  }
  // When the others are behind, this thread reads a part itself, so it never waits for them.
  if (++parts->open >= formats::kPartsAhead) {
    SendOne(*parts, **progress, *part->reader);
    return true;
  }
  group_.Submit(cpu_, [this, parts, its_progress = *progress,
                       reader = std::shared_ptr<formats::RowReader>(std::move(part->reader))] {
    SendOne(*parts, *its_progress, *reader);
    return arrow::Status::OK();
  });
  return true;
}

void PartSender::SendOne(Parts& parts, TaskProgress& progress, formats::RowReader& reader) {
  ObjectRead& object = *parts.object;
  if (!object.failed && !group_.stop_requested()) {
    const arrow::Status status = base::CatchExceptions([&] {
      return sender_.SendPart(object, parts.task, progress, reader, group_.stop_token());
    });
    if (!status.ok()) object.Fail(status);
  }
  --parts.open;
}

}  // namespace source
