// What the store believes of an answer, and what it does not: objects that are gone, changed,
// whole, checksums, the time of the service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

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
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using Then = Reply::Then;

constexpr ByteRange kRange = {0, 5};
const Reply kGood = Respond("206 Partial Content", "01234", "Content-Range: bytes 0-4/10\r\n");
const Reply kNoSuchKey = Respond("404 Not Found", "<Error><Code>NoSuchKey</Code></Error>");

Reply Listing(const std::string& keys) {
  std::string contents;
  if (!keys.empty()) {
    contents = "<Contents><Key>" + keys +
               "</Key><LastModified>2024-05-06T07:08:09Z</LastModified><Size>10</Size></Contents>";
  }
  return Respond("200 OK", "<ListBucketResult>" + contents +
                               "<IsTruncated>false</IsTruncated></ListBucketResult>");
}

class S3StoreAnswers : public testing::Test {
 protected:
  void Serve(std::vector<Reply> replies) {
    server_ = std::make_unique<FaultyServer>(std::move(replies));
    S3Options options = {.bucket = "b",
                         .region = "us-east-1",
                         .endpoint = server_->endpoint(),
                         .credentials = credentials_,
                         .warn = [this](const std::string& text) { warnings_.push_back(text); }};
    FakeTime::For(options);
    store_ = S3Store::Make(options).ValueOrDie();
  }

  arrow::Result<std::string> Read(GetRequest request = {.key = "k", .range = kRange}) {
    ARROW_ASSIGN_OR_RAISE(const auto buffer, store_->Get(request, {}));
    return buffer->ToString();
  }

  std::vector<std::string> requests() const { return server_->requests(); }

  CredentialSource::Fetch credentials_;
  std::vector<std::string> warnings_;
  std::unique_ptr<FaultyServer> server_;
  std::shared_ptr<S3Store> store_;
};

using S3StoreGone = S3StoreAnswers;

TEST_F(S3StoreGone, AnObjectIsGoneWhenItIsNoLongerListedEither) {
  Serve({kNoSuchKey, Listing("k2")});
  const auto read = Read();
  EXPECT_THAT(read, IsError(ErrorKind::kNotFound));
  EXPECT_FALSE(base::InfoOf(read.status()).retryable);
  ASSERT_THAT(requests(), SizeIs(2));
  EXPECT_THAT(requests()[1], AllOf(HasSubstr("max-keys=1&"), HasSubstr("prefix=k ")));
}

TEST_F(S3StoreGone, AnObjectThatIsStillListedIsAskedForAgain) {
  Serve({kNoSuchKey, Listing("k"), kNoSuchKey, Listing("k"), kGood});
  EXPECT_EQ(Read().ValueOr("error"), "01234");
}

TEST_F(S3StoreGone, AnObjectThatIsListedBeyondAllRetriesIsAFailureThatSaysSo) {
  Serve({});
  server_->AnswerWith([listing = false]() mutable {
    listing = !listing;
    return listing ? kNoSuchKey : Listing("k");
  });
  const auto read = Read();
  EXPECT_THAT(read, IsError(ErrorKind::kTransport));
  EXPECT_EQ(base::InfoOf(read.status()).code, "NoSuchKey");
  EXPECT_EQ(base::InfoOf(read.status()).key, "k");
  EXPECT_THAT(base::MessageOf(read.status()),
              AllOf(HasSubstr("still lists it"), HasSubstr("120 s")));
}

TEST_F(S3StoreGone, AListingThatIsRefusedLeavesItOpen) {
  Serve({kNoSuchKey, Respond("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>")});
  const auto read = Read();
  EXPECT_THAT(read, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(read.status()),
              HasSubstr("not known whether it is still listed: cannot list s3://b/k: "));
  EXPECT_THAT(requests(), SizeIs(2));
}

TEST_F(S3StoreGone, ABucketThatIsAwayForAReadMayComeBack) {
  Serve({Respond("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>"), kGood});
  EXPECT_EQ(Read().ValueOr("error"), "01234");
}

TEST_F(S3StoreGone, A404PageOfSomethingElseIsTriedAgain) {
  const Reply page = Respond("404 Not Found", "<html><body>default backend - 404</body></html>");
  Serve({page, page, kGood});
  EXPECT_EQ(Read().ValueOr("error"), "01234");
  Serve({page, Listing("k")});
  EXPECT_THAT(store_->List({}, {}), IsOk());
  Serve({page});
  EXPECT_THAT(Read(), IsError(ErrorKind::kTransport));
}

using S3StoreETags = S3StoreAnswers;

