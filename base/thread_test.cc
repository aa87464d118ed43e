#include "base/thread.h"

#include <gtest/gtest.h>

#include "base/testing/refuse_threads.h"

namespace base {
namespace {

TEST(TryStartThread, RunsTheBodyAndAsksItToStopAtTheEnd) {
  bool stopped = false;
  {
    const std::jthread thread = TryStartThread([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) std::this_thread::yield();
      stopped = true;
    });
    EXPECT_TRUE(thread.joinable());
  }
  EXPECT_TRUE(stopped);
}

TEST(TryStartThread, GivesNoThreadWhenTheSystemRefusesOne) {
  const RefuseThreads refuse;
  const std::jthread thread = TryStartThread([](const std::stop_token&) { FAIL(); });
  EXPECT_FALSE(thread.joinable());
}

TEST(HasAddressSpace, TellsWhatTheSystemWouldGive) {
  EXPECT_TRUE(HasAddressSpace(size_t{1} << 20));
  EXPECT_FALSE(HasAddressSpace(size_t{1} << 60));
}

}  // namespace
}  // namespace base
