#include "s3/checksum/range_checksum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

namespace s3 {
namespace {

constexpr ChecksumAlgorithm kCrcs[] = {ChecksumAlgorithm::kCrc32, ChecksumAlgorithm::kCrc32c,
                                       ChecksumAlgorithm::kCrc64Nvme};

std::vector<uint8_t> Content(size_t size) {
  std::mt19937 random(static_cast<unsigned>(size));
  std::vector<uint8_t> content(size);
  for (uint8_t& byte : content) byte = static_cast<uint8_t>(random());
  return content;
}

void AddRange(RangeChecksum& checksum, const std::vector<uint8_t>& content, size_t begin,
              size_t end) {
  checksum.Add(static_cast<int64_t>(begin), std::span(content).subspan(begin, end - begin));
}

struct Range {
  size_t begin = 0;
  size_t end = 0;
};

/// A partition of [0, size) into at most `cuts` + 1 ranges.
std::vector<Range> Cut(size_t size, int cuts, std::mt19937& random) {
  std::vector<size_t> ends = {0, size};
  for (int i = 0; i < cuts; ++i) ends.push_back(random() % (size + 1));
  std::sort(ends.begin(), ends.end());
  std::vector<Range> ranges;
  for (size_t i = 1; i < ends.size(); ++i) {
    if (ends[i - 1] != ends[i]) ranges.push_back({ends[i - 1], ends[i]});
  }
  return ranges;
}

TEST(RangeChecksum, IsThatOfTheWholeContentHoweverItWasCutAndInWhateverOrderItCame) {
  std::mt19937 random(3);
  for (const auto algorithm : kCrcs) {
    for (int round = 0; round < 200; ++round) {
      const auto content = Content(1 + random() % 3000);
      auto ranges = Cut(content.size(), static_cast<int>(random() % 40), random);
      // Some of them twice.
      const size_t repeated = random() % ranges.size();
      for (size_t i = 0; i < repeated; ++i) ranges.push_back(ranges[random() % ranges.size()]);
      std::shuffle(ranges.begin(), ranges.end(), random);
      RangeChecksum checksum(algorithm, static_cast<int64_t>(content.size()));
      for (const auto& [begin, end] : ranges) AddRange(checksum, content, begin, end);
      EXPECT_EQ(checksum.Result(), ChecksumValue(algorithm, content));
      EXPECT_FALSE(checksum.contradicted());
    }
  }
}

TEST(RangeChecksum, HoldsForMoreRangesThanItRemembers) {
  const auto content = Content(20'000);
  for (const auto algorithm : kCrcs) {
    RangeChecksum checksum(algorithm, static_cast<int64_t>(content.size()));
    for (size_t i = 0; i < content.size(); i += 2) AddRange(checksum, content, i, i + 2);
    EXPECT_EQ(checksum.Result(), ChecksumValue(algorithm, content));
  }
}

TEST(RangeChecksum, DiffersWhenOneBitOfOneRangeDoes) {
  const auto content = Content(1000);
  for (const auto algorithm : kCrcs) {
    RangeChecksum checksum(algorithm, 1000);
    auto damaged = content;
    damaged[700] ^= 4;
    AddRange(checksum, damaged, 600, 1000);
    AddRange(checksum, content, 0, 600);
    EXPECT_TRUE(checksum.Result().has_value());
    EXPECT_NE(checksum.Result(), ChecksumValue(algorithm, content));
  }
}

TEST(RangeChecksum, IsNothingWhileSomethingIsMissing) {
  const auto content = Content(100);
  RangeChecksum checksum(ChecksumAlgorithm::kCrc32, 100);
  EXPECT_EQ(checksum.Result(), std::nullopt);
  AddRange(checksum, content, 50, 100);
  EXPECT_EQ(checksum.Result(), std::nullopt);
  AddRange(checksum, content, 0, 49);
  EXPECT_EQ(checksum.Result(), std::nullopt);
  AddRange(checksum, content, 49, 50);
  EXPECT_EQ(checksum.Result(), ChecksumValue(ChecksumAlgorithm::kCrc32, content));
}

TEST(RangeChecksum, IsNothingWhenRangesOverlapOrReachBeyondTheObject) {
  const auto content = Content(100);
  for (const auto& [begin, end] : std::vector<Range>{{0, 51}, {49, 100}, {10, 20}, {0, 100}}) {
    RangeChecksum checksum(ChecksumAlgorithm::kCrc32, 100);
    AddRange(checksum, content, 0, 50);
    AddRange(checksum, content, 50, 100);
    AddRange(checksum, content, begin, end);
    EXPECT_EQ(checksum.Result(), std::nullopt) << begin;
  }
  RangeChecksum beyond(ChecksumAlgorithm::kCrc32, 99);
  AddRange(beyond, content, 0, 100);
  EXPECT_EQ(beyond.Result(), std::nullopt);
}

TEST(RangeChecksum, KnowsThatARangeCameWithOtherContentTheSecondTime) {
  const auto content = Content(100);
  const auto other = Content(101);
  RangeChecksum checksum(ChecksumAlgorithm::kCrc32c, 100);
  AddRange(checksum, content, 0, 100);
  AddRange(checksum, other, 0, 100);
  EXPECT_TRUE(checksum.contradicted());
}

TEST(RangeChecksum, KnowsWhatItHasNotSeen) {
  const auto content = Content(100);
  RangeChecksum checksum(ChecksumAlgorithm::kCrc32, 100);
  AddRange(checksum, content, 10, 20);
  AddRange(checksum, content, 40, 90);
  EXPECT_EQ(checksum.Gaps(), (std::vector<ByteRange>{{0, 10}, {20, 20}, {90, 10}}));
  AddRange(checksum, content, 0, 10);
  AddRange(checksum, content, 20, 40);
  AddRange(checksum, content, 90, 100);
  EXPECT_TRUE(checksum.Gaps().empty());
}

TEST(RangeChecksum, IsNothingForDigestsWhichCannotBeCombined) {
  const auto content = Content(100);
  RangeChecksum checksum(ChecksumAlgorithm::kSha256, 100);
  AddRange(checksum, content, 0, 100);
  EXPECT_EQ(checksum.Result(), std::nullopt);
}

TEST(RangeChecksum, IsThatOfNothingForAnEmptyObject) {
  EXPECT_EQ(RangeChecksum(ChecksumAlgorithm::kCrc32, 0).Result(),
            ChecksumValue(ChecksumAlgorithm::kCrc32, {}));
}

TEST(RangeChecksum, TakesRangesFromManyThreadsAtOnce) {
  const auto content = Content(1 << 16);
  RangeChecksum checksum(ChecksumAlgorithm::kCrc64Nvme, 1 << 16);
  {
    std::vector<std::jthread> threads;
    for (size_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (size_t i = thread * 64; i < content.size(); i += 256) {
          AddRange(checksum, content, i, i + 64);
        }
      });
    }
  }
  EXPECT_EQ(checksum.Result(), ChecksumValue(ChecksumAlgorithm::kCrc64Nvme, content));
}

}  // namespace
}  // namespace s3
