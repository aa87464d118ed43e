#include "s3/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "base/testing.h"

namespace s3 {
namespace {

using base::ErrorKind;
using base::IsError;
using base::IsOk;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// The SDK reads the files when it starts, and it starts once a process: all tests share them.
class SdkEnvironment final : public testing::Environment {
 public:
  void SetUp() override {
    std::string folder = std::filesystem::temp_directory_path() / "credentials-test-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    Write("config",
          "[profile static-in-config]\naws_access_key_id = CONFIGKEY\n"
          "aws_secret_access_key = config-secret\n"
          "[profile both]\naws_access_key_id = CONFIGKEY\naws_secret_access_key = config-secret\n"
          "[profile process]\ncredential_process = /bin/sh " +
              folder + "/process\n" +
              "[profile broken-process]\ncredential_process = /bin/false\n"
              "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = both\n"
              "[profile region-only]\nregion = eu-west-1\n");
    Write("credentials",
          "[both]\naws_access_key_id = FILEKEY\naws_secret_access_key = file-secret\n"
          "aws_session_token = file-token\n");
    Write("process",
          "echo run >> " + folder +
              "/runs\necho '{\"Version\": 1, \"AccessKeyId\": \"PROCESSKEY\", "
              "\"SecretAccessKey\": \"process-secret\", \"SessionToken\": \"process-token\"}'\n");
    setenv("AWS_CONFIG_FILE", (folder + "/config").c_str(), 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", (folder + "/credentials").c_str(), 1);
    sdk_ = std::make_unique<AwsSdk>();
  }

  void TearDown() override {
    sdk_.reset();
    std::filesystem::remove_all(folder_);
  }

  int ProcessRuns() const {
    std::ifstream runs(folder_ / "runs");
    int count = 0;
    for (std::string line; std::getline(runs, line);) ++count;
    return count;
  }

 private:
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  std::filesystem::path folder_;
  std::unique_ptr<AwsSdk> sdk_;
};

// GoogleTest owns it.
auto* const kSdk =
    static_cast<SdkEnvironment*>(testing::AddGlobalTestEnvironment(new SdkEnvironment()));

/// Starts each test without anything that would give credentials, and puts the environment back.
class CredentialsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
                             "AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
      Set(name, std::nullopt);
    }
    Set("AWS_EC2_METADATA_DISABLED", "true");
  }

  void TearDown() override {
    for (const auto& [name, value] : before_) Apply(name, value);
  }

  void Set(const std::string& name, const std::optional<std::string>& value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
    Apply(name, value);
  }

  void SetKeys() {
    Set("AWS_ACCESS_KEY_ID", "ENVKEY");
    Set("AWS_SECRET_ACCESS_KEY", "env-secret");
    Set("AWS_SESSION_TOKEN", "env-token");
  }

 private:
  static void Apply(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      setenv(name.c_str(), value->c_str(), 1);
    } else {
      unsetenv(name.c_str());
    }
  }

  std::map<std::string, std::optional<std::string>> before_;
};

const Credentials kFromEnvironment = {"ENVKEY", "env-secret", "env-token"};
const Credentials kFromProcess = {"PROCESSKEY", "process-secret", "process-token"};

TEST_F(CredentialsTest, ComeFromTheEnvironmentWhenNoProfileIsNamed) {
  SetKeys();
  EXPECT_EQ(CredentialSource("").Get().ValueOr({}), kFromEnvironment);
}

TEST_F(CredentialsTest, FollowTheEnvironmentWhenItChanges) {
  SetKeys();
  CredentialSource source("");
  ASSERT_THAT(source.Get(), IsOk());
  Set("AWS_ACCESS_KEY_ID", "OTHER");
  EXPECT_EQ(source.Get().ValueOr({}).access_key, "OTHER");
}

TEST_F(CredentialsTest, OfANamedProfileWinOverTheEnvironment) {
  SetKeys();
  EXPECT_EQ(CredentialSource("static-in-config").Get().ValueOr({}),
            (Credentials{"CONFIGKEY", "config-secret", ""}));
}

