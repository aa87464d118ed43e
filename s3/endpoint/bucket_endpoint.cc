#include "s3/endpoint/bucket_endpoint.h"

#include <utility>

namespace s3 {
namespace {

constexpr char kDefaultSigningRegion[] = "us-east-1";

}  // namespace

arrow::Result<std::unique_ptr<BucketEndpoint>> BucketEndpoint::Make(BucketLocation location) {
  ARROW_ASSIGN_OR_RAISE(BucketAddress address, ResolveAddress(location));
  RegionalAddress current{
      .address = std::move(address),
      .region = location.region.empty() ? kDefaultSigningRegion : location.region};
  return std::unique_ptr<BucketEndpoint>(
      new BucketEndpoint(std::move(location), std::move(current)));
}

BucketEndpoint::BucketEndpoint(BucketLocation location, RegionalAddress current)
    : location_(std::move(location)),
      current_(std::make_shared<const RegionalAddress>(std::move(current))) {}

std::shared_ptr<const RegionalAddress> BucketEndpoint::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

RegionRedirect BucketEndpoint::Redirect(const std::string& region, const RegionalAddress& from) {
  // The region becomes part of a host name and of what is signed.
  if (!IsRegionName(region)) return RegionRedirect::kRefused;
  const std::lock_guard lock(mutex_);
  if (redirected_) {
    return current_->region != from.region && current_->region == region
               ? RegionRedirect::kAlreadyFollowed
               : RegionRedirect::kRefused;
  }
  if (region == current_->region) return RegionRedirect::kRefused;
  BucketLocation location = location_;
  location.region = region;
  auto address = ResolveAddress(location);
  if (!address.ok()) return RegionRedirect::kRefused;
  current_ = std::make_shared<const RegionalAddress>(
      RegionalAddress{.address = *std::move(address), .region = region});
  redirected_ = true;
  return RegionRedirect::kFollowed;
}

}  // namespace s3
