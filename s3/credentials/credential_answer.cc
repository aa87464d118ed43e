#include "s3/credentials/credential_answer.h"

#include <charconv>
#include <limits>
#include <utility>

#include "base/error.h"
#include "s3/credentials/json_text.h"
#include "s3/xml/list_xml.h"

namespace s3 {
namespace {

arrow::Status MissingPart(const char* name) {
  return NoCredentials("the answer has no valid " + std::string(name));
}

/// Nothing when it is outside of what a Timestamp holds.
std::optional<Timestamp> FromMilliseconds(int64_t since_1970) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 1'000'000;
  if (since_1970 < 0 || since_1970 > kMost) return std::nullopt;
  return Timestamp(std::chrono::milliseconds(since_1970));
}

/// "2024-01-02T03:04:05+02:00" without its offset, which goes to `offset`.
std::string_view TakeOffset(std::string_view text, std::chrono::minutes& offset) {
  constexpr size_t kLength = 6;
  if (text.size() < kLength) return text;
  const std::string_view end = text.substr(text.size() - kLength);
  int hours = 0;
  int minutes = 0;
  const auto number = [](std::string_view digits, int& out) {
    const auto [stopped, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc() && stopped == digits.data() + digits.size() && out >= 0;
  };
  if ((end[0] != '+' && end[0] != '-') || end[3] != ':' || !number(end.substr(1, 2), hours) ||
      !number(end.substr(4, 2), minutes)) {
    return text;
  }
  offset = (end[0] == '-' ? -1 : 1) * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
  return text.substr(0, text.size() - kLength);
}

}  // namespace

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
  if (!parts.is_object()) return NoCredentials("the answer is no JSON object");
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
  std::chrono::minutes offset(0);
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
  } else if (text.ends_with("UTC")) {
    text.remove_suffix(3);
  } else {
    const std::string_view local = TakeOffset(text, offset);
    if (local.size() == text.size()) return std::nullopt;
    text = local;
  }
  const auto time = ParseTimestamp(std::string(text) + "Z");
  return time ? std::optional(*time - offset) : std::nullopt;
}

}  // namespace s3
