#include "source/read/progress.h"

#include <gtest/gtest.h>

#include "base/testing/refuse_threads.h"
#include "source/testing/testing.h"

namespace source {
namespace {

TEST(SecondsLeft, FollowsFromTheRateSoFar) {
  EXPECT_EQ(SecondsLeft(25, 100, 10.0), 30);
  EXPECT_EQ(SecondsLeft(100, 100, 10.0), 0);
  EXPECT_EQ(SecondsLeft(120, 100, 10.0), 0);
  EXPECT_EQ(SecondsLeft(0, 100, 10.0), std::nullopt);
}

TEST(ProgressLog, ReportsWhileItExistsAndNotAfter) {
  CapturedLog log;
  ProgressCounts counts;
  {
    const ProgressLog progress(log.logger(), counts, 10, 1000, std::chrono::milliseconds(5));
    while (log.Messages("info").size() < 3) std::this_thread::yield();
  }
  const auto lines = log.Messages("info");
  EXPECT_EQ(lines.at(0), "sync in progress");
  EXPECT_EQ(log.Messages("info").size(), lines.size());
}

TEST(ProgressLog, IsSilentWhenTheSystemRefusesItsThread) {
  CapturedLog log;
  ProgressCounts counts;
  {
    const base::RefuseThreads refuse;
    const ProgressLog progress(log.logger(), counts, 10, 1000, std::chrono::milliseconds(0));
  }
  EXPECT_TRUE(log.Messages("info").empty());
}

TEST(ProgressLog, IsSilentInAShortSync) {
  CapturedLog log;
  ProgressCounts counts;
  { const ProgressLog progress(log.logger(), counts, 10, 1000); }
  EXPECT_TRUE(log.Messages("info").empty());
}

}  // namespace
}  // namespace source