TEST_F(S3StoreETags, AnAnswerWithAnotherETagMeansThatTheObjectChanged) {
  // Longer than an error would be, as the server takes the answer for good.
  const std::string body(100'000, 'x');
  Serve({Respond("206 Partial Content", body,
                 "ETag: \"new\"\r\nContent-Range: bytes 0-99999/100000\r\n")});
  const auto read = Read({.key = "k", .range = {0, 100'000}, .if_match = "\"old\""});
  EXPECT_THAT(read, IsError(ErrorKind::kChanged));
  EXPECT_THAT(requests(), SizeIs(1));
}

TEST_F(S3StoreETags, QuotesAndWeaknessMakeNoDifference) {
  for (const char* etag : {"ETag: tag\r\n", "ETag: W/\"tag\"\r\n", "etag: \"tag\"\r\n", ""}) {
    Serve({Respond("206 Partial Content", "01234",
                   std::string(etag) + "Content-Range: bytes 0-4/10\r\n")});
    EXPECT_EQ(Read({.key = "k", .range = kRange, .if_match = "\"tag\""}).ValueOr("error"), "01234")
        << etag;
  }
}

TEST_F(S3StoreETags, AreSentWithQuotes) {
  Serve({kGood});
  EXPECT_THAT(Read({.key = "k", .range = kRange, .if_match = "tag"}), IsOk());
  EXPECT_THAT(requests()[0], HasSubstr("If-Match: \"tag\"\r\n"));
}

using S3StoreWhole = S3StoreAnswers;

Reply Chunked(const std::string& body, Then then = Then::kKeepOpen) {
  const char digit = static_cast<char>('0' + body.size());
  return {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(1, digit) + "\r\n" +
              body + "\r\n" + (then == Then::kKeepOpen ? "0\r\n\r\n" : ""),
          then};
}

TEST_F(S3StoreWhole, AnObjectMayComeInChunks) {
  Serve({Chunked("01234")});
  EXPECT_EQ(Read({.key = "k", .range = kRange, .whole = true}).ValueOr("error"), "01234");
}

TEST_F(S3StoreWhole, ChunksOfAnotherLengthAreNotTheObject) {
  for (const char* body : {"0123", "012345"}) {
    Serve({Chunked(body)});
    EXPECT_THAT(Read({.key = "k", .range = kRange, .whole = true}), IsError(ErrorKind::kTransport));
  }
}

TEST_F(S3StoreWhole, NothingIsKeptOfChunksThatEndEarly) {
  Serve({Chunked("<Err"), Chunked("<Er", Then::kReset), Chunked("01234")});
  const auto read = Read({.key = "k", .range = kRange, .if_match = "\"t\"", .whole = true});
  EXPECT_EQ(read.ValueOr("error"), "01234");
}

using S3StoreChecksums = S3StoreAnswers;

TEST_F(S3StoreChecksums, AreLookedUpWithAHead) {
  Serve({Respond("200 OK", "",
                 "x-amz-checksum-crc64nvme: rosUhgp5mIg=\r\n"
                 "x-amz-checksum-type: FULL_OBJECT\r\n")});
  EXPECT_EQ(store_->StoredChecksum("k", "\"t\"", {}).ValueOrDie(),
            (Checksum{ChecksumAlgorithm::kCrc64Nvme, "rosUhgp5mIg="}));
  EXPECT_THAT(requests()[0],
              AllOf(HasSubstr("HEAD /b/k HTTP/1.1\r\n"), HasSubstr("If-Match: \"t\"\r\n"),
                    HasSubstr("x-amz-checksum-mode: ENABLED\r\n"), Not(HasSubstr("Range")),
                    Not(HasSubstr("Content-Type"))));
}

TEST_F(S3StoreChecksums, ThoseOfPartsAreNone) {
  for (const char* fields :
       {"x-amz-checksum-crc32: y/Q5Jg==-3\r\n",
        "x-amz-checksum-crc32: y/Q5Jg==\r\nx-amz-checksum-type: COMPOSITE\r\n", ""}) {
    Serve({Respond("200 OK", "", fields)});
    EXPECT_EQ(store_->StoredChecksum("k", "", {}).ValueOrDie(), std::nullopt) << fields;
  }
}

TEST_F(S3StoreChecksums, OfAnotherGenerationAreNotGiven) {
  Serve({Respond("200 OK", "", "ETag: \"new\"\r\n")});
  EXPECT_THAT(store_->StoredChecksum("k", "\"old\"", {}), IsError(ErrorKind::kChanged));
}

TEST_F(S3StoreChecksums, AGetAfterAHeadHasItsBody) {
  Serve({Respond("200 OK", ""), kGood});
  EXPECT_THAT(store_->StoredChecksum("k", "", {}), IsOk());
  EXPECT_EQ(Read().ValueOr("error"), "01234");
  EXPECT_EQ(server_->connections(), 1);
}

using S3StoreListing = S3StoreAnswers;

TEST_F(S3StoreListing, AsksWhetherArchivedObjectsAreRestored) {
  Serve({Listing("k")});
  EXPECT_THAT(store_->List({}, {}), IsOk());
  EXPECT_THAT(requests()[0], HasSubstr("x-amz-optional-object-attributes: RestoreStatus\r\n"));
}

TEST_F(S3StoreListing, AServiceThatRefusesTheQuestionIsNotAskedAgain) {
  for (const char* code : {"InvalidArgument", "NotImplemented", "SignatureDoesNotMatch"}) {
    Serve({Respond("400 Bad Request", "<Error><Code>" + std::string(code) + "</Code></Error>"),
           Listing("k")});
    EXPECT_THAT(store_->List({}, {}), IsOk()) << code;
    EXPECT_THAT(store_->List({}, {}), IsOk()) << code;
    ASSERT_THAT(requests(), SizeIs(3));
    EXPECT_THAT(requests()[1], Not(HasSubstr("optional-object-attributes")));
    EXPECT_THAT(requests()[2], Not(HasSubstr("optional-object-attributes")));
  }
}

TEST_F(S3StoreListing, ARefusalForAnotherReasonIsToldAsItCame) {
  Serve({Respond("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>")});
  EXPECT_THAT(store_->List({}, {}), IsError(ErrorKind::kAccess));
  EXPECT_THAT(requests(), SizeIs(1));
  Serve({Respond("400 Bad Request", "<Error><Code>Odd</Code></Error>")});
  const auto page = store_->List({}, {});
  EXPECT_EQ(base::InfoOf(page.status()).code, "Odd");
}

class S3StoreClock : public S3StoreAnswers {
 protected:
  S3StoreClock() { credentials_ = StaticCredentials(); }

  static Reply Skewed(const std::string& fields, const std::string& more = "") {
    return Respond("403 Forbidden", "<Error><Code>RequestTimeTooSkewed</Code>" + more + "</Error>",
                   fields);
  }
};

TEST_F(S3StoreClock, IsCorrectedByTheServicesDateAndTheUserToldByHowMuch) {
  Serve({Skewed("Date: Wed, 04 Jan 2023 20:41:18 GMT\r\n"), kGood});
  EXPECT_EQ(Read().ValueOr("error"), "01234");
  EXPECT_EQ(Read().ValueOr("error"), "01234");
  ASSERT_THAT(requests(), SizeIs(3));
  EXPECT_THAT(requests()[0], Not(HasSubstr("X-Amz-Date: 20230104T")));
  EXPECT_THAT(requests()[1], HasSubstr("X-Amz-Date: 20230104T204"));
  EXPECT_THAT(requests()[2], HasSubstr("X-Amz-Date: 20230104T204"));
  EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("the clock of this machine is "),
                                           HasSubstr("ahead of the service's"))));
}

TEST_F(S3StoreClock, IsCorrectedByTheErrorDocumentWhenThereIsNoDate) {
  Serve({Skewed("", "<ServerTime>2023-01-04T20:41:18Z</ServerTime>"), kGood});
  EXPECT_EQ(Read().ValueOr("error"), "01234");
  EXPECT_THAT(requests()[1], HasSubstr("X-Amz-Date: 20230104T204"));
}

TEST_F(S3StoreClock, ASecondRefusalIsAnErrorThatNamesTheClockAndTheDifference) {
  Serve({Skewed("Date: Wed, 04 Jan 2023 20:41:18 GMT\r\n")});
  const auto read = Read();
  EXPECT_THAT(read, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(read.status()),
              AllOf(HasSubstr("the clock of this machine is too far off"), HasSubstr(" d "),
                    HasSubstr("ahead of the service's")));
  EXPECT_THAT(requests(), SizeIs(2));
  EXPECT_THAT(warnings_, SizeIs(1));
}

TEST_F(S3StoreClock, IsCorrectedBackWhenTheFirstAnswerWasWrong) {
  char now[64];
  const time_t time = std::time(nullptr);
  std::strftime(now, sizeof(now), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", std::gmtime(&time));
  Serve({Skewed("Date: Wed, 04 Jan 2023 20:41:18 GMT\r\n"), Skewed(now), kGood});
  EXPECT_EQ(Read().ValueOr("error"), "01234");
  EXPECT_THAT(requests()[2], Not(HasSubstr("X-Amz-Date: 20230104T")));
  EXPECT_THAT(warnings_, SizeIs(1));
}

TEST_F(S3StoreClock, AServiceWhoseClocksDisagreeIsNotFollowedForEver) {
  Serve({});
  server_->AnswerWith([day = 0]() mutable {
    day = day % 28 + 1;
    return Skewed("Date: Wed, " + std::to_string(day) + " Jan 2023 20:41:18 GMT\r\n");
  });
  EXPECT_THAT(Read(), IsError(ErrorKind::kAccess));
  EXPECT_THAT(requests(), SizeIs(4));
}

TEST_F(S3StoreClock, ARefusalThatTellsNoTimeIsAnErrorAtOnce) {
  Serve({Skewed("")});
  EXPECT_THAT(Read(), IsError(ErrorKind::kAccess));
  EXPECT_THAT(requests(), SizeIs(1));
}

}  // namespace
}  // namespace s3
