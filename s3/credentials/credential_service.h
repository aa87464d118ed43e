// Requests to the services that provide credentials (STS, SSO, the metadata of containers and
// machines). No error contains a response's body or anything secret.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "arrow/result.h"
#include "s3/endpoint/partitions.h"
#include "s3/http/http_client.h"

namespace s3 {

/// A request to such a service, and the texts of its errors.
struct ServiceRequest {
  HttpRequest http;
  /// Begins the error: "cannot assume the role r at https://sts...".
  std::string what;
  /// Ends the error if the service refuses: a sentence that says what the user can do.
  std::string advice;
  /// If the service's error message contains this, the message is not shown.
  std::string secret;
  /// Max number of requests while there is no response. A service that responds that it is busy or
  /// broken is asked three times.
  int attempts_without_answer = 3;
};

/// The body of a response of status 200. kAccess with the service's code if it refuses; kTransport
/// or kThrottled, and not retryable any more, if all attempts failed.
[[nodiscard]] arrow::Result<std::string> Ask(HttpClient& http, const ServiceRequest& request,
                                             const std::stop_token& stop);

/// The URL of an AWS service: the value of the environment variable `variable`, else the service's
/// host in the region: "https://sts.eu-west-1.amazonaws.com". kConfig if the region is not valid.
/// May contain a password, so errors show it with ShownUrl only.
[[nodiscard]] arrow::Result<std::string> ServiceOrigin(const char* variable,
                                                       std::string_view service,
                                                       const AwsRegion& region);

/// The content of a small file without blanks at its end. kAccess, with the path, if the file is
/// missing or empty.
[[nodiscard]] arrow::Result<std::string> ReadSecretFile(const std::string& path);

}  // namespace s3
