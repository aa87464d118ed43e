#include "s3/credentials/credential_chain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "s3/credentials/sso.h"
#include "s3/testing/clean_environment.h"
#include "s3/testing/faulty_server.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kInstance[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
constexpr char kContainer[] = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr char kSts[] = "AWS_ENDPOINT_URL_STS";

/// What STS answers to `action`.
Reply Assumed(const std::string& key, const std::string& action = "AssumeRole") {
  return Respond("200 OK",
                 "<" + action + "Response><" + action + "Result><Credentials><AccessKeyId>" + key +
                     "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>" + key +
                     "-token</SessionToken><Expiration>2200-01-01T00:00:00Z" +
                     "</Expiration></Credentials></" + action + "Result></" + action + "Response>");
}

std::string Keys(const std::string& access_key) {
  return R"({"Version": 1, "AccessKeyId": ")" + access_key + R"(", "SecretAccessKey": "s"})";
}

class ChainTest : public CleanEnvironment {
 protected:
  arrow::Result<Credentials> Find(ChainOptions options = {}) {
    options.region.name = "eu-west-1";
    return CredentialChain::Make(options).ValueOrDie()->Find({});
  }
  std::string KeyOf(const std::string& profile) {
    const auto found = Find({.profile = profile});
    return found.ok() ? found->access_key : base::MessageOf(found.status());
  }
  std::string MessageFor(const std::string& profile) {
    return base::MessageOf(Find({.profile = profile}).status());
  }
  std::string Key() { return KeyOf(""); }

  FaultyServer& Serve(const char* variable, std::vector<Reply> replies) {
    servers_.push_back(std::make_unique<FaultyServer>(std::move(replies)));
    Set(variable, servers_.back()->endpoint());
    return *servers_.back();
  }
  FaultyServer& ServeInstance(const std::string& access_key) {
    Set("AWS_EC2_METADATA_DISABLED", std::nullopt);
    return Serve(kInstance, {Respond("200 OK", "token"), Respond("200 OK", "role"),
                             Respond("200 OK", Keys(access_key))});
  }
  void SetWebIdentity() {
    Set("AWS_WEB_IDENTITY_TOKEN_FILE", Write("token", "web-token"));
    Set("AWS_ROLE_ARN", "arn:r");
  }

 private:
  std::vector<std::unique_ptr<FaultyServer>> servers_;
};

constexpr char kStaticDefault[] =
    "[default]\naws_access_key_id = DEFAULTKEY\naws_secret_access_key = s\n";

TEST_F(ChainTest, TriesTheEnvironmentTheWebIdentityTheProfileTheContainerAndTheMachineInThisOrder) {
  SetKeys();
  SetWebIdentity();
  Serve(kSts, {Assumed("WEBKEY", "AssumeRoleWithWebIdentity")});
  WriteConfig(kStaticDefault);
  Serve(kContainer, {Respond("200 OK", Keys("TASKKEY"))});
  const FaultyServer& machine = ServeInstance("MACHINEKEY");
  EXPECT_EQ(Find().ValueOr({}), (Credentials{"ENVKEY", "env-secret", "env-token", std::nullopt}));
  Set("AWS_SECRET_ACCESS_KEY", "");
  EXPECT_EQ(Key(), "WEBKEY");
  Set("AWS_WEB_IDENTITY_TOKEN_FILE", std::nullopt);
  EXPECT_EQ(Key(), "DEFAULTKEY");
  WriteConfig("[default]\nregion = r\n");
  EXPECT_EQ(Key(), "TASKKEY");
  Set(kContainer, std::nullopt);
  EXPECT_THAT(machine.requests(), IsEmpty());
  EXPECT_EQ(Key(), "MACHINEKEY");
}

TEST_F(ChainTest, ANamedProfileWinsOverTheEnvironmentAndAWebIdentity) {
  SetKeys();
  SetWebIdentity();
  WriteConfig("[profile p]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = s\n");
  EXPECT_EQ(KeyOf("p"), "PROFILEKEY");
}

