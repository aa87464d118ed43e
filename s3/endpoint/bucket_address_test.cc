#include "s3/endpoint/bucket_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;

std::string AddressText(const BucketLocation& location) {
  const auto address = ResolveAddress(location);
  return address.ok() ? address->origin + address->base_path : address.status().ToString();
}

TEST(BucketAddress, IsVirtualHostedOnAws) {
  EXPECT_EQ(AddressText({.bucket = "b", .region = "eu-west-1"}),
            "https://b.s3.eu-west-1.amazonaws.com");
}

TEST(BucketAddress, IsInTheDomainOfTheRegionsPartition) {
  const std::vector<std::pair<std::string, std::string>> domains = {
      {"us-gov-west-1", "amazonaws.com"},   {"cn-north-1", "amazonaws.com.cn"},
      {"us-iso-east-1", "c2s.ic.gov"},      {"us-isob-east-1", "sc2s.sgov.gov"},
      {"eu-isoe-west-1", "cloud.adc-e.uk"}, {"us-isof-south-1", "csp.hci.ic.gov"},
      {"eusc-de-east-1", "amazonaws.eu"}};
  for (const auto& [region, domain] : domains) {
    EXPECT_EQ(AddressText({.bucket = "b", .region = region}),
              "https://b.s3." + region + "." + domain);
  }
}

TEST(BucketAddress, IsOnTheDualstackAndFipsHostsOfAwsWhenAskedFor) {
  EXPECT_EQ(AddressText({.bucket = "b", .region = "eu-west-1", .variant = {.dualstack = true}}),
            "https://b.s3.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(AddressText({.bucket = "b", .region = "cn-north-1", .variant = {.dualstack = true}}),
            "https://b.s3.dualstack.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(AddressText({.bucket = "b", .region = "us-gov-west-1", .variant = {.fips = true}}),
            "https://b.s3-fips.us-gov-west-1.amazonaws.com");
  EXPECT_EQ(
      AddressText(
          {.bucket = "b", .region = "us-east-1", .variant = {.dualstack = true, .fips = true}}),
      "https://b.s3-fips.dualstack.us-east-1.amazonaws.com");
  EXPECT_EQ(
      AddressText({.bucket = "b", .endpoint = "s3.example.com", .variant = {.dualstack = true}}),
      "https://b.s3.example.com");
}

TEST(BucketAddress, IsInPathStyleWhenAskedFor) {
  EXPECT_EQ(AddressText({.bucket = "b", .region = "eu-west-1", .path_style = true}),
            "https://s3.eu-west-1.amazonaws.com/b");
}

TEST(BucketAddress, IsInPathStyleWhenTheBucketIsNoSingleDnsLabel) {
  for (const std::string bucket : {"a.b", "Upper", "under_score"}) {
    EXPECT_EQ(AddressText({.bucket = bucket, .region = "eu-west-1"}),
              "https://s3.eu-west-1.amazonaws.com/" + bucket);
    EXPECT_EQ(AddressText({.bucket = bucket, .endpoint = "https://s3.example.com"}),
              "https://s3.example.com/" + bucket);
    EXPECT_EQ(AddressText({.bucket = bucket, .endpoint = "http://s3.example.com"}),
              "http://s3.example.com/" + bucket);
  }
}

TEST(BucketAddress, TakesAnEndpointWithAndWithoutAScheme) {
  EXPECT_EQ(AddressText({.bucket = "b", .endpoint = "s3.example.com"}), "https://b.s3.example.com");
  EXPECT_EQ(AddressText({.bucket = "b", .endpoint = "https://s3.example.com:9000/"}),
            "https://b.s3.example.com:9000");
  EXPECT_EQ(AddressText({.bucket = "b", .endpoint = "http://localhost:9000", .path_style = true}),
            "http://localhost:9000/b");
  EXPECT_EQ(
      AddressText({.bucket = "b", .endpoint = "https://s3.dualstack.eu-west-1.amazonaws.com"}),
      "https://b.s3.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(AddressText({.bucket = "b", .endpoint = "http://localhost:9000"}),
            "http://b.localhost:9000");
}

TEST(BucketAddress, IsInPathStyleAtAnIpAddress) {
  EXPECT_EQ(AddressText({.bucket = "b", .endpoint = "http://127.0.0.1:9000"}),
            "http://127.0.0.1:9000/b");
  EXPECT_EQ(AddressText({.bucket = "b", .endpoint = "[::1]:9000"}), "https://[::1]:9000/b");
}

