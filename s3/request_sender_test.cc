// How requests are retried, and renewed credentials used, through an S3Store.
#include "s3/request_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/testing.h"
#include "s3/s3_store.h"
#include "s3/testing/fake_time.h"
#include "s3/testing/faulty_server.h"
#include "s3/testing/static_credentials.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr ByteRange kRange = {0, 5};
const Reply kGood = Respond("206 Partial Content", "01234", "Content-Range: bytes 0-4/10\r\n");

S3Options OptionsFor(const std::string& endpoint) {
  S3Options options = {.bucket = "b", .region = "us-east-1", .endpoint = endpoint};
  FakeTime::For(options);
  return options;
}

struct Outcome {
  arrow::Result<std::string> text;
  std::vector<std::string> requests;
};

/// KEY1, then KEY2 and so on.
CredentialSource::Fetch NewKeysEachTime() {
  return [count = 0](const std::stop_token&) mutable {
    return Credentials{.access_key = "KEY" + std::to_string(++count), .secret_key = "s"};
  };
}

Outcome ReadAs(const CredentialSource::Fetch& credentials, std::vector<Reply> replies) {
  FaultyServer server(std::move(replies));
  S3Options options = OptionsFor(server.endpoint());
  options.credentials = credentials;
  const auto store = S3Store::Make(options).ValueOrDie();
  const auto buffer = store->Get({.key = "k", .range = kRange}, {});
  return {buffer.ok() ? arrow::Result<std::string>((*buffer)->ToString()) : buffer.status(),
          server.requests()};
}

Reply Expired(const std::string& code) {
  return Respond("400 Bad Request", "<Error><Code>" + code + "</Code></Error>");
}

TEST(RequestSenderWithExpiredKeys, SendsTheRequestOnceMoreWithRenewedOnes) {
  for (const char* code : {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}) {
    const auto outcome = ReadAs(NewKeysEachTime(), {Expired(code), kGood});
    EXPECT_EQ(outcome.text.ValueOr("error"), "01234") << code;
    ASSERT_THAT(outcome.requests, SizeIs(2));
    EXPECT_THAT(outcome.requests[0], HasSubstr("Credential=KEY1/"));
    EXPECT_THAT(outcome.requests[1], HasSubstr("Credential=KEY2/"));
  }
}

TEST(RequestSenderWithExpiredKeys, ASecondRefusalIsAnErrorThatSaysWhatToDo) {
  const auto outcome = ReadAs(NewKeysEachTime(), {Expired("ExpiredToken")});
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(outcome.text.status()),
              AllOf(HasSubstr("the credentials have expired"), HasSubstr("Renew them"),
                    HasSubstr("400 ExpiredToken")));
  EXPECT_THAT(outcome.requests, SizeIs(2));
}

TEST(RequestSenderWithExpiredKeys, ARefusalOfKeysThatCannotBeRenewedIsAnErrorAtOnce) {
  const auto outcome = ReadAs(StaticCredentials(), {Expired("ExpiredToken")});
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kAccess));
  EXPECT_THAT(outcome.requests, SizeIs(1));
}

TEST(RequestSender, WhenTooManyRequestsFailTheyAreNotTriedAgain) {
  FaultyServer server({Respond("500 Internal Server Error", "")});
  auto options = OptionsFor(server.endpoint());
  options.max_connections = 1;
  const auto store = S3Store::Make(options).ValueOrDie();
  // The quota is 500 tokens, a retry costs 5, and each Get is retried eleven times at least.
  for (int i = 0; i < 10; ++i) EXPECT_THAT(store->Get({"k", kRange, ""}, {}), Not(IsOk()));
  const int64_t before = store->stats().requests;
  const auto refused = store->Get({"k", kRange, ""}, {});
  EXPECT_THAT(base::MessageOf(refused.status()),
              HasSubstr("Gave up after 1 attempt, because too many requests fail."));
  EXPECT_EQ(store->stats().requests - before, 1);
}

TEST(RequestSender, AStopEndsTheWaitBetweenTwoAttempts) {
  FaultyServer server({Respond("503 Slow Down", "", "Retry-After: 60\r\n")});
  auto options = OptionsFor(server.endpoint());
  options.sleep = InterruptibleSleep;
  const auto store = S3Store::Make(options).ValueOrDie();
  std::stop_source stop;
  std::jthread stopper([&] {
    while (server.requests().empty()) std::this_thread::sleep_for(milliseconds(1));
    std::this_thread::sleep_for(milliseconds(20));
    stop.request_stop();
  });
  const auto start = steady_clock::now();
  EXPECT_THAT(store->Get({"k", kRange, ""}, stop.get_token()), IsError(ErrorKind::kCancelled));
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(RequestSender, AnOutageThatIsShorterThanTheTimeoutIsOutlastedAndCostsNothingOfTheQuota) {
  FaultyServer server({Respond("503 Service Unavailable", "")});
  auto options = OptionsFor(server.endpoint());
  options.max_connections = 1;
  options.retry.timeout = std::chrono::minutes(1);
  const auto time = FakeTime::For(options);
  const auto store = S3Store::Make(options).ValueOrDie();
  for (int outage = 0; outage < 30; ++outage) {
    const auto end = time->passed() + std::chrono::seconds(59);
    server.AnswerWith(
        [&] { return time->passed() < end ? Respond("503 Service Unavailable", "") : kGood; });
    ASSERT_THAT(store->Get({"k", kRange, ""}, {}), IsOk()) << outage;
  }
}

TEST(RequestSender, TheServicesRetryAfterIsWaitedFor) {
  FaultyServer server({Respond("429 Too Many Requests", "", "Retry-After: 7\r\n"), kGood});
  auto options = OptionsFor(server.endpoint());
  std::vector<milliseconds> waits;
  options.sleep = [&](milliseconds wait, const std::stop_token&) {
    waits.push_back(wait);
    return true;
  };
  EXPECT_THAT(S3Store::Make(options).ValueOrDie()->Get({"k", kRange, ""}, {}), IsOk());
  EXPECT_THAT(waits, ElementsAre(milliseconds(7000)));
}

}  // namespace
}  // namespace s3
