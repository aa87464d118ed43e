// Credentials of a role in IAM Identity Center (SSO), for users who signed in with the AWS CLI.
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/endpoint/partitions.h"
#include "s3/http/http_client.h"

namespace s3 {

struct SsoRole {
  /// Name of the [sso-session] in the configuration file; empty for a profile of the older form.
  std::string session;
  std::string start_url;
  /// Region of the portal. Not used if AWS_ENDPOINT_URL_SSO is set.
  std::string region;
  std::string account_id;
  std::string role_name;
};

/// The file that the AWS CLI writes a sign-in's token to, named after the session or the URL:
/// ~/.aws/sso/cache/<SHA-1>.json
std::string SsoTokenPath(std::string_view session_or_start_url);

/// kAccess if there is no sign-in or it has expired; else errors are those of Ask. The token is
/// read each time and never renewed here.
[[nodiscard]] arrow::Result<Credentials> FromSso(HttpClient& http, const SsoRole& role,
                                                 HostVariant hosts, const std::stop_token& stop);

}  // namespace s3
