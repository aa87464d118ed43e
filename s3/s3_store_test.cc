// Faults of servers and networks, one test each. Retries, quota and credentials are tested in
// request_sender_test.cc, the contract of object stores in object_store_test.cc.
#include "s3/s3_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/testing.h"
#include "s3/testing/fake_time.h"
#include "s3/testing/faulty_server.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

using Then = Reply::Then;

S3Options OptionsFor(const std::string& endpoint) {
  S3Options options = {.bucket = "b", .region = "us-east-1", .endpoint = endpoint};
  FakeTime::For(options);
  return options;
}

struct Outcome {
  arrow::Result<std::string> text;
  std::vector<std::string> requests;
  int connections = 0;
};

/// Reads `range` of the object "k" from a server that replies so.
Outcome Read(std::vector<Reply> replies, ByteRange range, const std::string& if_match = "",
             bool whole = false) {
  FaultyServer server(std::move(replies));
  const auto store = S3Store::Make(OptionsFor(server.endpoint())).ValueOrDie();
  auto buffer = store->Get({.key = "k", .range = range, .if_match = if_match, .whole = whole}, {});
  arrow::Result<std::string> text =
      buffer.ok() ? arrow::Result<std::string>((*buffer)->ToString()) : buffer.status();
  return {std::move(text), server.requests(), server.connections()};
}

Reply Partial(std::string_view body, const std::string& content_range) {
  return Respond("206 Partial Content", body, "Content-Range: " + content_range + "\r\n");
}

const Reply kGood = Partial("01234", "bytes 0-4/10");
const ByteRange kRange = {0, 5};
/// Waits of 20 s at most fit into two minutes so many times at least, and so many at most.
const auto kAllAttempts = testing::AllOf(testing::Ge(12), testing::Le(21));

TEST(S3StoreGet, SendsTheRangeAndTheETagToTheObjectsPath) {
  const auto outcome = Read({Partial("34", "bytes 3-4/10")}, {3, 2}, "\"tag\"");
  EXPECT_EQ(outcome.text.ValueOr("error"), "34");
  ASSERT_THAT(outcome.requests, SizeIs(1));
  EXPECT_THAT(outcome.requests[0],
              AllOf(HasSubstr("GET /b/k HTTP/1.1\r\n"), HasSubstr("Range: bytes=3-4\r\n"),
                    HasSubstr("If-Match: \"tag\"\r\n"), HasSubstr("User-Agent: cq-source-s3\r\n"),
                    Not(HasSubstr("Authorization")), Not(HasSubstr("Accept-Encoding"))));
}

TEST(S3StoreGet, AServiceThatFailsTwiceIsAskedAThirdTime) {
  const Reply busy = Respond("503 Service Unavailable", "");
  const auto outcome = Read({busy, busy, kGood}, kRange);
  EXPECT_EQ(outcome.text.ValueOr("error"), "01234");
  EXPECT_THAT(outcome.requests, SizeIs(3));
}

TEST(S3StoreGet, AServiceThatKeepsFailingIsGivenUpAfterTwoMinutes) {
  const auto outcome = Read({Respond("500 Internal Server Error", "")}, kRange);
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kTransport));
  EXPECT_THAT(base::MessageOf(outcome.text.status()),
              AllOf(HasSubstr("cannot read s3://b/k: "),
                    testing::ContainsRegex("Gave up after 1[0-9] attempts in 120 s[.]")));
  EXPECT_THAT(outcome.requests.size(), kAllAttempts);
}

TEST(S3StoreGet, AThrottlingServiceIsOfKindThrottled) {
  const auto outcome =
      Read({Respond("503 Slow Down", "<Error><Code>SlowDown</Code></Error>")}, kRange);
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kThrottled));
  EXPECT_THAT(outcome.requests.size(), kAllAttempts);
}

TEST(S3StoreGet, ARefusalIsNotRepeated) {
  const auto outcome =
      Read({Respond("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>")}, kRange);
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(outcome.text.status()).key, "k");
  EXPECT_THAT(outcome.requests, SizeIs(1));
}

TEST(S3StoreGet, ABodyThatEndsEarlyIsReadAgain) {
  const Reply cut = {
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/10\r\n\r\n01",
      Then::kClose};
  const auto outcome = Read({cut, kGood}, kRange);
  EXPECT_EQ(outcome.text.ValueOr("error"), "01234");
  EXPECT_THAT(outcome.requests, SizeIs(2));
}

