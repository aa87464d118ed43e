#include "s3/credentials/credential_answer.h"

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/time.h"

namespace s3 {
namespace {

arrow::Status MissingPart(const char* name) {
  return NoCredentials("the answer has no valid " + std::string(name) + ".");
}

/// Nothing if the time is outside the range of a Timestamp.
std::optional<Timestamp> FromMilliseconds(int64_t since_1970) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max() / 1'000'000;
  if (since_1970 < 0 || since_1970 > kMax) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(since_1970));
}

}  // namespace

nlohmann::json ParseJson(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

std::string TextOf(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

arrow::Status NoCredentials(std::string message) {
  return base::MakeError({.kind = base::ErrorKind::kAccess, .code = "NoCredentials"},
                         std::move(message));
}

arrow::Result<Credentials> CredentialsFromJson(std::string_view json, const PartNames& names,
                                               const char* member) {
  nlohmann::json parts = ParseJson(json);
  if (member != nullptr && parts.is_object()) {
    const auto found = parts.find(member);
    if (found == parts.end()) return MissingPart(member);
    parts = nlohmann::json(*found);
  }
  if (!parts.is_object()) return NoCredentials("the answer is not a JSON object.");
  Credentials found{.access_key = TextOf(parts, names.access_key),
                    .secret_key = TextOf(parts, names.secret_key),
                    .session_token = TextOf(parts, names.session_token)};
  if (found.access_key.empty()) return MissingPart(names.access_key);
  if (found.secret_key.empty()) return MissingPart(names.secret_key);
  const auto expiration = parts.find(names.expiration);
  if (expiration == parts.end() || expiration->is_null()) return found;
  found.expires = expiration->is_number_integer()
                      ? FromMilliseconds(expiration->get<int64_t>())
                      : ParseExpiration(TextOf(parts, names.expiration));
  if (!found.expires) return MissingPart(names.expiration);
  return found;
}

std::optional<Timestamp> ParseExpiration(std::string_view text) {
  constexpr std::string_view kUtc = "UTC";
  if (!text.ends_with(kUtc)) return base::ParseRfc3339(text);
  text.remove_suffix(kUtc.size());
  return base::ParseRfc3339(std::string(text) + "Z");
}

}  // namespace s3
