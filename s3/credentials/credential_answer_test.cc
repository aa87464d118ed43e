#include "s3/credentials/credential_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::HasSubstr;
using testing::Not;

TEST(ParseExpiration, TakesTheFormsThatAwssToolsWrite) {
  const Timestamp time = std::chrono::sys_days(std::chrono::year(2024) / 1 / 2) +
                         std::chrono::hours(3) + std::chrono::minutes(4) + std::chrono::seconds(5);
  for (const char* text :
       {"2024-01-02T03:04:05Z", "2024-01-02T03:04:05UTC", "2024-01-02T03:04:05+00:00",
        "2024-01-02T05:34:05+02:30", "2024-01-01T22:04:05-05:00", "2024-01-02T03:04:05.000Z"}) {
    EXPECT_EQ(ParseExpiration(text), time) << text;
  }
}

TEST(ParseExpiration, TakesNothingElse) {
  for (const char* text : {"", "Z", "+00:00", "2024-01-02", "2024-01-02T03:04:05",
                           "2024-13-02T03:04:05Z", "2024-01-02T03:04:05+xx:00", "tomorrow"}) {
    EXPECT_EQ(ParseExpiration(text), std::nullopt) << text;
  }
}

TEST(CredentialsFromJson, TakesTimesAndMilliseconds) {
  const auto keys = CredentialsFromJson(
      R"({"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T",
          "Expiration": "1970-01-01T00:00:07Z"})",
      {});
  const Credentials expected = {"A", "S", "T", Timestamp(std::chrono::seconds(7))};
  EXPECT_EQ(keys.ValueOr({}), expected);
  EXPECT_EQ(CredentialsFromJson(
                R"({"in": {"AccessKeyId": "A", "SecretAccessKey": "S", "Token": "T",
                           "Expiration": 7000}})",
                {}, "in")
                .ValueOr({}),
            expected);
}

TEST(CredentialsFromJson, NeedsNeitherTokenNorExpiration) {
  EXPECT_EQ(CredentialsFromJson(R"({"AccessKeyId": "A", "SecretAccessKey": "S"})", {}).ValueOr({}),
            (Credentials{"A", "S", "", std::nullopt}));
}

TEST(CredentialsFromJson, RefusesWhatIsIncompleteWithoutShowingIt) {
  for (
      const char* json :
      {"", "hidden", "[]", "\"hidden\"", "{}", R"({"AccessKeyId": "hidden"})",
       R"({"AccessKeyId": 1, "SecretAccessKey": "hidden"})",
       R"({"AccessKeyId": "A", "SecretAccessKey": "hidden", "Expiration": "hidden"})",
       R"({"AccessKeyId": "A", "SecretAccessKey": "hidden", "Expiration": -1})",
       R"({"AccessKeyId": "A", "SecretAccessKey": "hidden", "Expiration": 9223372036854775807})"}) {
    const auto keys = CredentialsFromJson(json, {});
    EXPECT_THAT(keys, IsError(ErrorKind::kAccess)) << json;
    EXPECT_EQ(base::InfoOf(keys.status()).code, "NoCredentials");
    EXPECT_THAT(base::MessageOf(keys.status()), Not(HasSubstr("hidden")));
  }
  EXPECT_THAT(CredentialsFromJson(R"({"AccessKeyId": "A", "SecretAccessKey": "S"})", {}, "in"),
              IsError(ErrorKind::kAccess));
}

}  // namespace
}  // namespace s3