/// An answer that breaks off after `body`, of which more was promised.
Reply BreakingOff(const std::string& body, const std::string& range, int length) {
  return {"HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(length) +
              "\r\nContent-Range: bytes " + range + "/10\r\n\r\n" + body,
          Then::kReset};
}

TEST(S3StoreGet, ABodyThatBreaksOffIsResumedAtItsLastByteUnderTheSameETag) {
  const auto outcome = Read({BreakingOff("01", "0-4", 5), BreakingOff("2", "2-4", 3),
                             Respond("503 Service Unavailable", ""), Partial("34", "bytes 3-4/10")},
                            kRange, "\"tag\"");
  EXPECT_EQ(outcome.text.ValueOr("error"), "01234");
  ASSERT_THAT(outcome.requests, SizeIs(4));
  EXPECT_THAT(outcome.requests[1], HasSubstr("Range: bytes=2-4\r\n"));
  EXPECT_THAT(outcome.requests[2], HasSubstr("Range: bytes=3-4\r\n"));
  EXPECT_THAT(outcome.requests[3],
              AllOf(HasSubstr("Range: bytes=3-4\r\n"), HasSubstr("If-Match: \"tag\"\r\n")));
}

TEST(S3StoreGet, WithoutAnETagABodyThatBreaksOffIsReadFromItsStart) {
  const auto outcome = Read({BreakingOff("01", "0-4", 5), kGood}, kRange);
  EXPECT_EQ(outcome.text.ValueOr("error"), "01234");
  EXPECT_THAT(outcome.requests[1], HasSubstr("Range: bytes=0-4\r\n"));
}

TEST(S3StoreGet, AnObjectThatChangesBeforeItIsResumedIsReportedAsChanged) {
  const auto outcome = Read({BreakingOff("01", "0-4", 5), Respond("412 Precondition Failed", "")},
                            kRange, "\"tag\"");
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kChanged));
}

TEST(S3StoreGet, NothingOfAnAnswerThatIsTooLongIsKept) {
  const auto outcome =
      Read({Partial("0123456", "bytes 0-4/10"), kGood}, kRange, /*if_match=*/"\"tag\"");
  EXPECT_EQ(outcome.text.ValueOr("error"), "01234");
  EXPECT_THAT(outcome.requests[1], HasSubstr("Range: bytes=0-4\r\n"));
}

