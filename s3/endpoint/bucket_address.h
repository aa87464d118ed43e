// The address of a bucket and the URLs of its objects. Pure functions over values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arrow/result.h"
#include "s3/endpoint/partitions.h"

namespace s3 {

/// The base address of one bucket.
struct BucketAddress {
  /// Scheme and authority without a slash at the end: "https://b.s3.eu-west-1.amazonaws.com".
  std::string origin;
  /// "/b" in path style, empty in virtual-hosted style.
  std::string base_path;
  bool operator==(const BucketAddress&) const = default;
};

struct BucketLocation {
  std::string bucket;
  /// Part of AWS's host name. May be empty if there is an endpoint.
  std::string region;
  /// Host and port of another S3 service, with "http://" or "https://" before them (none: https).
  /// Empty: AWS, in the partition that the region belongs to.
  std::string endpoint;
  /// Has no effect if there is an endpoint.
  HostVariant variant = {};
  /// Puts the bucket into the path instead of the host name. Always done where the host name cannot
  /// contain the bucket: its name is not a single DNS label (TLS certificates cover only one), or
  /// the endpoint is an IP address.
  bool path_style = false;
};

/// Whether the text has the form of a region's name.
bool IsRegionName(std::string_view text);

/// ECMA-262 regular expressions that a bucket's name matches and does not match. Upper case and '_'
/// occur in old buckets and on other services.
inline constexpr std::string_view kBucketPattern = "^[A-Za-z0-9._-]{1,255}$";
inline constexpr std::string_view kNotABucketPattern = "^[.][.]?$|--x-s3$";

/// If the bucket's name cannot be used, a sentence that says what to write instead. Empty if it can
/// be used or if there is no name.
std::string BucketAdvice(std::string_view bucket);

/// kConfig if bucket, region or endpoint cannot be used.
[[nodiscard]] arrow::Result<BucketAddress> ResolveAddress(const BucketLocation& location);

std::string ObjectUrl(const BucketAddress& address, std::string_view key);

/// The bucket's URL with a query, which is sorted and encoded here.
std::string BucketUrl(const BucketAddress& address,
                      std::vector<std::pair<std::string, std::string>> query);

}  // namespace s3
