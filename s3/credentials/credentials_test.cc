#include "s3/credentials/credentials.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using std::chrono::minutes;
using std::chrono::seconds;

/// A source whose clock stands still until it is moved, and which counts its fetches: the first
/// brings the key "1" and so on, each valid for `life`.
class CredentialSourceTest : public testing::Test {
 protected:
  arrow::Result<Credentials> Fetch() {
    const int number = ++fetches_;
    if (!failure_.ok()) return failure_;
    Credentials keys{.access_key = std::to_string(number), .secret_key = "s"};
    if (life_ != minutes(0)) keys.expires = now_.load() + life_;
    return keys;
  }

  std::string Key() {
    return source_.Get({}).ValueOr(Credentials{.access_key = "none"}).access_key;
  }

  void FailFromNowOn() { failure_ = base::MakeError(ErrorKind::kTransport, "no answer"); }

  std::atomic<Timestamp> now_ = Timestamp(std::chrono::hours(1));
  std::chrono::seconds life_ = minutes(60);
  std::atomic<int> fetches_ = 0;
  arrow::Status failure_;
  CredentialSource source_{[this](const std::stop_token&) { return Fetch(); },
                           [this] { return now_.load(); }};
};

TEST_F(CredentialSourceTest, FetchesNothingBeforeTheFirstGetAndThenOnce) {
  EXPECT_EQ(fetches_, 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Key(), "1");
  EXPECT_EQ(fetches_, 1);
}

TEST_F(CredentialSourceTest, KeepsCredentialsThatDoNotExpire) {
  life_ = minutes(0);
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + std::chrono::hours(1000);
  EXPECT_EQ(Key(), "1");
}

TEST_F(CredentialSourceTest, RenewsFiveMinutesBeforeTheExpiry) {
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + minutes(54);
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + minutes(1);
  EXPECT_EQ(Key(), "2");
}

TEST_F(CredentialSourceTest, RenewsInTheLastQuarterOfAShortLife) {
  life_ = seconds(8);
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + seconds(5);
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + seconds(1);
  EXPECT_EQ(Key(), "2");
}

TEST_F(CredentialSourceTest, AnEarlyRenewalThatFailsKeepsTheOldOnesAndIsTriedAgainLater) {
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + minutes(56);
  FailFromNowOn();
  EXPECT_EQ(Key(), "1");
  EXPECT_EQ(Key(), "1");
  EXPECT_EQ(fetches_, 2);
  failure_ = arrow::Status::OK();
  now_ = now_.load() + minutes(1);
  EXPECT_EQ(Key(), "3");
}

TEST_F(CredentialSourceTest, ARenewalThatFailsAfterTheExpiryIsAnError) {
  EXPECT_EQ(Key(), "1");
  now_ = now_.load() + minutes(61);
  FailFromNowOn();
  EXPECT_THAT(source_.Get({}), IsError(ErrorKind::kTransport));
}

TEST_F(CredentialSourceTest, CredentialsThatComeExpiredAreAnError) {
  life_ = -seconds(1);
  EXPECT_THAT(source_.Get({}), IsError(ErrorKind::kAccess));
}

TEST_F(CredentialSourceTest, RefusedOnesAreRenewedOnceHoweverManyWereRefused) {
  const Credentials refused = source_.Get({}).ValueOrDie();
  EXPECT_EQ(source_.Renew(refused, {}).ValueOrDie().access_key, "2");
  EXPECT_EQ(source_.Renew(refused, {}).ValueOrDie().access_key, "2");
  EXPECT_EQ(Key(), "2");
}

TEST_F(CredentialSourceTest, ARenewalOfRefusedOnesThatFailsIsAnError) {
  const Credentials refused = source_.Get({}).ValueOrDie();
  FailFromNowOn();
  EXPECT_THAT(source_.Renew(refused, {}), IsError(ErrorKind::kTransport));
}

/// A source whose second fetch lasts until it is let go, or told to stop.
struct SlowRenewal {
  std::latch begun{1};
  std::latch let_go{1};
  std::atomic<int> fetches = 0;
  std::atomic<Timestamp> now = Timestamp(std::chrono::hours(1));
  CredentialSource source{[this](const std::stop_token& stop) -> arrow::Result<Credentials> {
                            const int number = ++fetches;
                            if (number == 2) {
                              begun.count_down();
                              let_go.wait();
                              if (stop.stop_requested()) return base::Cancelled();
                            }
                            return Credentials{.access_key = std::to_string(number),
                                               .expires = now.load() + minutes(60)};
                          },
                          [this] { return now.load(); }};

  std::string Key(const std::stop_token& stop = {}) {
    return source.Get(stop).ValueOr(Credentials{.access_key = "none"}).access_key;
  }
};

TEST(CredentialSourceWithThreads, OthersGetTheOldOnesWhileOneRenews) {
  SlowRenewal slow;
  EXPECT_EQ(slow.Key(), "1");
  slow.now = slow.now.load() + minutes(56);
  std::string renewed;
  std::jthread renewing([&] { renewed = slow.Key(); });
  slow.begun.wait();
  EXPECT_EQ(slow.Key(), "1");
  slow.let_go.count_down();
  renewing.join();
  EXPECT_EQ(renewed, "2");
  EXPECT_EQ(slow.fetches, 2);
}

TEST(CredentialSourceWithThreads, OthersWaitForTheNewOnesOnceTheOldOnesHaveExpired) {
  SlowRenewal slow;
  EXPECT_EQ(slow.Key(), "1");
  slow.now = slow.now.load() + minutes(61);
  std::jthread renewing([&] { EXPECT_EQ(slow.Key(), "2"); });
  slow.begun.wait();
  std::jthread waiting([&] { EXPECT_EQ(slow.Key(), "2"); });
  slow.let_go.count_down();
  waiting.join();
  renewing.join();
  EXPECT_EQ(slow.fetches, 2);
}

TEST(CredentialSourceWithThreads, AStopEndsTheWaitForAnotherThread) {
  SlowRenewal slow;
  EXPECT_EQ(slow.Key(), "1");
  slow.now = slow.now.load() + minutes(61);
  std::jthread renewing([&] { EXPECT_EQ(slow.Key(), "2"); });
  slow.begun.wait();
  std::stop_source stop;
  std::jthread waiting(
      [&] { EXPECT_THAT(slow.source.Get(stop.get_token()), IsError(ErrorKind::kCancelled)); });
  stop.request_stop();
  waiting.join();
  slow.let_go.count_down();
}

TEST(CredentialSourceWithThreads, ThatTheFetchingThreadIsStoppedDoesNotConcernTheOthers) {
  SlowRenewal slow;
  EXPECT_EQ(slow.Key(), "1");
  slow.now = slow.now.load() + minutes(61);
  std::stop_source stop;
  std::jthread renewing(
      [&] { EXPECT_THAT(slow.source.Get(stop.get_token()), IsError(ErrorKind::kCancelled)); });
  slow.begun.wait();
  std::jthread waiting([&] { EXPECT_EQ(slow.Key(), "3"); });
  stop.request_stop();
  slow.let_go.count_down();
}

}  // namespace
}  // namespace s3