TEST(S3StoreGet, ABodyThatAlwaysEndsEarlyIsATransportError) {
  const Reply cut = {
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/10\r\n\r\n01",
      Then::kClose};
  EXPECT_THAT(Read({cut}, kRange).text, IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, ABodyShorterThanTheRangeItClaimsIsATransportError) {
  const auto outcome = Read({Partial("012", "bytes 0-4/10")}, kRange);
  EXPECT_THAT(outcome.text, IsError(ErrorKind::kTransport));
  EXPECT_THAT(base::MessageOf(outcome.text.status()), HasSubstr("after 3 of 5 bytes"));
}

TEST(S3StoreGet, ABodyLongerThanTheRangeIsATransportError) {
  EXPECT_THAT(Read({Partial("0123456", "bytes 0-4/10")}, kRange).text,
              IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, ALongBodyWithoutALengthIsATransportError) {
  const Reply endless = {"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/10\r\n\r\n" +
                             std::string(100'000, 'x'),
                         Then::kClose};
  EXPECT_THAT(Read({endless}, kRange).text, IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, AnotherContentRangeIsATransportError) {
  for (const char* range : {"bytes 1-5/10", "bytes 0-3/10", "bytes 0-4", "nonsense", ""}) {
    EXPECT_THAT(Read({Partial("01234", range)}, kRange).text, IsError(ErrorKind::kTransport))
        << range;
  }
}

TEST(S3StoreGet, AContentRangeOfAShorterObjectMeansThatItChanged) {
  EXPECT_THAT(Read({Partial("012", "bytes 0-2/3")}, kRange).text, IsError(ErrorKind::kChanged));
}

TEST(S3StoreGet, AnIgnoredRangeIsATransportError) {
  EXPECT_THAT(Read({Respond("200 OK", "0123456789")}, kRange).text, IsError(ErrorKind::kTransport));
  EXPECT_THAT(Read({Respond("200 OK", "12345")}, {1, 5}).text, IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, AnIgnoredRangeIsFineWhenItWasTheWholeObject) {
  EXPECT_EQ(Read({Respond("200 OK", "01234")}, kRange).text.ValueOr("error"), "01234");
}

TEST(S3StoreGet, AnErrorInsideASuccessfulAnswerIsATransportError) {
  EXPECT_THAT(Read({Respond("200 OK", "<Error><Code>InternalError</Code></Error>")}, kRange).text,
              IsError(ErrorKind::kTransport));
}

/// All of the object that a server keeps with the CRC-32C of "123456789".
Outcome ReadWhole(const std::vector<std::string>& bodies) {
  std::vector<Reply> replies;
  for (const std::string& body : bodies) {
    replies.push_back(Respond("200 OK", body, "x-amz-checksum-crc32c: 4waSgw==\r\n"));
  }
  return Read(replies, {0, 9}, "\"tag\"", /*whole=*/true);
}

TEST(S3StoreGet, AWholeObjectIsComparedWithTheChecksumOfTheService) {
  const auto outcome = ReadWhole({"123456789"});
  EXPECT_EQ(outcome.text.ValueOr("error"), "123456789");
  EXPECT_THAT(outcome.requests[0],
              AllOf(HasSubstr("x-amz-checksum-mode: ENABLED\r\n"), Not(HasSubstr("Range:"))));
}

TEST(S3StoreGet, AWholeObjectWithTheWrongChecksumIsReadAgain) {
  const auto outcome = ReadWhole({"123456780", "123456789"});
  EXPECT_EQ(outcome.text.ValueOr("error"), "123456789");
  EXPECT_THAT(outcome.requests, SizeIs(2));
  EXPECT_EQ(outcome.connections, 2) << "the one that damaged it was used again";
  EXPECT_THAT(ReadWhole({"123456780"}).text, IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, AWholeObjectThatWasResumedIsComparedToo) {
  const Reply broken = {
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nx-amz-checksum-crc32c: 4waSgw==\r\n\r\n1234",
      Then::kReset};
  const auto good = Read({broken, Partial("56789", "bytes 4-8/9")}, {0, 9}, "\"tag\"", true);
  EXPECT_EQ(good.text.ValueOr("error"), "123456789");
  const auto bad = Read({broken, Partial("56780", "bytes 4-8/9")}, {0, 9}, "\"tag\"", true);
  EXPECT_THAT(bad.text, IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, AConnectionThatIsResetIsTriedAgain) {
  const auto outcome =
      Read({{"", Then::kReset}, {"HTTP/1.1 206 Par", Then::kReset}, kGood}, kRange);
  EXPECT_EQ(outcome.text.ValueOr("error"), "01234");
}

TEST(S3StoreGet, AnAnswerThatIsNotHttpIsATransportError) {
  EXPECT_THAT(Read({{"SSH-2.0-OpenSSH\r\n", Then::kClose}}, kRange).text,
              IsError(ErrorKind::kTransport));
}

TEST(S3StoreGet, OneConnectionServesManyRequests) {
  FaultyServer server({kGood});
  const auto store = S3Store::Make(OptionsFor(server.endpoint())).ValueOrDie();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(store->Get({"k", kRange, ""}, {}), IsOk());
  EXPECT_THAT(server.requests(), SizeIs(3));
  EXPECT_EQ(server.connections(), 1);
}

TEST(S3StoreGet, AFreshConnectionIsNotOneThatServedBefore) {
  FaultyServer server({kGood});
  const auto store = S3Store::Make(OptionsFor(server.endpoint())).ValueOrDie();
  EXPECT_THAT(store->Get({.key = "k", .range = kRange}, {}), IsOk());
  EXPECT_THAT(store->Get({.key = "k", .range = kRange, .fresh_connection = true}, {}), IsOk());
  EXPECT_EQ(server.connections(), 2);
}

TEST(S3StoreGet, NobodyListeningIsATransportErrorThatNamesTheAddress) {
  std::string endpoint;
  {
    const FaultyServer gone({kGood});
    endpoint = gone.endpoint();
  }
  const auto store = S3Store::Make(OptionsFor(endpoint)).ValueOrDie();
  const auto got = store->Get({"k", kRange, ""}, {});
  EXPECT_THAT(got, IsError(ErrorKind::kTransport));
  EXPECT_THAT(base::MessageOf(got.status()),
              AllOf(HasSubstr("cannot read s3://b/k: "), HasSubstr("127.0.0.1"),
                    HasSubstr("Check the endpoint")));
  EXPECT_THAT(store->stats().requests.load(), kAllAttempts);
  EXPECT_EQ(store->stats().retries, store->stats().requests - 1);
}

TEST(S3StoreGet, TlsAgainstAPlainServerSaysSo) {
  FaultyServer server({{"HTTP/1.1 400 Bad Request\r\n\r\n", Then::kClose}});
  const auto store = S3Store::Make(OptionsFor("https" + server.endpoint().substr(4))).ValueOrDie();
  const auto got = store->Get({"k", kRange, ""}, {});
  EXPECT_THAT(got, IsError(ErrorKind::kTransport));
  EXPECT_THAT(base::MessageOf(got.status()), HasSubstr("speaks TLS"));
}

TEST(S3StoreGet, AStoppedReadOfAStalledAnswerReturnsWithinASecond) {
  const Reply stalled = {
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/10\r\n\r\n01",
      Then::kStall};
  FaultyServer server({stalled});
  const auto store = S3Store::Make(OptionsFor(server.endpoint())).ValueOrDie();
  std::stop_source stop;
  steady_clock::time_point asked;
  std::jthread stopper([&] {
    while (server.requests().empty()) std::this_thread::sleep_for(milliseconds(1));
    std::this_thread::sleep_for(milliseconds(50));
    asked = steady_clock::now();
    stop.request_stop();
  });
  const auto got = store->Get({"k", kRange, ""}, stop.get_token());
  const auto returned = steady_clock::now();
  stopper.join();
  EXPECT_THAT(got, IsError(ErrorKind::kCancelled));
  EXPECT_LT(returned - asked, milliseconds(500));
}

TEST(S3StoreGet, ABodyThatGoesOnAfterEachBreakIsReadForAsLongAsItTakes) {
  FaultyServer server({kGood});
  auto options = OptionsFor(server.endpoint());
  options.retry.timeout = milliseconds(1);
  const auto store = S3Store::Make(options).ValueOrDie();
  // Each attempt brings one byte.
  int at = 0;
  server.AnswerWith([&] {
    const int from = at++;
    if (from == 4) return Partial("4", "bytes 4-4/10");
    return BreakingOff(std::to_string(from), std::to_string(from) + "-4", 5 - from);
  });
  const auto got = store->Get({"k", kRange, "\"tag\""}, {});
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ((*got)->ToString(), "01234");
}

/// Lists the bucket at a server that replies so.
arrow::Result<ListPage> List(std::vector<Reply> replies, const std::string& continuation = "") {
  FaultyServer server(std::move(replies));
  return S3Store::Make(OptionsFor(server.endpoint()))
      .ValueOrDie()
      ->List({.continuation = continuation}, {});
}

constexpr char kEmptyListing[] =
    "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";

TEST(S3StoreList, SendsASortedAndEncodedQuery) {
  FaultyServer server({Respond("200 OK", kEmptyListing)});
  const auto store = S3Store::Make(OptionsFor(server.endpoint())).ValueOrDie();
  EXPECT_THAT(store->List({.prefix = "a b/+", .continuation = "t=/", .max_keys = 5}, {}), IsOk());
  EXPECT_THAT(server.requests()[0],
              HasSubstr("GET /b?continuation-token=t%3D%2F&encoding-type=url&list-type=2&"
                        "max-keys=5&prefix=a%20b%2F%2B HTTP/1.1\r\n"));
}

TEST(S3StoreList, AnErrorInsideASuccessfulAnswerIsTriedAgain) {
  EXPECT_THAT(List({Respond("200 OK", "<Error><Code>InternalError</Code></Error>"),
                    Respond("200 OK", kEmptyListing)}),
              IsOk());
}

TEST(S3StoreList, AnAnswerThatIsNoListingIsATransportError) {
  for (const char* body : {"", "<html>hello</html>", "<ListBucketResult><IsTrunc"}) {
    const auto page = List({Respond("200 OK", body)});
    EXPECT_THAT(page, IsError(ErrorKind::kTransport)) << body;
    EXPECT_THAT(base::MessageOf(page.status()), HasSubstr("cannot list s3://b/: "));
  }
}

TEST(S3StoreList, AListingThatGoesRoundInCirclesIsATransportError) {
  EXPECT_THAT(List({Respond("200 OK",
                            "<ListBucketResult><IsTruncated>true</IsTruncated>"
                            "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>")},
                   "t"),
              IsError(ErrorKind::kTransport));
}

}  // namespace
}  // namespace s3