TEST_F(ChainTest, TheProfileOfTheEnvironmentDoesNot) {
  WriteConfig("[profile p]\naws_access_key_id = PROFILEKEY\naws_secret_access_key = s\n");
  Set("AWS_DEFAULT_PROFILE", "p");
  EXPECT_EQ(Key(), "PROFILEKEY");
  Set("AWS_PROFILE", "p");
  Set("AWS_DEFAULT_PROFILE", "q");
  EXPECT_EQ(Key(), "PROFILEKEY");
  SetKeys();
  EXPECT_EQ(Key(), "ENVKEY");
}

TEST_F(ChainTest, TheCredentialsFileWinsOverTheConfigFile) {
  WriteConfig("[profile p]\naws_access_key_id = CONFIGKEY\naws_secret_access_key = s\n");
  Write(".aws/credentials",
        "[p]\naws_access_key_id = FILEKEY\naws_secret_access_key = fs\naws_session_token = ft\n");
  EXPECT_EQ(Find({.profile = "p"}).ValueOr({}), (Credentials{"FILEKEY", "fs", "ft", std::nullopt}));
}

TEST_F(ChainTest, AProfileThatIsNotThereIsAConfigErrorThatNamesTheFiles) {
  for (const char* by_variable : {"", "nobody"}) {
    Set("AWS_PROFILE", by_variable);
    const auto found = Find({.profile = *by_variable != '\0' ? "" : "nobody"});
    EXPECT_THAT(found, IsError(ErrorKind::kConfig));
    EXPECT_THAT(base::MessageOf(found.status()),
                AllOf(HasSubstr("\"nobody\""), HasSubstr(home().string() + "/.aws/config"),
                      HasSubstr(home().string() + "/.aws/credentials")));
  }
}

TEST_F(ChainTest, NothingAnywhereIsAnErrorThatNamesAllThatWasTried) {
  const auto found = Find();
  EXPECT_THAT(found, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(found.status()).code, "NoCredentials");
  EXPECT_EQ(base::MessageOf(found.status()),
            "no AWS credentials were found; tried AWS_ACCESS_KEY_ID (not set), "
            "AWS_WEB_IDENTITY_TOKEN_FILE (not set), profile \"default\" in " +
                home().string() + "/.aws/config and " + home().string() +
                "/.aws/credentials (missing), AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
                "_FULL_URI (not set), the machine's role (AWS_EC2_METADATA_DISABLED). Set the keys "
                "in the environment, or name a profile that has credentials.");
}

TEST_F(ChainTest, WhatIsHalfThereIsNamed) {
  Set("AWS_ACCESS_KEY_ID", "ENVKEY");
  WriteConfig("[default]\nregion = r\n");
  EXPECT_THAT(MessageFor(""), AllOf(HasSubstr("AWS_SECRET_ACCESS_KEY (not set)"),
                                    HasSubstr("credentials (has no credentials)")));
}

TEST_F(ChainTest, MetadataServicesAreNotAskedThroughAProxyAndStsIs) {
  FaultyServer proxy({Assumed("ROLEKEY")});
  const Proxies proxies = {.for_http = {.url = proxy.endpoint()}};
  Serve(kContainer, {Respond("200 OK", Keys("TASKKEY"))});
  ChainOptions options;
  options.proxies = proxies;
  EXPECT_EQ(Find(options).ValueOr({}).access_key, "TASKKEY");
  EXPECT_THAT(proxy.requests(), IsEmpty());
  Set(kSts, "http://sts.test");
  options.role_arn = "arn:r";
  EXPECT_EQ(Find(options).ValueOr({}).access_key, "ROLEKEY");
  EXPECT_THAT(proxy.requests(), SizeIs(1));
}

