// AWS's partitions (commercial, China, government and so on) and the hosts of its services there.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace s3 {

/// Which of AWS's hosts to use: those that have IPv6 too (dualstack), those with the cryptography
/// of FIPS 140. Not every region has both.
struct HostVariant {
  bool dualstack = false;
  bool fips = false;
};

/// A region, and which of its hosts to use.
struct AwsRegion {
  std::string name;
  HostVariant hosts = {};
};

/// S3 in a region: "s3.eu-west-1.amazonaws.com".
std::string S3Host(std::string_view region, HostVariant variant);

/// Another service in a region: "sts.eu-west-1.amazonaws.com".
std::string ServiceHost(std::string_view service, std::string_view region, HostVariant variant);

/// What tells the buckets of one store from those of others, in which names may repeat: AWS's
/// partition of the region, for an endpoint of AWS too, or else host and port of the endpoint.
std::string StoreName(std::string_view endpoint, std::string_view region);

}  // namespace s3
