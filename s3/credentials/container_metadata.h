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

/// Whether credentials may be fetched from the URL: with TLS from any host, without it only from
/// the loopback interface and the addresses of ECS and EKS. Pure.
bool IsTrustedContainerUrl(std::string_view url);

/// `http` must not use proxies. Sends the token in the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
/// which is read each time, else AWS_CONTAINER_AUTHORIZATION_TOKEN. kConfig for a URL that is not
/// trusted; else errors are those of Ask.
[[nodiscard]] arrow::Result<Credentials> FromContainer(HttpClient& http,
                                                       const std::stop_token& stop);

}  // namespace s3
