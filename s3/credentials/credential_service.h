// Asking the services that give credentials (STS, SSO, the metadata of containers and machines),
// and what their answers have in common. No answer's body, and nothing secret, gets into an error.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/http/http_client.h"

namespace s3 {

/// A request to such a service, and how errors speak of it.
struct ServiceRequest {
  HttpRequest http;
  /// Begins the error: "assuming the role r at https://sts...".
  std::string what;
  /// Ends it, when the service refuses: what the user can do.
  std::string advice;
  /// Should the service repeat this in its error message, the message is not quoted.
  std::string secret;
  /// Requests in all while there is no answer; a service that answers that it is busy or broken is
  /// asked three times.
  int attempts_without_answer = 3;
};

/// The body of an answer of status 200. kAccess with the service's code when it refuses; kTransport
/// or kThrottled, not to be repeated any more, when all attempts failed.
[[nodiscard]] arrow::Result<std::string> Ask(HttpClient& http, const ServiceRequest& request,
                                             const std::stop_token& stop);

/// Where a service of AWS is: what `variable` of the environment says, else its host in the region:
/// "https://sts.eu-west-1.amazonaws.com". kConfig when the region is none. May hold a password, so
/// that errors show it by ShownUrl alone.
[[nodiscard]] arrow::Result<std::string> ServiceOrigin(const char* variable,
                                                       std::string_view service,
                                                       std::string_view region);

/// The content of a small file without blanks at its end; kAccess, naming the path, when there is
/// none.
[[nodiscard]] arrow::Result<std::string> ReadSecretFile(const std::string& path);

}  // namespace s3
