#include "s3/endpoint/bucket_endpoint.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;

std::unique_ptr<BucketEndpoint> Made(BucketLocation location) {
  return BucketEndpoint::Make(std::move(location)).ValueOrDie();
}

TEST(BucketEndpoint, OnAwsARedirectChangesAddressAndRegion) {
  const auto endpoint =
      Made({.bucket = "b", .region = "us-east-1", .variant = {.dualstack = true}});
  const auto before = endpoint->current();
  EXPECT_EQ(endpoint->Redirect("cn-north-1", *before), RegionRedirect::kFollowed);
  EXPECT_EQ(endpoint->current()->region, "cn-north-1");
  EXPECT_EQ(endpoint->current()->address.origin,
            "https://b.s3.dualstack.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(before->address.origin, "https://b.s3.dualstack.us-east-1.amazonaws.com");
}

TEST(BucketEndpoint, ARedirectKeepsTheEndpointThatTheUserConfigured) {
  const auto endpoint = Made({.bucket = "b", .endpoint = "http://localhost:9000"});
  EXPECT_EQ(endpoint->current()->region, "us-east-1");
  EXPECT_EQ(endpoint->Redirect("eu-west-1", *endpoint->current()), RegionRedirect::kFollowed);
  EXPECT_EQ(endpoint->current()->region, "eu-west-1");
  EXPECT_EQ(endpoint->current()->address.origin, "http://b.localhost:9000");
}

TEST(BucketEndpoint, OneRedirectIsFollowedAndOnlyToAnotherRegion) {
  const auto endpoint = Made({.bucket = "b", .region = "us-east-1"});
  const auto first = endpoint->current();
  EXPECT_EQ(endpoint->Redirect("us-east-1", *first), RegionRedirect::kRefused);
  EXPECT_EQ(endpoint->Redirect("eu-west-1", *first), RegionRedirect::kFollowed);
  EXPECT_EQ(endpoint->Redirect("eu-west-1", *first), RegionRedirect::kAlreadyFollowed);
  EXPECT_EQ(endpoint->Redirect("eu-west-2", *first), RegionRedirect::kRefused);
  EXPECT_EQ(endpoint->Redirect("us-east-1", *endpoint->current()), RegionRedirect::kRefused);
  EXPECT_EQ(endpoint->Redirect("eu-west-1", *endpoint->current()), RegionRedirect::kRefused);
  EXPECT_EQ(endpoint->current()->region, "eu-west-1");
}

TEST(BucketEndpoint, ARedirectToAnInvalidRegionIsRefused) {
  const auto endpoint = Made({.bucket = "b", .region = "us-east-1"});
  for (const std::string region : {"", "evil.example.com/", "eu west", "eu:west", "eu\r\nx"}) {
    EXPECT_EQ(endpoint->Redirect(region, *endpoint->current()), RegionRedirect::kRefused) << region;
  }
  EXPECT_EQ(endpoint->current()->region, "us-east-1");
}

TEST(BucketEndpoint, OneOfManyThreadsFollowsARedirectAndAllGoOn) {
  const auto endpoint = Made({.bucket = "b", .region = "us-east-1"});
  const auto before = endpoint->current();
  std::atomic<int> followed = 0, already = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const RegionRedirect redirect = endpoint->Redirect("eu-west-1", *before);
        ++(redirect == RegionRedirect::kFollowed ? followed : already);
        EXPECT_NE(redirect, RegionRedirect::kRefused);
      });
    }
  }
  EXPECT_EQ(followed, 1);
  EXPECT_EQ(already, 7);
}

TEST(BucketEndpoint, ALocationThatCannotBeUsedIsRefused) {
  EXPECT_THAT(BucketEndpoint::Make({.bucket = "b"}), IsError(ErrorKind::kConfig));
}

}  // namespace
}  // namespace s3
