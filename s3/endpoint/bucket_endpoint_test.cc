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
using Move = BucketSite::Move;

std::unique_ptr<BucketSite> Made(BucketLocation location) {
  return BucketSite::Make(std::move(location)).ValueOrDie();
}

TEST(BucketSite, OnAwsAddressAndRegionMoveTogether) {
  const auto site = Made({.bucket = "b", .region = "us-east-1", .variant = {.dualstack = true}});
  const auto before = site->Now();
  EXPECT_EQ(site->MoveTo("cn-north-1", *before), Move::kMoved);
  EXPECT_EQ(site->Now()->region, "cn-north-1");
  EXPECT_EQ(site->Now()->address.origin, "https://b.s3.dualstack.cn-north-1.amazonaws.com.cn");
  EXPECT_EQ(before->address.origin, "https://b.s3.dualstack.us-east-1.amazonaws.com");
}

TEST(BucketSite, AnEndpointOfTheUsersOwnStays) {
  const auto site = Made({.bucket = "b", .endpoint = "http://localhost:9000"});
  EXPECT_EQ(site->Now()->region, "us-east-1");
  EXPECT_EQ(site->MoveTo("eu-west-1", *site->Now()), Move::kMoved);
  EXPECT_EQ(site->Now()->region, "eu-west-1");
  EXPECT_EQ(site->Now()->address.origin, "http://b.localhost:9000");
}

TEST(BucketSite, MovesOnceAndNotWhereItIsAlready) {
  const auto site = Made({.bucket = "b", .region = "us-east-1"});
  const auto first = site->Now();
  EXPECT_EQ(site->MoveTo("us-east-1", *first), Move::kRefused);
  EXPECT_EQ(site->MoveTo("eu-west-1", *first), Move::kMoved);
  EXPECT_EQ(site->MoveTo("eu-west-1", *first), Move::kAlready);
  EXPECT_EQ(site->MoveTo("eu-west-2", *first), Move::kRefused);
  EXPECT_EQ(site->MoveTo("us-east-1", *site->Now()), Move::kRefused);
  EXPECT_EQ(site->MoveTo("eu-west-1", *site->Now()), Move::kRefused);
  EXPECT_EQ(site->Now()->region, "eu-west-1");
}

TEST(BucketSite, WhatIsNoRegionIsNotFollowed) {
  const auto site = Made({.bucket = "b", .region = "us-east-1"});
  for (const std::string region : {"", "evil.example.com/", "eu west", "eu:west", "eu\r\nx"}) {
    EXPECT_EQ(site->MoveTo(region, *site->Now()), Move::kRefused) << region;
  }
  EXPECT_EQ(site->Now()->region, "us-east-1");
}

TEST(BucketSite, OneOfManyThreadsMovesItAndAllGoOn) {
  const auto site = Made({.bucket = "b", .region = "us-east-1"});
  const auto before = site->Now();
  std::atomic<int> moved = 0, already = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const Move move = site->MoveTo("eu-west-1", *before);
        ++(move == Move::kMoved ? moved : already);
        EXPECT_NE(move, Move::kRefused);
      });
    }
  }
  EXPECT_EQ(moved, 1);
  EXPECT_EQ(already, 7);
}

TEST(BucketSite, ALocationThatCannotWorkIsRefused) {
  EXPECT_THAT(BucketSite::Make({.bucket = "b"}), IsError(ErrorKind::kConfig));
}

}  // namespace
}  // namespace s3
