// Where AWS credentials come from: the order of the AWS SDK for Go v2.
//
//   1. the profile in the options, and then none of 2 to 4
//   2. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//   3. a web identity: AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN
//   4. the profile AWS_PROFILE, or the default one
//   5. the container
//   6. the machine's role
//
// Only the first source that is configured is used: if it fails, no other is tried, so that a sync
// never runs with credentials that were not intended. A profile has one of: another profile to
// start from (source_profile), static keys, credential_source, a web identity, SSO,
// credential_process. If there is a role_arn, that role is then assumed.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/endpoint/partitions.h"
#include "s3/http/http_client.h"

namespace s3 {

struct ChainOptions {
  /// Empty: see the list above.
  std::string profile;
  /// The role to assume with the credentials that were found; empty: none.
  std::string role_arn;
  std::string external_id;
  /// The region of STS, and which of AWS's hosts to use for STS and SSO.
  AwsRegion region;
  std::string user_agent;
  /// See HttpClientOptions. Metadata services are never asked through a proxy.
  Proxies proxies;
  std::string tls_ca_file;
};

/// Thread-safe. Keeps no credentials. Reads the environment and files at each Find.
class CredentialChain {
 public:
  /// kConfig if the CA file cannot be used. Contacts no server.
  [[nodiscard]] static arrow::Result<std::unique_ptr<CredentialChain>> Make(ChainOptions options);

  /// kAccess if there are none (the text lists what was tried) or if a service refuses to provide
  /// them; kConfig if profiles or variables are contradictory; kUnsupported for a profile that
  /// requires an MFA code.
  [[nodiscard]] arrow::Result<Credentials> Find(const std::stop_token& stop) const;

 private:
  class Search;
  CredentialChain(ChainOptions options, std::unique_ptr<HttpClient> services,
                  std::unique_ptr<HttpClient> metadata);

  const ChainOptions options_;
  /// STS and SSO.
  const std::unique_ptr<HttpClient> services_;
  /// The metadata services of container and machine.
  const std::unique_ptr<HttpClient> metadata_;
};

}  // namespace s3
