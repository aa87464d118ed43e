// What libcurl's failures mean: kind, whether a retry can help, and what to do.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "arrow/status.h"
#include "s3/proxy.h"

namespace s3 {

/// `text`: libcurl's own words about this failure; empty: its words for the code.
[[nodiscard]] arrow::Status FailureOf(CURLcode code, std::string_view text);

/// The proxy answered a CONNECT, but opened no tunnel.
[[nodiscard]] arrow::Status TunnelRefused(const Proxy& proxy, int http_status);

}  // namespace s3
