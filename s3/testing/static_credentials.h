// For tests: credentials for S3Options that come from nowhere else.
#pragma once

#include <stop_token>
#include <string>
#include <utility>

#include "s3/credentials/credentials.h"

namespace s3 {

inline CredentialSource::Fetch StaticCredentials(std::string access_key = "id",
                                                 std::string secret_key = "key",
                                                 std::string session_token = "") {
  return [keys = Credentials{.access_key = std::move(access_key),
                             .secret_key = std::move(secret_key),
                             .session_token = std::move(session_token)}](const std::stop_token&) {
    return keys;
  };
}

}  // namespace s3
