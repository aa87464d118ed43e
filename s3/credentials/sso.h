// Credentials of a role in IAM Identity Center (SSO), for who has signed in with the AWS CLI.
// https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/http/http_client.h"

namespace s3 {

struct SsoRole {
  /// Name of the [sso-session] of the configuration file; empty in a profile of the older form.
  std::string session;
  std::string start_url;
  /// Where the portal is, unless AWS_ENDPOINT_URL_SSO says.
  std::string region;
  std::string account_id;
  std::string role_name;
};

/// Where the AWS CLI leaves the token of a sign-in, which it names after the session or the URL:
/// ~/.aws/sso/cache/<SHA-1>.json
std::string SsoTokenPath(std::string_view session_or_start_url);

/// kAccess when nobody has signed in or the sign-in has expired; else errors are those of Ask. The
/// token is read anew each time and never renewed here.
[[nodiscard]] arrow::Result<Credentials> FromSso(HttpClient& http, const SsoRole& role,
                                                 const std::stop_token& stop);

}  // namespace s3
