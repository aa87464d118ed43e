#include "s3/listing.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"

namespace s3 {
namespace {

// Each key range holds a page and its XML, about two MiB. More of them are not faster: S3 allows
// 5,500 requests a second for a prefix, and each has a thousand keys.
constexpr size_t kMaxKeyRanges = 6;

// A part of the listing that one task lists page by page.
struct KeyRange {
  /// Keys above this one.
  std::string after;
  /// Keys up to and including this one. Not set: up to the end of the listing.
  std::optional<std::string> end;
  /// Where the range can be divided, ascending: folders after the last listed key and before the
  /// end.
  std::vector<std::string> split_points;

  std::string continuation;
  /// The last key that was listed.
  std::string last;
  int pages = 0;
  /// With this many pages and no split points, the task searches for split points.
  int search_at_pages = 1;
};

class Listing {
 public:
  Listing(ObjectStore& store, const ListOptions& options, base::ThreadPool& io,
          const std::function<void(std::vector<ObjectInfo>)>& take, std::stop_token stop)
      : store_(store), options_(options), io_(io), take_(take), group_(std::move(stop)) {}

  arrow::Status Run() {
    Start({});
    return group_.Wait();
  }

 private:
  void Start(KeyRange range) {
    group_.Submit(io_, [this, shared = std::make_shared<KeyRange>(std::move(range))] {
      return List(*shared);
    });
  }

  arrow::Status List(KeyRange& range) {
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(
          ListPage page, store_.List({.prefix = options_.prefix,
                                      .start_after = range.continuation.empty() ? range.after : "",
                                      .continuation = range.continuation,
                                      .max_keys = options_.page_keys},
                                     group_.stop_token()));
      ARROW_RETURN_NOT_OK(CheckOrder(range, page.objects));
      if (!page.objects.empty()) range.last = page.objects.back().key;
      ++range.pages;
      Take(range, std::move(page.objects));
      if (!page.continuation || (range.end && range.last >= *range.end)) {
        return arrow::Status::OK();
      }
      range.continuation = *std::move(page.continuation);
      // A server that ignores start-after may still list keys before this range.
      const bool arrived = range.last > range.after;
      if (arrived && in_order_ && MayHaveOneMore()) ARROW_RETURN_NOT_OK(Divide(range));
    }
  }

  // The listing of a range ends at the first key after it, which is correct only if keys are
  // sorted. S3's directory buckets, for example, do not sort them; such a listing is never divided.
  // A page may begin with keys of the page before.
  arrow::Status CheckOrder(const KeyRange& range, const std::vector<ObjectInfo>& objects) {
    if (std::ranges::is_sorted(objects, {}, &ObjectInfo::key) &&
        (objects.empty() || objects.back().key >= range.last)) {
      return arrow::Status::OK();
    }
    in_order_ = false;
    if (!divided_) return arrow::Status::OK();
    return base::MakeError(
        base::ErrorKind::kUnsupported,
        "the server does not list keys in order. Set concurrency to 1 to list them "
        "one page after the other.");
  }

  void Take(const KeyRange& range, std::vector<ObjectInfo> objects) {
    std::erase_if(objects, [&](const ObjectInfo& object) {
      return object.key <= range.after || (range.end && object.key > *range.end);
    });
    const std::lock_guard lock(take_mutex_);
    take_(std::move(objects));
  }

  bool MayHaveOneMore() const {
    return group_.running() < std::min(io_.max_threads(), kMaxKeyRanges);
  }

  // Gives the upper half of the split points to another task.
  arrow::Status Divide(KeyRange& range) {
    std::vector<std::string>& split_points = range.split_points;
    split_points.erase(split_points.begin(), std::ranges::upper_bound(split_points, range.last));
    if (split_points.empty() && range.pages >= range.search_at_pages) {
      // If there are few folders, the searches become rarer.
      range.search_at_pages = 2 * range.pages;
      ARROW_ASSIGN_OR_RAISE(split_points, FindSplitPoints(range));
    }
    if (split_points.empty()) return arrow::Status::OK();
    const auto middle = split_points.begin() + static_cast<int64_t>(split_points.size() / 2);
    KeyRange upper{
        .after = *middle, .end = range.end, .split_points = {middle + 1, split_points.end()}};
    range.end = *middle;
    split_points.erase(middle, split_points.end());
    divided_ = true;
    Start(std::move(upper));
    return arrow::Status::OK();
  }

  // Folders between the last listed key and the end of the range: those beside the outermost folder
  // of that key, else those beside the next inner one.
  arrow::Result<std::vector<std::string>> FindSplitPoints(const KeyRange& range) {
    std::vector<std::string> split_points;
    for (size_t depth = options_.prefix.size(); split_points.empty();) {
      ARROW_ASSIGN_OR_RAISE(ListPage page, store_.List({.prefix = range.last.substr(0, depth),
                                                        .start_after = range.last,
                                                        .delimiter = "/",
                                                        .max_keys = options_.page_keys},
                                                       group_.stop_token()));
      split_points = std::move(page.common_prefixes);
      std::erase_if(split_points, [&](const std::string& folder) {
        return folder <= range.last || (range.end && folder >= *range.end);
      });
      const size_t slash = range.last.find('/', depth);
      if (slash == std::string::npos) break;
      depth = slash + 1;
    }
    std::ranges::sort(split_points);
    return split_points;
  }

  ObjectStore& store_;
  const ListOptions& options_;
  base::ThreadPool& io_;
  const std::function<void(std::vector<ObjectInfo>)>& take_;
  std::atomic<bool> in_order_ = true;
  std::atomic<bool> divided_ = false;
  std::mutex take_mutex_;  // held during take_
  base::TaskGroup group_;
};

}  // namespace

arrow::Status ListAll(ObjectStore& store, const ListOptions& options, base::ThreadPool& io,
                      const std::function<void(std::vector<ObjectInfo>)>& take,
                      std::stop_token stop) {
  return Listing(store, options, io, take, std::move(stop)).Run();
}

}  // namespace s3
