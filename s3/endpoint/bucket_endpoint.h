// Where a bucket's requests go and which region signs them, with the one correction that a service
// may make: a user who names the wrong region is sent to the right one.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "arrow/result.h"
#include "s3/endpoint/bucket_address.h"

namespace s3 {

struct Site {
  BucketAddress address;
  std::string region;
};

/// Thread-safe.
class BucketSite {
 public:
  /// kConfig when the location cannot be used. Without a region (there is then an endpoint),
  /// "us-east-1" signs.
  [[nodiscard]] static arrow::Result<std::unique_ptr<BucketSite>> Make(BucketLocation location);

  std::shared_ptr<const Site> Now() const;

  enum class Move {
    kMoved,    // requests go to the region from now on
    kAlready,  // another request was sent there first
    kRefused,  // moved before, there already, or no name of a region
  };
  /// A request to `from` was told that the bucket is in `region`. Anything but kRefused means that
  /// it is worth sending it again. An endpoint of the user's own stays; then only the region that
  /// signs is another one.
  Move MoveTo(const std::string& region, const Site& from);

 private:
  BucketSite(BucketLocation location, Site site);

  const BucketLocation location_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Site> site_;  // guarded by mutex_
  bool moved_ = false;                // guarded by mutex_
};

}  // namespace s3
