#include "s3/endpoint/bucket_endpoint.h"

#include <utility>

namespace s3 {
namespace {

constexpr char kDefaultSigningRegion[] = "us-east-1";

}  // namespace

arrow::Result<std::unique_ptr<BucketSite>> BucketSite::Make(BucketLocation location) {
  ARROW_ASSIGN_OR_RAISE(BucketAddress address, ResolveAddress(location));
  Site site{.address = std::move(address),
            .region = location.region.empty() ? kDefaultSigningRegion : location.region};
  return std::unique_ptr<BucketSite>(new BucketSite(std::move(location), std::move(site)));
}

BucketSite::BucketSite(BucketLocation location, Site site)
    : location_(std::move(location)), site_(std::make_shared<const Site>(std::move(site))) {}

std::shared_ptr<const Site> BucketSite::Now() const {
  const std::lock_guard lock(mutex_);
  return site_;
}

BucketSite::Move BucketSite::MoveTo(const std::string& region, const Site& from) {
  // It becomes part of a host name and of what is signed.
  if (!IsRegionName(region)) return Move::kRefused;
  const std::lock_guard lock(mutex_);
  if (moved_) {
    return site_->region != from.region && site_->region == region ? Move::kAlready
                                                                   : Move::kRefused;
  }
  if (region == site_->region) return Move::kRefused;
  BucketLocation location = location_;
  location.region = region;
  auto address = ResolveAddress(location);
  if (!address.ok()) return Move::kRefused;
  site_ = std::make_shared<const Site>(Site{.address = *std::move(address), .region = region});
  moved_ = true;
  return Move::kMoved;
}

}  // namespace s3
