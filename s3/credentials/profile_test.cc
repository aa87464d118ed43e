#include "s3/credentials/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace s3 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kConfig[] = R"(# a comment
[default]
region = us-east-1
[profile dev]
region=eu-west-1 ; trailing comment
  nested = not this
aws_access_key_id   =  AKDEV
AWS_Secret_Access_Key = se/cr+et==#kept
s3 =
  addressing_style = path
[profile  spaced out]
region = r
[sso-session dev]
sso_region = x
[dev]
region = ignored, as it lacks the word profile
)";

TEST(ReadProfile, ReadsASectionOfTheConfigFile) {
  Profile profile;
  EXPECT_TRUE(ReadProfile(kConfig, "dev", ProfileSyntax::kConfigFile, profile));
  EXPECT_THAT(profile, ElementsAre(Pair("aws_access_key_id", "AKDEV"),
                                   Pair("aws_secret_access_key", "se/cr+et==#kept"),
                                   Pair("region", "eu-west-1"), Pair("s3", "")));
}

TEST(ReadProfile, KnowsTheDefaultAndNamesWithBlanks) {
  Profile profile;
  EXPECT_TRUE(ReadProfile(kConfig, "default", ProfileSyntax::kConfigFile, profile));
  EXPECT_EQ(Setting(profile, "region"), "us-east-1");
  EXPECT_TRUE(ReadProfile(kConfig, "spaced out", ProfileSyntax::kConfigFile, profile));
  EXPECT_EQ(Setting(profile, "region"), "r");
}

TEST(ReadProfile, SaysWhenThereIsNoSuchProfile) {
  Profile profile;
  EXPECT_FALSE(ReadProfile(kConfig, "prod", ProfileSyntax::kConfigFile, profile));
  EXPECT_FALSE(ReadProfile(kConfig, "", ProfileSyntax::kConfigFile, profile));
  EXPECT_FALSE(ReadProfile("", "dev", ProfileSyntax::kConfigFile, profile));
  EXPECT_THAT(profile, IsEmpty());
}

TEST(ReadProfile, TheCredentialsFileNamesProfilesPlainly) {
  constexpr char kCredentials[] =
      "[dev]\r\naws_access_key_id=A\r\n\r\n[profile dev]\r\naws_access_key_id=B\r\n";
  Profile profile;
  EXPECT_TRUE(ReadProfile(kCredentials, "dev", ProfileSyntax::kCredentialsFile, profile));
  EXPECT_EQ(Setting(profile, "aws_access_key_id"), "A");
}

TEST(ReadProfile, ReadsASignInThatProfilesShare) {
  Profile session;
  EXPECT_TRUE(ReadProfile(kConfig, "dev", ProfileSyntax::kSsoSession, session));
  EXPECT_THAT(session, ElementsAre(Pair("sso_region", "x")));
  EXPECT_FALSE(ReadProfile(kConfig, "default", ProfileSyntax::kSsoSession, session));
}

TEST(ReadProfile, LaterSettingsReplaceEarlierOnes) {
  Profile profile = {{"aws_access_key_id", "old"}, {"region", "kept"}};
  EXPECT_TRUE(
      ReadProfile("[p]\naws_access_key_id = new", "p", ProfileSyntax::kCredentialsFile, profile));
  EXPECT_THAT(profile, ElementsAre(Pair("aws_access_key_id", "new"), Pair("region", "kept")));
}

TEST(ReadProfile, PassesOverBrokenLines) {
  Profile profile;
  EXPECT_TRUE(ReadProfile("no section = 1\n[p\n[p]\nno equals sign\n= no name\nkey = value\n", "p",
                          ProfileSyntax::kCredentialsFile, profile));
  EXPECT_EQ(Setting(profile, "key"), "value");
  EXPECT_EQ(Setting(profile, "no section"), "");
}

TEST(Setting, IsEmptyWhenUnset) { EXPECT_EQ(Setting({}, "anything"), ""); }

}  // namespace
}  // namespace s3
