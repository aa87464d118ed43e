#include "s3/credentials/instance_metadata.h"

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

const Reply kToken = Respond("200 OK", "metadata-token");
const Reply kRole = Respond("200 OK", "the-role\n");
const Reply kKeys = Respond("200 OK", R"({"Code": "Success", "Type": "AWS-HMAC",
    "AccessKeyId": "ROLEKEY", "SecretAccessKey": "role-secret", "Token": "role-token",
    "Expiration": "1970-01-01T00:00:07Z"})");

class InstanceTest : public CleanEnvironment {
 protected:
  arrow::Result<Credentials> Ask(std::vector<Reply> replies) {
    FaultyServer server(std::move(replies));
    Set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.endpoint() + "/");
    const auto http = HttpClient::Make({.stall_timeout = std::chrono::seconds(1)}).ValueOrDie();
    auto keys = FromInstance(*http, {});
    requests_ = server.requests();
    return keys;
  }

  std::vector<std::string> requests_;
};

TEST_F(InstanceTest, AsksForATokenThenTheRoleThenItsKeys) {
  EXPECT_EQ(
      Ask({kToken, kRole, kKeys}).ValueOr({}),
      (Credentials{"ROLEKEY", "role-secret", "role-token", Timestamp(std::chrono::seconds(7))}));
  ASSERT_THAT(requests_, SizeIs(3));
  EXPECT_THAT(requests_[0], AllOf(HasSubstr("PUT /latest/api/token HTTP/1.1\r\n"),
                                  HasSubstr("X-aws-ec2-metadata-token-ttl-seconds: ")));
  EXPECT_THAT(requests_[1],
              AllOf(HasSubstr("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n"),
                    HasSubstr("X-aws-ec2-metadata-token: metadata-token\r\n")));
  EXPECT_THAT(
      requests_[2],
      AllOf(HasSubstr("GET /latest/meta-data/iam/security-credentials/the-role HTTP/1.1\r\n"),
            HasSubstr("X-aws-ec2-metadata-token: metadata-token\r\n")));
}

TEST_F(InstanceTest, AMachineWithoutARoleHasNoCredentials) {
  EXPECT_THAT(Ask({kToken, Respond("404 Not Found", "<html>")}), IsError(ErrorKind::kAccess));
  EXPECT_THAT(Ask({kToken, Respond("200 OK", "")}), IsError(ErrorKind::kAccess));
}

TEST_F(InstanceTest, TheTokenIsInNoError) {
  const auto keys = Ask({kToken, kRole, Respond("200 OK", R"({"Code": "Failed"})")});
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()), Not(HasSubstr("metadata-token")));
}

TEST_F(InstanceTest, AServiceThatIsNotThereOrSilentIsAskedOnce) {
  EXPECT_THAT(Ask({{"", Reply::Then::kReset}}), IsError(ErrorKind::kTransport));
  EXPECT_THAT(requests_, SizeIs(1));
  EXPECT_THAT(Ask({{"", Reply::Then::kStall}}), IsError(ErrorKind::kTransport));
  EXPECT_THAT(requests_, SizeIs(1));
}

TEST_F(InstanceTest, IsAtItsIpv6AddressInThatModeUnlessAnEndpointIsSet) {
  EXPECT_EQ(InstanceMetadataEndpoint(), "http://169.254.169.254");
  Set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6");
  EXPECT_EQ(InstanceMetadataEndpoint(), "http://[fd00:ec2::254]");
  Set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1/");
  EXPECT_EQ(InstanceMetadataEndpoint(), "http://127.0.0.1:1");
}

TEST_F(InstanceTest, IsDisabledByTheEnvironment) {
  EXPECT_TRUE(InstanceMetadataDisabled());
  Set("AWS_EC2_METADATA_DISABLED", "TRUE");
  EXPECT_TRUE(InstanceMetadataDisabled());
  Set("AWS_EC2_METADATA_DISABLED", "false");
  EXPECT_FALSE(InstanceMetadataDisabled());
  Set("AWS_EC2_METADATA_DISABLED", std::nullopt);
  EXPECT_FALSE(InstanceMetadataDisabled());
}

}  // namespace
}  // namespace s3
