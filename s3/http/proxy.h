// The proxies that requests go through. Pure.
#pragma once

#include <functional>
#include <string>

#include "arrow/result.h"

namespace s3 {

struct Proxy {
  /// Only scheme, host and port, so that it can be shown: "http://proxy:3128". Empty: no proxy.
  std::string url;
  std::string user;
  std::string password;
  bool operator==(const Proxy&) const = default;
};

struct Proxies {
  Proxy for_http;
  /// A tunnel through it (CONNECT) carries the TLS connection.
  Proxy for_https;
  /// Hosts that are reached without a proxy, in the format of CURLOPT_NOPROXY.
  std::string direct;
};

/// Value of an environment variable; empty if it is not set.
using Environment = std::function<std::string(const char* name)>;

/// Reads http_proxy, https_proxy, all_proxy and no_proxy, in lower or upper case; lower case takes
/// precedence. As in the AWS SDK for Go, and unlike in curl, HTTP_PROXY is read in upper case too,
/// and this machine (localhost, 127.0.0.0/8, ::1) is always reached directly. kConfig if a proxy is
/// not valid; the text names the variable but does not show its value.
[[nodiscard]] arrow::Result<Proxies> ProxiesFrom(const Environment& environment);

}  // namespace s3
