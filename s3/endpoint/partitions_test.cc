#include "s3/endpoint/partitions.h"

#include <gtest/gtest.h>

#include <vector>

namespace s3 {
namespace {

struct Hosts {
  std::string region;
  std::string plain;
  std::string dualstack;
  std::string fips;
  std::string both;
};

// What botocore's endpoint rules of STS say.
const std::vector<Hosts> kSts = {
    {"eu-west-1", "sts.eu-west-1.amazonaws.com", "sts.eu-west-1.api.aws",
     "sts-fips.eu-west-1.amazonaws.com", "sts-fips.eu-west-1.api.aws"},
    {"cn-north-1", "sts.cn-north-1.amazonaws.com.cn", "sts.cn-north-1.api.amazonwebservices.com.cn",
     "sts-fips.cn-north-1.amazonaws.com.cn", "sts-fips.cn-north-1.api.amazonwebservices.com.cn"},
    {"us-gov-west-1", "sts.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.api.aws",
     "sts.us-gov-west-1.amazonaws.com", "sts-fips.us-gov-west-1.api.aws"},
    {"us-iso-east-1", "sts.us-iso-east-1.c2s.ic.gov", "sts.us-iso-east-1.api.aws.ic.gov",
     "sts-fips.us-iso-east-1.c2s.ic.gov", "sts-fips.us-iso-east-1.api.aws.ic.gov"},
    {"us-isob-east-1", "sts.us-isob-east-1.sc2s.sgov.gov", "sts.us-isob-east-1.api.aws.scloud",
     "sts-fips.us-isob-east-1.sc2s.sgov.gov", "sts-fips.us-isob-east-1.api.aws.scloud"},
    {"eu-isoe-west-1", "sts.eu-isoe-west-1.cloud.adc-e.uk",
     "sts.eu-isoe-west-1.api.cloud-aws.adc-e.uk", "sts-fips.eu-isoe-west-1.cloud.adc-e.uk",
     "sts-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
    {"us-isof-south-1", "sts.us-isof-south-1.csp.hci.ic.gov",
     "sts.us-isof-south-1.api.aws.hci.ic.gov", "sts-fips.us-isof-south-1.csp.hci.ic.gov",
     "sts-fips.us-isof-south-1.api.aws.hci.ic.gov"},
    {"eusc-de-east-1", "sts.eusc-de-east-1.amazonaws.eu",
     "sts.eusc-de-east-1.api.amazonwebservices.eu", "sts-fips.eusc-de-east-1.amazonaws.eu",
     "sts-fips.eusc-de-east-1.api.amazonwebservices.eu"},
};

TEST(ServiceHost, IsInTheDomainOfTheRegionsPartitionInEachVariant) {
  for (const Hosts& hosts : kSts) {
    EXPECT_EQ(ServiceHost("sts", hosts.region, {}), hosts.plain);
    EXPECT_EQ(ServiceHost("sts", hosts.region, {.dualstack = true}), hosts.dualstack);
    EXPECT_EQ(ServiceHost("sts", hosts.region, {.fips = true}), hosts.fips);
    EXPECT_EQ(ServiceHost("sts", hosts.region, {.dualstack = true, .fips = true}), hosts.both);
  }
}

TEST(ServiceHost, OfThePortalOfSsoFollowsTheSameRules) {
  EXPECT_EQ(ServiceHost("portal.sso", "eu-west-1", {}), "portal.sso.eu-west-1.amazonaws.com");
  EXPECT_EQ(ServiceHost("portal.sso", "eu-west-1", {.fips = true}),
            "portal.sso-fips.eu-west-1.amazonaws.com");
  EXPECT_EQ(ServiceHost("portal.sso", "us-gov-west-1", {.fips = true}),
            "portal.sso.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(ServiceHost("portal.sso", "eusc-de-east-1", {.dualstack = true}),
            "portal.sso.eusc-de-east-1.api.amazonwebservices.eu");
}

TEST(S3Host, StaysInThePlainDomainInEachVariant) {
  EXPECT_EQ(S3Host("us-iso-east-1", {}), "s3.us-iso-east-1.c2s.ic.gov");
  EXPECT_EQ(S3Host("cn-north-1", {.dualstack = true}), "s3.dualstack.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(S3Host("us-gov-west-1", {.fips = true}), "s3-fips.us-gov-west-1.amazonaws.com");
}

TEST(StoreName, TellsStoresApartAndHoldsNoSecret) {
  EXPECT_EQ(StoreName("", "eu-west-1"), StoreName("", "us-east-1"));
  EXPECT_EQ(StoreName("https://s3.eu-west-1.amazonaws.com", "eu-west-1"),
            StoreName("", "eu-west-1"));
  EXPECT_NE(StoreName("", "cn-north-1"), StoreName("", "us-east-1"));
  EXPECT_NE(StoreName("", "us-gov-west-1"), StoreName("", "us-east-1"));
  EXPECT_EQ(StoreName("https://user:secret@Minio.Example:443/", "x"), "minio.example");
  EXPECT_EQ(StoreName("http://127.0.0.1:9000", "x"), "127.0.0.1:9000");
}

}  // namespace
}  // namespace s3
