#include "s3/http/server_clock.h"

#include <gtest/gtest.h>

namespace s3 {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(ClockDifferenceText, NamesTheTwoLargestUnits) {
  EXPECT_EQ(ClockDifferenceText(hours(2) + minutes(5) + seconds(9)),
            "2 h 5 min behind the service's");
  EXPECT_EQ(ClockDifferenceText(-minutes(31)), "31 min ahead of the service's");
  EXPECT_EQ(ClockDifferenceText(hours(49)), "2 d 1 h behind the service's");
  EXPECT_EQ(ClockDifferenceText(-(hours(48) + seconds(3))), "2 d ahead of the service's");
  EXPECT_EQ(ClockDifferenceText(seconds(0)), "0 s behind the service's");
}

TEST(ServerClock, TakesOverWhatTheServiceSaysAndTellsWhetherThatIsNew) {
  ServerClock clock;
  EXPECT_EQ(clock.offset(), seconds(0));
  EXPECT_TRUE(clock.Correct(hours(1)));
  EXPECT_EQ(clock.offset(), hours(1));
  EXPECT_FALSE(clock.Correct(hours(1) + seconds(3)));
  EXPECT_TRUE(clock.Correct(seconds(0)));
  EXPECT_EQ(clock.offset(), seconds(0));
}

TEST(ServerClock, ARequestThatWaitedSaysNothingAboutTheClock) {
  ServerClock clock;
  EXPECT_FALSE(clock.Correct(seconds(40)));
  EXPECT_EQ(clock.offset(), seconds(0));
}

}  // namespace
}  // namespace s3
