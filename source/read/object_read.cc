#include "source/read/object_read.h"

#include <utility>

namespace source {
namespace {

// Whether tasks of both have the same rows: a layout that came damaged may differ.
bool HaveSameTasks(const formats::ObjectLayout& a, const formats::ObjectLayout& b) {
  if (a.tasks() != b.tasks()) return false;
  for (int i = 0; i < a.tasks(); ++i) {
    if (a.task(i).rows != b.task(i).rows) return false;
  }
  return true;
}

}  // namespace

void ObjectRead::Begin() {
  if (resumed != nullptr && !HaveSameTasks(*resumed, *plan.layout)) progress.clear();
  resumed = nullptr;
  progress.resize(static_cast<size_t>(tasks()));
  tasks_left = tasks();
}

void ObjectRead::Resume(ObjectRead& earlier) {
  resumed = earlier.plan.layout;
  progress = std::move(earlier.progress);
  rows = earlier.rows.load();
  stats = earlier.stats;
}

}  // namespace source
