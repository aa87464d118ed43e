// Fetches ranges of an object side by side.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "arrow/io/interfaces.h"
#include "arrow/result.h"
#include "base/task_group.h"
#include "base/thread_pool.h"
#include "formats/ranges_file.h"
#include "s3/object_reader.h"

namespace source {

/// Thread-safe.
class RangeFetcher {
 public:
  using Done = std::function<void(arrow::Result<std::vector<formats::FetchedRange>>)>;

  /// Both must outlive it and what it fetches.
  RangeFetcher(base::TaskGroup& group, base::ThreadPool& io) : group_(group), io_(io) {}

  /// Calls `done` once, on the thread that fetched last: with the ranges in their order, or with
  /// the first failure. After a failure the ranges that were not begun are not fetched. There must
  /// be at least one range.
  void Fetch(std::shared_ptr<s3::ObjectReader> reader, std::vector<arrow::io::ReadRange> ranges,
             Done done);

 private:
  base::TaskGroup& group_;
  base::ThreadPool& io_;
};

}  // namespace source
