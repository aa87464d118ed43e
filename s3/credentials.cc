#include "s3/credentials.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "arrow/filesystem/s3fs.h"
#include "base/error.h"
#include "s3/profile.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

arrow::Status NoCredentials(const std::string& looked_at) {
  return MakeError(ErrorInfo{.kind = ErrorKind::kAccess, .code = "NoCredentials"},
                   "no AWS credentials were found; looked at " + looked_at);
}

std::optional<Credentials> FromEnvironment() {
  Credentials keys{.access_key = Variable("AWS_ACCESS_KEY_ID"),
                   .secret_key = Variable("AWS_SECRET_ACCESS_KEY"),
                   .session_token = Variable("AWS_SESSION_TOKEN")};
  if (keys.access_key.empty() || keys.secret_key.empty()) return std::nullopt;
  return keys;
}

/// Whether the profile itself says where credentials come from.
bool NamesASource(const Profile& profile) {
  constexpr std::array<std::string_view, 4> kSources = {
      "credential_process", "sso_session", "sso_account_id", "web_identity_token_file"};
  return std::any_of(kSources.begin(), kSources.end(),
                     [&](const auto source) { return !Setting(profile, source).empty(); });
}

bool NeedsAssumedRole(const Profile& profile) {
  return !Setting(profile, "role_arn").empty() &&
         Setting(profile, "web_identity_token_file").empty();
}

arrow::Status AssumedRoleUnsupported(const std::string& profile) {
  return MakeError(ErrorInfo{.kind = ErrorKind::kUnsupported, .code = "AssumeRole"},
                   "profile \"" + profile +
                       "\" assumes a role (role_arn), which is not supported; give it "
                       "credential_process = aws configure export-credentials --profile <name of "
                       "the role's profile>, or put the role's keys into the environment");
}

/// Sets or removes environment variables, and puts them back.
class ScopedEnvironment {
 public:
  void Set(const char* name, const std::string& value) {
    Remember(name);
    setenv(name, value.c_str(), /*overwrite=*/1);
  }
  void Remove(const char* name) {
    Remember(name);
    unsetenv(name);
  }

  ScopedEnvironment() = default;
  ScopedEnvironment(const ScopedEnvironment&) = delete;
  ScopedEnvironment& operator=(const ScopedEnvironment&) = delete;
  ~ScopedEnvironment() {
    for (const auto& [name, value] : before_) {
      if (value) {
        setenv(name, value->c_str(), /*overwrite=*/1);
      } else {
        unsetenv(name);
      }
    }
  }

 private:
  void Remember(const char* name) {
    const char* value = std::getenv(name);
    before_.emplace_back(name, value != nullptr ? std::optional<std::string>(value) : std::nullopt);
  }

  std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

/// Before the profile in the SDK's chain.
constexpr std::array kShadowingVariables = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                            "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE",
                                            "AWS_ROLE_ARN",      "AWS_WEB_IDENTITY_TOKEN_FILE"};
/// After it, and not to be tried when the profile names a source that fails.
constexpr std::array kFallbackVariables = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                           "AWS_CONTAINER_CREDENTIALS_FULL_URI"};

/// Guards the SDK's start, which chain the process runs, and with it the process's environment.
constinit std::mutex chain_mutex;

arrow::Status StartSdk() {
  if (arrow::fs::IsS3Initialized()) return arrow::Status::OK();
  arrow::fs::S3GlobalOptions options = arrow::fs::S3GlobalOptions::Defaults();
  options.log_level = arrow::fs::S3LogLevel::Off;
  return arrow::fs::InitializeS3(options);
}

}  // namespace

AwsSdk::~AwsSdk() {
  if (arrow::fs::IsS3Initialized()) (void)arrow::fs::EnsureS3Finalized();
}

