#include "base/memory_scope.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "arrow/buffer.h"
#include "base/testing.h"

namespace base {
namespace {

auto Take(int64_t bytes) { return arrow::AllocateResizableBuffer(bytes, MeteredPool()); }

TEST(MemoryScope, RefusesWhatIsAboveItsLimit) {
  StepMemory memory{.share_bytes = 10'000, .limit_bytes = 10'000};
  const MemoryScope scope(memory);
  const auto most = Take(8000).ValueOrDie();
  EXPECT_TRUE(Take(8000).status().IsOutOfMemory());
  EXPECT_TRUE(Take(1000).ok());
}

TEST(MemoryScope, CountsWhatIsHeldNotWhatWasGivenBack) {
  StepMemory memory{.share_bytes = 10'000, .limit_bytes = 10'000};
  const MemoryScope scope(memory);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Take(8000).ok());
}

TEST(MemoryScope, CountsOldAndNewMemoryWhileABufferGrows) {
  StepMemory memory{.share_bytes = 10'000, .limit_bytes = 10'000};
  const MemoryScope scope(memory);
  const auto buffer = Take(4000).ValueOrDie();
  EXPECT_TRUE(buffer->Resize(5000).ok());
  EXPECT_TRUE(buffer->Resize(6000).IsOutOfMemory());
}

TEST(MemoryScope, KnowsNothingOfWhatCameBeforeIt) {
  StepMemory memory{.share_bytes = 10'000, .limit_bytes = 10'000};
  const auto before = Take(20'000).ValueOrDie();
  const MemoryScope scope(memory);
  EXPECT_TRUE(Take(8000).ok());
}

TEST(MemoryScope, DoesNotCountWhilePaused) {
  StepMemory memory{.share_bytes = 10'000, .limit_bytes = 10'000};
  const MemoryScope scope(memory);
  std::unique_ptr<arrow::Buffer> uncounted;
  {
    const MemoryScope::Pause pause;
    uncounted = Take(20'000).ValueOrDie();
  }
  EXPECT_TRUE(Take(8000).ok());
  EXPECT_TRUE(Take(20'000).status().IsOutOfMemory());
  const MemoryScope::Pause pause;
  uncounted.reset();
}

TEST(MemoryScope, LetsOneThreadAtATimeTakeMoreThanItsShare) {
  StepMemory memory{.share_bytes = 1000, .limit_bytes = 100'000};
  std::atomic<int> large = 0;
  std::atomic<bool> together = false;
  const auto work = [&] {
    for (int i = 0; i < 200; ++i) {
      const MemoryScope scope(memory);
      const auto small = Take(500).ValueOrDie();
      const auto buffer = Take(5000).ValueOrDie();
      if (++large > 1) together = true;
      std::this_thread::yield();
      --large;
    }
  };
  {
    const std::jthread a(work);
    const std::jthread b(work);
  }
  EXPECT_FALSE(together);
}

}  // namespace
}  // namespace base
