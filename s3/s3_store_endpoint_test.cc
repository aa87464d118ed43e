// Where the store sends its requests and how: regions, endpoints, proxies, TLS. Faults of servers
// are in s3_store_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/testing.h"
#include "s3/s3_store.h"
#include "s3/testing/fake_time.h"
#include "s3/testing/faulty_server.h"
#include "s3/testing/static_credentials.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::HasMessage;
using base::IsError;
using base::IsOk;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const Reply kGood = Respond("206 Partial Content", "01234", "Content-Range: bytes 0-4/10\r\n");
constexpr ByteRange kRange = {0, 5};

S3Options OptionsFor(const std::string& endpoint) {
  S3Options options = {.bucket = "b", .region = "us-east-1", .endpoint = endpoint};
  FakeTime::For(options);
  return options;
}

arrow::Status Get(S3Store& store) { return store.Get({"k", kRange, ""}, {}).status(); }

struct Outcome {
  arrow::Status status;
  std::vector<std::string> requests;
};

/// One read from a server that replies so.
Outcome Read(std::vector<Reply> replies) {
  FaultyServer server(std::move(replies));
  arrow::Status status = Get(*S3Store::Make(OptionsFor(server.endpoint())).ValueOrDie());
  return {std::move(status), server.requests()};
}

Reply Redirect(const std::string& region) {
  return Respond("301 Moved Permanently", "",
                 "Location: http://127.0.0.1:1/\r\nx-amz-bucket-region: " + region + "\r\n");
}

TEST(S3StoreRegion, ARightRegionThatTheServiceTellsIsFollowedOnceAndReported) {
  FaultyServer server({Redirect("eu-west-1"), kGood});
  std::vector<std::string> warnings;
  auto options = OptionsFor(server.endpoint());
  options.credentials = StaticCredentials();
  options.warn = [&](const std::string& warning) { warnings.push_back(warning); };
  const auto store = S3Store::Make(options).ValueOrDie();
  for (int i = 0; i < 2; ++i) EXPECT_THAT(Get(*store), IsOk());
  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_THAT(requests[0], HasSubstr("/us-east-1/s3/aws4_request"));
  EXPECT_THAT(requests[1], HasSubstr("/eu-west-1/s3/aws4_request"));
  EXPECT_THAT(requests[2], HasSubstr("/eu-west-1/s3/aws4_request"));
  EXPECT_THAT(warnings, ElementsAre("bucket \"b\" is in region \"eu-west-1\", not in "
                                    "\"us-east-1\"; requests go to the right region from now on; "
                                    "set region to \"eu-west-1\""));
}

TEST(S3StoreRegion, ASecondRegionIsAnError) {
  const auto outcome = Read({Redirect("eu-west-1"), Redirect("eu-west-2")});
  EXPECT_THAT(outcome.status, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(outcome.status),
              AllOf(HasSubstr("not in \"eu-west-1\""), HasSubstr("Set region to \"eu-west-2\".")));
  EXPECT_THAT(outcome.requests, SizeIs(2));
}

TEST(S3StoreRegion, TheSameAnswerFromTheRightRegionIsAnError) {
  const auto outcome = Read({Redirect("eu-west-1")});
  EXPECT_THAT(outcome.status, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(outcome.status), HasSubstr("not at this endpoint"));
  EXPECT_THAT(outcome.requests, SizeIs(2));
}

TEST(S3StoreRegion, ARedirectThatTellsNoRegionIsAnError) {
  const auto outcome =
      Read({Respond("301 Moved Permanently", "", "Location: http://127.0.0.1:1/\r\n")});
  EXPECT_THAT(outcome.status, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(outcome.status), HasSubstr("Set region to the bucket's region."));
  EXPECT_THAT(outcome.requests, SizeIs(1));
}

TEST(S3StoreMake, ACaFileThatDoesNotExistIsAConfigError) {
  const FaultyServer server({kGood});
  auto options = OptionsFor("https" + server.endpoint().substr(4));
  options.tls_ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(
      S3Store::Make(options),
      HasMessage(
          "the file of certificate authorities \"/nowhere/ca.pem\" cannot be read: "
          "No such file or directory. Check tls_ca_file, or AWS_CA_BUNDLE and SSL_CERT_FILE in the "
          "environment."));
  EXPECT_THAT(S3Store::Make(options), IsError(ErrorKind::kConfig));
  options.tls_ca_file = "-----BEGIN CERTIFICATE-----\ns3cret";
  EXPECT_THAT(base::MessageOf(S3Store::Make(options).status()),
              testing::AllOf(HasSubstr("name the file"), Not(HasSubstr("s3cret"))));
  options.tls_ca_file = "/dev/null";
  EXPECT_THAT(base::MessageOf(S3Store::Make(options).status()),
              HasSubstr("contains no certificate in PEM format"));
}