TEST_F(ChainTest, AMachineThatDoesNotAnswerIsNamedWithItsAddress) {
  Set("AWS_EC2_METADATA_DISABLED", std::nullopt);
  Set(kInstance, "http://127.0.0.1:1");
  EXPECT_THAT(MessageFor(""),
              AllOf(HasSubstr("the machine's role at http://127.0.0.1:1 (cannot get a token: "),
                    HasSubstr("). Set the keys")));
}

TEST_F(ChainTest, APasswordInAUrlOfTheEnvironmentIsShownNowhere) {
  const std::string url = "http://somebody:pass-word@127.0.0.1:1/x?key=pass-word";
  const auto hidden = AllOf(Not(HasSubstr("pass-word")), Not(HasSubstr("somebody")));
  Set("AWS_EC2_METADATA_DISABLED", std::nullopt);
  Set(kInstance, url);
  EXPECT_THAT(MessageFor(""),
              AllOf(HasSubstr("the machine's role at http://***@127.0.0.1:1/x "), hidden));
  WriteConfig("[profile p]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n");
  EXPECT_THAT(MessageFor("p"), AllOf(HasSubstr("http://***@127.0.0.1:1/x"), hidden));
  Set(kContainer, url);
  EXPECT_THAT(MessageFor(""), AllOf(HasSubstr(kContainer), hidden));
  Set(kContainer, std::nullopt);
  SetWebIdentity();
  Set(kSts, url);
  EXPECT_THAT(MessageFor(""), AllOf(HasSubstr("arn:r at http://***@127.0.0.1:1/x"), hidden));
}

TEST_F(ChainTest, AWebIdentityIsRenewedUnsignedAfterTheRoleWasAssumedWithIt) {
  SetWebIdentity();
  const Reply web = Assumed("WEBKEY", "AssumeRoleWithWebIdentity");
  const FaultyServer& sts = Serve(kSts, {web, Assumed("FIRST"), web, Assumed("SECOND")});
  ChainOptions options{.role_arn = "arn:2"};
  options.region.name = "r";
  const auto chain = CredentialChain::Make(options).ValueOrDie();
  EXPECT_EQ(chain->Find({}).ValueOr({}).access_key, "FIRST");
  EXPECT_EQ(chain->Find({}).ValueOr({}).access_key, "SECOND");
  ASSERT_THAT(sts.requests(), SizeIs(4));
  for (const size_t renewal : {0, 2}) {
    EXPECT_THAT(sts.requests()[renewal],
                AllOf(HasSubstr("WebIdentityToken=web-token"), Not(HasSubstr("uthorization")),
                      Not(HasSubstr("Credential")), Not(HasSubstr("ecurity-"))));
    EXPECT_THAT(sts.requests()[renewal + 1], HasSubstr("Credential=WEBKEY/"));
  }
}

TEST_F(ChainTest, WhatIsConfiguredAndFailsIsAnErrorAndNothingElseIsTried) {
  const FaultyServer& machine = ServeInstance("MACHINEKEY");
  Serve(kContainer, {Respond("403 Forbidden", "")});
  EXPECT_THAT(MessageFor(""),
              HasSubstr("the container's role: cannot get credentials from "
                        "AWS_CONTAINER_CREDENTIALS_FULL_URI: the service refused "
                        "the request (HTTP 403). Check the role of the container."));
  WriteConfig("[default]\ncredential_process = exit 1\n");
  EXPECT_THAT(MessageFor(""), HasSubstr("profile \"default\", credential_process: the program"));
  Set("AWS_WEB_IDENTITY_TOKEN_FILE", "/no/such/token");
  EXPECT_THAT(Find(), IsError(ErrorKind::kConfig));  // no AWS_ROLE_ARN
  Set("AWS_ROLE_ARN", "arn:r");
  EXPECT_THAT(MessageFor(""), HasSubstr("/no/such/token"));
  EXPECT_THAT(machine.requests(), IsEmpty());
}

