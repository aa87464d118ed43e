#include "s3/credentials/credential_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/testing/clean_environment.h"
#include "s3/testing/faulty_server.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

struct Outcome {
  arrow::Result<std::string> answer;
  std::vector<std::string> requests;

  std::string message() const { return base::MessageOf(answer.status()); }
};

Outcome AskServer(std::vector<Reply> replies, ServiceRequest request = {}) {
  FaultyServer server(std::move(replies));
  const auto http = HttpClient::Make({}).ValueOrDie();
  request.http.url = server.endpoint() + "/";
  request.what = "cannot ask";
  request.advice = "Ask better.";
  auto answer = Ask(*http, request, {});
  return {std::move(answer), server.requests()};
}

TEST(AskingAService, BringsTheBodyOfItsAnswer) {
  EXPECT_EQ(AskServer({Respond("200 OK", "body")}).answer.ValueOr("none"), "body");
}

TEST(AskingAService, IsRepeatedTwiceWhileTheServiceFails) {
  const Reply busy = Respond("503 Service Unavailable", "");
  const auto helped = AskServer({busy, busy, Respond("200 OK", "body")});
  EXPECT_EQ(helped.answer.ValueOr("none"), "body");
  const auto failed = AskServer({busy});
  EXPECT_THAT(failed.answer, IsError(ErrorKind::kTransport));
  EXPECT_FALSE(base::InfoOf(failed.answer.status()).retryable);
  EXPECT_THAT(failed.requests, SizeIs(3));
}

TEST(AskingAService, IsRepeatedWhenAnsweredThatItIsTooMuch) {
  const auto outcome = AskServer({Respond("400 Bad Request",
                                          "<ErrorResponse><Error><Code>Throttling</Code>"
                                          "</Error></ErrorResponse>"),
                                  Respond("200 OK", "body")});
  EXPECT_EQ(outcome.answer.ValueOr("none"), "body");
}

TEST(AskingAService, WithoutAnswerIsRepeatedAsOftenAsTheRequestSays) {
  const Reply silent = {"", Reply::Then::kReset};
  EXPECT_THAT(AskServer({silent}).requests, SizeIs(3));
  const auto once = AskServer({silent}, {.attempts_without_answer = 1});
  EXPECT_THAT(once.answer, IsError(ErrorKind::kTransport));
  EXPECT_THAT(once.requests, SizeIs(1));
}

TEST(AskingAService, ThatRefusesGivesItsCodeAndMessageAndAnAdvice) {
  const auto outcome = AskServer(
      {Respond("403 Forbidden",
               "<ErrorResponse "
               "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
               "<Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>")});
  EXPECT_THAT(outcome.answer, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(outcome.answer.status()).code, "AccessDenied");
  EXPECT_EQ(
      outcome.message(),
      "cannot ask: the service refused the request (403 AccessDenied, \"not you\"). Ask better.");
  EXPECT_THAT(outcome.requests, SizeIs(1));
}

TEST(AskingAService, ReadsErrorsInJsonToo) {
  for (const char* body : {R"({"code": "C", "message": "m"})", R"({"Code": "C", "Message": "m"})",
                           R"({"__type": "C", "message": "m"})"}) {
    EXPECT_EQ(AskServer({Respond("401 Unauthorized", body)}).message(),
              "cannot ask: the service refused the request (401 C, \"m\"). Ask better.");
  }
}

TEST(AskingAService, QuotesNothingElseOfAnAnswer) {
  for (const char* body :
       {"hidden", "{hidden", "<hidden/>", R"({"other": "hidden"})", "[\"hidden\"]",
        R"({"message": "first line\nx-amz-security-token:hidden"})"}) {
    EXPECT_THAT(AskServer({Respond("400 Bad Request", body)}).message(), Not(HasSubstr("hidden")));
  }
}

TEST(AskingAService, QuotesNoMessageThatRepeatsTheSecret) {
  const auto outcome = AskServer({Respond("400 Bad Request", R"({"message": "bad token t0ken"})")},
                                 {.secret = "t0ken"});
  EXPECT_EQ(outcome.message(),
            "cannot ask: the service refused the request (HTTP 400). Ask better.");
}

