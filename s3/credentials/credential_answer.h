// Parses what services and programs that provide credentials answer. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"

namespace s3 {

/// kAccess with the code "NoCredentials".
[[nodiscard]] arrow::Status NoCredentials(std::string message);

/// The names of the parts of credentials in JSON.
struct PartNames {
  const char* access_key = "AccessKeyId";
  const char* secret_key = "SecretAccessKey";
  const char* session_token = "Token";
  const char* expiration = "Expiration";
};

/// JSON that another program wrote; "discarded" if `text` is not valid JSON.
nlohmann::json ParseJson(std::string_view text);

/// The text of a member; empty if there is none, or if `json` is not an object.
std::string TextOf(const nlohmann::json& json, const char* name);

/// Credentials in a JSON object, which is the document or its member `member`. The expiration may
/// be missing, a time in ISO 8601, or milliseconds since 1970. kAccess if they are missing; the
/// error contains nothing of the text.
[[nodiscard]] arrow::Result<Credentials> CredentialsFromJson(std::string_view json,
                                                             const PartNames& names,
                                                             const char* member = nullptr);

/// A time as AWS's tools write it: 2024-01-02T03:04:05Z, also with a fraction, with "UTC" or with
/// an offset such as +02:00 at its end.
std::optional<Timestamp> ParseExpiration(std::string_view text);

}  // namespace s3
