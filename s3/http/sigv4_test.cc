#include "s3/http/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3 {
namespace {

using std::chrono::sys_days;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const HttpSigning kS3Example = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                .region = "us-east-1"};
constexpr std::chrono::system_clock::time_point kS3Time =
    sys_days(std::chrono::year(2013) / 5 / 24);
constexpr char kNothingsHash[] =
    "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kS3Host[] = "Host: examplebucket.s3.amazonaws.com";

// AWS's test suite for Signature Version 4.
const HttpSigning kSuite = {.access_key = "AKIDEXAMPLE",
                            .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                            .region = "us-east-1",
                            .service = "service"};
constexpr auto kSuiteTime =
    sys_days(std::chrono::year(2015) / 8 / 30) + std::chrono::hours(12) + std::chrono::minutes(36);

std::string Authorization(const RequestToSign& request, const HttpSigning& signing,
                          std::chrono::system_clock::time_point now) {
  return SignatureHeaders(request, signing, now).at(1);
}

struct SuiteRequest {
  std::string_view method = "GET";
  std::string_view path = "/";
  std::string_view query;
  std::vector<std::string> more_headers = {};
  std::string_view body;
};

/// The signature alone.
std::string SuiteSignature(const SuiteRequest& request) {
  std::vector<std::string> headers = {"Host: example.amazonaws.com"};
  headers.insert(headers.end(), request.more_headers.begin(), request.more_headers.end());
  const std::string text = Authorization({.method = request.method,
                                          .path = request.path,
                                          .query = request.query,
                                          .headers = headers,
                                          .body = request.body},
                                         kSuite, kSuiteTime);
  return text.substr(text.rfind('=') + 1);
}

TEST(SignatureVersion4, OfAnObjectsRangeIsThatOfTheS3Documentation) {
  const std::vector<std::string> headers = {kS3Host, "Range: bytes=0-9", kNothingsHash};
  EXPECT_THAT(
      SignatureHeaders({.path = "/test.txt", .headers = headers}, kS3Example, kS3Time),
      ElementsAre("X-Amz-Date: 20130524T000000Z",
                  "Authorization: AWS4-HMAC-SHA256 "
                  "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                  "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
                  "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(SignatureVersion4, OfAnUploadIsThatOfTheS3Documentation) {
  const std::vector<std::string> headers = {
      kS3Host, "Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class: REDUCED_REDUNDANCY",
      "x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"};
  EXPECT_THAT(Authorization({.method = "PUT", .path = "/test%24file.text", .headers = headers},
                            kS3Example, kS3Time),
              EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SignatureVersion4, OfAListingIsThatOfTheS3DocumentationInAnyOrderOfTheQuery) {
  const std::vector<std::string> headers = {kS3Host, kNothingsHash};
  for (const char* query : {"max-keys=2&prefix=J", "prefix=J&max-keys=2"}) {
    EXPECT_THAT(Authorization({.query = query, .headers = headers}, kS3Example, kS3Time),
                EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
  }
  EXPECT_THAT(Authorization({.query = "lifecycle", .headers = headers}, kS3Example, kS3Time),
              EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(SignatureVersion4, OfQueriesIsThatOfTheTestSuite) {
  EXPECT_EQ(SuiteSignature({}), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(SuiteSignature({.query = "Param1=value1"}),
            "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb");
  EXPECT_EQ(SuiteSignature({.query = "Param2=value2&Param1=value1"}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(SuiteSignature({.query = "Param1=value2&Param1=value1"}),
            "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694");
  EXPECT_EQ(SuiteSignature({.query = "%E1%88%B4=bar"}),
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
}

TEST(SignatureVersion4, OfHeadersIsThatOfTheTestSuite) {
  EXPECT_EQ(SuiteSignature({.more_headers = {"My-Header1: value2", "My-Header1: value2",
                                             "My-Header1: value1"}}),
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  EXPECT_EQ(SuiteSignature({.more_headers = {"My-Header1:  value1", "My-Header2:  \"a   b   c\""}}),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(SignatureVersion4, OfBodiesIsThatOfTheTestSuite) {
  EXPECT_EQ(SuiteSignature({.method = "POST"}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(SuiteSignature({.method = "POST",
                            .more_headers = {"Content-Type: application/x-www-form-urlencoded"},
                            .body = "Param1=value1"}),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

// Where the suite writes a path unencoded, the signature is what botocore makes of it encoded.
TEST(SignatureVersion4, NormalisesPathsAndEncodesThemTwiceForServicesOtherThanS3) {
  for (const char* path : {"", "//", "/./", "/example/..", "/example1/example2/../.."}) {
    EXPECT_EQ(SuiteSignature({.path = path}), SuiteSignature({})) << path;
  }
  EXPECT_EQ(SuiteSignature({.path = "//example//"}),
            "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84");
  EXPECT_EQ(SuiteSignature({.path = "/./example"}),
            "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5");
  EXPECT_EQ(SuiteSignature({.path = "/example%20space/"}),
            "446b817944c553435b35e813c261ff4e161fff982d1bacdef1c87f6785dd1662");
  EXPECT_EQ(SuiteSignature({.path = "/%E1%88%B4"}),
            "697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d");
}

TEST(SignatureVersion4, TakesPathsAsTheyStandForS3) {
  const std::vector<std::string> headers = {kS3Host, kNothingsHash};
  const auto signature = [&](std::string_view path) {
    return Authorization({.path = path, .headers = headers}, kS3Example, kS3Time);
  };
  EXPECT_THAT(signature("//a/../b%20c"),
              EndsWith("adeba77b72a3a87017afffad0da421920d0ba10bb3318650880b141310facfb2"));
  EXPECT_NE(signature("/a/./b"), signature("/a/b"));
  EXPECT_EQ(signature(""), signature("/"));
}

TEST(SignatureVersion4, CoversASessionToken) {
  const std::vector<std::string> headers = {kS3Host, kNothingsHash,
                                            "X-Amz-Security-Token: the-token"};
  EXPECT_THAT(
      Authorization({.headers = headers}, kS3Example, kS3Time),
      testing::AllOf(HasSubstr(";x-amz-date;x-amz-security-token, "),
                     EndsWith("ec8083153dca21a5780ba0c6e49c6afd667a64a8e4d5c050151ae3e4c40ce321")));
}

}  // namespace
}  // namespace s3