/// The SDK's chain for one profile (empty: the default), with the environment that it needs. There
/// is at most one kind at a time in a process.
class CredentialSource::Chain {
 public:
  Chain(std::string profile, bool from_profile_alone) : profile_(std::move(profile)) {
    if (!profile_.empty()) {
      for (const char* name : kShadowingVariables) environment_.Remove(name);
      environment_.Set("AWS_PROFILE", profile_);
      if (from_profile_alone) {
        for (const char* name : kFallbackVariables) environment_.Remove(name);
        environment_.Set("AWS_EC2_METADATA_DISABLED", "true");
      }
    }
    options_ = arrow::fs::S3Options::Defaults();
  }

  const std::string& profile() const { return profile_; }

  /// Empty keys when the chain finds none.
  Credentials Read() const {
    // Three calls, and the SDK may renew the credentials between them.
    for (;;) {
      Credentials keys{.access_key = options_.GetAccessKey()};
      if (keys.access_key.empty()) return keys;
      keys.secret_key = options_.GetSecretKey();
      keys.session_token = options_.GetSessionToken();
      if (options_.GetAccessKey() == keys.access_key) return keys;
    }
  }

 private:
  const std::string profile_;
  ScopedEnvironment environment_;
  arrow::fs::S3Options options_;
};

CredentialSource::CredentialSource(std::string profile) : profile_(std::move(profile)) {}

CredentialSource::~CredentialSource() {
  // The last one puts the environment back, which must not mix with another chain's start.
  const std::lock_guard lock(chain_mutex);
  chain_.reset();
}

arrow::Result<Credentials> CredentialSource::Get() {
  if (profile_.empty()) {
    if (auto keys = FromEnvironment()) return *std::move(keys);
    return FromChain(/*from_profile_alone=*/false);
  }
  ARROW_ASSIGN_OR_RAISE(const Profile profile, LoadProfile(profile_));
  if (NeedsAssumedRole(profile)) return AssumedRoleUnsupported(profile_);
  const std::string_view access_key = Setting(profile, "aws_access_key_id");
  const std::string_view secret_key = Setting(profile, "aws_secret_access_key");
  if (!access_key.empty() && !secret_key.empty()) {
    return Credentials{.access_key = std::string(access_key),
                       .secret_key = std::string(secret_key),
                       .session_token = std::string(Setting(profile, "aws_session_token"))};
  }
  return FromChain(NamesASource(profile));
}

arrow::Result<std::shared_ptr<CredentialSource::Chain>> CredentialSource::StartChain(
    bool from_profile_alone) {
  static std::weak_ptr<Chain> in_process;
  const std::lock_guard lock(chain_mutex);
  ARROW_RETURN_NOT_OK(StartSdk());
  auto chain = in_process.lock();
  if (chain == nullptr) {
    chain = std::make_shared<Chain>(profile_, from_profile_alone);
    in_process = chain;
  } else if (chain->profile() != profile_) {
    return MakeError(ErrorKind::kUnsupported,
                     "this process is reading with the profile \"" + chain->profile() +
                         "\" and cannot use \"" + profile_ +
                         "\" at the same time; run them as two sources, one after the other");
  }
  return chain;
}

arrow::Result<Credentials> CredentialSource::FromChain(bool from_profile_alone) {
  std::shared_ptr<Chain> chain;
  {
    const std::lock_guard lock(mutex_);
    if (chain_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(chain_, StartChain(from_profile_alone));
    }
    chain = chain_;
  }
  Credentials keys = chain->Read();
  if (!keys.access_key.empty()) return keys;
  if (!profile_.empty()) {
    return NoCredentials("profile \"" + profile_ + "\" in " + ConfigFilePath() + " and " +
                         CredentialsFilePath() +
                         (from_profile_alone ? "; check that its credential source works"
                                             : "; give it keys or a credential_process"));
  }
  const std::string named = Variable("AWS_PROFILE");
  const std::string profile = named.empty() ? "default" : named;
  if (const auto loaded = LoadProfile(profile); loaded.ok() && NeedsAssumedRole(*loaded)) {
    return AssumedRoleUnsupported(profile);
  }
  return NoCredentials("the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), profile \"" +
                       profile + "\" in " + ConfigFilePath() + " and " + CredentialsFilePath() +
                       ", web identity, and the roles of the container and of the machine; set "
                       "the environment or name a profile");
}

}  // namespace s3
