// What goes over the wire when requests are signed and when they are not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "s3/http/http_client.h"
#include "s3/testing/faulty_server.h"
#include "s3/testing/signature_check.h"

namespace s3 {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

HttpSigning Keys(const std::string& name, const std::string& service = "s3") {
  return {.access_key = name, .secret_key = name + "/secret", .region = "r-1", .service = service};
}

bool IsSignedBy(const std::string& name, const std::string& request) {
  return IsSignedRight(request, name, name + "/secret");
}

class SignedRequests : public testing::Test {
 protected:
  /// Sends one request over the one connection that there is; returns what the server received.
  std::string Send(HttpRequest request) {
    if (request.url.starts_with('/')) request.url = server_.endpoint() + request.url;
    const auto response = http_->Perform(request, {});
    EXPECT_TRUE(response.ok()) << response.status();
    return server_.requests().back();
  }

  FaultyServer server_{{Respond("200 OK", "")}};
  std::unique_ptr<HttpClient> http_ = HttpClient::Make({.user_agent = "test"}).ValueOrDie();
};

TEST_F(SignedRequests, AreSignedAsTheyAreSentWhateverThePathAndTheQuery) {
  for (const char* target :
       {"", "/", "/b/key", "/b//a/./../c", "/b/a%20b%2Bc%3D%26%25/%C3%BC%F0%9F%98%80", "/b?uploads",
        "/b?prefix=x%2Fy%20z&list-type=2&delimiter=%2F&a=", "?b=2&a=1&b=1"}) {
    const std::string sent = Send({.url = server_.endpoint() + target,
                                   .headers = {"Range: bytes=0-9", "If-Match: \"etag\""},
                                   .signing = Keys("ME")});
    EXPECT_TRUE(IsSignedBy("ME", sent)) << sent;
  }
}

TEST_F(SignedRequests, CoverEveryHeaderThatIsGiven) {
  const std::string sent = Send({.url = "/k",
                                 .headers = {"Range: bytes=0-9", "X-Amz-Security-Token: token"},
                                 .signing = Keys("ME")});
  EXPECT_THAT(sent, HasSubstr("SignedHeaders=host;range;x-amz-date;x-amz-security-token,"));
  EXPECT_TRUE(IsSignedBy("ME", sent));
}

TEST_F(SignedRequests, CoverTheBody) {
  const std::string sent =
      Send({.method = "POST", .url = "/", .signing = Keys("ME", "sts"), .body = "A=1&B=2"});
  EXPECT_THAT(sent, AllOf(HasSubstr("/r-1/sts/aws4_request, "), EndsWith("\r\n\r\nA=1&B=2")));
  EXPECT_TRUE(IsSignedBy("ME", sent));
  EXPECT_FALSE(IsSignedBy("ME", sent + "3"));
}

TEST_F(SignedRequests, AreRefusedByTheServiceWhenAnythingIsChangedOnTheWay) {
  const std::string sent =
      Send({.url = "/k?a=1", .headers = {"Range: bytes=0-9"}, .signing = Keys("ME")});
  ASSERT_TRUE(IsSignedBy("ME", sent));
  EXPECT_FALSE(IsSignedBy("YOU", sent));
  for (const char* part : {"GET", "/k", "a=1", "bytes=0", "127.0.0.1", "r-1"}) {
    std::string changed = sent;
    changed[changed.find(part)] ^= 1;
    EXPECT_FALSE(IsSignedBy("ME", changed)) << part;
  }
}

TEST_F(SignedRequests, LeaveNothingBehindOnTheConnection) {
  const std::string first = Send({.url = "/1", .signing = Keys("FIRST")});
  EXPECT_TRUE(IsSignedBy("FIRST", first));
  EXPECT_THAT(Send({.url = "/2"}), AllOf(Not(HasSubstr("uthorization")), Not(HasSubstr("mz-")),
                                         Not(HasSubstr("FIRST"))));
  const std::string third = Send({.url = "/3", .signing = Keys("SECOND")});
  EXPECT_TRUE(IsSignedBy("SECOND", third));
  EXPECT_THAT(third, Not(HasSubstr("FIRST")));
  const std::string form = Send({.method = "POST", .url = "/4", .body = "Action=A"});
  EXPECT_THAT(form, AllOf(StartsWith("POST /4 "), Not(HasSubstr("uthorization"))));
}

TEST_F(SignedRequests, CarryTheSignatureInPlaceOfAPasswordInTheUrl) {
  const std::string with_password =
      "http://user:password@" + server_.endpoint().substr(std::string("http://").size());
  const std::string sent = Send({.url = with_password + "/k", .signing = Keys("ME")});
  EXPECT_TRUE(IsSignedBy("ME", sent));
  EXPECT_THAT(sent, Not(HasSubstr("Basic")));
  // Unsigned, the login is sent: user:password.
  EXPECT_THAT(Send({.url = with_password + "/k"}),
              HasSubstr("Authorization: Basic dXNlcjpwYXNzd29yZA==\r\n"));
  EXPECT_THAT(Send({.url = "/k"}), Not(HasSubstr("uthorization")));
}

TEST_F(SignedRequests, HaveTheTimeOfTheServicesClock) {
  HttpSigning ahead = Keys("ME");
  ahead.clock_offset = std::chrono::hours(24 * 365 * 100);
  const std::string sent = Send({.url = "/k", .signing = ahead});
  EXPECT_THAT(sent, HasSubstr("X-Amz-Date: 21"));
  EXPECT_TRUE(IsSignedBy("ME", sent));
}

TEST_F(SignedRequests, GoThroughAProxyWithTheHostThatIsSigned) {
  http_ = HttpClient::Make({.proxies = {.for_http = {.url = server_.endpoint()}}}).ValueOrDie();
  for (const char* origin : {"http://b.s3.example", "http://b.s3.example:80",
                             "http://b.s3.example:9000", "http://u:p@b.s3.example"}) {
    const std::string sent =
        Send({.url = std::string(origin) + "/a/../k?x=1", .signing = Keys("ME")});
    EXPECT_THAT(sent, AllOf(StartsWith("GET http://b.s3.example"), HasSubstr("/a/../k?x=1 ")));
    EXPECT_TRUE(IsSignedBy("ME", sent)) << sent;
  }
}

}  // namespace
}  // namespace s3
