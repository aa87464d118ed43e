#include "s3/credential_service.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <utility>

#include "base/error.h"
#include "s3/environment.h"
#include "s3/error_xml.h"
#include "s3/list_xml.h"
#include "s3/retry.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;
using Json = nlohmann::json;

constexpr RetryPolicy kRetry = {.max_attempts = 3, .base = std::chrono::milliseconds(200)};

/// The text of a member; empty when there is none.
std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

struct ServiceError {
  std::string code;
  std::string message;
};

/// STS answers in XML, the others in JSON with names of their own.
ServiceError ReadError(const std::string& body) {
  if (body.starts_with('<')) {
    pugi::xml_document document;
    document.load_buffer(body.data(), body.size());
    const pugi::xml_node error = document.child("ErrorResponse").child("Error");
    return {error.child_value("Code"), error.child_value("Message")};
  }
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  ServiceError error;
  if (!json.is_object()) return error;
  for (const char* name : {"code", "Code", "__type"}) {
    if (error.code.empty()) error.code = TextOf(json, name);
  }
  for (const char* name : {"message", "Message"}) {
    if (error.message.empty()) error.message = TextOf(json, name);
  }
  return error;
}

arrow::Status Refusal(const HttpResponse& response, const ServiceRequest& request) {
  ServiceError error = ReadError(response.text);
  // Below the first line, STS shows what it signed, session token included.
  error.message.resize(std::min(error.message.find('\n'), error.message.size()));
  if (!request.secret.empty() && error.message.find(request.secret) != std::string::npos) {
    error.message.clear();
  }
  const int status = response.head.status();
  const bool busy = status == 429 || error.code.find("Throttl") != std::string::npos;
  const bool broken = status >= 500 || error.code == "IDPCommunicationError";
  const ErrorInfo info{.kind = busy     ? ErrorKind::kThrottled
                               : broken ? ErrorKind::kTransport
                                        : ErrorKind::kAccess,
                       .retryable = busy || broken,
                       .code = error.code};
  return MakeError(info, (info.retryable ? "the service failed" : "the service refused") +
                             Quote(error.message) + "; " +
                             (info.retryable ? "try again later" : request.advice) + " [" +
                             (error.code.empty() ? "" : error.code + ", ") + "HTTP " +
                             std::to_string(status) + "]");
}

arrow::Status CheckHeaders(const HttpRequest& request) {
  for (const std::string& header : request.headers) {
    if (std::any_of(header.begin(), header.end(), [](unsigned char c) { return c < 0x20; })) {
      return MakeError(ErrorKind::kAccess,
                       "the value for the header " + header.substr(0, header.find(':')) +
                           " holds a control character; check where it is from");
    }
  }
  return arrow::Status::OK();
}

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

arrow::Result<std::string> Ask(HttpClient& http, const ServiceRequest& request,
                               const std::stop_token& stop) {
  arrow::Status failure = CheckHeaders(request.http);
  for (int attempt = 1; failure.ok(); ++attempt) {
    auto response = http.Perform(request.http, stop);
    if (response.ok() && response->head.status() == 200) return std::move(response->text);
    failure = response.ok() ? Refusal(*response, request) : response.status();
    const bool last = !response.ok() && attempt >= request.attempts_without_answer;
    const auto wait = NextWait(kRetry, attempt, base::InfoOf(failure), /*random=*/0.5,
                               response.ok() ? response->retry_after : std::nullopt);
    if (!wait || last) break;
    if (!InterruptibleSleep(*wait, stop)) return base::Cancelled();
    failure = arrow::Status::OK();
  }
  ErrorInfo info = base::InfoOf(failure);
  if (info.kind == ErrorKind::kCancelled) return failure;
  info.retryable = false;
  return MakeError(std::move(info), request.what + ": " + base::MessageOf(failure));
}

arrow::Result<std::string> ServiceOrigin(const char* variable, std::string_view service,
                                         std::string_view region) {
  std::string origin = Variable(variable);
  if (!origin.empty()) {
    while (origin.ends_with('/')) origin.pop_back();
    return origin;
  }
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (region.empty() || region.find_first_not_of(kPlain) != std::string_view::npos) {
    return MakeError(ErrorKind::kConfig, "\"" + std::string(region) + "\" is no region in which " +
                                             std::string(service) +
                                             " could be; write it like us-east-1, or set " +
                                             variable);
  }
  return "https://" + std::string(service) + "." + std::string(region) + ".amazonaws.com" +
         (region.starts_with("cn-") ? ".cn" : "");
}

arrow::Status NoCredentials(std::string message) {
  return MakeError({.kind = ErrorKind::kAccess, .code = "NoCredentials"}, std::move(message));
}

arrow::Result<Credentials> CredentialsFromJson(std::string_view json, const PartNames& names,
                                               const char* member) {
  Json parts = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (member != nullptr && parts.is_object()) {
    const auto found = parts.find(member);
    if (found == parts.end()) return MissingPart(member);
    parts = Json(*found);
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

arrow::Result<std::string> ReadSecretFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  content.resize(content.find_last_not_of(" \t\r\n") + 1);
  if (content.empty()) return NoCredentials("there is nothing to read in " + path);
  return content;
}

}  // namespace s3