TEST(BucketAddress, RefusesWhatCannotWork) {
  const std::vector<BucketLocation> wrong = {
      {.bucket = "", .region = "r"},
      {.bucket = "s3://b", .region = "r"},
      {.bucket = "b/path", .region = "r"},
      {.bucket = "..", .region = "r"},
      {.bucket = "b", .region = ""},
      {.bucket = "b", .region = "evil.example.com/"},
      {.bucket = "b", .endpoint = "http://"},
      {.bucket = "b", .endpoint = "ftp://host"},
      {.bucket = "b", .endpoint = "https://host/path"},
  };
  for (const auto& location : wrong) {
    EXPECT_THAT(ResolveAddress(location), IsError(ErrorKind::kConfig))
        << location.bucket << " " << location.region << " " << location.endpoint;
  }
}

TEST(BucketAdvice, SaysWhatToWriteInsteadOfWhatIsNoName) {
  const std::vector<std::pair<std::string, std::string>> advice = {
      {"arn:aws:s3:::b", "without the rest of the ARN: \"b\"."},
      {"arn:aws:s3:::b/folder", "without the rest of the ARN: \"b\"."},
      {"arn:aws:s3:us-east-1:123456789012:accesspoint/analytics", "access point's alias"},
      {"arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", "access point's alias"},
      {"arn:aws:s3:us-east-1:123456789012:accesspoint:analytics", "access point's alias"},
      {"s3://b", "without s3:// and without a folder, which goes into path_prefix: \"b\"."},
      {"s3://b/t", "\"b\"."},
      {"s3a://b/t", "without s3a://"},
      {"b/t", "without a folder, which goes into path_prefix: \"b\"."},
      {"b/", "\"b\"."},
      {"/b", "without a folder"},
      {"https://b.s3.amazonaws.com", "not its URL"},
      {"http://localhost:9000/b", "not its URL"},
      {" b", "without blanks around it: \"b\"."},
      {"b\n", "without blanks around it: \"b\"."},
      {"a b", "letters, digits"},
      {" ", "letters, digits"},
      {"..", "letters, digits"},
      {"b--use1-az4--x-s3", "Directory buckets"},
      {std::string(256, 'b'), "letters, digits"}};
  const std::regex good{std::string(kBucketPattern)}, bad{std::string(kNotABucketPattern)};
  for (const auto& [bucket, sentence] : advice) {
    EXPECT_THAT(BucketAdvice(bucket), testing::HasSubstr(sentence)) << bucket;
    EXPECT_THAT(ResolveAddress({.bucket = bucket, .region = "r"}), IsError(ErrorKind::kConfig));
    EXPECT_FALSE(std::regex_search(bucket, good) && !std::regex_search(bucket, bad)) << bucket;
  }
  for (const std::string name : {"b", "my.bucket", "Old_Bucket", "point-abc123-s3alias", "x-s3"}) {
    EXPECT_EQ(BucketAdvice(name), "");
    EXPECT_TRUE(std::regex_search(name, good) && !std::regex_search(name, bad)) << name;
  }
}

TEST(BucketAddress, DoesNotRepeatAPasswordInAnEndpointOrABucket) {
  for (const BucketLocation& location :
       {BucketLocation{.bucket = "b", .endpoint = "https://user:hunter2@host"},
        BucketLocation{.bucket = "https://user:hunter2@host/b", .region = "us-east-1"}}) {
    const auto address = ResolveAddress(location);
    EXPECT_THAT(address, IsError(ErrorKind::kConfig));
    EXPECT_THAT(address.status().ToString(), testing::Not(testing::HasSubstr("hunter2")));
  }
}

TEST(ObjectUrl, KeepsEmptyAndDottedSegments) {
  const BucketAddress address{.origin = "https://h", .base_path = "/b"};
  EXPECT_EQ(ObjectUrl(address, "/a//./../c d"), "https://h/b//a//./../c%20d");
  EXPECT_EQ(ObjectUrl({.origin = "https://b.h"}, "k"), "https://b.h/k");
}

TEST(BucketUrl, SortsItsQueryByName) {
  EXPECT_EQ(BucketUrl({.origin = "https://b.h"}, {{"prefix", "a=b"}, {"list-type", "2"}}),
            "https://b.h/?list-type=2&prefix=a%3Db");
  EXPECT_EQ(BucketUrl({.origin = "https://h", .base_path = "/b"}, {{"x", ""}}), "https://h/b?x=");
}

}  // namespace
}  // namespace s3
