// Where AWS credentials come from: the order of the AWS SDK for Go v2.
//
//   1. the profile that the options name, and none of 2 to 4
//   2. AWS_ACCESS_KEY_ID and its like
//   3. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN
//   4. the profile AWS_PROFILE, or the default one
//   5. the container
//   6. the role of the machine
//
// The first that is configured counts: when it fails, nothing else is tried, so that no sync runs
// as somebody it was not meant to. A profile says one of: another profile to start from
// (source_profile), static keys, credential_source, a web identity, SSO, credential_process. With a
// role_arn, the role is then assumed.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/credentials/profile.h"
#include "s3/http/http_client.h"

namespace s3 {

struct ChainOptions {
  /// Empty: as the environment says.
  std::string profile;
  /// Assumed with whatever was found; empty: no role.
  std::string role_arn;
  std::string external_id;
  /// In which STS is asked.
  std::string region;
  std::string user_agent;
  /// See HttpClientOptions.
  std::string tls_ca_file;
};

/// Thread-safe. Keeps no credentials.
class CredentialChain {
 public:
  /// Contacts nobody.
  [[nodiscard]] static arrow::Result<std::unique_ptr<CredentialChain>> Make(ChainOptions options);

  /// kAccess when there are none, with all that was tried, or when who gives them refuses; kConfig
  /// when profiles or variables contradict themselves; kUnsupported for a profile that asks for a
  /// code of an MFA device.
  [[nodiscard]] arrow::Result<Credentials> Find(const std::stop_token& stop) const;

 private:
  class Search;
  CredentialChain(ChainOptions options, std::unique_ptr<HttpClient> services,
                  std::unique_ptr<HttpClient> neighbours);

  const ChainOptions options_;
  /// STS and SSO.
  const std::unique_ptr<HttpClient> services_;
  /// The metadata of container and machine.
  const std::unique_ptr<HttpClient> neighbours_;
};

}  // namespace s3
