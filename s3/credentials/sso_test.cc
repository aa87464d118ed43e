#include "s3/credentials/sso.h"

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

const SsoRole kRole = {.session = "my-session",
                       .start_url = "https://d-1234567890.awsapps.com/start",
                       .region = "eu-west-1",
                       .account_id = "123456789012",
                       .role_name = "Read Only"};
// Of printf my-session | sha1sum.
constexpr char kCached[] = ".aws/sso/cache/9e28173066ce536e277c5fb355efd9c64f398167.json";
constexpr char kToken[] = R"({"accessToken": "sso-token", "expiresAt": "2200-01-01T00:00:00Z"})";

class SsoTest : public CleanEnvironment {
 protected:
  arrow::Result<Credentials> Ask(const Reply& reply, const SsoRole& role = kRole) {
    FaultyServer server({reply});
    Set("AWS_ENDPOINT_URL_SSO", server.endpoint());
    const auto http = HttpClient::Make({}).ValueOrDie();
    auto keys = FromSso(*http, role, {}, {});
    requests_ = server.requests();
    return keys;
  }

  std::vector<std::string> requests_;
};

const Reply kGood = Respond("200 OK", R"({"roleCredentials": {"accessKeyId": "SSOKEY",
    "secretAccessKey": "sso-secret", "sessionToken": "sso-session", "expiration": 7000}})");

TEST_F(SsoTest, TheTokenOfASignInIsExchangedForTheKeysOfTheRole) {
  Write(kCached, kToken);
  EXPECT_EQ(Ask(kGood).ValueOr({}), (Credentials{"SSOKEY", "sso-secret", "sso-session",
                                                 Timestamp(std::chrono::seconds(7))}));
  EXPECT_THAT(requests_.at(0), AllOf(HasSubstr("GET /federation/credentials?role_name=Read%20Only"
                                               "&account_id=123456789012 HTTP/1.1\r\n"),
                                     HasSubstr("x-amz-sso_bearer_token: sso-token\r\n")));
}

TEST_F(SsoTest, AnErrorShowsNoPasswordOfTheEndpoint) {
  Write(kCached, kToken);
  Set("AWS_ENDPOINT_URL_SSO", "http://somebody:pass-word@127.0.0.1:1");
  const auto keys = FromSso(*HttpClient::Make({}).ValueOrDie(), kRole, {}, {});
  EXPECT_THAT(
      base::MessageOf(keys.status()),
      AllOf(HasSubstr("the role Read Only of account 123456789012 from http://***@127.0.0.1:1: "),
            Not(HasSubstr("pass-word")), Not(HasSubstr("somebody"))));
}

TEST_F(SsoTest, TheOlderFormNamesTheTokenAfterTheStartUrl) {
  SsoRole role = kRole;
  role.session = "";
  Write(".aws/sso/cache/7487b5b67d5fa1132cf33fa93ae51ef38cc37752.json", kToken);
  EXPECT_EQ(Ask(kGood, role).ValueOr({}).access_key, "SSOKEY");
}

TEST_F(SsoTest, WhoHasNotSignedInIsToldHow) {
  const auto keys = Ask(kGood);
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()),
              AllOf(HasSubstr((home() / kCached).string()), HasSubstr("aws sso login")));
  EXPECT_TRUE(requests_.empty());
}

TEST_F(SsoTest, ASignInThatHasExpiredOrIsBrokenIsNotSent) {
  for (const char* token : {R"({"accessToken": "sso-token", "expiresAt": "2020-01-01T00:00:00Z"})",
                            R"({"accessToken": "sso-token", "expiresAt": "soon"})",
                            R"({"expiresAt": "2200-01-01T00:00:00Z"})", "sso-token", "[]"}) {
    Write(kCached, token);
    const auto keys = Ask(kGood);
    EXPECT_THAT(keys, IsError(ErrorKind::kAccess)) << token;
    EXPECT_THAT(base::MessageOf(keys.status()),
                AllOf(HasSubstr("aws sso login"), Not(HasSubstr("sso-token"))));
    EXPECT_TRUE(requests_.empty());
  }
}

TEST_F(SsoTest, ARefusalNamesRoleAndAccountButNotTheToken) {
  Write(kCached, kToken);
  const auto keys = Ask(Respond("401 Unauthorized", R"({"message": "sso-token is not valid"})"));
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()),
              AllOf(HasSubstr("Read Only"), HasSubstr("123456789012"), HasSubstr("HTTP 401"),
                    Not(HasSubstr("sso-token"))));
}

}  // namespace
}  // namespace s3
