// Where a bucket is to be found and how its URLs are written. Pure functions over values.
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
  /// Names AWS's host; may be empty when there is an endpoint.
  std::string region;
  /// Host and port of another S3 service, with "http://" or "https://" before them (none: https).
  /// Empty: AWS, in the partition that the region belongs to.
  std::string endpoint;
  /// Without effect when there is an endpoint.
  HostVariant variant = {};
  /// Puts the bucket into the path. Happens unasked where the other style cannot work: a bucket
  /// name that is no single DNS label (TLS certificates cover one), or an endpoint that is an IP.
  bool path_style = false;
};

/// Whether a region's name has the form that all of them have.
bool IsRegionName(std::string_view text);

/// ECMA-262 regular expressions: what a bucket's name looks like, and what it does not look like.
/// Upper case and '_' occur in old buckets and on other services.
inline constexpr std::string_view kBucketPattern = "^[A-Za-z0-9._-]{1,255}$";
inline constexpr std::string_view kNotABucketPattern = "^[.][.]?$|--x-s3$";

/// A sentence about what to write instead of a bucket's name that cannot be used; empty when it
/// can, or when there is none.
std::string BucketAdvice(std::string_view bucket);

/// kConfig when bucket, region or endpoint cannot be used.
[[nodiscard]] arrow::Result<BucketAddress> ResolveAddress(const BucketLocation& location);

/// Percent-encodes every byte but A-Z a-z 0-9 - . _ ~ as AWS Signature Version 4 wants it; '/'
/// stays when `keep_slash`.
std::string PercentEncode(std::string_view text, bool keep_slash);

std::string ObjectUrl(const BucketAddress& address, std::string_view key);

/// The bucket itself with a query; the query is sorted and encoded here.
std::string BucketUrl(const BucketAddress& address,
                      std::vector<std::pair<std::string, std::string>> query);

}  // namespace s3