TEST(S3StoreGet, ARequesterWhoPaysSaysSoInListAndGet) {
  FaultyServer server({kGood});
  auto options = OptionsFor(server.endpoint());
  options.requester_pays = true;
  const auto store = S3Store::Make(options).ValueOrDie();
  EXPECT_THAT(Get(*store), IsOk());
  EXPECT_THAT(store->List({}, {}), Not(IsOk()));
  for (const auto& request : server.requests()) {
    EXPECT_THAT(request, HasSubstr("x-amz-request-payer: requester\r\n"));
  }
}

TEST(S3StoreMake, AnUncheckedServerIsWarnedOfOnce) {
  std::vector<std::string> warnings;
  auto options = OptionsFor("https://127.0.0.1:1");
  options.tls_insecure_skip_verify = true;
  options.warn = [&](const std::string& warning) { warnings.push_back(warning); };
  ASSERT_THAT(S3Store::Make(options), IsOk());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("tls_insecure_skip_verify is on")));
}

TEST(S3StoreProxy, APlainRequestNamesTheWholeUrlAndOnlyTheProxySeesThePassword) {
  FaultyServer proxy({kGood});
  S3Options options = OptionsFor("http://s3.test:9000");
  options.proxies.for_http = {.url = proxy.endpoint(), .user = "user", .password = "hunter2"};
  const auto store = S3Store::Make(options).ValueOrDie();
  EXPECT_THAT(Get(*store), IsOk());
  ASSERT_THAT(proxy.requests(), SizeIs(1));
  EXPECT_THAT(proxy.requests()[0],
              AllOf(testing::StartsWith("GET http://b.s3.test:9000/k HTTP/1.1\r\n"),
                    // user:hunter2
                    HasSubstr("Proxy-Authorization: Basic dXNlcjpodW50ZXIy\r\n")));
}

TEST(S3StoreProxy, ATunnelIsAskedForWithoutAnythingThatIsForS3) {
  FaultyServer proxy({Respond("407 Proxy Authentication Required", "")});
  auto options = OptionsFor("https://s3.test");
  options.credentials = StaticCredentials("id", "key", "token");
  options.proxies.for_https = {.url = proxy.endpoint(), .user = "user", .password = "hunter2"};
  const auto got = Get(*S3Store::Make(options).ValueOrDie());
  EXPECT_THAT(got, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(got),
              AllOf(HasSubstr("the proxy " + proxy.endpoint() + " answered with HTTP 407"),
                    Not(HasSubstr("hunter2"))));
  ASSERT_THAT(proxy.requests(), SizeIs(1));
  EXPECT_THAT(proxy.requests()[0],
              AllOf(testing::StartsWith("CONNECT b.s3.test:443 HTTP/1.1\r\n"),
                    Not(HasSubstr("\r\nAuthorization")), Not(HasSubstr("token"))));
}

TEST(S3StoreProxy, AProxyThatIsNotThereIsNamedWithoutItsPassword) {
  auto options = OptionsFor("https://s3.test");
  options.proxies.for_https = {.url = "http://127.0.0.1:1", .user = "user", .password = "hunter2"};
  const auto got = Get(*S3Store::Make(options).ValueOrDie());
  EXPECT_THAT(got, IsError(ErrorKind::kTransport));
  EXPECT_THAT(base::MessageOf(got),
              AllOf(HasSubstr("The environment sets the proxy http://127.0.0.1:1. Gave up after"),
                    Not(HasSubstr("hunter2"))));
}

TEST(S3StoreProxy, HostsOfNoProxyAndThisMachineAreReachedDirectly) {
  FaultyServer proxy({kGood}), server({kGood});
  const std::string port = server.endpoint().substr(server.endpoint().rfind(':'));
  // Linux connects to this machine for 0.0.0.0, which is not a loopback address.
  const auto ask = [&](const std::string& host, const std::string& no_proxy) {
    std::map<std::string, std::string> variables = {{"HTTP_PROXY", proxy.endpoint()},
                                                    {"NO_PROXY", no_proxy}};
    S3Options options = OptionsFor("http://" + host + port);
    options.proxies = ProxiesFrom([&](const char* name) { return variables[name]; }).ValueOrDie();
    return Get(*S3Store::Make(options).ValueOrDie());
  };
  EXPECT_THAT(ask("127.0.0.1", ""), IsOk());
  EXPECT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(ask("0.0.0.0", ""), IsOk());
  EXPECT_THAT(proxy.requests(), SizeIs(1));
  EXPECT_THAT(ask("0.0.0.0", "0.0.0.0"), IsOk());
  EXPECT_THAT(server.requests(), SizeIs(2));
  EXPECT_THAT(proxy.requests(), SizeIs(1));
}

TEST(S3StoreMake, OptionsThatCannotWorkAreRefusedAtOnce) {
  EXPECT_THAT(S3Store::Make({}), IsError(ErrorKind::kConfig));
  EXPECT_THAT(S3Store::Make({.bucket = "b"}), IsError(ErrorKind::kConfig));
  EXPECT_THAT(S3Store::Make({.bucket = "b", .region = "us-east-1"}), IsOk());
}

}  // namespace
}  // namespace s3
