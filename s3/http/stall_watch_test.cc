#include "s3/http/stall_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3 {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Optional;

constexpr StallLimits kLimits = {
    .first_byte = seconds(60), .stall = seconds(20), .bytes_per_second = 1024};
constexpr StallWatch::Time kStart{seconds(1000)};

TEST(StallWatch, WaitsAMinuteForTheFirstByte) {
  StallWatch watch(kLimits, kStart);
  EXPECT_EQ(watch.Check(0, kStart + seconds(59)), std::nullopt);
  EXPECT_THAT(watch.Check(0, kStart + seconds(60)), Optional(HasSubstr("within 60 s")));
}

TEST(StallWatch, ALateFirstByteBeginsTheTimeOfTheOthers) {
  StallWatch watch(kLimits, kStart);
  EXPECT_EQ(watch.Check(0, kStart + seconds(50)), std::nullopt);
  EXPECT_EQ(watch.Check(1, kStart + seconds(55)), std::nullopt);
  EXPECT_EQ(watch.Check(1, kStart + seconds(74)), std::nullopt);
  EXPECT_THAT(watch.Check(1, kStart + seconds(75)), Optional(HasSubstr("stalled")));
}

TEST(StallWatch, BytesThatComeSlowlyAreAStallToo) {
  StallWatch watch(kLimits, kStart);
  for (int64_t second = 0; second < 20; ++second) {
    ASSERT_EQ(watch.Check(1 + 1000 * second, kStart + seconds(second)), std::nullopt) << second;
  }
  EXPECT_NE(watch.Check(1 + 1000 * 20, kStart + seconds(20)), std::nullopt);
}

TEST(StallWatch, AnAnswerThatIsFastEnoughMayTakeAsLongAsItWants) {
  StallWatch watch(kLimits, kStart);
  for (int64_t second = 0; second < 10'000; ++second) {
    ASSERT_EQ(watch.Check(1 + 1100 * second, kStart + seconds(second)), std::nullopt) << second;
  }
}

TEST(StallWatch, AStallAfterManyBytesIsSeenAsSoonAsOneAfterFew) {
  StallWatch watch(kLimits, kStart);
  EXPECT_EQ(watch.Check(1 << 20, kStart), std::nullopt);
  EXPECT_EQ(watch.Check(2 << 20, kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(watch.Check(2 << 20, kStart + seconds(20)), std::nullopt);
  EXPECT_NE(watch.Check(2 << 20, kStart + seconds(21)), std::nullopt);
}

}  // namespace
}  // namespace s3
