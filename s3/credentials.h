// AWS credentials. What is written down (environment keys, static keys of a named profile) is read
// here; everything else (credential_process, SSO, web identity, container and instance roles) comes
// from the AWS SDK inside Arrow's S3 library, which also caches and renews it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "arrow/result.h"

namespace s3 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  /// Empty for long-lived keys.
  std::string session_token;
  bool operator==(const Credentials&) const = default;
};

/// Ends the AWS SDK, which CredentialSource starts when it first needs it. `main` owns one, made
/// before anything that uses credentials and so destroyed after it. The SDK starts once a process.
class AwsSdk {
 public:
  AwsSdk() = default;
  ~AwsSdk();
  AwsSdk(const AwsSdk&) = delete;
  AwsSdk& operator=(const AwsSdk&) = delete;
};

/// Thread-safe. Touches neither files nor the network before the first Get.
///
/// Without a profile: the environment, then the default chain of the AWS SDK (which knows
/// AWS_PROFILE). With one: that profile and nothing else, so it wins over keys in the environment.
/// The SDK takes the name of a profile from the environment only; a profile that needs the SDK
/// therefore changes this process's environment (AWS_PROFILE is set, AWS_ACCESS_KEY_ID and its like
/// are removed) until the last CredentialSource of that profile is gone. Meanwhile other sources
/// that need the SDK get kUnsupported.
class CredentialSource {
 public:
  explicit CredentialSource(std::string profile);
  ~CredentialSource();

  /// Credentials as of now; cheap once they are known. kAccess with the code "NoCredentials" when
  /// there are none; kConfig when there is no such profile; kUnsupported for a profile with
  /// role_arn. Can take some ten seconds when the instance metadata service is reached but silent.
  [[nodiscard]] arrow::Result<Credentials> Get();

 private:
  class Chain;
  arrow::Result<std::shared_ptr<Chain>> StartChain(bool from_profile_alone);
  arrow::Result<Credentials> FromChain(bool from_profile_alone);

  const std::string profile_;
  std::mutex mutex_;
  std::shared_ptr<Chain> chain_;
};

}  // namespace s3
