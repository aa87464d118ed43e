#include "cloudquery/state.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "cloudquery/testing/state_testing.h"

namespace cloudquery {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(StateTest, WhatOneSyncStoresTheNextOneFinds) {
  {
    const auto state = *Open();
    EXPECT_EQ(state->Get("a"), "");
    state->Set("a", "1");
    state->Set("b", "ü");
    EXPECT_EQ(state->Get("a"), "1");
    ASSERT_THAT(state->Flush({}), IsOk());
  }
  {
    const auto state = *Open();
    EXPECT_EQ(state->Get("a"), "1");
    state->Set("a", "2");
    state->Set("b", "");
    ASSERT_THAT(state->Flush({}), IsOk());
  }
  const auto state = *Open();
  EXPECT_EQ(state->Get("a"), "2");
  EXPECT_EQ(state->Get("b"), "");
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"a", "1", 1}, StoredRow{"b", "ü", 1},
                                               StoredRow{"a", "2", 2}, StoredRow{"b", "", 2}));
}

TEST_F(StateTest, WhatIsNotUtf8IsStoredWithReplacementCharacters) {
  const auto state = *Open();
  state->Set("key\xff", "cut \xe2\x82");
  EXPECT_EQ(state->Get("key\xff"), "cut \uFFFD");
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"key\uFFFD", "cut \uFFFD", 1}));
}

TEST_F(StateTest, TheHighestVersionWinsAndOnATieTheLaterRow) {
  destination_.SetRows({{"a", "high", 7},
                        {"a", "low", 6},
                        {"tie", "first", 2},
                        {"tie", "second", 2},
                        {"null", "old", std::nullopt},
                        {"null", "new", 1},
                        {"never", "x", std::nullopt}});
  const auto state = *Open();
  EXPECT_EQ(state->Get("a"), "high");
  EXPECT_EQ(state->Get("tie"), "second");
  EXPECT_EQ(state->Get("null"), "new");
  EXPECT_EQ(state->Get("never"), "x");
  state->Set("a", "next");
  state->Set("never", "y");
  ASSERT_THAT(state->Flush({}), IsOk());
  ASSERT_EQ(Flushes().size(), 1u);
  EXPECT_THAT(Flushes()[0].inserts,
              ElementsAre(ElementsAre(StoredRow{"a", "next", 8}, StoredRow{"never", "y", 1})));
}

TEST_F(StateTest, AFlushWithoutChangesSendsNothing) {
  destination_.SetRows({{"a", "1", 3}});
  const auto state = *Open();
  EXPECT_THAT(state->Flush({}), IsOk());
  state->Set("a", "1");
  state->Set("none", "");
  EXPECT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(Flushes(), IsEmpty());

  state->Set("a", "2");
  EXPECT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(state->Flush({}), IsOk());
  EXPECT_EQ(Flushes().size(), 1u);
}

TEST_F(StateTest, AFlushHoldsOnlyWhatChanged) {
  destination_.SetRows({{"a", "1", 3}, {"b", "1", 3}, {"c", "1", 3}});
  const auto state = *Open();
  state->Set("b", "2");
  state->Set("d", "1");
  ASSERT_THAT(state->Flush({}), IsOk());
  ASSERT_EQ(Flushes().size(), 1u);
  EXPECT_THAT(Flushes()[0].migrated, IsEmpty());
  EXPECT_THAT(Flushes()[0].inserts,
              ElementsAre(ElementsAre(StoredRow{"b", "2", 4}, StoredRow{"d", "1", 1})));
}

TEST_F(StateTest, WhatAFailedFlushHeldTheNextOneStores) {
  const auto state = *Open();
  state->Set("a", "1");
  destination_.SetWriteHook(
      [](grpc::ServerContext*) { return grpc::Status(grpc::StatusCode::UNKNOWN, "disk full"); });
  const arrow::Status failed = state->Flush({});
  EXPECT_THAT(failed, IsError(ErrorKind::kTransport));
  EXPECT_THAT(failed,
              HasMessage(Prefix() + "the destination did not store the state: disk full; "
                                    "the next sync starts from the state that was stored before"));
  EXPECT_EQ(state->Get("a"), "1");

  destination_.SetWriteHook([](grpc::ServerContext*) { return grpc::Status::OK; });
  state->Set("b", "1");
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"a", "1", 1}, StoredRow{"b", "1", 1}));
}

TEST_F(StateTest, WhatIsSetDuringAFlushTheNextOneStores) {
  const auto state = *Open();
  state->Set("a", "1");
  destination_.SetWriteHook([&](grpc::ServerContext*) {
    state->Set("a", "2");
    state->Set("b", "1");
    return grpc::Status::OK;
  });
  ASSERT_THAT(state->Flush({}), IsOk());
  destination_.SetWriteHook([](grpc::ServerContext*) { return grpc::Status::OK; });
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(),
              ElementsAre(StoredRow{"a", "1", 1}, StoredRow{"a", "2", 2}, StoredRow{"b", "1", 1}));
}

TEST_F(StateTest, AllWhoWaitForAnotherFlushGoOnAfterIt) {
  const auto state = *Open();
  state->Set("a", "1");
  std::vector<std::jthread> waiting;
  destination_.SetWriteHook([&](grpc::ServerContext*) {
    std::latch begun(3);
    for (int i = 0; i < 3; ++i) {
      waiting.emplace_back([&] {
        begun.count_down();
        EXPECT_THAT(state->Flush({}), IsOk());
      });
    }
    begun.wait();
    return grpc::Status::OK;
  });
  ASSERT_THAT(state->Flush({}), IsOk());
  waiting.clear();
  EXPECT_EQ(Flushes().size(), 1u);
}

TEST_F(StateTest, ManyThreadsLoseNothing) {
  const auto state = *Open();
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&state, key = std::to_string(thread)] {
        for (int i = 1; i <= 50; ++i) {
          state->Set(key, std::to_string(i));
          if (i % 10 != 0) continue;
          EXPECT_THAT(state->Flush({}), IsOk());
        }
      });
    }
  }
  ASSERT_THAT(state->Flush({}), IsOk());
  const auto next = *Open();
  for (const char* key : {"0", "1", "2", "3"}) EXPECT_EQ(next->Get(key), "50");
}

TEST_F(StateTest, ACancelledFlushEndsThoughTheDestinationHangsAndKeepsWhatItHeld) {
  const auto state = *Open();
  state->Set("a", "1");
  std::stop_source stop;
  destination_.SetWriteHook([&](grpc::ServerContext* context) {
    stop.request_stop();
    return Hang(context);
  });
  EXPECT_THAT(state->Flush(stop.get_token()), IsError(ErrorKind::kCancelled));
  destination_.SetWriteHook([](grpc::ServerContext*) { return grpc::Status::OK; });
  ASSERT_THAT(state->Flush({}), IsOk());
  EXPECT_THAT(destination_.rows(), ElementsAre(StoredRow{"a", "1", 1}));
}

}  // namespace
}  // namespace cloudquery