TEST_F(CredentialsTest, OfTheCredentialsFileWinOverTheConfigFile) {
  EXPECT_EQ(CredentialSource("both").Get().ValueOr({}),
            (Credentials{"FILEKEY", "file-secret", "file-token"}));
}

TEST_F(CredentialsTest, OfAnAwsProfileVariableAreFound) {
  Set("AWS_PROFILE", "both");
  EXPECT_EQ(CredentialSource("").Get().ValueOr({}).access_key, "FILEKEY");
}

TEST_F(CredentialsTest, OfANamedProfilesProcessWinOverTheEnvironmentWhichComesBackAfterwards) {
  SetKeys();
  {
    CredentialSource source("process");
    EXPECT_EQ(source.Get().ValueOr({}), kFromProcess);
  }
  EXPECT_STREQ(std::getenv("AWS_ACCESS_KEY_ID"), "ENVKEY");
  EXPECT_EQ(std::getenv("AWS_PROFILE"), nullptr);
  EXPECT_EQ(CredentialSource("").Get().ValueOr({}), kFromEnvironment);
}

TEST_F(CredentialsTest, OfAProcessAreAskedForOnce) {
  CredentialSource source("process");
  ASSERT_THAT(source.Get(), IsOk());
  const int runs = kSdk->ProcessRuns();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(source.Get().ValueOr({}), kFromProcess);
  EXPECT_EQ(kSdk->ProcessRuns(), runs);
}

TEST_F(CredentialsTest, OfTwoProfilesThatNeedTheSdkAreRefusedTogetherButNotOneAfterTheOther) {
  {
    CredentialSource first("process");
    ASSERT_THAT(first.Get(), IsOk());
    EXPECT_THAT(CredentialSource("broken-process").Get(), IsError(ErrorKind::kUnsupported));
    EXPECT_EQ(CredentialSource("process").Get().ValueOr({}), kFromProcess);
  }
  EXPECT_THAT(CredentialSource("broken-process").Get(), IsError(ErrorKind::kAccess));
}

TEST_F(CredentialsTest, OfABrokenProcessAreMissingAndTheEnvironmentDoesNotHelpOut) {
  SetKeys();
  const auto keys = CredentialSource("broken-process").Get();
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(keys.status()).code, "NoCredentials");
  EXPECT_THAT(base::MessageOf(keys.status()), HasSubstr("\"broken-process\""));
}

TEST_F(CredentialsTest, OfAProfileWithARoleAreUnsupported) {
  EXPECT_THAT(CredentialSource("role").Get(), IsError(ErrorKind::kUnsupported));
  Set("AWS_PROFILE", "role");
  EXPECT_THAT(CredentialSource("").Get(), IsError(ErrorKind::kUnsupported));
}

TEST_F(CredentialsTest, OfAnUnknownProfileAreAConfigErrorThatNamesTheFiles) {
  SetKeys();
  const auto keys = CredentialSource("nobody").Get();
  EXPECT_THAT(keys, IsError(ErrorKind::kConfig));
  EXPECT_THAT(base::MessageOf(keys.status()),
              AllOf(HasSubstr("\"nobody\""), HasSubstr(std::getenv("AWS_CONFIG_FILE")),
                    HasSubstr(std::getenv("AWS_SHARED_CREDENTIALS_FILE"))));
}

TEST_F(CredentialsTest, ThatAreNowhereAreReportedFastWithWhatWasLookedAt) {
  const auto start = std::chrono::steady_clock::now();
  const auto keys = CredentialSource("").Get();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_EQ(base::InfoOf(keys.status()).code, "NoCredentials");
  EXPECT_THAT(base::MessageOf(keys.status()),
              AllOf(HasSubstr("AWS_ACCESS_KEY_ID"), HasSubstr("\"default\"")));
}

TEST_F(CredentialsTest, OfAProfileThatNamesNoneAreMissing) {
  SetKeys();
  const auto keys = CredentialSource("region-only").Get();
  EXPECT_THAT(keys, IsError(ErrorKind::kAccess));
  EXPECT_THAT(base::MessageOf(keys.status()), Not(HasSubstr("env-secret")));
}

}  // namespace
}  // namespace s3
