// Where the requests for a bucket go and which region they are signed for. The service may correct
// this once: if the configured region is wrong, the requests are redirected to the right one.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "arrow/result.h"
#include "s3/endpoint/bucket_address.h"

namespace s3 {

struct RegionalAddress {
  BucketAddress address;
  /// The region that requests are signed for.
  std::string region;
};

enum class RegionRedirect {
  kFollowed,         // requests go to the region from now on
  kAlreadyFollowed,  // another request has followed the same redirect
  kRefused,          // redirected before, no change of region, or not a valid region
};

/// Thread-safe.
class BucketEndpoint {
 public:
  /// kConfig if the location cannot be used. Without a region (there is an endpoint then), requests
  /// are signed for "us-east-1".
  [[nodiscard]] static arrow::Result<std::unique_ptr<BucketEndpoint>> Make(BucketLocation location);

  std::shared_ptr<const RegionalAddress> current() const;

  /// To be called when the service answered a request to `from` that the bucket is in `region`. The
  /// request can be sent again unless the redirect is refused. An endpoint that the user configured
  /// is kept; only the region of the signatures changes then.
  RegionRedirect Redirect(const std::string& region, const RegionalAddress& from);

 private:
  BucketEndpoint(BucketLocation location, RegionalAddress current);

  const BucketLocation location_;
  mutable std::mutex mutex_;
  std::shared_ptr<const RegionalAddress> current_;  // guarded by mutex_
  bool redirected_ = false;                         // guarded by mutex_
};

}  // namespace s3