TEST_F(ChainTest, AProfileMayRunAProgram) {
  SetKeys();
  WriteConfig("[profile p]\ncredential_process = echo '" + Keys("PROCESSKEY") + "'\n");
  EXPECT_EQ(KeyOf("p"), "PROCESSKEY");
}

TEST_F(ChainTest, ARoleIsAssumedWithTheKeysOfTheSourceProfile) {
  WriteConfig(
      "[profile p]\nrole_arn = arn:r\nsource_profile = base\nexternal_id = x\n"
      "role_session_name = me\nduration_seconds = 900\n"
      "[profile base]\naws_access_key_id = BASEKEY\naws_secret_access_key = s\n");
  const FaultyServer& sts = Serve(kSts, {Assumed("ROLEKEY")});
  EXPECT_EQ(KeyOf("p"), "ROLEKEY");
  ASSERT_THAT(sts.requests(), SizeIs(1));
  EXPECT_THAT(sts.requests()[0],
              AllOf(HasSubstr("Credential=BASEKEY/"), HasSubstr("RoleArn=arn%3Ar&"),
                    HasSubstr("RoleSessionName=me&ExternalId=x&DurationSeconds=900")));
}

TEST_F(ChainTest, RolesAreAssumedOneAfterTheOther) {
  WriteConfig(
      "[profile p]\nrole_arn = arn:2\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = arn:1\nsource_profile = base\n"
      "[profile base]\naws_access_key_id = BASEKEY\naws_secret_access_key = s\n");
  const FaultyServer& sts = Serve(kSts, {Assumed("FIRST"), Assumed("SECOND")});
  EXPECT_EQ(KeyOf("p"), "SECOND");
  ASSERT_THAT(sts.requests(), SizeIs(2));
  EXPECT_THAT(sts.requests()[0], AllOf(HasSubstr("Credential=BASEKEY/"), HasSubstr("arn%3A1")));
  EXPECT_THAT(sts.requests()[1], AllOf(HasSubstr("Credential=FIRST/"), HasSubstr("arn%3A2"),
                                       HasSubstr("X-Amz-Security-Token: FIRST-token\r\n")));
}

TEST_F(ChainTest, AProfileMayBeItsOwnSource) {
  WriteConfig(
      "[profile p]\nrole_arn = arn:r\nsource_profile = p\naws_access_key_id = OWNKEY\n"
      "aws_secret_access_key = s\n[profile empty]\nrole_arn = arn:r\nsource_profile = empty\n");
  const FaultyServer& sts = Serve(kSts, {Assumed("ROLEKEY")});
  EXPECT_EQ(KeyOf("p"), "ROLEKEY");
  EXPECT_THAT(sts.requests().at(0), HasSubstr("Credential=OWNKEY/"));
  EXPECT_THAT(Find({.profile = "empty"}), IsError(ErrorKind::kConfig));
}

TEST_F(ChainTest, SourceProfilesInACircleAreAConfigError) {
  WriteConfig(
      "[profile a]\nrole_arn = arn:r\nsource_profile = b\n"
      "[profile b]\nrole_arn = arn:r\nsource_profile = a\n");
  EXPECT_THAT(Find({.profile = "a"}), IsError(ErrorKind::kConfig));
  EXPECT_THAT(MessageFor("a"), HasSubstr("a -> b -> a"));
}

TEST_F(ChainTest, ASourceProfileMustBeThereAndNameCredentials) {
  const FaultyServer& machine = ServeInstance("MACHINEKEY");
  WriteConfig(
      "[profile p]\nrole_arn = arn:r\nsource_profile = empty\n[profile empty]\nregion = r\n"
      "[profile q]\nrole_arn = arn:r\nsource_profile = nobody\n");
  EXPECT_THAT(Find({.profile = "p"}), IsError(ErrorKind::kConfig));
  EXPECT_THAT(MessageFor("p"), HasSubstr("profile \"empty\" is a source_profile"));
  EXPECT_THAT(MessageFor("q"), HasSubstr("there is no profile \"nobody\""));
  EXPECT_THAT(machine.requests(), IsEmpty());
}

