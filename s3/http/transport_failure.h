// What it means that libcurl brought no answer.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "arrow/status.h"
#include "s3/http/proxy.h"

namespace s3 {

inline constexpr std::string_view kCheckNetwork = "check the network and try again";
inline constexpr std::string_view kCheckCaFile =
    "check tls_ca_file, or AWS_CA_BUNDLE in the environment";

/// The error for `code`, with an advice. `text` is libcurl's own, if there is one. Not to be
/// repeated when it means that this program and libcurl do not fit together.
arrow::Status TransportFailure(CURLcode code, std::string_view text);

/// The proxy answered a CONNECT with `http_status`, but opened no tunnel.
arrow::Status TunnelRefused(const Proxy& proxy, int http_status);

}  // namespace s3
