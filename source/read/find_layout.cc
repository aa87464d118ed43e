#include "source/read/find_layout.h"

#include <utility>

#include "base/error.h"

namespace source {
namespace {

// What is made of the bytes of a layout, such as the objects that a library parses them to, usually
// takes up to so many times their size, the bytes themselves included.
constexpr int64_t kFindingBytesPerByte = 16;

arrow::Result<formats::FoundLayout> FindOnce(s3::ObjectStore& store, formats::LayoutFinder& finder,
                                             int64_t whole_bytes, const ObjectPlan& plan,
                                             const std::stop_token& stop,
                                             base::MemoryBudget* memory) {
  const s3::ObjectInfo& object = plan.generation.info();
  base::Reservation reserved;
  using Bytes = arrow::Result<std::shared_ptr<arrow::Buffer>>;
  return finder.Find(object.key, object.size_bytes, whole_bytes,
                     [&](arrow::io::ReadRange range) -> Bytes {
                       if (memory != nullptr) {
                         // What was read before was too short, and is not needed any more.
                         reserved.Release();
                         ARROW_ASSIGN_OR_RAISE(
                             reserved, memory->Acquire(kFindingBytesPerByte * range.length, stop));
                       }
                       return store.Get({.key = object.key,
                                         .range = {.offset = range.offset, .length = range.length},
                                         .if_match = object.etag,
                                         .whole = range.length == object.size_bytes,
                                         .fresh_connection = plan.fresh},
                                        stop);
                     });
}

}  // namespace

bool HasRows(const formats::ObjectLayout& layout) {
  for (int i = 0; i < layout.tasks(); ++i) {
    if (layout.task(i).rows.value_or(1) > 0) return true;
  }
  return false;
}

bool MayBeDamage(const arrow::Status& status) {
  const base::ErrorKind kind = base::KindOf(status);
  return kind == base::ErrorKind::kCorrupt || kind == base::ErrorKind::kUnsupported;
}

arrow::Status FindLayout(s3::ObjectStore& store, formats::LayoutFinder& finder, int64_t whole_bytes,
                         ObjectPlan* plan, const std::stop_token& stop,
                         base::MemoryBudget* memory) {
  for (;;) {
    auto found = FindOnce(store, finder, whole_bytes, *plan, stop, memory);
    if (found.ok()) {
      plan->layout = std::move(found->layout);
      plan->layout_bytes = plan->layout->memory_bytes();
      plan->content = std::move(found->content);
      return arrow::Status::OK();
    }
    if (base::KindOf(found.status()) == base::ErrorKind::kChanged) {
      ARROW_RETURN_NOT_OK(s3::Relist(store, plan->generation, stop));
    } else if (MayBeDamage(found.status()) && !plan->fresh &&
               plan->generation.info().size_bytes > 0) {
      plan->fresh = true;
    } else {
      return found.status();
    }
  }
}

}  // namespace source
