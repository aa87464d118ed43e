#include "s3/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/testing/clean_environment.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class S3Environment : public CleanEnvironment {
 protected:
  static S3Options Complete(S3Options options = {}) {
    return CompleteFromEnvironment(std::move(options), {.anonymous = true}).ValueOrDie();
  }
};

TEST_F(S3Environment, ThatSaysNothingLeavesTheOptionsAsTheyAre) {
  const S3Options options = Complete({.bucket = "b", .region = "r"});
  EXPECT_EQ(options.bucket, "b");
  EXPECT_EQ(options.region, "r");
  EXPECT_EQ(options.endpoint, "");
  EXPECT_EQ(options.tls_ca_file, "");
  EXPECT_FALSE(options.hosts.dualstack);
  EXPECT_FALSE(options.hosts.fips);
  EXPECT_EQ(options.proxies.for_http, Proxy{});
  EXPECT_EQ(options.proxies.for_https, Proxy{});
  EXPECT_FALSE(options.credentials);
}

TEST_F(S3Environment, GivesTheEndpointIfTheOptionsHaveNone) {
  Set("AWS_ENDPOINT_URL", "http://general");
  EXPECT_EQ(Complete().endpoint, "http://general");
  Set("AWS_ENDPOINT_URL_S3", "http://own");
  EXPECT_EQ(Complete().endpoint, "http://own");
  EXPECT_EQ(Complete({.endpoint = "http://configured"}).endpoint, "http://configured");
}

TEST_F(S3Environment, CanTurnItsEndpointsOff) {
  Set("AWS_ENDPOINT_URL", "http://general");
  Set("AWS_ENDPOINT_URL_S3", "http://own");
  Set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
  EXPECT_EQ(Complete().endpoint, "");
  EXPECT_EQ(Complete({.endpoint = "http://configured"}).endpoint, "http://configured");
}

TEST_F(S3Environment, GivesTheCaFileIfTheOptionsHaveNone) {
  Set("AWS_CA_BUNDLE", "/bundle.pem");
  EXPECT_EQ(Complete().tls_ca_file, "/bundle.pem");
  Set("SSL_CERT_FILE", "/openssl.pem");
  EXPECT_EQ(Complete().tls_ca_file, "/bundle.pem");
  EXPECT_EQ(Complete({.tls_ca_file = "/own.pem"}).tls_ca_file, "/own.pem");
  Set("AWS_CA_BUNDLE", "");
  EXPECT_EQ(Complete().tls_ca_file, "/openssl.pem");
}

TEST_F(S3Environment, ChoosesHostsBySwitchesInAnyCase) {
  Set("AWS_USE_FIPS_ENDPOINT", "True");
  Set("AWS_USE_DUALSTACK_ENDPOINT", "no");
  EXPECT_TRUE(Complete().hosts.fips);
  EXPECT_FALSE(Complete().hosts.dualstack);
  Set("AWS_USE_DUALSTACK_ENDPOINT", "true");
  EXPECT_TRUE(Complete().hosts.dualstack);
}

TEST_F(S3Environment, GivesTheProxies) {
  Set("HTTPS_PROXY", "http://user:hunter2@proxy:3128");
  EXPECT_EQ(Complete().proxies.for_https,
            (Proxy{.url = "http://proxy:3128", .user = "user", .password = "hunter2"}));
}

TEST_F(S3Environment, WithAnInvalidProxyIsAConfigErrorThatDoesNotShowIt) {
  Set("HTTPS_PROXY", "nonsense://user:hunter2@proxy");
  const auto completed = CompleteFromEnvironment({}, {.anonymous = true});
  EXPECT_THAT(completed, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(completed.status()),
              AllOf(HasSubstr("HTTPS_PROXY"), Not(HasSubstr("hunter2"))));
}

TEST_F(S3Environment, GivesCredentialsUnlessRequestsAreAnonymous) {
  SetKeys();
  EXPECT_FALSE(Complete().credentials);
  const auto completed = CompleteFromEnvironment({}, {});
  ASSERT_THAT(completed, IsOk());
  EXPECT_EQ(completed->credentials({}).ValueOr({}),
            (Credentials{"ENVKEY", "env-secret", "env-token"}));
}

TEST_F(S3Environment, GivesTheCredentialsOfTheProfileThatTheUserNames) {
  SetKeys();
  WriteConfig("[profile p]\naws_access_key_id = PKEY\naws_secret_access_key = s\n");
  const auto completed = CompleteFromEnvironment({}, {.profile = "p"});
  ASSERT_THAT(completed, IsOk());
  EXPECT_EQ(completed->credentials({}).ValueOr({}), (Credentials{"PKEY", "s"}));
}

}  // namespace
}  // namespace s3
