#include "s3/xml/error_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "base/utf8.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using testing::HasSubstr;

const Operation kReading = {
    .what = "cannot read s3://b/k", .bucket = "b", .region = "us-east-1", .key = "k"};

arrow::Status Error(int http_status, const std::string& code, const std::string& more = "") {
  return ErrorFromAnswer(
      {.http_status = http_status,
       .body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code>" + more + "</Error>"},
      kReading);
}

struct Expected {
  int http_status;
  std::string code;
  ErrorKind kind;
  bool retryable;
};

void PrintTo(const Expected& expected, std::ostream* out) {
  *out << expected.http_status << expected.code;
}

class ErrorCodes : public testing::TestWithParam<Expected> {};

TEST_P(ErrorCodes, GiveKindAndRetryability) {
  const Expected& expected = GetParam();
  const auto status = Error(expected.http_status, expected.code);
  EXPECT_THAT(status, IsError(expected.kind));
  EXPECT_EQ(base::InfoOf(status).retryable, expected.retryable);
  EXPECT_EQ(base::InfoOf(status).code, expected.code);
  EXPECT_EQ(base::InfoOf(status).key, "k");
}

INSTANTIATE_TEST_SUITE_P(
    All, ErrorCodes,
    testing::Values(Expected{404, "NoSuchBucket", ErrorKind::kTransport, true},
                    Expected{404, "NoSuchKey", ErrorKind::kNotFound, false},
                    Expected{403, "AccessDenied", ErrorKind::kAccess, false},
                    Expected{403, "InvalidAccessKeyId", ErrorKind::kAccess, false},
                    Expected{403, "SignatureDoesNotMatch", ErrorKind::kAccess, false},
                    Expected{400, "ExpiredToken", ErrorKind::kAccess, false},
                    Expected{403, "RequestTimeTooSkewed", ErrorKind::kAccess, false},
                    Expected{400, "RequestExpired", ErrorKind::kAccess, false},
                    Expected{501, "NotImplemented", ErrorKind::kTransport, false},
                    Expected{301, "PermanentRedirect", ErrorKind::kConfig, false},
                    Expected{400, "AuthorizationHeaderMalformed", ErrorKind::kConfig, false},
                    Expected{412, "PreconditionFailed", ErrorKind::kChanged, false},
                    Expected{416, "InvalidRange", ErrorKind::kChanged, false},
                    Expected{403, "InvalidObjectState", ErrorKind::kArchived, false},
                    Expected{503, "SlowDown", ErrorKind::kThrottled, true},
                    Expected{500, "InternalError", ErrorKind::kTransport, true},
                    Expected{503, "ServiceUnavailable", ErrorKind::kThrottled, true},
                    Expected{400, "RequestTimeout", ErrorKind::kTransport, true},
                    // Codes that nobody has heard of go by their HTTP status.
                    Expected{503, "NeverHeardOf", ErrorKind::kThrottled, true},
                    Expected{403, "NeverHeardOf", ErrorKind::kAccess, false},
                    Expected{404, "NeverHeardOf", ErrorKind::kTransport, true},
                    // Only with its own status.
                    Expected{500, "NoSuchKey", ErrorKind::kTransport, true},
                    Expected{400, "NeverHeardOf", ErrorKind::kTransport, false}),
    [](const auto& test) { return std::to_string(test.param.http_status) + test.param.code; });

TEST(ErrorFromAnswer, GoesByTheHttpStatusWhenThereIsNoXml) {
  const std::vector<std::pair<int, ErrorKind>> expected = {
      {301, ErrorKind::kConfig},    {307, ErrorKind::kConfig},    {401, ErrorKind::kAccess},
      {403, ErrorKind::kAccess},    {404, ErrorKind::kTransport}, {407, ErrorKind::kAccess},
      {408, ErrorKind::kTransport}, {412, ErrorKind::kChanged},   {416, ErrorKind::kChanged},
      {429, ErrorKind::kThrottled}, {500, ErrorKind::kTransport}, {502, ErrorKind::kTransport},
      {418, ErrorKind::kTransport}};
  for (const auto& [http_status, kind] : expected) {
    for (const char* body : {"", "<html>Bad Gateway", "{\"message\": \"no\"}"}) {
      EXPECT_THAT(ErrorFromAnswer({.http_status = http_status, .body = body}, kReading),
                  IsError(kind))
          << http_status << body;
    }
  }
}

TEST(ErrorFromAnswer, A404OfAnythingButS3MayBeRetried) {
  const Operation listing = {.what = "cannot list s3://b/", .bucket = "b"};
  for (const Operation& operation : {kReading, listing}) {
    const auto status =
        ErrorFromAnswer({.http_status = 404, .body = "<html>default backend - 404"}, operation);
    EXPECT_THAT(status, IsError(ErrorKind::kTransport));
    EXPECT_TRUE(base::InfoOf(status).retryable);
  }
}

TEST(ErrorFromAnswer, OnlyAListingIsBelievedThatThereIsNoSuchBucket) {
  const std::string body = "<Error><Code>NoSuchBucket</Code></Error>";
  const auto of_listing =
      ErrorFromAnswer({.http_status = 404, .body = body}, {.what = "cannot list s3://b/"});
  EXPECT_THAT(of_listing, IsError(ErrorKind::kNotFound));
  EXPECT_EQ(base::InfoOf(of_listing).code, "NoSuchBucket");
  const auto of_key =
      ErrorFromAnswer({.http_status = 404, .body = "<Error><Code>NoSuchKey</Code></Error>"},
                      {.what = "cannot list s3://b/"});
  EXPECT_THAT(of_key, IsError(ErrorKind::kTransport));
}

TEST(ErrorFromAnswer, AHeadHasOnlyItsStatusToSayThatTheObjectIsGone) {
  EXPECT_THAT(ErrorFromAnswer({.http_status = 404},
                              {.what = "looking", .key = "k", .without_document = true}),
              IsError(ErrorKind::kNotFound));
}

TEST(ErrorFromAnswer, ADeniedListingOfTheWholeBucketSuggestsAPrefix) {
  const std::string body = "<Error><Code>AccessDenied</Code></Error>";
  const auto whole = ErrorFromAnswer({.http_status = 403, .body = body},
                                     {.what = "cannot list s3://b/", .whole_bucket = true});
  EXPECT_THAT(base::MessageOf(whole), HasSubstr("set path_prefix"));
  const auto part =
      ErrorFromAnswer({.http_status = 403, .body = body}, {.what = "cannot list s3://b/data/"});
  EXPECT_THAT(part, HasMessage("cannot list s3://b/data/: access denied (403 AccessDenied). Grant "
                               "s3:ListBucket on the bucket."));
}

TEST(ErrorFromAnswer, ADeniedReadNamesThePermissionOnTheObject) {
  EXPECT_THAT(Error(403, "AccessDenied"),
              HasMessage("cannot read s3://b/k: access denied (403 AccessDenied). Grant "
                         "s3:GetObject on the object."));
}

TEST(ErrorFromAnswer, ARefusedTimeSaysByHowMuchTheClockIsOff) {
  const auto status = ErrorFromAnswer({.http_status = 403,
                                       .body = "<Error><Code>RequestTimeTooSkewed</Code></Error>",
                                       .clock_difference = std::chrono::minutes(-31)},
                                      kReading);
  EXPECT_THAT(
      base::MessageOf(status),
      HasSubstr("the clock of this machine is too far off, 31 min ahead of the service's (403 "
                "RequestTimeTooSkewed). Set the clock."));
}

TEST(TimeOfRefusal, IsThatOfTheHeaderOrElseOfTheDocument) {
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  const std::string body =
      "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2024-05-06T07:08:09Z</ServerTime>"
      "</Error>";
  const sys_seconds of_document(seconds(1714979289)), of_header(seconds(1714979300));
  EXPECT_EQ(TimeOfRefusal({.http_status = 403, .body = body}), of_document);
  EXPECT_EQ(TimeOfRefusal({.http_status = 403, .body = body, .date = of_header}), of_header);
  EXPECT_EQ(
      TimeOfRefusal({.http_status = 403, .body = "<Error><Code>RequestExpired</Code></Error>"}),
      std::nullopt);
  EXPECT_EQ(TimeOfRefusal({.http_status = 403,
                           .body = "<Error><Code>AccessDenied</Code></Error>",
                           .date = of_header}),
            std::nullopt);
}

TEST(ErrorFromAnswer, SaysWhatTheServiceAnsweredAndWhatToDo) {
  EXPECT_THAT(
      Error(403, "ExpiredToken",
            "<Message>The provided token has expired.</Message><RequestId>R1</RequestId>"),
      HasMessage("cannot read s3://b/k: the credentials have expired (403 ExpiredToken, \"The "
                 "provided token has expired\", request id R1). Renew them where they "
                 "come from (the environment, the profile), or sign in again."));
}

TEST(AnswerText, OmitsWhatTheServiceDoesNotSay) {
  EXPECT_EQ(AnswerText(403, "AccessDenied", ""), " (403 AccessDenied)");
  EXPECT_EQ(AnswerText(502, "", "Bad\nGateway."), " (HTTP 502, \"Bad Gateway\")");
}

TEST(AnswerText, CutsALongMessageAtACharacter) {
  for (const std::string character : {"x", "\u00e9", "\u65e5", "\U0001F600"}) {
    std::string message = "a";
    while (message.size() < 1000) message += character;
    const std::string quoted = AnswerText(500, "", message);
    EXPECT_TRUE(base::IsValidUtf8(quoted)) << quoted;
    EXPECT_GE(quoted.size(), 300);
    EXPECT_LE(quoted.size(), 300 + std::string_view(" (HTTP 500, \"\")").size());
  }
}

TEST(ErrorFromAnswer, PrefersTheRequestIdOfTheHeader) {
  const auto status = ErrorFromAnswer({.http_status = 500, .request_id = "H1"}, kReading);
  EXPECT_THAT(base::MessageOf(status), HasSubstr("(HTTP 500, request id H1). Try again later."));
}

TEST(ErrorFromAnswer, NamesTheRightRegionFromHeaderOrBody) {
  const auto by_header =
      ErrorFromAnswer({.http_status = 301, .bucket_region = "eu-west-1"}, kReading);
  EXPECT_THAT(by_header,
              HasMessage("cannot read s3://b/k: bucket \"b\" is in region \"eu-west-1\", not in "
                         "\"us-east-1\" (HTTP 301). Set region to \"eu-west-1\"."));
  EXPECT_THAT(
      base::MessageOf(Error(400, "AuthorizationHeaderMalformed", "<Region>ap-south-1</Region>")),
      HasSubstr("Set region to \"ap-south-1\"."));
}

TEST(RightRegion, IsTakenFromAnswersThatSendTheRequestElsewhereAndFromNoOthers) {
  EXPECT_EQ(RightRegion({.http_status = 301, .bucket_region = "eu-west-1"}), "eu-west-1");
  EXPECT_EQ(RightRegion({.http_status = 400,
                         .body = "<Error><Code>AuthorizationHeaderMalformed</Code>"
                                 "<Region>ap-south-1</Region></Error>"}),
            "ap-south-1");
  EXPECT_EQ(RightRegion({.http_status = 400,
                         .body = "<Error><Code>IllegalLocationConstraintException</Code></Error>",
                         .bucket_region = "me-south-1"}),
            "me-south-1");
  EXPECT_EQ(RightRegion({.http_status = 301}), "");
  EXPECT_EQ(RightRegion({.http_status = 403, .bucket_region = "eu-west-1"}), "");
  EXPECT_EQ(RightRegion({.http_status = 404,
                         .body = "<Error><Code>NoSuchBucket</Code></Error>",
                         .bucket_region = "eu-west-1"}),
            "");
}

TEST(ErrorFromAnswer, DoesNotBlameARegionThatIsRight) {
  const auto status = ErrorFromAnswer({.http_status = 301, .bucket_region = "us-east-1"}, kReading);
  EXPECT_THAT(base::MessageOf(status), testing::Not(HasSubstr("us-east-1\"")));
}

TEST(ErrorFromAnswer, KeepsALongOrMultiLineMessageShortAndOnOneLine) {
  const auto status =
      Error(400, "Odd", "<Message>line one\nline two" + std::string(5000, 'x') + "</Message>");
  EXPECT_THAT(base::MessageOf(status), HasSubstr("line one line two"));
  EXPECT_LT(base::MessageOf(status).size(), 600u);
}

TEST(WithOperation, AddsKeyAndTextButLeavesCancellationAlone) {
  const auto status = WithOperation(BrokenAnswer("it broke"), kReading);
  EXPECT_THAT(status, IsError(ErrorKind::kTransport));
  EXPECT_TRUE(base::InfoOf(status).retryable);
  EXPECT_EQ(base::InfoOf(status).key, "k");
  EXPECT_THAT(base::MessageOf(status),
              testing::StartsWith("cannot read s3://b/k: it broke. Check "));
  EXPECT_THAT(WithOperation(base::Cancelled(), kReading), HasMessage("cancelled"));
}

TEST(ErrorFromAnswer, AnArchivedObjectIsNamedWithItsStorageClass) {
  const auto status = ErrorFromAnswer(
      {.http_status = 403,
       .body = "<Error><Code>InvalidObjectState</Code><StorageClass>DEEP_ARCHIVE</StorageClass>"
               "</Error>"},
      {.what = "cannot read s3://b/k"});
  EXPECT_THAT(base::MessageOf(status),
              HasSubstr("the object is archived in storage class DEEP_ARCHIVE (403 "
                        "InvalidObjectState). Restore it or exclude it."));
}

}  // namespace
}  // namespace s3
