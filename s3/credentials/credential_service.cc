#include "s3/credentials/credential_service.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <pugixml.hpp>
#include <utility>

#include "base/environment.h"
#include "base/error.h"
#include "base/text.h"
#include "s3/credentials/credential_answer.h"
#include "s3/http/retry.h"
#include "s3/http/url.h"
#include "s3/xml/error_xml.h"

namespace s3 {
namespace {

using base::ErrorInfo;
using base::ErrorKind;
using base::MakeError;

constexpr RetryPolicy kRetry = {.max_attempts = 3, .base = std::chrono::milliseconds(200)};

struct ServiceError {
  std::string code;
  std::string message;
};

/// STS answers in XML, the other services in JSON, each with its own names.
ServiceError ReadError(const std::string& body) {
  if (body.starts_with('<')) {
    pugi::xml_document document;
    document.load_buffer(body.data(), body.size());
    const pugi::xml_node error = document.child("ErrorResponse").child("Error");
    return {error.child_value("Code"), error.child_value("Message")};
  }
  const nlohmann::json json = ParseJson(body);
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

/// Such as "AccessDenied" or "com.amazonaws.portal#UnauthorizedException".
bool IsCode(std::string_view text) {
  constexpr size_t kMaxBytes = 100;
  return text.size() <= kMaxBytes && std::all_of(text.begin(), text.end(), [](char c) {
           return base::IsAsciiAlphanumeric(c) || c == '.' || c == '#';
         });
}

/// Whether the text contains the request's secret, or the login of its URL.
bool Repeats(std::string_view text, const ServiceRequest& request) {
  const std::string_view login = SplitUrl(request.http.url).user_info;
  const std::string_view password = login.substr(std::min(login.find(':') + 1, login.size()));
  const std::array<std::string_view, 3> secrets = {request.secret, login, password};
  return std::any_of(secrets.begin(), secrets.end(), [&](std::string_view secret) {
    return !secret.empty() && text.find(secret) != std::string_view::npos;
  });
}

arrow::Status Refusal(const HttpResponse& response, const ServiceRequest& request) {
  ServiceError error = ReadError(response.text);
  // Below the first line, STS shows what it signed, session token included.
  error.message.resize(std::min(error.message.find('\n'), error.message.size()));
  if (Repeats(error.message, request)) error.message.clear();
  if (!IsCode(error.code) || Repeats(error.code, request)) error.code.clear();
  const int status = response.head.status();
  const bool busy = status == 429 || error.code.find("Throttl") != std::string::npos;
  const bool broken = status >= 500 || error.code == "IDPCommunicationError";
  const ErrorInfo info{.kind = busy     ? ErrorKind::kThrottled
                               : broken ? ErrorKind::kTransport
                                        : ErrorKind::kAccess,
                       .retryable = busy || broken,
                       .code = error.code};
  return MakeError(info,
                   (info.retryable ? "the service failed" : "the service refused the request") +
                       AnswerText(status, error.code, error.message) + ". " +
                       (info.retryable ? "Try again later." : request.advice));
}

arrow::Status Check(const HttpRequest& request) {
  // libcurl ends the host name at an unencoded '/', '?' or '#' in the password; its errors would
  // then show a part of the password as the host.
  std::string_view rest = request.url;
  rest.remove_prefix(std::min(rest.find("://") + 3, rest.size()));
  if (rest.find('@', std::min(rest.find_first_of("/?#"), rest.size())) != std::string_view::npos) {
    return MakeError(ErrorKind::kConfig,
                     "the URL has an @ after its host name. Percent-encode the user name and the "
                     "password in it.");
  }
  for (const std::string& header : request.headers) {
    if (std::any_of(header.begin(), header.end(), [](unsigned char c) { return c < 0x20; })) {
      return MakeError(ErrorKind::kAccess,
                       "the value for the header " + header.substr(0, header.find(':')) +
                           " contains a control character. Check where it comes from.");
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<std::string> Ask(HttpClient& http, const ServiceRequest& request,
                               const std::stop_token& stop) {
  arrow::Status failure = Check(request.http);
  for (int attempt = 1; failure.ok(); ++attempt) {
    auto response = http.Perform(request.http, stop);
    if (response.ok() && response->head.status() == 200) return std::move(response->text);
    failure = response.ok() ? Refusal(*response, request) : response.status();
    const bool last = !response.ok() && attempt >= request.attempts_without_answer;
    const auto wait = NextWait(kRetry, attempt, base::InfoOf(failure), /*random=*/0.5,
                               response.ok() ? response->head.RetryAfter() : std::nullopt);
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
                                         const AwsRegion& region) {
  std::string origin = base::Variable(variable);
  if (!origin.empty()) {
    while (origin.ends_with('/')) origin.pop_back();
    return origin;
  }
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (region.name.empty() || region.name.find_first_not_of(kPlain) != std::string::npos) {
    return MakeError(ErrorKind::kConfig, base::Quoted(region.name) + " is not a valid region for " +
                                             std::string(service) +
                                             ". Write it like us-east-1, or set " + variable + ".");
  }
  return "https://" + ServiceHost(service, region.name, region.hosts);
}

arrow::Result<std::string> ReadSecretFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  content.resize(content.find_last_not_of(" \t\r\n") + 1);
  if (content.empty())
    return NoCredentials("cannot read " + path + ": the file is missing or empty.");
  return content;
}

}  // namespace s3
