#include "source/read/find_layout.h"

#include <utility>

#include "base/error.h"

namespace source {
namespace {

arrow::Result<formats::FoundLayout> FindOnce(s3::ObjectStore& store, formats::LayoutFinder& finder,
                                             int64_t whole_bytes, const ObjectPlan& plan,
                                             const std::stop_token& stop) {
  const s3::ObjectInfo& object = plan.generation.info();
  return finder.Find(object.key, object.size_bytes, whole_bytes, [&](arrow::io::ReadRange range) {
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
                         ObjectPlan* plan, const std::stop_token& stop) {
  for (;;) {
    auto found = FindOnce(store, finder, whole_bytes, *plan, stop);
    if (found.ok()) {
      plan->layout = std::move(found->layout);
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
