#include "s3/credentials/container_metadata.h"

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

constexpr char kFull[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";

class ContainerTest : public CleanEnvironment {
 protected:
  arrow::Result<Credentials> Ask(const Reply& reply) {
    FaultyServer server({reply});
    Set(kFull, server.endpoint() + "/keys?id=1");
    const auto http = HttpClient::Make({}).ValueOrDie();
    auto keys = FromContainer(*http, {});
    requests_ = server.requests();
    return keys;
  }

  std::vector<std::string> requests_;
};

const Reply kGood =
    Respond("200 OK", R"({"AccessKeyId": "TASKKEY", "SecretAccessKey": "task-secret",
    "Token": "task-token", "Expiration": "1970-01-01T00:00:07Z", "RoleArn": "arn:r"})");
const Credentials kOfTask = {"TASKKEY", "task-secret", "task-token",
                             Timestamp(std::chrono::seconds(7))};

TEST_F(ContainerTest, CredentialsComeFromTheUrlInTheEnvironment) {
  EXPECT_FALSE(HasContainerCredentials());
  EXPECT_EQ(Ask(kGood).ValueOr({}), kOfTask);
  EXPECT_TRUE(HasContainerCredentials());
  EXPECT_THAT(requests_.at(0),
              AllOf(HasSubstr("GET /keys?id=1 HTTP/1.1\r\n"), Not(HasSubstr("Authorization"))));
}

TEST_F(ContainerTest, TheTokenOfTheEnvironmentIsSentAndOneInAFileWins) {
  Set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "plain-token");
  EXPECT_EQ(Ask(kGood).ValueOr({}), kOfTask);
  EXPECT_THAT(requests_.at(0), HasSubstr("Authorization: plain-token\r\n"));
  Set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Write("token", "file-token\n"));
  EXPECT_EQ(Ask(kGood).ValueOr({}), kOfTask);
  EXPECT_THAT(requests_.at(0), HasSubstr("Authorization: file-token\r\n"));
  Write("token", "newer-token\n");
  EXPECT_EQ(Ask(kGood).ValueOr({}), kOfTask);
  EXPECT_THAT(requests_.at(0), HasSubstr("Authorization: newer-token\r\n"));
}

TEST_F(ContainerTest, NoProxyIsAskedForThem) {
  Set("http_proxy", "http://127.0.0.1:1");
  EXPECT_EQ(Ask(kGood).ValueOr({}), kOfTask);
}

TEST_F(ContainerTest, ARefusalQuotesTheEndpointButNotTheToken) {
  Set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "plain-token");
  const auto keys = Ask(Respond("401 Unauthorized", R"({"code": "C", "message": "plain-token?"})"));
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()),
              AllOf(HasSubstr("(401 C)"), Not(HasSubstr("plain-token"))));
}

TEST_F(ContainerTest, AnUntrustedUrlOrARelativeOneWithoutSlashIsAConfigError) {
  const auto http = HttpClient::Make({}).ValueOrDie();
  Set(kFull, "http://example.com/keys");
  EXPECT_THAT(FromContainer(*http, {}), IsError(ErrorKind::kConfig));
  Set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@example.com/keys");
  EXPECT_THAT(FromContainer(*http, {}), IsError(ErrorKind::kConfig));
}

TEST(IsTrustedContainerUrl, AllowsTlsTheLoopbackInterfaceAndTheAddressesOfEcsAndEks) {
  for (const char* url : {"https://example.com/x", "http://127.0.0.1/x", "http://127.3.2.1:80",
                          "http://localhost:1/x", "http://[::1]:80/x", "http://169.254.170.2/x",
                          "http://169.254.170.23/v1/credentials",
                          "http://[fd00:ec2::23]/v1/credentials", "http://127.0.0.1?x"}) {
    EXPECT_TRUE(IsTrustedContainerUrl(url)) << url;
  }
}

TEST(IsTrustedContainerUrl, RefusesEverythingElse) {
  for (const char* url :
       {"", "http://", "http://example.com", "http://169.254.169.254/x", "http://10.0.0.1/x",
        "http://127.0.0.1.example.com/x", "http://127.example.com", "http://127.0.0.1@example.com/",
        "http://example.com#@127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://127.1/",
        "http://[::1].example.com/x", "http://localhost.example.com", "ftp://127.0.0.1/x",
        "127.0.0.1/x", "HTTP://example.com"}) {
    EXPECT_FALSE(IsTrustedContainerUrl(url)) << url;
  }
}

}  // namespace
}  // namespace s3