TEST_F(ChainTest, ARoleIsAssumedWithTheCredentialSourceThatAProfileNames) {
  WriteConfig(
      "[profile env]\nrole_arn = arn:r\ncredential_source = Environment\n"
      "[profile task]\nrole_arn = arn:r\ncredential_source = EcsContainer\n"
      "[profile machine]\nrole_arn = arn:r\ncredential_source = Ec2InstanceMetadata\n"
      "[profile none]\nrole_arn = arn:r\ncredential_source = Moon\n");
  const FaultyServer& sts = Serve(kSts, {Assumed("ROLEKEY")});
  EXPECT_THAT(MessageFor("env"), HasSubstr("AWS_ACCESS_KEY_ID"));
  SetKeys();
  Serve(kContainer, {Respond("200 OK", Keys("TASKKEY"))});
  ServeInstance("MACHINEKEY");
  for (const char* profile : {"env", "task", "machine"}) EXPECT_EQ(KeyOf(profile), "ROLEKEY");
  ASSERT_THAT(sts.requests(), SizeIs(3));
  EXPECT_THAT(sts.requests()[0], HasSubstr("Credential=ENVKEY/"));
  EXPECT_THAT(sts.requests()[1], HasSubstr("Credential=TASKKEY/"));
  EXPECT_THAT(sts.requests()[2], HasSubstr("Credential=MACHINEKEY/"));
  EXPECT_THAT(Find({.profile = "none"}), IsError(ErrorKind::kConfig));
}

TEST_F(ChainTest, ARoleAloneIsAssumedAsTheContainerOrTheMachine) {
  WriteConfig("[profile p]\nrole_arn = arn:r\n");
  const FaultyServer& sts = Serve(kSts, {Assumed("ROLEKEY")});
  EXPECT_THAT(MessageFor("p"), AllOf(HasSubstr("no AWS credentials were found"),
                                     HasSubstr("profile \"p\" (has a role but no credentials)")));
  ServeInstance("MACHINEKEY");
  EXPECT_EQ(KeyOf("p"), "ROLEKEY");
  EXPECT_THAT(sts.requests().at(0), HasSubstr("Credential=MACHINEKEY/"));
}

TEST_F(ChainTest, AProfileMayAssumeARoleByAWebIdentityAndOthersMayBuildOnIt) {
  WriteConfig(
      "[profile web]\nrole_arn = arn:1\nweb_identity_token_file = " + Write("token", "web-token") +
      "\n[profile p]\nrole_arn = arn:2\nsource_profile = web\n");
  const FaultyServer& sts =
      Serve(kSts, {Assumed("WEBKEY", "AssumeRoleWithWebIdentity"), Assumed("ROLEKEY")});
  EXPECT_EQ(KeyOf("p"), "ROLEKEY");
  EXPECT_THAT(sts.requests().at(0), HasSubstr("WebIdentityToken=web-token"));
  EXPECT_THAT(sts.requests().at(1), HasSubstr("Credential=WEBKEY/"));
}

TEST_F(ChainTest, TheKeysOfAProfileComeBeforeItsWebIdentity) {
  WriteConfig(
      "[profile p]\nrole_arn = arn:r\nweb_identity_token_file = /no/such/token\n"
      "aws_access_key_id = OWNKEY\naws_secret_access_key = s\n");
  const FaultyServer& sts = Serve(kSts, {Assumed("ROLEKEY")});
  EXPECT_EQ(KeyOf("p"), "ROLEKEY");
  EXPECT_THAT(sts.requests().at(0), HasSubstr("Credential=OWNKEY/"));
}

