#include "s3/credentials/sts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/testing/clean_environment.h"
#include "s3/testing/faulty_server.h"
#include "s3/testing/signature_check.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string Answer(const std::string& action) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>ROLEKEY</AccessKeyId>"
         "<SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken>"
         "<Expiration>1970-01-01T00:00:07Z</Expiration></Credentials></" +
         action + "Result></" + action + "Response>";
}

const Credentials kOfRole = {"ROLEKEY", "role-secret", "role-token",
                             Timestamp(std::chrono::seconds(7))};
const Credentials kCaller = {"CALLER", "caller-secret", "caller-token", std::nullopt};

class StsTest : public CleanEnvironment {
 protected:
  void Start(const Reply& reply) {
    server_ = std::make_unique<FaultyServer>(std::vector<Reply>{reply});
    Set("AWS_ENDPOINT_URL_STS", server_->endpoint());
  }

  std::string OnlyRequest() const {
    const auto requests = server_->requests();
    EXPECT_THAT(requests, SizeIs(1));
    return requests.at(0);
  }

  std::unique_ptr<FaultyServer> server_;
  std::unique_ptr<HttpClient> http_ = HttpClient::Make({}).ValueOrDie();
};

TEST_F(StsTest, ARoleIsAssumedByAFormThatIsSignedForSts) {
  Start(Respond("200 OK", Answer("AssumeRole")));
  const Role role = {.arn = "arn:aws:iam::1:role/r",
                     .session_name = "me",
                     .external_id = "a b",
                     .duration_seconds = "900"};
  EXPECT_EQ(AssumeRole(*http_, {"eu-west-1"}, role, kCaller, {}).ValueOr({}), kOfRole);
  EXPECT_THAT(
      OnlyRequest(),
      AllOf(HasSubstr("POST / HTTP/1.1\r\n"),
            HasSubstr("Content-Type: application/x-www-form-urlencoded\r\n"),
            Not(HasSubstr("octet-stream")), HasSubstr("Credential=CALLER/"),
            HasSubstr("/eu-west-1/sts/aws4_request"),
            HasSubstr("X-Amz-Security-Token: caller-token\r\n"), Not(HasSubstr("caller-secret")),
            EndsWith("\r\n\r\nVersion=2011-06-15&Action=AssumeRole"
                     "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=me"
                     "&ExternalId=a%20b&DurationSeconds=900")));
}

TEST_F(StsTest, AWebIdentityIsSentUnsignedAndReadAnewEachTime) {
  Start(Respond("200 OK", Answer("AssumeRoleWithWebIdentity")));
  const Role role = {.arn = "arn:r"};
  const std::string file = Write("token", "first\n");
  EXPECT_EQ(AssumeRoleWithWebIdentity(*http_, {"r"}, role, file, {}).ValueOr({}), kOfRole);
  EXPECT_THAT(OnlyRequest(),
              AllOf(Not(HasSubstr("Authorization")),
                    EndsWith("\r\n\r\nVersion=2011-06-15&Action=AssumeRoleWithWebIdentity"
                             "&RoleArn=arn%3Ar&RoleSessionName=cq-source-s3"
                             "&WebIdentityToken=first")));
  Write("token", "second");
  EXPECT_EQ(AssumeRoleWithWebIdentity(*http_, {"r"}, role, file, {}).ValueOr({}), kOfRole);
  EXPECT_THAT(server_->requests().at(1), EndsWith("&WebIdentityToken=second"));
}

TEST_F(StsTest, AWebIdentityIsUnsignedOnAConnectionThatSignedBefore) {
  Start(Respond("200 OK", Answer("AssumeRole")));
  EXPECT_EQ(AssumeRole(*http_, {"eu-west-1"}, {.arn = "arn:r"}, kCaller, {}).ValueOr({}), kOfRole);
  const auto keys =
      AssumeRoleWithWebIdentity(*http_, {"r"}, {.arn = "arn:r"}, Write("token", "web-token"), {});
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));  // the answer is one to AssumeRole
  const auto requests = server_->requests();
  EXPECT_TRUE(IsSignedRight(requests.at(0), "CALLER", "caller-secret"));
  EXPECT_THAT(requests.at(1), AllOf(HasSubstr("Action=AssumeRoleWithWebIdentity"),
                                    Not(HasSubstr("uthorization")), Not(HasSubstr("caller"))));
}

TEST_F(StsTest, AnErrorShowsNoPasswordOfTheEndpoint) {
  Set("AWS_ENDPOINT_URL_STS", "http://somebody:pass-word@127.0.0.1:1/x?key=pass-word");
  const std::string file = Write("token", "web-token");
  for (const auto& keys : {AssumeRole(*http_, {"r"}, {.arn = "arn:r"}, kCaller, {}),
                           AssumeRoleWithWebIdentity(*http_, {"r"}, {.arn = "arn:r"}, file, {})}) {
    EXPECT_THAT(keys, IsError(ErrorKind::kTransport));
    EXPECT_THAT(base::MessageOf(keys.status()),
                AllOf(HasSubstr("arn:r at http://***@127.0.0.1:1/x: "), Not(HasSubstr("pass-word")),
                      Not(HasSubstr("somebody"))));
  }
}

TEST_F(StsTest, ARefusalNamesTheRoleAndNoSecret) {
  Start(Respond("403 Forbidden",
                "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform "
                "sts:AssumeRole</Message></Error></ErrorResponse>"));
  const auto keys = AssumeRole(*http_, {"eu-west-1"}, {.arn = "arn:r"}, kCaller, {});
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::MessageOf(keys.status()),
            "cannot assume the role arn:r at " + server_->endpoint() +
                ": the service refused the request (403 AccessDenied, \"not authorized to perform "
                "sts:AssumeRole\"). Check the role's name, and that it trusts these credentials.");
}

TEST_F(StsTest, AMessageThatRepeatsTheTokenIsNotQuoted) {
  Start(Respond("400 Bad Request",
                "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>bad: web-token"
                "</Message></Error></ErrorResponse>"));
  const auto keys =
      AssumeRoleWithWebIdentity(*http_, {"r"}, {.arn = "arn:r"}, Write("token", "web-token"), {});
  EXPECT_THAT(base::MessageOf(keys.status()),
              AllOf(HasSubstr("(400 InvalidIdentityToken)"), Not(HasSubstr("web-token"))));
}

TEST_F(StsTest, AnAnswerWithoutCredentialsIsAnError) {
  for (const char* body : {"", "not xml", "<AssumeRoleResponse/>", "<html>sign in</html>"}) {
    Start(Respond("200 OK", body));
    EXPECT_THAT(AssumeRole(*http_, {"r"}, {.arn = "arn:r"}, kCaller, {}),
                IsError(ErrorKind::kAccess));
  }
}

TEST_F(StsTest, ATokenFileThatIsMissingIsAnErrorThatNamesIt) {
  const auto keys =
      AssumeRoleWithWebIdentity(*http_, {"r"}, {.arn = "arn:r"}, "/no/such/token", {});
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()), HasSubstr("/no/such/token"));
}

}  // namespace
}  // namespace s3
