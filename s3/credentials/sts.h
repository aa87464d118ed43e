// AWS's Security Token Service: temporary credentials for a role.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
//
// Requests go to the STS of the bucket's region, or to AWS_ENDPOINT_URL_STS.
#pragma once

#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/endpoint/partitions.h"
#include "s3/http/http_client.h"

namespace s3 {

struct Role {
  std::string arn;
  /// Names the user of the credentials in AWS's logs.
  std::string session_name = "cq-source-s3";
  /// External ID required by the role's trust policy; empty: none.
  std::string external_id;
  /// Lifetime of the credentials in seconds; empty: the default of STS, an hour.
  std::string duration_seconds;
};

/// Assumes the role as `caller`. Errors are those of Ask.
[[nodiscard]] arrow::Result<Credentials> AssumeRole(HttpClient& http, const AwsRegion& region,
                                                    const Role& role, const Credentials& caller,
                                                    const std::stop_token& stop);

/// Assumes the role with the token in `token_file`. The file is read each time, because the issuer
/// of the token replaces it.
[[nodiscard]] arrow::Result<Credentials> AssumeRoleWithWebIdentity(HttpClient& http,
                                                                   const AwsRegion& region,
                                                                   const Role& role,
                                                                   const std::string& token_file,
                                                                   const std::stop_token& stop);

}  // namespace s3