TEST_F(ChainTest, TheRoleOfTheOptionsIsAssumedWithWhateverWasFound) {
  SetKeys();
  const FaultyServer& sts = Serve(kSts, {Assumed("ROLEKEY")});
  EXPECT_EQ(Find({.role_arn = "arn:r", .external_id = "x"}).ValueOr({}).access_key, "ROLEKEY");
  EXPECT_THAT(sts.requests().at(0),
              AllOf(HasSubstr("Credential=ENVKEY/"), HasSubstr("/eu-west-1/sts/aws4_request"),
                    HasSubstr("RoleArn=arn%3Ar&RoleSessionName=cq-source-s3&ExternalId=x")));
}

TEST_F(ChainTest, AProfileWithMfaIsUnsupported) {
  WriteConfig(
      "[profile p]\nrole_arn = arn:r\nsource_profile = base\nmfa_serial = arn:mfa\n"
      "[profile base]\naws_access_key_id = BASEKEY\naws_secret_access_key = s\n");
  EXPECT_THAT(Find({.profile = "p"}), IsError(ErrorKind::kUnsupported));
  EXPECT_THAT(MessageFor("p"), HasSubstr("mfa_serial"));
}

TEST_F(ChainTest, SettingsThatNeedARoleAreAConfigErrorWithoutIt) {
  WriteConfig(
      "[profile a]\nsource_profile = b\n[profile b]\ncredential_source = Environment\n"
      "[profile c]\nweb_identity_token_file = /f\n"
      "[profile d]\nrole_arn = arn:r\nduration_seconds = 1h\n");
  for (const char* profile : {"a", "b", "c", "d"}) {
    EXPECT_THAT(Find({.profile = profile}), IsError(ErrorKind::kConfig)) << profile;
  }
}

TEST_F(ChainTest, AProfileMayUseASignInOfEitherForm) {
  WriteConfig(
      "[profile new]\nsso_session = s\nsso_account_id = 1\nsso_role_name = n\n"
      "[sso-session s]\nsso_region = r\nsso_start_url = https://u\n"
      "[profile old]\nsso_region = r\nsso_start_url = https://u\nsso_account_id = 1\n"
      "sso_role_name = n\n");
  for (const char* name : {"s", "https://u"}) {
    Write(std::filesystem::path(SsoTokenPath(name)).lexically_relative(home()),
          R"({"accessToken": "t", "expiresAt": "2200-01-01T00:00:00Z"})");
  }
  Serve("AWS_ENDPOINT_URL_SSO", {Respond("200 OK", R"({"roleCredentials":
      {"accessKeyId": "SSOKEY", "secretAccessKey": "s", "sessionToken": "t"}})")});
  EXPECT_EQ(KeyOf("new"), "SSOKEY");
  EXPECT_EQ(KeyOf("old"), "SSOKEY");
}

TEST_F(ChainTest, ASignInThatIsNotFullyDescribedIsAConfigErrorThatNamesWhatIsMissing) {
  WriteConfig(
      "[profile a]\nsso_session = s\nsso_account_id = 1\nsso_role_name = n\n"
      "[profile b]\nsso_start_url = https://u\nsso_account_id = 1\nsso_role_name = n\n"
      "[profile c]\nsso_start_url = https://u\nsso_region = r\nsso_role_name = n\n");
  EXPECT_THAT(MessageFor("a"), HasSubstr("[sso-session s]"));
  EXPECT_THAT(MessageFor("b"), HasSubstr("no sso_region"));
  EXPECT_THAT(MessageFor("c"), HasSubstr("no sso_account_id"));
}

TEST_F(ChainTest, AStopEndsTheSearch) {
  WriteConfig("[default]\ncredential_process = sleep 600\n");
  const auto chain = CredentialChain::Make({}).ValueOrDie();
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(chain->Find(stop.get_token()), IsError(ErrorKind::kCancelled));
}

}  // namespace
}  // namespace s3
