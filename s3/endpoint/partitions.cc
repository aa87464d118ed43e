#include "s3/endpoint/partitions.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "s3/http/url.h"

namespace s3 {
namespace {

struct Partition {
  std::string_view region_prefix;
  std::string_view domain;
  /// Domain of the dualstack hosts, except S3's, which are in `domain` too.
  std::string_view dualstack_domain;
  /// The default hosts of STS and SSO are FIPS hosts already.
  bool plain_is_fips = false;
};

/// partitions.json of botocore; its endpoint rules of STS and SSO for plain_is_fips. A
/// region that fits no row is in the commercial partition, the last row.
constexpr std::array kPartitions = {
    Partition{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    Partition{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    Partition{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    Partition{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    Partition{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    Partition{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    Partition{"us-gov-", "amazonaws.com", "api.aws", /*plain_is_fips=*/true},
    Partition{"", "amazonaws.com", "api.aws"},
};

const Partition& PartitionOf(std::string_view region) {
  return *std::find_if(kPartitions.begin(), kPartitions.end(),
                       [&](const Partition& one) { return region.starts_with(one.region_prefix); });
}

}  // namespace

std::string S3Host(std::string_view region, HostVariant variant) {
  std::string host = variant.fips ? "s3-fips." : "s3.";
  if (variant.dualstack) host += "dualstack.";
  return host.append(region).append(".").append(PartitionOf(region).domain);
}

std::string ServiceHost(std::string_view service, std::string_view region, HostVariant variant) {
  const Partition& partition = PartitionOf(region);
  std::string host(service);
  if (variant.fips && (variant.dualstack || !partition.plain_is_fips)) host += "-fips";
  return host.append(".").append(region).append(".").append(
      variant.dualstack ? partition.dualstack_domain : partition.domain);
}

std::string StoreName(std::string_view endpoint, std::string_view region) {
  const Partition& partition = PartitionOf(region);
  const std::string host = base::ToLowerAscii(HostHeader(SplitUrl(endpoint)));
  if (host.empty() || host.ends_with("." + std::string(partition.domain))) {
    return std::string(partition.region_prefix) + std::string(partition.domain);
  }
  return host;
}

}  // namespace s3
