#include "source/read/range_fetcher.h"

#include <atomic>
#include <mutex>
#include <utility>

#include "base/error.h"

namespace source {
namespace {

// The ranges that are fetched together.
struct Batch {
  std::shared_ptr<s3::ObjectReader> reader;
  std::vector<arrow::io::ReadRange> ranges;
  RangeFetcher::Done done;

  std::vector<formats::FetchedRange> fetched;
  std::atomic<size_t> left = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  arrow::Status failure;  // guarded by mutex

  void Fail(const arrow::Status& status) {
    const std::lock_guard lock(mutex);
    if (!failed.exchange(true)) failure = status;
  }

  void FetchOne(size_t index) {
    if (failed) return;
    const arrow::io::ReadRange& range = ranges[index];
    auto bytes = reader->Read({.offset = range.offset, .length = range.length});
    if (bytes.ok()) {
      fetched[index] = {.offset = range.offset, .bytes = *std::move(bytes)};
    } else {
      Fail(bytes.status());
    }
  }

  void End() {
    if (failed) {
      fetched.clear();
      done(failure);
    } else {
      done(std::move(fetched));
    }
  }
};

}  // namespace

void RangeFetcher::Fetch(std::shared_ptr<s3::ObjectReader> reader,
                         std::vector<arrow::io::ReadRange> ranges, Done done) {
  auto batch = std::make_shared<Batch>();
  batch->reader = std::move(reader);
  batch->ranges = std::move(ranges);
  batch->done = std::move(done);
  batch->fetched.resize(batch->ranges.size());
  batch->left = batch->ranges.size();
  for (size_t i = 0; i < batch->ranges.size(); ++i) {
    group_.Submit(io_, [this, batch, i] {
      if (group_.stop_requested()) {
        batch->Fail(base::Cancelled());
      } else {
        batch->FetchOne(i);
      }
      if (--batch->left == 0) batch->End();
      return arrow::Status::OK();
    });
  }
}

}  // namespace source
