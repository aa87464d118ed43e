#include "source/read/object_read.h"

#include <utility>

#include "base/error.h"

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
  if (resumed != nullptr && !HaveSameTasks(*resumed, *plan.layout)) {
    progress.clear();
    parts.clear();
  }
  resumed = nullptr;
  progress.resize(static_cast<size_t>(tasks()));
  tasks_left = tasks();
}

void ObjectRead::Resume(ObjectRead& earlier) {
  resumed = earlier.plan.layout;
  progress = std::move(earlier.progress);
  parts = std::move(earlier.parts);
  rows = earlier.rows.load();
  stats = earlier.stats;
}

arrow::Result<TaskProgress*> ObjectRead::ProgressOf(size_t index, const formats::TaskPart& part) {
  if (index == parts.size()) parts.push_back({.first_row = part.first_row, .rows = part.rows});
  PartProgress& known = parts[index];
  if (known.first_row != part.first_row || known.rows != part.rows) {
    return base::MakeError(base::ErrorKind::kCorrupt,
                           "its rows are divided otherwise than when it was read before");
  }
  return &known.progress;
}

}  // namespace source