TEST(AskingAService, QuotesNoMessageThatRepeatsTheLoginOfTheUrl) {
  FaultyServer server({Respond("400 Bad Request", R"({"message": "who is t0ken?"})")});
  const std::string host = server.endpoint().substr(std::string("http://").size());
  for (const std::string login : {"me:t0ken", "t0ken"}) {
    const auto answer = Ask(*HttpClient::Make({}).ValueOrDie(),
                            {.http = {.url = "http://" + login + "@" + host + "/"}}, {});
    EXPECT_THAT(
        base::MessageOf(answer.status()),
        AllOf(HasSubstr("the service refused the request (HTTP 400)."), Not(HasSubstr("t0ken"))));
  }
}

TEST(AskingAService, SendsNothingWhereAPasswordMayBeTakenForAHost) {
  const auto http = HttpClient::Make({}).ValueOrDie();
  for (const char* url : {"http://t0ken/x@127.0.0.1:1/", "http://t0ken?x@127.0.0.1:1/",
                          "http://t0ken#x@127.0.0.1:1/", "http://me:t0ken/x@127.0.0.1:1/"}) {
    const auto answer = Ask(*http, {.http = {.url = url}}, {});
    EXPECT_THAT(answer, IsError(ErrorKind::kConfig));
    EXPECT_THAT(base::MessageOf(answer.status()), Not(HasSubstr("t0ken")));
  }
}

TEST(AskingAService, ShowsNoInvalidCode) {
  for (const char* code : {"t0ken", "two words", "<code>", "a=b"}) {
    const auto outcome =
        AskServer({Respond("400 Bad Request", R"({"code": ")" + std::string(code) + R"("})")},
                  {.secret = "t0ken"});
    EXPECT_EQ(outcome.message(),
              "cannot ask: the service refused the request (HTTP 400). Ask better.");
  }
}

TEST(AskingAService, SendsNoHeaderThatHoldsALineBreak) {
  const auto outcome = AskServer(
      {Respond("200 OK", "")}, {.http = {.headers = {"Authorization: s3cret\r\nX-Other: value"}}});
  EXPECT_THAT(outcome.message(), AllOf(HasSubstr("Authorization"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(outcome.requests, SizeIs(0));
}

TEST(AskingAService, EndsAtOnceWhenItIsStopped) {
  FaultyServer server({Respond("503 Service Unavailable", "", "Retry-After: 100\r\n")});
  const auto http = HttpClient::Make({}).ValueOrDie();
  std::stop_source stop;
  std::jthread stopping([&] {
    while (server.requests().empty()) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_THAT(Ask(*http, {.http = {.url = server.endpoint()}}, stop.get_token()),
              IsError(ErrorKind::kCancelled));
}

using ServiceOriginTest = CleanEnvironment;

TEST_F(ServiceOriginTest, IsTheHostOfTheRegionOrWhatTheEnvironmentSays) {
  EXPECT_EQ(ServiceOrigin("AWS_ENDPOINT_URL_STS", "sts", {"eu-west-1"}).ValueOr(""),
            "https://sts.eu-west-1.amazonaws.com");
  EXPECT_EQ(ServiceOrigin("AWS_ENDPOINT_URL_STS", "sts", {"cn-north-1"}).ValueOr(""),
            "https://sts.cn-north-1.amazonaws.com.cn");
  Set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9000/");
  EXPECT_EQ(ServiceOrigin("AWS_ENDPOINT_URL_STS", "sts", {""}).ValueOr(""),
            "http://127.0.0.1:9000");
}

TEST_F(ServiceOriginTest, IsTheHostOfTheVariantOfTheRegion) {
  const auto origin = [](HostVariant hosts) {
    return ServiceOrigin("AWS_ENDPOINT_URL_STS", "sts", {"us-isob-east-1", hosts}).ValueOr("");
  };
  EXPECT_EQ(origin({}), "https://sts.us-isob-east-1.sc2s.sgov.gov");
  EXPECT_EQ(origin({.fips = true}), "https://sts-fips.us-isob-east-1.sc2s.sgov.gov");
  EXPECT_EQ(origin({.dualstack = true, .fips = true}),
            "https://sts-fips.us-isob-east-1.api.aws.scloud");
}

TEST_F(ServiceOriginTest, IsAnErrorInAnInvalidRegion) {
  for (const char* region : {"", "evil.example.com/", "eu west"}) {
    EXPECT_THAT(ServiceOrigin("AWS_ENDPOINT_URL_STS", "sts", {region}),
                IsError(ErrorKind::kConfig));
  }
}

}  // namespace
}  // namespace s3
