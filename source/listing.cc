#include "source/listing.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/task_group.h"

namespace source {
namespace {

// Each holds a page and its XML, some two MiB; more of them are no faster, since S3 gives a prefix
// 5,500 requests a second at most and each of these has a thousand keys.
constexpr size_t kMostStretches = 6;

// Neighbouring keys of the listing, on their way.
struct Stretch {
  /// Keys above this one.
  std::string after;
  /// Up to this one, which is included; none: up to the end of the listing.
  std::optional<std::string> end;
  /// Where it can be divided, ascending: folders above the last key listed and below the end.
  std::vector<std::string> borders;

  std::string continuation;
  /// The last key of the pages so far.
  std::string last;
  int pages = 0;
  /// Once it has so many pages and no borders, they are looked for.
  int search_at_pages = 1;
};

class Listing {
 public:
  Listing(s3::ObjectStore& store, const ListOptions& options, base::ThreadPool& io,
          const std::function<void(std::vector<s3::ObjectInfo>)>& take, std::stop_token stop)
      : store_(store), options_(options), io_(io), take_(take), group_(std::move(stop)) {}

  arrow::Status Run() {
    Start({});
    return group_.Wait();
  }

 private:
  void Start(Stretch stretch) {
    group_.Submit(io_, [this, shared = std::make_shared<Stretch>(std::move(stretch))] {
      return List(*shared);
    });
  }

  arrow::Status List(Stretch& stretch) {
    for (;;) {
      ARROW_ASSIGN_OR_RAISE(
          s3::ListPage page,
          store_.List({.prefix = options_.prefix,
                       .start_after = stretch.continuation.empty() ? stretch.after : "",
                       .continuation = stretch.continuation,
                       .max_keys = options_.page_keys},
                      group_.stop_token()));
      ARROW_RETURN_NOT_OK(CheckOrder(stretch, page.objects));
      if (!page.objects.empty()) stretch.last = page.objects.back().key;
      ++stretch.pages;
      Take(stretch, std::move(page.objects));
      if (!page.continuation || (stretch.end && stretch.last >= *stretch.end)) {
        return arrow::Status::OK();
      }
      stretch.continuation = *std::move(page.continuation);
      // A server that does not know start-after is still on its way to this stretch.
      const bool arrived = stretch.last > stretch.after;
      if (arrived && in_order_ && MayHaveOneMore()) ARROW_RETURN_NOT_OK(Divide(stretch));
    }
  }

  // A stretch ends at the first key beyond it, which is right only where keys come in order. S3's
  // directory buckets, for one, list them in none; such a listing is never divided. A page may
  // begin with keys of the page before.
  arrow::Status CheckOrder(const Stretch& stretch, const std::vector<s3::ObjectInfo>& objects) {
    if (std::ranges::is_sorted(objects, {}, &s3::ObjectInfo::key) &&
        (objects.empty() || objects.back().key >= stretch.last)) {
      return arrow::Status::OK();
    }
    in_order_ = false;
    if (!divided_) return arrow::Status::OK();
    return base::MakeError(base::ErrorKind::kUnsupported,
                           "the server lists keys in no order; set concurrency to 1, so that they "
                           "are listed one page after the other");
  }

  void Take(const Stretch& stretch, std::vector<s3::ObjectInfo> objects) {
    std::erase_if(objects, [&](const s3::ObjectInfo& object) {
      return object.key <= stretch.after || (stretch.end && object.key > *stretch.end);
    });
    const std::lock_guard lock(take_mutex_);
    take_(std::move(objects));
  }

  bool MayHaveOneMore() const {
    return group_.running() < std::min(io_.max_threads(), kMostStretches);
  }

  // Lets another thread list the upper half of what is known of the rest.
  arrow::Status Divide(Stretch& stretch) {
    std::vector<std::string>& borders = stretch.borders;
    borders.erase(borders.begin(), std::ranges::upper_bound(borders, stretch.last));
    if (borders.empty() && stretch.pages >= stretch.search_at_pages) {
      // Where folders are few, looking for them gets rarer and rarer.
      stretch.search_at_pages = 2 * stretch.pages;
      ARROW_ASSIGN_OR_RAISE(borders, FindBorders(stretch));
    }
    if (borders.empty()) return arrow::Status::OK();
    const auto middle = borders.begin() + static_cast<int64_t>(borders.size() / 2);
    Stretch upper{.after = *middle, .end = stretch.end, .borders = {middle + 1, borders.end()}};
    stretch.end = *middle;
    borders.erase(middle, borders.end());
    divided_ = true;
    Start(std::move(upper));
    return arrow::Status::OK();
  }

  // Folders between the last key and the end: those beside the outermost folder that the key is in,
  // or else beside the next inner one.
  arrow::Result<std::vector<std::string>> FindBorders(const Stretch& stretch) {
    std::vector<std::string> borders;
    for (size_t depth = options_.prefix.size(); borders.empty();) {
      ARROW_ASSIGN_OR_RAISE(s3::ListPage page, store_.List({.prefix = stretch.last.substr(0, depth),
                                                            .start_after = stretch.last,
                                                            .delimiter = "/",
                                                            .max_keys = options_.page_keys},
                                                           group_.stop_token()));
      borders = std::move(page.common_prefixes);
      std::erase_if(borders, [&](const std::string& folder) {
        return folder <= stretch.last || (stretch.end && folder >= *stretch.end);
      });
      const size_t slash = stretch.last.find('/', depth);
      if (slash == std::string::npos) break;
      depth = slash + 1;
    }
    std::ranges::sort(borders);
    return borders;
  }

  s3::ObjectStore& store_;
  const ListOptions& options_;
  base::ThreadPool& io_;
  const std::function<void(std::vector<s3::ObjectInfo>)>& take_;
  std::atomic<bool> in_order_ = true;
  std::atomic<bool> divided_ = false;
  std::mutex take_mutex_;  // held during take_
  base::TaskGroup group_;
};

}  // namespace

arrow::Status ListAll(s3::ObjectStore& store, const ListOptions& options, base::ThreadPool& io,
                      const std::function<void(std::vector<s3::ObjectInfo>)>& take,
                      std::stop_token stop) {
  return Listing(store, options, io, take, std::move(stop)).Run();
}

}  // namespace source
