#include "s3/hedged_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/testing.h"
#include "base/testing/refuse_threads.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using std::chrono::milliseconds;

constexpr HedgeOptions kImpatient = {
    .median_factor = 2, .min_delay = milliseconds(4), .min_peers = 5, .gets_per_hedge = 5};

/// Answers at once, but for keys that begin with "lost": their first request hangs until it is
/// cancelled or let go. Those of "lost twice" all hang.
class LosingStore final : public ObjectStore {
 public:
  arrow::Result<ListPage> List(const ListRequest&, std::stop_token) override { return ListPage(); }

  arrow::Result<std::shared_ptr<arrow::Buffer>> Get(const GetRequest& request,
                                                    std::stop_token stop) override {
    const int before = request.key.starts_with("lost") ? asked++ : 0;
    const bool hangs =
        request.key.starts_with("lost") && (before == 0 || request.key.starts_with("lost twice"));
    while (hangs && !(before == 0 && let_go)) {
      if (stop.stop_requested()) {
        ++cancelled;
        return base::Cancelled();
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
    if (fails) return base::MakeError(ErrorKind::kTransport, "broken");
    return arrow::Buffer::FromString(before == 0 ? "first" : "second");
  }

  std::atomic<int> asked = 0, cancelled = 0;
  std::atomic<bool> let_go = false, fails = false;
};

class HedgedStoreTest : public testing::Test {
 protected:
  std::string Get(const std::string& key, std::stop_token stop = {}) {
    const auto answer = store_.Get({.key = key, .range = {0, 8}}, stop);
    return answer.ok() ? (*answer)->ToString() : base::MessageOf(answer.status());
  }
  void GetQuickly(int times) {
    for (int i = 0; i < times; ++i) EXPECT_EQ(Get("quick"), "first");
  }

  std::shared_ptr<LosingStore> inner_ = std::make_shared<LosingStore>();
  HedgedStore store_{inner_, kImpatient};
};

TEST_F(HedgedStoreTest, ALateRangeIsAskedAgainAndTheFirstAnswerWins) {
  GetQuickly(10);
  EXPECT_EQ(Get("lost"), "second");
  EXPECT_EQ(inner_->cancelled, 1);
  EXPECT_EQ(store_.hedges(), 1);
}

TEST_F(HedgedStoreTest, AFirstAnswerThatComesAfterAllCancelsTheSecondRequest) {
  GetQuickly(10);
  const std::jthread later([this] {
    while (inner_->asked < 2) std::this_thread::yield();
    inner_->let_go = true;
  });
  EXPECT_EQ(Get("lost twice"), "first");
}

TEST_F(HedgedStoreTest, WithoutPeersNothingIsLate) {
  const std::jthread later([this] {
    std::this_thread::sleep_for(milliseconds(30));
    inner_->let_go = true;
  });
  EXPECT_EQ(Get("lost"), "first");
  EXPECT_EQ(store_.hedges(), 0);
}

TEST_F(HedgedStoreTest, PeersOfAnotherSizeDoNotCount) {
  for (int i = 0; i < 10; ++i) EXPECT_THAT(store_.Get({"quick", {0, 1 << 20}, ""}, {}), IsOk());
  const std::jthread later([this] {
    std::this_thread::sleep_for(milliseconds(30));
    inner_->let_go = true;
  });
  EXPECT_EQ(Get("lost"), "first");
  EXPECT_EQ(store_.hedges(), 0);
}

TEST_F(HedgedStoreTest, NoMoreAreAskedAgainThanTheirShare) {
  GetQuickly(8);
  EXPECT_EQ(Get("lost"), "second");
  inner_->asked = 0;
  // The tenth Get: two second requests are the share of ten, and here only one more is due.
  EXPECT_EQ(Get("lost"), "second");
  inner_->asked = 0;
  const std::jthread later([this] {
    std::this_thread::sleep_for(milliseconds(30));
    inner_->let_go = true;
  });
  EXPECT_EQ(Get("lost"), "first");
  EXPECT_EQ(store_.hedges(), 2);
}

TEST_F(HedgedStoreTest, AFirstRequestThatFailsIsAFailure) {
  GetQuickly(10);
  inner_->fails = true;
  EXPECT_EQ(Get("quick"), "broken");
}

TEST_F(HedgedStoreTest, AStopCancelsBothRequests) {
  GetQuickly(10);
  std::stop_source stop;
  const std::jthread later([&] {
    while (inner_->asked < 2) std::this_thread::yield();
    stop.request_stop();
  });
  const auto answer = store_.Get({.key = "lost twice", .range = {0, 8}}, stop.get_token());
  EXPECT_THAT(answer, IsError(ErrorKind::kCancelled));
  EXPECT_EQ(inner_->cancelled, 2);
}

TEST_F(HedgedStoreTest, ManyThreadsGetTheirAnswers) {
  GetQuickly(10);
  std::atomic<int> answers = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) {
          if (i % 40 == 39) inner_->asked = 0;
          const std::string answer = Get(i % 40 == 39 ? "lost" : "quick");
          if (answer == "first" || answer == "second") ++answers;
        }
      });
    }
  }
  EXPECT_EQ(answers, 8 * 200);
}

TEST(HedgedStore, AsksNothingAgainWhenTheSystemRefusesItsThread) {
  const auto inner = std::make_shared<LosingStore>();
  std::unique_ptr<HedgedStore> store;
  {
    const base::RefuseThreads refuse;
    store = std::make_unique<HedgedStore>(inner, kImpatient);
  }
  for (int i = 0; i < 50; ++i) EXPECT_THAT(store->Get({.key = "quick"}, {}), IsOk());
  EXPECT_EQ(store->hedges(), 0);
}

}  // namespace
}  // namespace s3
