// Credentials of the container that this process runs in: an ECS task, or a pod with EKS Pod
// Identity. https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
#pragma once

#include <stop_token>
#include <string_view>

#include "arrow/result.h"
#include "s3/credentials/credentials.h"
#include "s3/http/http_client.h"

namespace s3 {

/// Whether the environment names an endpoint: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI.
bool HasContainerCredentials();

/// Whether credentials may be fetched from the URL: over TLS from anywhere, else from the loopback
/// interface and the addresses that ECS and EKS use. Pure.
bool IsTrustedContainerUrl(std::string_view url);

/// `http` must not use proxies. Sends what AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE holds, which is
/// read anew each time, or else AWS_CONTAINER_AUTHORIZATION_TOKEN. kConfig for a URL that is not
/// trusted; else errors are those of Ask.
[[nodiscard]] arrow::Result<Credentials> FromContainer(HttpClient& http,
                                                       const std::stop_token& stop);

}  // namespace s3
