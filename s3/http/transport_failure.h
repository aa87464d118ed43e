// What a failure of libcurl means.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "arrow/status.h"
#include "s3/http/proxy.h"

namespace s3 {

inline constexpr std::string_view kCheckNetwork = "Check the network and try again.";
inline constexpr std::string_view kCheckCaFile =
    "Check tls_ca_file, or AWS_CA_BUNDLE and SSL_CERT_FILE in the environment.";

/// The error for `code`, with advice. `text` is libcurl's own; it may be empty. Not retryable if
/// the failure means that this program and this version of libcurl are incompatible.
arrow::Status TransportFailure(CURLcode code, std::string_view text);

/// The proxy answered a CONNECT with `http_status` and opened no tunnel.
arrow::Status TunnelRefused(const Proxy& proxy, int http_status);

}  // namespace s3
