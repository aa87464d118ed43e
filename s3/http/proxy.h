// Which proxy a request goes through, as the environment says it. Pure.
#pragma once

#include <functional>
#include <string>

#include "arrow/result.h"

namespace s3 {

struct Proxy {
  /// Scheme, host and port alone, so that it may be shown: "http://proxy:3128". Empty: no proxy.
  std::string url;
  std::string user;
  std::string password;
  bool operator==(const Proxy&) const = default;
};

struct Proxies {
  Proxy for_http;
  /// A tunnel through it (CONNECT) carries the TLS connection.
  Proxy for_https;
  /// Hosts that are reached without a proxy, as CURLOPT_NOPROXY takes them.
  std::string direct;
};

/// Value of an environment variable; empty when it is not set.
using Environment = std::function<std::string(const char* name)>;

/// From http_proxy, https_proxy, all_proxy and no_proxy, in lower or upper case; lower case wins.
/// As with the AWS SDK for Go, and unlike with curl, HTTP_PROXY counts in upper case too, and this
/// machine itself (localhost, 127.0.0.0/8, ::1) is always reached directly. kConfig, which names
/// the variable but not its value, when a proxy is not understood.
[[nodiscard]] arrow::Result<Proxies> ProxiesFrom(const Environment& environment);

}  // namespace s3
