// AWS's Security Token Service: temporary credentials for a role.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
//
// It is asked in the region of the bucket, or where AWS_ENDPOINT_URL_STS says.
#pragma once

#include <stop_token>
#include <string>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/http/http_client.h"

namespace s3 {

struct Role {
  std::string arn;
  /// How AWS's logs name those who use the credentials.
  std::string session_name = "cq-source-s3";
  /// What the role's owner may ask of strangers; empty: nothing.
  std::string external_id;
  /// Life of the credentials in seconds; empty: STS's own choice, an hour.
  std::string duration_seconds;
};

/// The role, assumed by `caller`. Errors are those of Ask.
[[nodiscard]] arrow::Result<Credentials> AssumeRole(HttpClient& http, const std::string& region,
                                                    const Role& role, const Credentials& caller,
                                                    const std::stop_token& stop);

/// The role, assumed by whom the token in `token_file` is issued to. The file is read anew each
/// time, since whoever issues the token replaces it.
[[nodiscard]] arrow::Result<Credentials> AssumeRoleWithWebIdentity(HttpClient& http,
                                                                   const std::string& region,
                                                                   const Role& role,
                                                                   const std::string& token_file,
                                                                   const std::stop_token& stop);

}  // namespace s3
